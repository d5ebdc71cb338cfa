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
    wait_for_held,
)
from wyoming_servers.worker import Worker

SENTENCE = "The dryer needs more time."
PORTIONS = ["The drye", "r needs ", "more tim", "e."]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> asyncio.Semaphore:
    """Count the pieces that engines were asked for, also those that wait."""
    count, original = asyncio.Semaphore(0), Worker.stream

    def counting(*args: Any, **options: Any) -> Any:
        stream = original(*args, **options)
        count.release()
        return stream

    monkeypatch.setattr(Worker, "stream", counting)
    return count


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


async def test_a_client_that_leaves_without_having_read_frees_the_engine_too(
    serve: ServeFunction, connect: Connect, say: Say
) -> None:
    engine = TextEngine(portion_chars=8, padding=8_000_000, ungated=2)  # more than the sockets hold
    engine.next_gate.clear()
    client = await connect(await serve(service(engine)))
    await send_text(client, [SENTENCE])
    await wait_for_held(engine)
    await client.disconnect()
    assert await asyncio.to_thread(engine.cancellations[0]._event.wait, WAIT_S)
    engine.next_gate.set()


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


@pytest.mark.parametrize(
    ("text", "in_between"),
    [(SENTENCE, []), (f"Yes. {SENTENCE}", ["The ligh", "t is on."])],
    ids=["the first sentence of a reply is not broken off", "other sentences let another reply begin"],
)
async def test_what_may_come_between_two_portions(
    serve: ServeFunction, connect: Connect, asked: asyncio.Semaphore, text: str, in_between: list[str]
) -> None:
    engine = TextEngine(portion_chars=8)
    engine.next_gate.clear()
    port = await serve(service(engine))
    one, other = await connect(port), await connect(port)
    await send_text(one, [text])
    await wait_for_held(engine)
    before = len(engine.spoken)
    await send_text(other, ["The light is on."])
    for _ in range(before + 1):
        await asked.acquire()
    engine.next_gate.set()
    assert (await listen(other, "audio-stop")).text == "The light is on."
    assert (await listen(one, "audio-stop")).text == text
    begun = engine.made.index(PORTIONS[0])
    assert engine.made[begun : begun + 4 + len(in_between)] == [*PORTIONS[:2], *in_between, *PORTIONS[2:]]


async def test_portions_of_another_rate_join_without_a_seam(serve: ServeFunction, connect: Connect) -> None:
    heard: list[Heard] = []
    for portion_chars in (0, 7):
        chinese = TextEngine("zh", ("zh-CN",), 48_000, portion_chars=portion_chars)
        client = await connect(await serve(service(TextEngine("en", ("en-US",)), chinese)))
        await client.write_event(Synthesize(text=f"On. {'灯' * 40}。 {'门' * 40}。 Off.").event())
        heard.append(await listen(client, "audio-stop"))
    whole, portions = (np.frombuffer(each.pcm, "<i2").astype(np.int32) for each in heard)
    np.testing.assert_allclose(portions, whole, rtol=0, atol=1)
