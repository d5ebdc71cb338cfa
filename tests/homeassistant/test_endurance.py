"""Restarts of one side while the other runs, and what is left behind after a long time: nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Any

from wyoming.asr import Transcribe, Transcript
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncTcpClient
from wyoming.event import Event
from wyoming.info import Describe
from wyoming.tts import Synthesize
from wyoming.wake import Detect

from tests.homeassistant.house import Furnisher
from tests.homeassistant.instance import HomeAssistant
from tests.homeassistant.pipeline import Assist
from tests.homeassistant.satellite import until
from tests.homeassistant.sotto import Sotto
from tests.homeassistant.sound import RATE_HZ, read_wav, silence

DESCRIBES = 1000
TURNS = 200
SPOKEN_EVERY = 10
"""Every tenth turn is spoken: it begins with the wake word, and its command is heard."""

GROWTH = 1.05
AT_ONCE = 4
COMMANDS = ("turn on the living room lamp", "turn off the bed lamp", "which lights are on in the kitchen", "bananas")

FILLS_THE_CACHE = " ".join(f"This is sentence number {number} of a long story." for number in range(300))
"""Text-to-speech keeps up to 16 MiB of what it said; that is no growth to look for."""


async def test_sotto_is_restarted_and_the_next_command_works(assist: Assist, sotto: Sotto) -> None:
    assert await answer(assist, "turn on the living room lamp") == "Turned on the light"
    await asyncio.to_thread(sotto.restart)
    assert await answer(assist, "turn off the living room lamp") == "Turned off the light"


def test_home_assistant_is_restarted_and_the_next_command_works_with_the_names_of_then(
    sotto: Sotto, home_assistant: HomeAssistant
) -> None:
    before = len(sotto.log)
    home_assistant.restart()
    until(lambda: "Following Home Assistant" in sotto.log[before:])
    with home_assistant.administrator() as admin:
        Furnisher(admin).update("light.ceiling_lights", name="Chandelier")
    until(lambda: ask(home_assistant, sotto, "turn on the chandelier") == "Turned on the light", 5)
    with home_assistant.administrator() as admin:
        Furnisher(admin).update("light.ceiling_lights", name="Big light")
    until(lambda: not sotto.clients())


async def test_a_thousand_describes_and_two_hundred_turns_leave_nothing_behind(sotto: Sotto, shared: Path) -> None:
    wake = read_wav(shared / "audio/wake/okay_nabu.wav") + silence(1)
    command = read_wav(shared / "audio/commands/living_room_light_en.wav") + silence(2)

    async def live(describes: int, turns: int) -> None:
        await many(describes, lambda _: describe(sotto.port))
        await many(turns, lambda number: turn(sotto.port, number, wake, command))

    await say(sotto.port, FILLS_THE_CACHE)
    await live(100, 4 * SPOKEN_EVERY)
    await asyncio.to_thread(until, lambda: not sotto.clients())
    memory, files, threads = memory_bytes(sotto.pid), open_files(sotto.pid), thread_count(sotto.pid)
    began = monotonic()
    await live(DESCRIBES, TURNS)
    took = monotonic() - began
    await asyncio.to_thread(until, lambda: open_files(sotto.pid) <= files and not sotto.clients())
    grown = memory_bytes(sotto.pid) / memory
    print(f"{DESCRIBES} describes and {TURNS} turns in {took:.1f} s: {memory / 2**20:.1f} MiB grew by {grown - 1:.1%}")  # noqa: T201
    assert grown < GROWTH
    assert thread_count(sotto.pid) <= threads


async def many(count: int, do: Callable[[int], Any]) -> None:
    """Do something many times, some at once."""
    numbers = iter(range(count))

    async def work() -> None:
        for number in numbers:
            await do(number)

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(work())


async def describe(port: int) -> None:
    """Ask as Home Assistant does every half minute: over a connection of its own."""
    async with AsyncTcpClient("127.0.0.1", port) as client:
        await client.write_event(Describe().event())
        await until_event(client, "info")


async def turn(port: int, number: int, wake: bytes, command: bytes) -> None:
    """Take one turn as Home Assistant does, over a connection for each stage."""
    if number % SPOKEN_EVERY == 0:
        await hear(port, Detect(names=["okay_nabu"]).event(), wake, "detection")
        await hear(port, Transcribe(language="en").event(), command, "transcript")
    async with AsyncTcpClient("127.0.0.1", port) as client:
        await client.write_event(Transcript(text=COMMANDS[number % len(COMMANDS)], language="en").event())
        await until_event(client, "intent", "handled", "not-handled", "not-recognized")
    await say(port, f"That was turn number {number}.")


async def say(port: int, text: str) -> None:
    """Have a text spoken."""
    async with AsyncTcpClient("127.0.0.1", port) as client:
        await client.write_event(Synthesize(text=text).event())
        await until_event(client, "audio-stop")


async def hear(port: int, request: Event, pcm: bytes, answer_type: str) -> None:
    """Send sound, faster than it is spoken, and wait for what is made of it."""
    async with AsyncTcpClient("127.0.0.1", port) as client:
        await client.write_event(request)
        await client.write_event(AudioStart(rate=RATE_HZ, width=2, channels=1).event())
        for at in range(0, len(pcm), 2048):
            audio = pcm[at : at + 2048]
            await client.write_event(AudioChunk(rate=RATE_HZ, width=2, channels=1, audio=audio).event())
        await client.write_event(AudioStop().event())
        await until_event(client, answer_type)


async def until_event(client: AsyncTcpClient, *kinds: str) -> None:
    """Read until an event of these kinds; fails at the end of the connection and at an error."""
    async with asyncio.timeout(20):
        while True:
            event = await client.read_event()
            assert event is not None, "the connection was closed"
            assert event.type != "error", event.data
            if event.type in kinds:
                return


async def answer(assist: Assist, text: str) -> str:
    """Say something by text in the pipeline, and return what is answered."""
    async with assist.run("intent", text=text) as run:
        await assist.finish(run)
    return run.answer


def ask(home_assistant: HomeAssistant, sotto: Sotto, text: str) -> str:
    """Say something to Sotto's conversation agent, and return what is answered."""
    request = {"text": text, "agent_id": sotto.entities.conversation}
    response: Any = home_assistant.post("/api/conversation/process", request)
    return str(response["response"]["speech"]["plain"]["speech"])


def memory_bytes(pid: int) -> int:
    """Return what a process has in memory."""
    return status_of(pid, "VmRSS") * 1024


def thread_count(pid: int) -> int:
    return status_of(pid, "Threads")


def status_of(pid: int, key: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(f"{key}:")).split()[1])


def open_files(pid: int) -> int:
    """Return how many files and sockets a process has open."""
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))
