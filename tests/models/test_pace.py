"""When a source of a file is left for another one because it gives next to nothing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from wyoming_servers.models.pace import CLEARLY, SLOW_BYTES_S, WINDOW_S, Pace, Rates

LONGEST_SILENCE_S = 30.0
"""After which a connection counts as cut (`Patience.silent_s`)."""
arrivals = st.lists(st.tuples(st.floats(0.001, LONGEST_SILENCE_S), st.integers(1, 2_000_000)), max_size=60)
"""Seconds since the bytes before, and how many come."""
names = st.sampled_from("abc")


@given(arrivals)
def test_a_minute_is_judged_by_all_that_came_in_it_and_by_nothing_else(come: list[tuple[float, int]]) -> None:
    pace, now_s, from_s, size = Pace(0.0), 0.0, 0.0, 0
    for after_s, more in come:
        now_s += after_s
        size += more
        rate = pace.came(more, now_s)
        if now_s - from_s < WINDOW_S:
            assert rate is None
        else:
            assert rate == size / (now_s - from_s)
            assert now_s - from_s < WINDOW_S + LONGEST_SILENCE_S  # it is found out as soon as that
            from_s, size = now_s, 0


@given(st.floats(0.001, LONGEST_SILENCE_S), st.integers(1, 100_000))
def test_what_trickles_is_slow_and_what_does_not_is_not(every_s: float, size: int) -> None:
    pace, now_s, rate = Pace(0.0), 0.0, None
    while rate is None:
        now_s += every_s
        rate = pace.came(size, now_s)
    if abs(size / every_s - SLOW_BYTES_S) > 1:
        assert (rate < SLOW_BYTES_S) == (size / every_s < SLOW_BYTES_S)


def test_a_slow_source_is_left_for_one_that_is_not_known_to_be() -> None:
    assert Rates().is_left("a", 9_999.0, ["a", "b"])
    assert not Rates().is_left("a", 10_000.0, ["a", "b"])


def test_the_quickest_of_slow_sources_is_gone_back_to_and_not_left_again() -> None:
    rates = Rates()
    assert rates.is_left("a", 5_000.0, "abc")
    assert rates.best_first("bca") == ["b", "c", "a"]
    assert rates.is_left("b", 100.0, "abc")
    assert rates.is_left("c", 10.0, "abc")
    assert rates.best_first("abc") == ["a", "b", "c"]
    assert not rates.is_left("a", 5_000.0, "abc")


def test_one_that_was_slow_and_is_not_any_more_is_tried_again() -> None:
    rates = Rates()
    rates.is_left("a", 5_000.0, "ab")
    rates.is_left("a", 50_000.0, "ab")
    assert rates.is_left("b", 3_000.0, "ab")


measurements = st.lists(st.tuples(names, st.floats(0.0, 100_000.0)), max_size=30)


@given(measurements, names, st.floats(0.0, SLOW_BYTES_S, exclude_max=True))
def test_the_last_source_is_never_left(before: list[tuple[str, float]], last: str, rate: float) -> None:
    rates = Rates()
    for url, measured in before:
        rates.is_left(url, measured, "abc")
    assert not rates.is_left(last, rate, [last])


@given(measurements)
def test_a_source_is_left_only_when_slow_and_only_for_one_that_may_be_clearly_quicker(
    measured: list[tuple[str, float]],
) -> None:
    rates, latest = Rates(), dict.fromkeys("abc", SLOW_BYTES_S)
    for url, rate in measured:
        latest[url] = rate
        if rates.is_left(url, rate, "abc"):
            assert rate < SLOW_BYTES_S
            best = rates.best_first([each for each in "abc" if each != url])[0]
            assert latest[best] >= min(SLOW_BYTES_S, CLEARLY * rate)
