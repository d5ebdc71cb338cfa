"""When an utterance begins and ends."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wyoming_servers.stt.endpointing import Endpointer, EndReason, Signal, Timing

WINDOW_S = 0.032
TIMING = Timing(pause_s=0.25, silence_s=0.7, complete_silence_s=0.4, no_speech_s=8.0, max_utterance_s=30.0)
SPEECH, BETWEEN, SILENCE = 0.9, 0.4, 0.05


def windows(seconds: float, probability: float) -> list[float]:
    return [probability] * round(seconds / WINDOW_S)


def hear(endpointer: Endpointer, probabilities: Iterable[float]) -> list[tuple[float, Signal]]:
    """Return the signals and the audio time of each, counted from this call."""
    signals = []
    for number, probability in enumerate(probabilities, start=1):
        signal = endpointer.hear(probability, WINDOW_S)
        if signal is not None:
            signals.append((number * WINDOW_S, signal))
    return signals


def kinds(signals: list[tuple[float, Signal]]) -> list[Signal]:
    return [signal for _, signal in signals]


def spoken(seconds: float = 1.0) -> Endpointer:
    endpointer = Endpointer(TIMING)
    hear(endpointer, windows(seconds, SPEECH))
    return endpointer


def test_speech_a_pause_and_silence_end_an_utterance() -> None:
    endpointer = Endpointer(TIMING)
    signals = hear(endpointer, windows(0.5, SILENCE) + windows(1.0, SPEECH) + windows(1.0, SILENCE))
    assert kinds(signals) == [Signal.SPEECH, Signal.PAUSE, Signal.END]
    assert endpointer.reason is EndReason.SILENCE
    assert endpointer.speech_start_s == pytest.approx(0.5, abs=WINDOW_S)
    assert endpointer.speech_end_s == pytest.approx(1.5, abs=WINDOW_S)


def test_the_silences_are_as_long_as_they_are_set() -> None:
    signals = {signal: at for at, signal in hear(spoken(), windows(2.0, SILENCE))}
    assert signals[Signal.PAUSE] == pytest.approx(TIMING.pause_s, abs=WINDOW_S)
    assert signals[Signal.END] == pytest.approx(TIMING.silence_s, abs=WINDOW_S)


def test_speech_after_a_pause_takes_the_pause_back() -> None:
    signals = hear(spoken(), windows(0.5, SILENCE) + windows(0.5, SPEECH) + windows(0.4, SILENCE))
    assert kinds(signals) == [Signal.PAUSE, Signal.RESUMED, Signal.PAUSE]


def test_a_whole_command_needs_less_silence() -> None:
    endpointer = spoken()
    hear(endpointer, windows(0.3, SILENCE))
    assert endpointer.complete() is None
    ((at_s, signal),) = hear(endpointer, windows(1.0, SILENCE))
    assert (signal, endpointer.reason) == (Signal.END, EndReason.COMPLETE)
    assert 0.3 + at_s == pytest.approx(TIMING.complete_silence_s, abs=1.5 * WINDOW_S)


def test_a_whole_command_ends_at_once_where_the_silence_was_long_enough() -> None:
    endpointer = spoken()
    hear(endpointer, windows(0.5, SILENCE))
    assert endpointer.complete() is Signal.END


def test_a_command_that_goes_on_is_no_longer_whole() -> None:
    endpointer = spoken()
    hear(endpointer, windows(0.3, SILENCE))
    endpointer.complete()
    signals = hear(endpointer, windows(0.5, SPEECH) + windows(0.5, SILENCE))
    assert kinds(signals) == [Signal.RESUMED, Signal.PAUSE]


def test_nothing_is_complete_while_somebody_speaks_or_before() -> None:
    assert Endpointer(TIMING).complete() is None
    endpointer = spoken()
    assert endpointer.complete() is None
    assert kinds(hear(endpointer, windows(0.5, SILENCE))) == [Signal.PAUSE]


def test_without_speech_it_gives_up() -> None:
    endpointer = Endpointer(TIMING)
    ((at_s, signal),) = hear(endpointer, windows(20.0, SILENCE))
    assert (signal, endpointer.reason) == (Signal.END, EndReason.NO_SPEECH)
    assert at_s == pytest.approx(TIMING.no_speech_s, abs=WINDOW_S)
    assert not endpointer.speech_heard


def test_speech_without_end_is_cut() -> None:
    endpointer = Endpointer(TIMING)
    *_, (at_s, signal) = hear(endpointer, windows(600.0, SPEECH))
    assert (signal, endpointer.reason) == (Signal.END, EndReason.MAX_LENGTH)
    assert at_s == pytest.approx(TIMING.max_utterance_s, abs=WINDOW_S)


def test_clicks_are_no_speech() -> None:
    clicks = (windows(0.064, SPEECH) + windows(0.2, SILENCE)) * 20
    assert hear(Endpointer(TIMING), clicks) == []


def test_a_click_does_not_end_a_pause() -> None:
    signals = hear(spoken(), [*windows(0.4, SILENCE), SPEECH, *windows(0.4, SILENCE)])
    assert kinds(signals) == [Signal.PAUSE, Signal.END]


def test_doubt_goes_on_with_what_was_before() -> None:
    assert hear(Endpointer(TIMING), windows(5.0, BETWEEN)) == []
    assert hear(spoken(), windows(5.0, BETWEEN)) == []


@pytest.mark.parametrize(("sensitivity", "silence_s"), [("default", 0.7), ("relaxed", 1.25), ("aggressive", 0.25)])
def test_a_client_chooses_home_assistants_silences(sensitivity: str, silence_s: float) -> None:
    timing = TIMING.for_sensitivity(sensitivity)
    assert timing.silence_s == pytest.approx(silence_s)
    assert timing.pause_s <= TIMING.pause_s


@pytest.mark.parametrize("sensitivity", [None, "", "whatever"])
def test_an_unknown_sensitivity_changes_nothing(sensitivity: str | None) -> None:
    assert TIMING.for_sensitivity(sensitivity) == TIMING


PROBABILITIES = st.lists(
    st.tuples(st.sampled_from([0.0, 0.2, 0.34, 0.36, 0.49, 0.5, 0.8, 1.0]), st.integers(1, 40)), max_size=40
).map(lambda runs: [probability for probability, count in runs for _ in range(count)])
SHORT = Timing(pause_s=0.25, silence_s=0.7, complete_silence_s=0.4, no_speech_s=2.0, max_utterance_s=5.0)


@given(PROBABILITIES, st.sets(st.integers(0, 400)))
def test_signals_come_in_their_order_whatever_is_heard(probabilities: list[float], completions: set[int]) -> None:
    endpointer = Endpointer(SHORT)
    after: dict[Signal | None, set[Signal]] = {
        None: {Signal.SPEECH, Signal.END},
        Signal.SPEECH: {Signal.PAUSE, Signal.END},
        Signal.PAUSE: {Signal.RESUMED, Signal.END},
        Signal.RESUMED: {Signal.PAUSE, Signal.END},
        Signal.END: set(),
    }
    last: Signal | None = None
    for number, probability in enumerate(probabilities):
        heard = [endpointer.hear(probability, WINDOW_S)]
        heard += [endpointer.complete()] if number in completions else []
        for signal in filter(None, heard):
            assert signal in after[last]
            last = signal
    assert (last is Signal.END) == (endpointer.reason is not None)
    assert endpointer.paused == (last is Signal.PAUSE)


@given(PROBABILITIES)
def test_every_utterance_ends_in_bounded_time(probabilities: list[float]) -> None:
    endpointer = Endpointer(SHORT)
    for probability in probabilities:
        endpointer.hear(probability, WINDOW_S)
    hear(endpointer, windows(SHORT.no_speech_s + 1.0, SILENCE))
    assert endpointer.reason is not None
    assert endpointer.speech_end_s <= SHORT.no_speech_s + SHORT.max_utterance_s + 1.0


@given(PROBABILITIES)
def test_only_no_speech_ends_what_had_none(probabilities: list[float]) -> None:
    endpointer = Endpointer(SHORT)
    for probability in probabilities:
        endpointer.hear(probability, WINDOW_S)
    if endpointer.reason is not None:
        assert (endpointer.reason is EndReason.NO_SPEECH) != endpointer.speech_heard
