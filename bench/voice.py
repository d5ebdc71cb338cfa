"""A voice command through a real Home Assistant and the integration, with the prompt evaluated ahead and without.

Between two commands somebody else asks the same model something, so that the prompt is not in its memory any more: as
after a start, or where two agents share a model. Measured is from the transcript to the first token, by the server's
own clock, and to the first byte of the answer's audio. The second part plays an answer of three sentences, written at
20 tokens a second, and tells when its first byte is heard and when the model has written the last.

python -m bench.voice [--size mid] [--rounds 5]
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import time
from typing import Any

import aiohttp

from tests.conversation.scripted_endpoint import ScriptedEndpoint, Text, Wait
from tests.homeassistant.house import EXPOSED, Furnisher
from tests.homeassistant.instance import HomeAssistant
from tests.homeassistant.pipeline import Assist
from tests.homeassistant.sotto import FLOW, Entities, Sotto, entities_of, make_pipeline
from tests.homeassistant.sound import silence
from tests.program import ROOT, free_port
from tests.stand_in_gguf import make_gguf
from tests.stand_in_whisper import make_whisper
from wyoming_servers.home.link import Link

from .speech import speak_command

SUBENTRIES = "/api/config/config_entries/subentries/flow"
TOKEN_S = 0.05
ANSWER = (
    "Bread rises because yeast eats the sugar in the dough and makes a gas. "
    "The gas is caught in the dough as many small bubbles. "
    "In the hot oven they grow until the crust is firm."
)
SOMETHING_ELSE = "Tell me about the weather on a planet of your choice. " * 40


@dataclass
class Voice:
    """A pipeline with the integration's agent, and the server behind it."""

    home_assistant: HomeAssistant
    assist: Assist
    http: str
    entry_id: str
    subentry_id: str

    async def prefill(self, *, on: bool) -> None:
        """Turn the evaluation ahead on or off, as in the agent's form."""
        handler = {"handler": [self.entry_id, "conversation"], "subentry_id": self.subentry_id}
        flow = await self._post(SUBENTRIES, {**handler, "show_advanced_options": False})
        said = {"llm_hass_api": ["assist"], "confirm": "security", "recommended": False}
        await self._post(f"{SUBENTRIES}/{flow['flow_id']}", said)
        rest = {"max_tokens": 24, "temperature": 0, "prefill": on}
        await self._post(f"{SUBENTRIES}/{flow['flow_id']}", rest)
        await asyncio.sleep(3)  # the entry is set up anew, and evaluates what it evaluates then

    async def command(self, speech: bytes) -> tuple[float, float]:
        """Say a command; return the seconds from its transcript to the first token and to the first byte of audio."""
        async with self.assist.run("stt", sample_rate=16000) as run:
            await self.assist.speak(run, speech + silence(4))
            await run.until("tts-end")
            _, heard = await self.assist.fetch(run.data["tts-end"]["tts_output"]["url"])
            await self.assist.finish(run)
        latest = (await self._get("/api/status"))["latest"]
        return latest["first_token_s"], heard - run.moments["stt-end"]

    async def forget(self) -> None:
        """Have somebody else ask the model something."""
        asked = {"messages": [{"role": "user", "content": SOMETHING_ELSE}], "max_tokens": 1}
        async with aiohttp.ClientSession() as session, session.post(f"{self.http}/v1/chat/completions", json=asked):
            pass

    async def _post(self, path: str, body: dict[str, Any]) -> Any:
        return await asyncio.to_thread(self.home_assistant.post, path, body)

    async def _get(self, path: str) -> Any:
        async with aiohttp.ClientSession() as session, session.get(self.http + path) as response:
            return await response.json()


async def keep_awake(link: Link) -> None:
    """Say something now and then: a connection on which nothing comes for 15 s is given up."""
    while True:
        await link.command("auth/current_user")
        await asyncio.sleep(5)


