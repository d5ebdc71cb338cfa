"""Sentences that are heard before the whole of them is made, on real sockets."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
import pytest
from wyoming.tts import Synthesize

from tests.conftest import ServeFunction
from tests.tts.conftest import (
    REPLY,
    WAIT_S,
    Connect,
    Heard,
    Say,
    TextEngine,
    listen,
    send_stream,
    send_text,
    service,
    to_text,
)
from wyoming_servers.host import EngineHost
from wyoming_servers.worker import Priority

SENTENCE = "The dryer needs more time."
PORTIONS = ["The drye", "r needs ", "more tim", "e."]


class Asked:
    """Notes what the engine is asked for, in which order."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.priorities: list[Priority] = []
        self._count = asyncio.Semaphore(0)
        original = EngineHost.run

        async def noting(host: Any, function: Any, *, priority: Priority, deadline_s: float | None = None) -> Any:
            self.priorities.append(priority)
            self._count.release()
            return await original(host, function, priority=priority, deadline_s=deadline_s)

        monkeypatch.setattr(EngineHost, "run", noting)

    async def times(self, count: int) -> None:
        """Wait until it was asked so many times more."""
        async with asyncio.timeout(WAIT_S):
            for _ in range(count):
                await self._count.acquire()


async def test_a_sentence_is_heard_while_the_rest_of_it_is_made(serve: ServeFunction, connect: Connect) -> None:
    engine = TextEngine(portion_chars=8)
    engine.next_gate.clear()
    client = await connect(await serve(service(engine)))
    await send_text(client, [SENTENCE])
    assert (await listen(client, "audio-chunk")).text == PORTIONS[0]
    assert engine.made == PORTIONS[:1]
    engine.next_gate.set()
    assert (await listen(client, "audio-stop")).text == SENTENCE.removeprefix(PORTIONS[0])


async def test_portions_follow_each_other_without_a_pause_and_sentences_with_one(
    serve: ServeFunction, stream: Say
) -> None:
    heard = await stream(await serve(service(TextEngine(portion_chars=3))), [REPLY])
    assert heard.types == ["audio-start", "audio-chunk", "audio-stop", "synthesize-stopped"]
    pause = "\0" * round(0.25 * heard.rate_hz)
    assert to_text(heard.pcm) == pause.join(["The light is on.", "The door is closed.", "Good night."])


async def test_a_client_that_leaves_frees_the_engine_within_a_portion(
    serve: ServeFunction, connect: Connect, say: Say
) -> None:
    engine = TextEngine(portion_chars=8, until_cancelled=True)
    port = await serve(service(engine))
    for ask in (send_stream, send_text):
        client = await connect(port)
        await ask(client, [SENTENCE])
        await listen(client, "audio-chunk")
        await client.disconnect()
        assert (await say(port, "Next.")).text == "Next."
    assert "more tim" not in engine.made


async def test_a_voice_that_fails_in_the_middle_of_a_sentence_says_so_once(
    serve: ServeFunction, stream: Say, say: Say
) -> None:
    engine, other = TextEngine("first", portion_chars=8, fails_midway=True), TextEngine("second")
    port = await serve(service(engine, other))
    heard = await stream(port, [SENTENCE, " And more."])
    assert heard.types == ["audio-start", "audio-chunk", "error", "synthesize-stopped"]
    assert heard.error["code"] == "engine-failed"
    assert heard.text == PORTIONS[0]
    assert other.spoken == []
    engine.fails_midway = False
    assert (await say(port, SENTENCE)).text == SENTENCE


async def test_a_voice_that_fails_before_its_first_portion_is_stood_in_for(serve: ServeFunction, say: Say) -> None:
    first = TextEngine("first", ("en-US",), broken={"first-en-US"}, portion_chars=8)
    second = TextEngine("second", ("en-GB",), portion_chars=5)
    assert (await say(await serve(service(first, second)), SENTENCE)).text == SENTENCE
    assert second.made == ["The d", "ryer ", "needs", " more", " time", "."]


async def test_what_was_spoken_in_portions_is_kept_whole(serve: ServeFunction, say: Say) -> None:
    engine = TextEngine(portion_chars=8)
    port = await serve(service(engine))
    for _ in range(3):
        assert (await say(port, SENTENCE)).text == SENTENCE
    assert engine.made == PORTIONS


async def test_another_client_gets_its_turn_between_two_portions(
    serve: ServeFunction, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, asked = TextEngine(portion_chars=8), Asked(monkeypatch)
    engine.next_gate.clear()
    port = await serve(service(engine))
    one, other = await connect(port), await connect(port)
    await send_text(one, [SENTENCE])
    await asked.times(2)
    await send_text(other, ["The light is on."])
    await asked.times(1)
    engine.next_gate.set()
    assert (await listen(other, "audio-stop")).text == "The light is on."
    assert (await listen(one, "audio-stop")).text == SENTENCE
    assert engine.made[:3] == [*PORTIONS[:2], "The ligh"]


async def test_all_of_the_first_sentence_is_urgent_and_nothing_of_the_others(
    serve: ServeFunction, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Asked(monkeypatch)
    await say(await serve(service(TextEngine(portion_chars=3))), "One. Two.")
    assert asked.priorities == [Priority.LIVE, Priority.LIVE, Priority.SPECULATIVE, Priority.SPECULATIVE]


async def test_portions_of_another_rate_join_without_a_seam(serve: ServeFunction, connect: Connect) -> None:
    heard: list[Heard] = []
    for portion_chars in (0, 7):
        chinese = TextEngine("zh", ("zh-CN",), 48_000, portion_chars=portion_chars)
        client = await connect(await serve(service(TextEngine("en", ("en-US",)), chinese)))
        await client.write_event(Synthesize(text=f"On. {'灯' * 40}。 {'门' * 40}。 Off.").event())
        heard.append(await listen(client, "audio-stop"))
    whole, portions = (np.frombuffer(each.pcm, "<i2").astype(np.int32) for each in heard)
    np.testing.assert_allclose(portions, whole, rtol=0, atol=1)
