from __future__ import annotations

from wyoming_servers.tts.cache import SpeechCache
from wyoming_servers.tts.engine import Speech
from wyoming_servers.tts.sound import trailing_silence


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
