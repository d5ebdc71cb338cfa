"""The wake stage over real sockets, with an engine that hears marked samples."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

import numpy as np
import pytest
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncTcpClient
from wyoming.error import Error
from wyoming.event import Event
from wyoming.info import Describe, Info
from wyoming.wake import Detect, Detection, NotDetected

from wyoming_servers.errors import EngineUnavailableError
from wyoming_servers.protocol.connection import Connection
from wyoming_servers.settings import Settings
from wyoming_servers.wake import listening
from wyoming_servers.wake.engine import WakeEngine
from wyoming_servers.wake.listening import PIECE_S
from wyoming_servers.wake.server import WakeService

Serve = Callable[..., Awaitable[int]]
Connect = Callable[[int], Awaitable[AsyncTcpClient]]
Marked = Callable[[int, Mapping[int, int]], bytes]

START = AudioStart(rate=16_000, width=2, channels=1).event()
STOP = AudioStop().event()
WAIT_S = 10.0


def chunk(pcm: bytes, rate: int = 16_000, width: int = 2, channels: int = 1) -> Event:
    return AudioChunk(rate=rate, width=width, channels=channels, audio=pcm).event()


def detect(*names: str) -> Event:
    return Detect(names=list(names) or None).event()


def chunks(pcm: bytes, size: int = 2_048) -> Iterable[Event]:
    for start in range(0, len(pcm), size):
        yield chunk(pcm[start : start + size])


async def send(client: AsyncTcpClient, *events: Event) -> None:
    for event in events:
        await client.write_event(event)


async def receive(client: AsyncTcpClient) -> Event:
    async with asyncio.timeout(WAIT_S):
        event = await client.read_event()
    assert event is not None, "the connection was closed"
    return event


async def heard(client: AsyncTcpClient) -> tuple[str | None, int | None]:
    event = await receive(client)
    assert Detection.is_type(event.type), event
    detection = Detection.from_event(event)
    return detection.name, detection.timestamp


async def fails(client: AsyncTcpClient) -> Error:
    event = await receive(client)
    assert Error.is_type(event.type), event
    return Error.from_event(event)


async def not_detected(client: AsyncTcpClient) -> bool:
    return NotDetected.is_type((await receive(client)).type)


async def describe(client: AsyncTcpClient) -> Info:
    """Ask for Info; its answer also means that all that was sent before has arrived."""
    await send(client, Describe().event())
    return Info.from_event(await receive(client))


async def happens(event: threading.Event) -> None:
    assert await asyncio.to_thread(event.wait, WAIT_S)


@pytest.fixture
async def client(engine: WakeEngine, serve: Serve, connect: Connect) -> AsyncTcpClient:
    """Return a connection to a server of the engine that hears marks."""
    return await connect(await serve(WakeService(Settings(), [engine])))


async def test_words_are_told_with_their_time_as_often_as_they_are_heard(
    client: AsyncTcpClient, marked: Marked
) -> None:
    await send(client, detect("one"), START, *chunks(marked(3_000, {500: 1, 1_700: 1})))
    assert await heard(client) == ("one", 500)
    assert await heard(client) == ("one", 1_700)
    await send(client, *chunks(marked(1_000, {250: 1})))
    assert await heard(client) == ("one", 3_250)


async def test_no_names_are_any_word(client: AsyncTcpClient, marked: Marked) -> None:
    await send(client, detect(), START, *chunks(marked(1_000, {100: 3, 200: 1, 300: 2})))
    assert [await heard(client) for _ in range(3)] == [("three", 100), ("one", 200), ("two", 300)]


async def test_an_empty_list_of_names_is_any_word(client: AsyncTcpClient, marked: Marked) -> None:
    await send(client, Detect(names=[]).event(), START, *chunks(marked(100, {50: 2})))
    assert await heard(client) == ("two", 50)


async def test_only_the_words_that_are_asked_for_are_told(client: AsyncTcpClient, marked: Marked) -> None:
    await send(client, detect("two", "two"), START, *chunks(marked(1_000, {100: 1, 200: 2, 300: 3})), STOP)
    assert await heard(client) == ("two", 200)
    await send(client, detect("one"), START, STOP)
    assert await not_detected(client)


async def test_a_stream_without_a_word_ends_as_not_detected_and_the_next_may_follow(
    client: AsyncTcpClient, marked: Marked
) -> None:
    await send(client, detect("one"), START, *chunks(marked(500, {})), STOP)
    assert await not_detected(client)
    await send(client, detect("one"), START, *chunks(marked(500, {400: 1})), STOP)
    assert await heard(client) == ("one", 400)
    await send(client, detect("one"), START, *chunks(marked(500, {300: 1})), STOP, detect("one"), STOP)
    assert await heard(client) == ("one", 300)
    assert await not_detected(client)


async def test_a_stage_that_runs_alone_takes_audio_without_detect_as_any_word(
    client: AsyncTcpClient, marked: Marked
) -> None:
    await send(client, START, *chunks(marked(500, {100: 2})), STOP)
    assert await heard(client) == ("two", 100)


async def test_audio_needs_no_audio_start(client: AsyncTcpClient, marked: Marked) -> None:
    await send(client, detect("one"), *chunks(marked(500, {100: 1})))
    assert await heard(client) == ("one", 100)


async def test_an_unknown_word_is_an_error_that_lists_the_known_and_the_connection_goes_on(
    client: AsyncTcpClient, marked: Marked
) -> None:
    await send(client, detect("one", "ok_nabu"), START, *chunks(marked(500, {100: 1})))
    error = await fails(client)
    assert error.code == "unknown-model"
    assert "ok_nabu" in error.text
    assert "one, two, three" in error.text
    await send(client, detect("one"), START, *chunks(marked(500, {100: 1})))
    assert await heard(client) == ("one", 100)


@pytest.mark.parametrize("names", ["one", [1], {"one": 1}, [None]])
async def test_names_that_are_no_list_of_texts_are_an_error(client: AsyncTcpClient, names: Any) -> None:
    await send(client, Event("detect", {"names": names}))
    assert (await fails(client)).code == "bad-request"


@pytest.mark.parametrize(
    "audio", [{}, {"rate": 0, "width": 2, "channels": 1}, {"rate": "x", "width": 2, "channels": 1}]
)
async def test_audio_of_an_impossible_format_is_an_error(client: AsyncTcpClient, audio: dict[str, Any]) -> None:
    await send(client, detect(), Event("audio-start", audio))
    assert (await fails(client)).code == "bad-request"
    await send(client, detect(), Event("audio-chunk", audio, b"1234"))
    assert (await fails(client)).code == "bad-request"


async def test_another_request_before_audio_stop_is_an_error(client: AsyncTcpClient) -> None:
    await send(client, detect(), START, Event("transcribe"))
    assert (await fails(client)).code == "unexpected-event"


async def test_a_second_detect_begins_anew_as_satellites_send_it(client: AsyncTcpClient, marked: Marked) -> None:
    await send(client, detect("one"), START, *chunks(marked(1_000, {900: 1})))
    assert await heard(client) == ("one", 900)
    await send(client, detect("two"), START, *chunks(marked(1_000, {100: 1, 200: 2})))
    assert await heard(client) == ("two", 200)


async def test_a_stream_that_begins_anew_has_heard_nothing_yet(client: AsyncTcpClient, marked: Marked) -> None:
    await send(client, detect(), START, *chunks(marked(500, {400: 1})), START, *chunks(marked(500, {300: 2})))
    assert [await heard(client) for _ in range(2)] == [("one", 400), ("two", 300)]
    await send(client, START, *chunks(marked(500, {})), STOP)
    assert await not_detected(client)


async def test_audio_that_came_before_a_second_detect_still_counts(
    client: AsyncTcpClient, engine: Any, marked: Marked
) -> None:
    engine.feeding.clear()
    await send(client, detect("one"), START, *chunks(marked(1_000, {900: 1})), detect("two"), START)
    await send(client, *chunks(marked(500, {300: 2})))
    await describe(client)
    engine.feeding.set()
    assert await heard(client) == ("one", 900)
    assert await heard(client) == ("two", 300)


@pytest.mark.parametrize("size", [1, 7, 160, 2_048, 64_000, 200_000])
async def test_the_size_of_chunks_makes_no_difference(client: AsyncTcpClient, marked: Marked, size: int) -> None:
    pcm = marked(100 if size < 100 else 5_000, {10: 1, 60: 2} if size < 100 else {10: 1, 4_999: 2})
    await send(client, detect(), START, *chunks(pcm, size), STOP)
    assert [await heard(client) for _ in range(2)] == [("one", 10), ("two", 60 if size < 100 else 4_999)]


async def test_a_chunk_of_two_minutes_is_taken_in_pieces(client: AsyncTcpClient, engine: Any, marked: Marked) -> None:
    await send(client, detect(), START, chunk(marked(120_000, {119_000: 1})))
    assert await heard(client) == ("one", 119_000)
    assert max(engine.pieces) <= PIECE_S * 16_000


async def test_audio_is_taken_in_the_format_of_its_chunks(client: AsyncTcpClient, engine: Any) -> None:
    stereo = np.zeros((48_000, 2), "<i4").tobytes()
    start = AudioStart(rate=48_000, width=4, channels=2).event()
    await send(
        client, detect(), start, *(chunk(stereo[at : at + 9_999], 48_000, 4, 2) for at in range(0, 384_000, 9_999))
    )
    await send(client, STOP)
    assert await not_detected(client)
    assert sum(engine.pieces) == 16_000


async def test_chunks_of_another_format_than_announced_are_believed(client: AsyncTcpClient, engine: Any) -> None:
    await send(client, detect(), START, chunk(bytes(16_000), 16_000, 1, 1), STOP)
    assert await not_detected(client)
    assert sum(engine.pieces) == 16_000


async def test_audio_is_kept_while_the_engine_loads(
    engine: Any, serve: Serve, connect: Connect, marked: Marked
) -> None:
    engine.loading.clear()
    client = await connect(await serve(WakeService(Settings(), [engine])))
    await send(client, detect("one"), START, *chunks(marked(2_000, {300: 1})))
    info = await describe(client)
    assert info.wake[0].installed
    assert [model.name for model in info.wake[0].models] == ["one", "two", "three"]
    engine.loading.set()
    assert await heard(client) == ("one", 300)


async def test_a_client_that_leaves_while_the_engine_loads_leaves_nothing_behind(
    engine: Any, serve: Serve, connect: Connect
) -> None:
    engine.loading.clear()
    client = await connect(await serve(WakeService(Settings(), [engine])))
    await send(client, detect("one"), START)
    await describe(client)
    await client.disconnect()
    engine.loading.set()
    other = await connect(client.port)
    await send(other, detect("one"), STOP)
    assert await not_detected(other)
    await happens(engine.idle)
    assert engine.sessions == 0


async def test_a_client_that_leaves_while_the_engine_loads_is_not_waited_for(
    engine: Any, serve: Serve, connect: Connect
) -> None:
    left = asyncio.Event()

    class Watched(WakeService):
        async def serve(self, connection: Connection, first: Event) -> None:
            try:
                await super().serve(connection, first)
            finally:
                left.set()

    engine.loading.clear()
    client = await connect(await serve(Watched(Settings(), [engine])))
    await send(client, detect("one"), START)
    await client.disconnect()
    await asyncio.wait_for(left.wait(), WAIT_S)
    engine.loading.set()


async def test_an_engine_that_cannot_be_loaded_is_an_error_and_not_installed(
    engine: Any, serve: Serve, connect: Connect
) -> None:
    engine.failure = EngineUnavailableError("The models are gone.", remedy="Bring them back.")
    client = await connect(await serve(WakeService(Settings(), [engine])))
    await send(client, detect())
    error = await fails(client)
    assert error.code == "engine-unavailable"
    assert "Bring them back" in error.text
    assert not (await describe(client)).wake[0].installed


async def test_what_arrives_while_the_engine_computes_is_one_job(
    client: AsyncTcpClient, engine: Any, marked: Marked
) -> None:
    engine.feeding.clear()
    await send(client, detect("one"), START, chunk(marked(20, {})))
    await happens(engine.fed)
    await send(client, *(chunk(marked(20, {0: mark})) for mark in (0, 0, 1, 0)))
    await describe(client)
    engine.feeding.set()
    assert await heard(client) == ("one", 60)
    assert engine.pieces == [320, 4 * 320]


async def test_a_client_faster_than_real_time_is_heard_in_bounded_pieces_and_info_is_answered(
    client: AsyncTcpClient, engine: Any, marked: Marked
) -> None:
    engine.feeding.clear()
    await send(client, detect(), START, *chunks(marked(60_000, {59_900: 2}), 4_096))
    await happens(engine.fed)
    assert (await describe(client)).wake[0].models
    engine.feeding.set()
    assert await heard(client) == ("two", 59_900)
    assert max(engine.pieces) <= PIECE_S * 16_000
    assert sum(engine.pieces) <= 60_000 * 16


async def test_a_client_that_vanishes_frees_its_session_at_once_even_while_it_is_computed(
    client: AsyncTcpClient, engine: Any, marked: Marked
) -> None:
    engine.feeding.clear()
    await send(client, detect(), START, *chunks(marked(5_000, {})))
    await happens(engine.fed)
    await client.disconnect()
    await happens(engine.idle)
    assert engine.sessions == 0
    assert engine.pieces == []
    engine.feeding.set()


async def test_a_client_that_vanishes_in_silence_frees_its_session(client: AsyncTcpClient, engine: Any) -> None:
    await send(client, detect("one"), START, chunk(bytes(2_048)))
    await happens(engine.fed)
    await client.disconnect()
    await happens(engine.idle)
    assert engine.sessions == 0


async def test_a_job_that_waits_too_long_is_an_error(
    client: AsyncTcpClient, engine: Any, connect: Connect, marked: Marked, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.feeding.clear()
    await send(client, detect(), START, chunk(marked(100, {})))
    await happens(engine.fed)
    monkeypatch.setattr(listening, "DEADLINE_S", 0.0)
    late = await connect(client.port)
    await send(late, detect(), START)
    await describe(late)
    engine.feeding.set()
    assert (await fails(late)).code == "overloaded"


async def test_an_engine_that_fails_is_an_error_and_the_session_ends(
    client: AsyncTcpClient, engine: Any, marked: Marked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "pieces", None)
    await send(client, detect(), START, chunk(marked(100, {})))
    assert (await fails(client)).code == "engine-failed"
    assert engine.sessions == 0


async def test_twenty_clients_at_once_hear_only_their_own(
    engine: Any, serve: Serve, connect: Connect, marked: Marked
) -> None:
    port = await serve(WakeService(Settings(), [engine]))

    async def one(number: int) -> list[tuple[str | None, int | None]]:
        client = await connect(port)
        name = engine.names[number % 3]
        marks = {100 * number + 10: 1, 100 * number + 20: 2, 100 * number + 30: 3, 2_990: number % 3 + 1}
        await send(client, detect(name), START)
        for event in chunks(marked(3_000, marks), 1_000 + 61 * number):
            await client.write_event(event)
            await asyncio.sleep(0)
        return [await heard(client) for _ in range(2)]

    found = await asyncio.gather(*(one(number) for number in range(20)))
    assert found == [
        [(engine.names[n % 3], 100 * n + 10 * (n % 3 + 1)), (engine.names[n % 3], 2_990)] for n in range(20)
    ]
    assert engine.sessions == 20
