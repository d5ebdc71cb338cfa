"""What Home Assistant shows its user when Sotto is gone in the middle, and that the next command works again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.error import HTTPError

import pytest

from tests.homeassistant.house import Furnisher
from tests.homeassistant.instance import HomeAssistant
from tests.homeassistant.pipeline import Assist
from tests.homeassistant.satellite import Satellite, until
from tests.homeassistant.sotto import Sotto
from tests.homeassistant.sound import decode, read_wav, silence, speech_s
from tests.homeassistant.test_satellite import LIGHT, spoken_command

LONG = "The washing machine has finished. " * 400


@pytest.fixture(autouse=True)
def _back_afterwards(sotto: Sotto) -> Iterator[None]:
    yield
    if not sotto.is_running:
        sotto.start()


async def answer(assist: Assist, text: str) -> str:
    """Say something by text, and return what is answered."""
    async with assist.run("intent", text=text) as run:
        await assist.finish(run)
    return run.answer


async def client_of(sotto: Sotto) -> None:
    """Return when somebody is connected."""
    await asyncio.to_thread(until, sotto.clients)


async def test_killed_while_it_hears_a_command_it_is_an_error_and_the_next_command_works(
    assist: Assist, sotto: Sotto, furnisher: Furnisher, shared: Path
) -> None:
    command = read_wav(shared / "audio/commands/living_room_light_en.wav")
    async with assist.run("stt", sample_rate=16000) as run:
        await assist.speak(run, command[:32000])
        sotto.kill()
        await assist.finish(run)
    assert run.error == ("stt-stream-failed", "speech-to-text failed")
    await asyncio.to_thread(sotto.start)
    furnisher.act("light", "turn_off", LIGHT)
    async with assist.run("stt", sample_rate=16000) as run:
        await assist.speak(run, command + silence(5))
        await assist.finish(run)
    assert (run.answer, furnisher.state(LIGHT)) == ("Turned on the light", "on")


async def test_killed_while_it_listens_for_the_wake_word_the_run_ends_without_a_word(
    assist: Assist, sotto: Sotto
) -> None:
    async with assist.run("wake_word", sample_rate=16000, timeout=10) as run:
        listening = asyncio.create_task(assist.speak(run, silence(10)))
        await client_of(sotto)
        sotto.kill()
        await assist.finish(run)
        await listening
    assert run.data["wake_word-end"] == {"wake_word_output": {}}
    assert "error" not in run.data


async def test_killed_while_it_understands_the_answer_says_so_and_the_next_command_works(
    assist: Assist, sotto: Sotto, furnisher: Furnisher
) -> None:
    furnisher.act("light", "turn_off", LIGHT)
    sotto.pause()
    async with assist.run("intent", text="turn on the living room lamp") as run:
        await client_of(sotto)
        sotto.kill()
        await assist.finish(run)
    assert run.answer.startswith("Error communicating with service: ")
    assert furnisher.state(LIGHT) == "off"
    with pytest.raises(HTTPError, match="500"):  # which nobody is there to speak
        await assist.fetch(run.data["tts-end"]["tts_output"]["url"])
    assert (await answer(assist, "turn on the living room lamp")).startswith("Error communicating with service: ")
    await asyncio.to_thread(sotto.start)
    assert await answer(assist, "turn on the living room lamp") == "Turned on the light"


async def test_killed_while_it_speaks_the_answer_breaks_off(assist: Assist, sotto: Sotto) -> None:
    async with assist.run("tts", text=LONG) as run:
        await assist.finish(run)
    audio, _ = await assist.fetch(run.data["tts-end"]["tts_output"]["url"], on_first_byte=sotto.kill)
    assert 0 < speech_s(decode(audio)) < 400, "the whole takes 10 minutes"


def test_killed_while_a_satellite_is_spoken_to_it_hears_of_the_error_and_its_next_command_works(
    streaming_satellite: Satellite, sotto: Sotto, furnisher: Furnisher, shared: Path
) -> None:
    furnisher.act("light", "turn_off", LIGHT)
    until(lambda: "Streaming audio" in streaming_satellite.log)
    streaming_satellite.hear(spoken_command(shared))
    until(lambda: "Wake word detected" in streaming_satellite.log)
    sotto.kill()
    until(lambda: "speech-to-text failed" in streaming_satellite.log)
    assert "stt-stream-failed" in streaming_satellite.log
    assert furnisher.state(LIGHT) == "off"
    assert not streaming_satellite.spoken()
    sotto.start()
    streaming_satellite.reload()
    until(lambda: streaming_satellite.log.count("Streaming audio") == 2)
    streaming_satellite.hear(spoken_command(shared))
    until(lambda: furnisher.state(LIGHT) == "on")
    until(streaming_satellite.spoken)


def test_killed_while_it_announces_nothing_is_heard_home_assistants_log_says_why_and_the_next_one_works(
    streaming_satellite: Satellite, sotto: Sotto, furnisher: Furnisher
) -> None:
    until(lambda: "Streaming audio" in streaming_satellite.log)
    furnisher.act("system_log", "clear")
    sotto.pause()
    before = sotto.clients()
    with ThreadPoolExecutor() as pool:
        announcing = pool.submit(announce, sotto.home_assistant, streaming_satellite)
        until(lambda: sotto.clients() - before)
        sotto.kill()
        announcing.result(20)
    until(lambda: any("Error streaming tts" in message for message in logged(furnisher)))
    assert not any(streaming_satellite.spoken())
    sotto.start()
    announce(sotto.home_assistant, streaming_satellite)
    assert speech_s(until(lambda: b"".join(streaming_satellite.spoken()))) > 1


def announce(home_assistant: HomeAssistant, satellite: Satellite) -> None:
    """Announce on a satellite; return when it has been played."""
    with home_assistant.administrator() as admin:
        data = {"message": "The washing machine has finished.", "preannounce": False}
        Furnisher(admin).act("assist_satellite", "announce", satellite.entity_id, **data)


def logged(furnisher: Furnisher) -> list[str]:
    """Return what Home Assistant shows in its settings as its log."""
    return [message for entry in furnisher.call("system_log/list") for message in entry["message"]]
