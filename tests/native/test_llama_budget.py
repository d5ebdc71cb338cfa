"""Which exchanges fit, and how many tokens are evaluated at a time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wyoming_servers.conversation.llama.budget import exchanges_to_drop, first_kept
from wyoming_servers.conversation.llama.pace import FIRST, LEAST, Pace
from wyoming_servers.conversation.llama.sequence import shared
from wyoming_servers.errors import LimitExceededError

SIZES = st.lists(st.integers(1, 300), max_size=40)


@given(SIZES, st.integers(0, 2000))
def test_what_is_kept_fits(history: list[int], room: int) -> None:
    assert sum(history[first_kept(history, room) :]) <= room


@given(SIZES, st.integers(0, 2000))
def test_nothing_is_dropped_while_all_fits(history: list[int], room: int) -> None:
    if sum(history) <= room:
        assert first_kept(history, room) == 0


@given(SIZES, st.integers(0, 300), st.integers(0, 2000))
def test_the_cut_only_moves_when_a_turn_does_not_fit_any_more(history: list[int], newest: int, room: int) -> None:
    before = first_kept(history, room)
    after = first_kept([*history, newest], room)
    assert after >= before
    if sum(history[before:]) + newest <= room:
        assert after == before


def test_a_cut_leaves_half_the_room_so_that_it_stays_for_several_turns() -> None:
    cuts = [first_kept([100] * turns, 1000) for turns in range(1, 31)]
    assert cuts[:10] == [0] * 10
    assert cuts[10:15] == [6] * 5
    assert len(set(cuts)) <= 6


def test_the_newest_exchange_is_kept_though_it_takes_more_than_half_the_room() -> None:
    assert first_kept([100, 100, 700], 800) == 2
    assert first_kept([100, 100, 900], 800) == 3


@given(SIZES, st.integers(0, 500), st.integers(1, 300), st.integers(1, 300))
def test_prompt_and_answer_fit_into_the_context_or_both_figures_are_told(
    history: list[int], system: int, last: int, answer: int
) -> None:
    context = 1000
    if system + last + answer > context:
        with pytest.raises(LimitExceededError, match=rf"{system + last} tokens .* 1,000") as caught:
            exchanges_to_drop(system, history, last, answer, context)
        assert caught.value.remedy
        return
    count = exchanges_to_drop(system, history, last, answer, context)
    assert system + sum(history[count:]) + last + answer <= context


def test_the_length_of_the_last_words_does_not_move_the_cut() -> None:
    cuts = {exchanges_to_drop(1000, [90] * 60, last, 400, 4096) for last in range(10, 512, 50)}
    assert len(cuts) == 1


@given(st.lists(st.integers(0, 1), max_size=12), st.lists(st.integers(0, 1), max_size=12))
def test_what_two_sequences_share_is_counted_from_the_beginning(first: list[int], second: list[int]) -> None:
    count = shared(first, tuple(second))
    assert first[:count] == second[:count]
    assert count in {len(first), len(second)} or first[count] != second[count]


def test_a_step_takes_as_long_as_it_should_once_the_speed_is_known() -> None:
    pace = Pace(0.5, 512)
    assert pace.step == FIRST
    pace.learn(32, 0.16)
    assert pace.step == 100
    for _ in range(20):
        pace.learn(100, 0.001)
    assert pace.step == 512


def test_a_very_slow_machine_still_gets_on() -> None:
    pace = Pace(0.5, 512)
    pace.learn(32, 60)
    assert pace.step == LEAST


def test_single_tokens_say_nothing_about_prompts() -> None:
    pace = Pace(0.5, 512)
    pace.learn(1, 10)
    assert pace.step == FIRST
    assert pace.tokens_per_s == pytest.approx(FIRST)
