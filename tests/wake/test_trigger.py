"""The rule by which probabilities become a detection, by example and by property."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from wyoming_servers.wake.trigger import Trigger

STEP_MS = 80

probabilities = st.lists(st.sampled_from([0.0, 0.2, 0.5, 0.9, 1.0]), max_size=120)
levels = st.integers(1, 6)
refractories = st.integers(0, 1_000)


def run(row: list[float], *, threshold: float = 0.5, level: int = 1, refractory_ms: int = 0) -> list[int]:
    trigger = Trigger(threshold=threshold, level=level, refractory_ms=refractory_ms)
    return [index for index, value in enumerate(row) if trigger.step(value, (index + 1) * STEP_MS)]


def test_the_first_step_at_the_threshold_is_the_word() -> None:
    assert run([0.0, 0.49, 0.5, 0.0]) == [2]


def test_a_level_counts_steps_in_a_row() -> None:
    assert run([0.9, 0.9, 0.0, 0.9, 0.9, 0.9], level=3) == [5]


def test_steps_before_a_gap_do_not_count() -> None:
    assert run([0.9, 0.0] * 10, level=2) == []


def test_every_utterance_needs_the_whole_level_again() -> None:
    utterance = [0.9] * 4 + [0.0] * 30
    assert run(utterance * 3, level=3, refractory_ms=2_000) == [2, 36, 70]


def test_one_long_sound_is_one_detection() -> None:
    assert run([0.9] * 100, refractory_ms=400) == [0]


def test_a_second_word_within_the_refractory_time_is_not_heard() -> None:
    row = [0.9, 0.0, 0.9, 0.0, 0.9]
    assert run(row, refractory_ms=4 * STEP_MS) == [0, 4]


def test_a_word_that_begins_within_the_refractory_time_and_outlasts_it_is_heard() -> None:
    assert run([0.9, 0.0, 0.9, 0.9, 0.9], refractory_ms=3 * STEP_MS) == [0, 3]


def test_what_is_not_a_number_is_not_a_word() -> None:
    assert run([float("nan")] * 3) == []


@given(probabilities, levels, refractories)
def test_a_detection_is_preceded_by_its_level_of_steps_at_the_threshold(
    row: list[float], level: int, refractory_ms: int
) -> None:
    for index in run(row, level=level, refractory_ms=refractory_ms):
        assert index + 1 >= level
        assert min(row[index - level + 1 : index + 1]) >= 0.5


@given(probabilities, levels, refractories)
def test_between_detections_lies_the_refractory_time_and_a_step_below_the_threshold(
    row: list[float], level: int, refractory_ms: int
) -> None:
    found = run(row, level=level, refractory_ms=refractory_ms)
    for before, after in pairwise(found):
        assert (after - before) * STEP_MS >= refractory_ms
        assert min(row[before:after]) < 0.5


@given(probabilities, levels)
def test_without_a_refractory_time_every_long_enough_row_is_one_detection(row: list[float], level: int) -> None:
    lengths = [len(part) for part in "".join("x" if value >= 0.5 else " " for value in row).split()]
    assert len(run(row, level=level)) == sum(length >= level for length in lengths)


@given(probabilities, levels, refractories)
def test_a_higher_level_never_hears_more(row: list[float], level: int, refractory_ms: int) -> None:
    assert len(run(row, level=level + 1)) <= len(run(row, level=level))
    assert len(run(row, level=level, refractory_ms=refractory_ms)) <= len(run(row, level=level))


@given(probabilities, levels, refractories)
def test_after_quiet_for_the_refractory_time_it_is_as_new(row: list[float], level: int, refractory_ms: int) -> None:
    quiet = [0.0] * (refractory_ms // STEP_MS + 1)
    again = run(row + quiet + row, level=level, refractory_ms=refractory_ms)
    once = run(row, level=level, refractory_ms=refractory_ms)
    assert again == once + [index + len(row) + len(quiet) for index in once]
