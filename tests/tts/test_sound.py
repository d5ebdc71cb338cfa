from __future__ import annotations

from typing import cast

from wyoming.audio import AudioChunk
from wyoming.event import Event

from wyoming_servers.protocol.connection import Connection
from wyoming_servers.tts.cache import SpeechCache
from wyoming_servers.tts.engine import Speech
from wyoming_servers.tts.sound import AudioStream, trailing_silence


def test_silence_at_the_end_is_counted() -> None:
    loud, quiet = b"\x00\x20", b"\x10\x00"
    assert trailing_silence(b"") == 0
    assert trailing_silence(loud * 10) == 0
    assert trailing_silence(loud * 10 + quiet * 7) == 7
    assert trailing_silence(b"\x00\x80" + quiet) == 1


def test_half_a_second_of_silence_is_enough_to_count() -> None:
    assert trailing_silence(bytes(2 * 100_000)) == 11_025


def test_the_cache_keeps_what_was_used_last_within_its_budget() -> None:
    cache = SpeechCache(budget_bytes=100)
    for number in range(10):
        cache.put(number, Speech(bytes(10), 16_000))
    assert cache.get(0) is not None
    cache.put("new", Speech(bytes(10), 16_000))
    assert cache.get(1) is None
    assert cache.get(0) is not None
    assert len(cache) == 10
    cache.clear()
    assert len(cache) == 0
    assert cache.get(0) is None


def test_the_cache_does_not_give_itself_up_for_one_long_piece() -> None:
    cache = SpeechCache(budget_bytes=100)
    cache.put("long", Speech(bytes(11), 16_000))
    assert cache.get("long") is None
    assert len(cache) == 0


class Sent:
    """A connection that keeps the audio."""

    def __init__(self) -> None:
        self.pcm = b""

    async def write(self, event: Event) -> None:
        if AudioChunk.is_type(event.type):
            self.pcm += AudioChunk.from_event(event).audio


async def test_silence_that_goes_on_over_portions_is_part_of_the_pause() -> None:
    loud, sent = b"\x00\x20" * 100, Sent()
    stream = AudioStream(cast("Connection", sent))
    for portion in (loud + bytes(200), bytes(400), bytes(600)):
        await stream.write(Speech(portion, 16_000, ends=False), 0.0)
    await stream.write(Speech(bytes(200), 16_000), 0.1)
    await stream.write(Speech(loud, 16_000), 0.1)
    assert sent.pcm == loud + bytes(2 * 1600) + loud
