"""Spoken with through the integration: the answer is heard while the model writes, whatever happens to Sotto."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conversation.scripted_endpoint import ScriptedEndpoint, Text, Wait, says
from tests.homeassistant.house import Furnisher
from tests.homeassistant.instance import HomeAssistant
from tests.homeassistant.pipeline import Assist
from tests.homeassistant.satellite import until
from tests.homeassistant.sotto import FLOW, Entities, Sotto, delete_pipeline, entities_of, make_pipeline
from tests.homeassistant.sound import decode, read_wav, silence, speech_s
from tests.program import free_port
from wyoming_servers.home.link import Link

LONG_S = 40.0
"""Within which entities are back: the last pause between two tries to reach a server is 30 s."""


@dataclass
class Speaking:
    """A pipeline with the integration's agent, in front of a model that plays a script."""

    home_assistant: HomeAssistant
    sotto: Sotto
    endpoint: ScriptedEndpoint
    assist: Assist
    agent: str
    language: str = "en"

    async def state(self, entity_id: str) -> str:
        """Return an entity's state."""
        return await asyncio.to_thread(self._read, entity_id)

    async def becomes(self, holds: Callable[[str], bool]) -> None:
        """Return when the agent's state is such."""
        await asyncio.to_thread(until, lambda: holds(self._read(self.agent)), LONG_S)

    def _read(self, entity_id: str) -> str:
        with self.home_assistant.administrator() as admin:
            return Furnisher(admin).state(entity_id)

    async def hear_first(self, words: str, model_writes: asyncio.Event) -> tuple[str, bytes]:
        """Say something; let the model go on only when the first byte of the answer's audio has come.

        Return the answer and its audio.
        """
        loop = asyncio.get_running_loop()

        def go_on() -> None:
            loop.call_soon_threadsafe(model_writes.set)

        async with self.assist.run("intent", text=words) as run:
            await run.until("run-start")
            url = run.data["run-start"]["tts_output"]["url"]
            await run.until("intent-progress")
            audio, _ = await self.assist.fetch(url, go_on)
            await self.assist.finish(run)
        return run.answer, audio


async def added(home_assistant: HomeAssistant, url: str) -> str:
    """Add Sotto by its address, as the settings do; return the entry's id."""
    flow = await asyncio.to_thread(home_assistant.post, FLOW, {"handler": "sotto"})
    result: Any = await asyncio.to_thread(home_assistant.post, f"{FLOW}/{flow['flow_id']}", {"url": url})
    return str(result["result"]["entry_id"])


def agent_of(furnisher: Furnisher, entry_id: str) -> str:
    """Return the conversation agent of an entry."""
    entries = furnisher.call("config/entity_registry/list")
    mine = (entry["entity_id"] for entry in entries if entry["config_entry_id"] == entry_id)
    return str(next(entity_id for entity_id in mine if entity_id.startswith("conversation.")))


@pytest.fixture(params=["en"])
async def speaking(
    request: pytest.FixtureRequest, home_assistant: HomeAssistant, tmp_path: Path
) -> AsyncIterator[Speaking]:
    """Sotto with both doors open, added twice: its ears and mouth by Wyoming, its mind by the integration."""
    async with ScriptedEndpoint() as endpoint:
        address = f"127.0.0.1:{free_port()}"
        sotto = Sotto(home_assistant, tmp_path, "--llm-url", endpoint.url, http_uri=f"tcp://{address}")
        entries, pipeline = [], ""
        try:
            await asyncio.to_thread(sotto.start)
            await asyncio.to_thread(sotto.add)
            entries.append(await added(home_assistant, f"http://{address}"))
            with home_assistant.administrator() as admin:
                furnisher = Furnisher(admin)
                agent = agent_of(furnisher, entries[0])
                own = entities_of(furnisher, sotto.entry_id)
                entities = Entities(agent, own.stt, own.tts, own.wake_word)
                pipeline = make_pipeline(furnisher, entities, language=request.param)
            async with Link(f"ws://127.0.0.1:{home_assistant.port}/api/websocket", home_assistant.token) as link:
                yield Speaking(home_assistant, sotto, endpoint, Assist(home_assistant, link, pipeline), agent)
        finally:
            if pipeline:
                with home_assistant.administrator() as admin:
                    delete_pipeline(Furnisher(admin), pipeline)
            await asyncio.to_thread(sotto.remove)
            for entry_id in entries:
                await asyncio.to_thread(home_assistant.delete, f"/api/config/config_entries/entry/{entry_id}")
            await asyncio.to_thread(sotto.stop)


async def test_an_answer_of_three_sentences_is_heard_before_the_model_has_written_the_second(
    speaking: Speaking,
) -> None:
    heard = asyncio.Event()
    first = "Bread rises because yeast eats the sugar in the dough and makes a gas. "
    speaking.endpoint.plays(
        [Text(first), Text("The gas "), Wait(heard), Text("makes bubbles. They stay in the crumb.")]
    )
    said, audio = await speaking.hear_first("why does bread rise", heard)
    assert said == f"{first}The gas makes bubbles. They stay in the crumb."
    assert speech_s(decode(audio)) > 4


@pytest.mark.parametrize("speaking", ["zh-CN"], indirect=True)
async def test_a_short_first_sentence_in_chinese_is_heard_before_the_model_has_written_the_second(
    speaking: Speaking,
) -> None:
    heard = asyncio.Event()
    speaking.endpoint.plays(
        [Text("面团会发起来。"), Text("因为"), Wait(heard), Text("酵母会产生气体。气泡留在面包里。")]
    )
    said, audio = await speaking.hear_first("面包为什么会发起来", heard)
    assert said.replace(" ", "") == "面团会发起来。因为酵母会产生气体。气泡留在面包里。"
    assert speech_s(decode(audio)) > 2


async def test_stopped_in_the_middle_of_an_answer_one_sentence_says_so_and_everything_comes_back(
    speaking: Speaking,
) -> None:
    never = asyncio.Event()
    speaking.endpoint.plays([Text("Bread rises because of yeast. "), Text("Yeast "), Wait(never)], says("Well."))
    async with speaking.assist.run("intent", "intent", text="why does bread rise") as run:
        await run.until("intent-progress")
        await asyncio.to_thread(speaking.sotto.stop)
        await speaking.assist.finish(run)
    assert run.answer == "Bread rises because of yeast. Sorry, I lost the connection to Sotto. Please ask again."
    await speaking.becomes(lambda state: state == "unavailable")
    async with speaking.assist.run("intent", "intent", text="why does bread rise") as run:
        await speaking.assist.finish(run)
    assert run.answer == "Sorry, I cannot reach Sotto right now."
    await asyncio.to_thread(speaking.sotto.start)
    await speaking.becomes(lambda state: state != "unavailable")
    never.set()
    async with speaking.assist.run("intent", "intent", text="and now") as run:
        await speaking.assist.finish(run)
    assert run.answer == "Well."


async def test_a_spoken_question_that_no_template_covers_is_answered_aloud(speaking: Speaking, shared: Path) -> None:
    speaking.endpoint.plays(says("I would rather not."))
    command = read_wav(shared / "audio/commands/living_room_light_en.wav")
    async with speaking.assist.run("stt", sample_rate=16000) as run:
        await speaking.assist.speak(run, command + silence(5))
        await speaking.assist.finish(run)
        audio, _ = await speaking.assist.fetch(run.data["tts-end"]["tts_output"]["url"])
    assert run.answer == "I would rather not."
    assert 0.5 < speech_s(decode(audio)) < 4