@asynccontextmanager
async def voice(home_assistant: HomeAssistant, folder: Path, *options: str) -> AsyncIterator[Voice]:
    """Run Sotto with these options beside Home Assistant, with a pipeline of its ears, its mouth and the agent."""
    address = f"127.0.0.1:{free_port()}"
    sotto = Sotto(home_assistant, folder, *options, http_uri=f"tcp://{address}")
    entry_id = ""
    try:
        await asyncio.to_thread(sotto.start)
        await asyncio.to_thread(sotto.add)
        flow = await asyncio.to_thread(home_assistant.post, FLOW, {"handler": "sotto"})
        added = await asyncio.to_thread(home_assistant.post, f"{FLOW}/{flow['flow_id']}", {"url": f"http://{address}"})
        entry_id = added["result"]["entry_id"]
        with home_assistant.administrator() as admin:
            furnisher = Furnisher(admin)
            entries = furnisher.call("config/entity_registry/list")
            agent = next(
                entry
                for entry in entries
                if entry["config_entry_id"] == entry_id and entry["entity_id"].startswith("conversation.")
            )
            own = entities_of(furnisher, sotto.entry_id)
            pipeline = make_pipeline(furnisher, Entities(agent["entity_id"], own.stt, own.tts, own.wake_word))
        async with Link(f"ws://127.0.0.1:{home_assistant.port}/api/websocket", home_assistant.token) as link:
            assist, awake = Assist(home_assistant, link, pipeline), asyncio.create_task(keep_awake(link))
            try:
                yield Voice(home_assistant, assist, f"http://{address}", entry_id, agent["config_subentry_id"])
            finally:
                awake.cancel()
                await asyncio.gather(awake, return_exceptions=True)
    finally:
        await asyncio.to_thread(sotto.remove)
        if entry_id:
            await asyncio.to_thread(home_assistant.delete, f"/api/config/config_entries/entry/{entry_id}")
        await asyncio.to_thread(sotto.stop)


async def measure_prefill(home_assistant: HomeAssistant, folder: Path, size: str, rounds: int) -> None:
    """Print how long a user waits with the prompt evaluated while speaking, and without."""
    model = folder / "model.gguf"
    await asyncio.to_thread(make_gguf, size, model)
    speech = await asyncio.to_thread(speak_command)
    for kept in (4, 0):
        data = folder / f"kept-{kept}"
        await asyncio.to_thread(make_whisper, "nano", data / "data" / "whisper" / "nano")
        options = ("--llm-model", str(model), "--llm-prefixes", str(kept), "--llm-timeout-s", "300")
        async with voice(home_assistant, data, *options) as voice_:
            medians: dict[bool, tuple[float, float]] = {}
            for on in (False, True):
                await voice_.prefill(on=on)
                times = []
                for _ in range(rounds):
                    await voice_.forget()
                    times.append(await voice_.command(speech))
                medians[on] = (
                    statistics.median(each[0] for each in times),
                    statistics.median(each[1] for each in times),
                )
            told = f"model {size}, {'prompts kept on disk' if kept else 'no prompt kept'}"
            for at, name in enumerate(("first token", "first byte of audio")):
                off, on_ = medians[False][at], medians[True][at]
                print(
                    f"{told}, transcript to {name:<20} off {off:7.3f} s, on {on_:7.3f} s, on/off {on_ / off:.2f}",
                    flush=True,
                )


async def measure_streaming(home_assistant: HomeAssistant, folder: Path) -> None:
    """Print when an answer of three sentences is heard, and when the model has written it."""
    tokens = ANSWER.split(" ")
    async with ScriptedEndpoint() as endpoint, voice(home_assistant, folder, "--llm-url", endpoint.url) as voice_:
        ticks = [asyncio.Event() for _ in tokens]
        endpoint.plays(
            [step for tick, token in zip(ticks, tokens, strict=True) for step in (Wait(tick), Text(f"{token} "))]
        )
        written = 0.0

        async def write() -> None:
            nonlocal written
            for tick in ticks:
                await asyncio.sleep(TOKEN_S)
                tick.set()
            written = time()

        async with voice_.assist.run("intent", text="why does bread rise") as run:
            await run.until("intent-start")
            began = time()
            writing = asyncio.create_task(write())
            await run.until("intent-progress")
            _, heard = await voice_.assist.fetch(run.data["run-start"]["tts_output"]["url"])
            await voice_.assist.finish(run)
            await writing
    print(
        f"three sentences at 20 tokens a second: first byte of audio after {heard - began:.2f} s, "
        f"the last token after {written - began:.2f} s, ratio {(heard - began) / (written - began):.2f}",
        flush=True,
    )


async def _main(size: str, rounds: int) -> None:
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        instance = HomeAssistant(folder / "home-assistant", ROOT / "test-output" / "home-assistant-voice.log")
        instance.configure()
        await asyncio.to_thread(instance.start)
        stack.callback(instance.stop)
        await asyncio.to_thread(instance.onboard)
        await asyncio.to_thread(instance.wait_for, *EXPOSED)
        with instance.administrator() as admin:
            Furnisher(admin).furnish()
        streaming = folder / "streaming"
        streaming.mkdir()
        await measure_streaming(instance, streaming)
        await measure_prefill(instance, folder, size, rounds)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", default="mid", help="of the stand-in model: nano, mid or 0.5b (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="commands of each kind (default: %(default)s)")
    chosen = parser.parse_args()
    asyncio.run(_main(chosen.size, chosen.rounds))
