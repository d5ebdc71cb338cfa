from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from wyoming_servers.tts.portions import FIRST_S, LONGEST_S, RESERVE, Pace, next_portion

MEDIUM = Pace(frame_s=256 / 22_050, context=16, load=0.05)
"""A "medium" voice of Piper's on two cores."""

PACES = st.builds(
    Pace,
    frame_s=st.floats(0.004, 0.02),
    context=st.integers(0, 40),
    load=st.one_of(st.just(0.0), st.floats(0.001, 3.0)),
)
LENGTHS = st.integers(1, 3000)


def portions(frames: int, pace: Pace) -> Iterator[int]:
    last = 0
    while frames:
        last = next_portion(frames, last, pace)
        frames -= last
        yield last


@given(LENGTHS, PACES)
def test_portions_are_the_whole_sentence(frames: int, pace: Pace) -> None:
    made = list(portions(frames, pace))
    assert sum(made) == frames
    assert min(made) > 0


@given(LENGTHS, PACES)
def test_a_listener_does_not_run_out_of_sound_even_if_decoding_takes_longer_than_before(
    frames: int, pace: Pace
) -> None:
    made = list(portions(frames, pace))
    heard_s = ready_s = 0.0
    for number, portion in enumerate(made):
        slower = (1.0 + RESERVE) / 2 if number < len(made) - 1 else 1.0  # the last one takes a small rest with it
        ready_s += (portion + pace.context) * pace.frame_s * pace.load * slower * (number > 0)
        assert ready_s <= heard_s + 1e-9
        heard_s += portion * pace.frame_s


@given(LENGTHS, PACES)
def test_portions_grow_and_their_context_costs_little(frames: int, pace: Pace) -> None:
    made = list(portions(frames, pace))
    assert made[:-1] == sorted(made[:-1])
    assert max(made) * pace.frame_s <= LONGEST_S + (pace.context + 1) * pace.frame_s or len(made) == 1
    if pace.load <= 0.2:
        decoded = frames + pace.context * len(made)
        assert decoded <= frames * (1 + 2 * pace.context * pace.frame_s) + 3 * pace.context


def test_a_sentence_of_two_seconds_is_heard_after_a_quarter_of_one() -> None:
    first, *others = portions(172, MEDIUM)
    assert first * MEDIUM.frame_s < FIRST_S + MEDIUM.frame_s
    assert len(others) == 1


def test_a_short_word_is_one_portion() -> None:
    assert list(portions(30, MEDIUM)) == [30]


def test_a_slow_machine_begins_with_more_and_one_that_cannot_keep_up_decodes_the_whole() -> None:
    loads = (0.05, 0.3, 0.35, 0.5, 2.0)
    firsts = [next_portion(1000, 0, Pace(256 / 22_050, 16, load)) for load in loads]
    assert firsts == sorted(firsts)
    assert firsts[0] < firsts[1] < firsts[2] < firsts[3] == firsts[4] == 1000
