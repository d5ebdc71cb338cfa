"""Which requests are of the same turn, and what is told of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from wyoming_servers.turns.log import KEPT, TurnLog
from wyoming_servers.turns.turn import Exchange, Kind, Outcome, Phase, Request, Timing, Turn

LIGHT = (("HassTurnOn", "Turned on the {{ slots.name }}"),)


def timing(phase: Phase, from_s: float, to_s: float) -> Timing:
    return Timing(phase, from_s, to_s)


def wake(at_s: float) -> Exchange:
    return Exchange(Request.WAKE, at_s, at_s, (timing(Phase.WAKE, at_s, at_s),))


def heard(said: str, at_s: float) -> Exchange:
    timings = (timing(Phase.STT, at_s + 1.0, at_s + 1.3), timing(Phase.SPEECH, at_s + 0.2, at_s + 1.0))
    outcome = Outcome.HEARD if said else Outcome.SILENT
    return Exchange(Request.TRANSCRIPT, at_s, at_s + 1.3, timings, outcome, said=said, language="en")


def answered(said: str, at_s: float, text: str = "", **more: object) -> Exchange:
    asked = Exchange(
        Request.ANSWER,
        at_s,
        at_s + 0.1,
        (timing(Phase.CONVERSATION, at_s, at_s + 0.1),),
        Outcome.ANSWERED if text else Outcome.DONE,
        said=said,
        answered=text,
        intents=() if text else LIGHT,
    )
    return replace(asked, **more)  # type: ignore[arg-type]


def done(text: str, at_s: float) -> Exchange:
    return Exchange(Request.ACTION, at_s, at_s, outcome=Outcome.DONE, answered=text, intents=LIGHT)


def spoken(text: str, at_s: float) -> Exchange:
    return Exchange(Request.SPEECH, at_s, at_s + 0.5, (timing(Phase.TTS, at_s, at_s + 0.5),), answered=text)


def log_of(*exchanges: Exchange) -> TurnLog:
    log = TurnLog(clock=lambda: 100.0, now=lambda: datetime(2026, 11, 29, 20, 0, 0, tzinfo=UTC))
    for exchange in exchanges:
        log.add(exchange)
    return log


def only(log: TurnLog) -> Turn:
    (turn,) = log.turns
    return turn


def phases(turn: Turn) -> list[Phase]:
    return [each.phase for each in turn.timings]


def test_a_spoken_command_is_one_turn_from_its_wake_word_to_its_answer() -> None:
    light = "Turned on the light"
    turn = only(
        log_of(
            wake(10),
            heard("turn on the light", 10.1),
            answered("turn on the light", 11.5),
            done(light, 11.7),
            spoken(light, 12),
        )
    )
    assert phases(turn) == [Phase.WAKE, Phase.SPEECH, Phase.STT, Phase.CONVERSATION, Phase.TTS]
    assert (turn.kind, turn.outcome, turn.said, turn.answered) == (
        Kind.SPOKEN,
        Outcome.DONE,
        "turn on the light",
        light,
    )
    assert (turn.began_s, turn.ended_s) == (10, 12.5)
    assert turn.started == datetime(2026, 11, 29, 19, 58, 30, tzinfo=UTC)


def test_without_a_wake_word_it_begins_with_the_transcription() -> None:
    assert only(log_of(heard("hello", 10))).began_s == 10
    assert only(log_of(wake(1), heard("hello", 10))).began_s == 10, "that one woke nobody"


def test_a_wake_word_begins_one_turn_only() -> None:
    second, first = log_of(wake(10), heard("one", 10), heard("two", 12)).turns
    assert (first.has(Phase.WAKE), second.has(Phase.WAKE)) == (True, False)


def test_what_home_assistant_made_of_a_template_is_the_answer() -> None:
    turn = only(log_of(answered("turn on the light", 10), spoken("Turned on the light", 10.3)))
    assert (turn.kind, turn.outcome, turn.answered) == (Kind.TYPED, Outcome.DONE, "Turned on the light")


def test_what_another_agent_answered_is_known_when_it_is_spoken() -> None:
    turn = only(log_of(heard("what is the capital of France", 10), spoken("Paris.", 20)))
    assert (turn.outcome, turn.answered) == (Outcome.ANSWERED, "Paris.")


def test_an_answer_that_is_known_is_joined_by_its_words_and_no_others() -> None:
    log = log_of(
        answered("who are you", 10, "I am Sotto."), spoken("Dinner is ready!", 11), spoken("I am\n Sotto. ", 11)
    )
    announced, turn = log.turns
    assert (announced.kind, announced.answered, phases(announced)) == (
        Kind.ANNOUNCED,
        "Dinner is ready!",
        [Phase.TTS],
    )
    assert phases(turn) == [Phase.CONVERSATION, Phase.TTS]


def test_words_that_are_known_go_before_words_that_are_awaited() -> None:
    log = log_of(
        answered("who are you", 10, "I am Sotto."), answered("turn on the light", 10.1), spoken("I am Sotto.", 11)
    )
    light, who = log.turns
    assert (light.has(Phase.TTS), who.has(Phase.TTS)) == (False, True)


def test_two_satellites_at_once_are_told_apart_by_what_they_heard() -> None:
    log = log_of(
        heard("turn on the light", 10),
        heard("close the blinds", 10.2),
        answered("turn on the light", 11.5, "one"),
        answered("close the blinds", 11.6, "two"),
        spoken("two", 12),
        spoken("one", 12),
    )
    blinds, light = log.turns
    assert (light.answered, blinds.answered) == ("one", "two")
    assert light.has(Phase.TTS)
    assert blinds.has(Phase.TTS)


def test_the_same_words_half_a_minute_later_are_another_turn() -> None:
    assert len(log_of(heard("turn on the light", 10), answered("turn on the light", 42)).turns) == 2
    assert len(log_of(heard("turn on the light", 10), answered("turn on the light", 41)).turns) == 1


def test_the_same_words_twice_are_two_turns() -> None:
    assert len(log_of(answered("turn on the light", 10), answered("turn on the light", 12)).turns) == 2


def test_the_results_of_calls_go_on_with_the_turn_that_made_them() -> None:
    call = answered("turn on the light and tell me a joke", 10, conversation="c1")
    rest = answered("turn on the light and tell me a joke", 11, "It is on.", conversation="c1", continues=True)
    turn = only(log_of(call, rest, spoken("It is on.", 11.2)))
    assert phases(turn) == [Phase.CONVERSATION, Phase.CONVERSATION, Phase.TTS]
    assert (turn.outcome, turn.answered) == (Outcome.DONE, "It is on.")


def test_results_of_another_conversation_are_of_another_turn() -> None:
    call = answered("turn on the light", 10, conversation="c1")
    other = answered("turn on the light", 11, "It is on.", conversation="c2", continues=True)
    assert len(log_of(call, other).turns) == 2


def test_silence_has_no_answer() -> None:
    log = log_of(heard("", 10), spoken("Dinner is ready!", 12))
    assert [each.outcome for each in log.turns] == [Outcome.ANSWERED, Outcome.SILENT]
    assert [each.kind for each in log.turns] == [Kind.ANNOUNCED, Kind.SPOKEN]


def test_a_stage_that_fails_makes_the_turn_fail() -> None:
    failed = replace(spoken("Turned on", 12), outcome=Outcome.ERROR)
    assert only(log_of(answered("turn on the light", 11.5), failed)).outcome is Outcome.ERROR


def test_only_the_latest_are_kept_and_nobody_reads_a_turn_in_a_log() -> None:
    log = log_of(*(answered(f"secret {number}", number * 100) for number in range(KEPT + 3)))
    assert [each.said for each in log.turns][:2] == [f"secret {KEPT + 2}", f"secret {KEPT + 1}"]
    assert len(log.turns) == KEPT
    assert "secret" not in repr(log.turns[0])


def test_a_listener_that_fails_hinders_nobody() -> None:
    log, seen = log_of(), []

    def fail(*_: object) -> None:
        raise ValueError

    log.listen(lambda turn, _: seen.append(turn.said))
    log.listen(fail)
    log.add(answered("turn on the light", 1))
    assert seen == ["turn on the light"]


REQUESTS = st.sampled_from([wake, heard, answered, spoken, done])
WORDS = st.sampled_from(["", "on", "off", "Turned on"])


@given(st.lists(st.tuples(REQUESTS, WORDS, st.floats(0, 5)), max_size=30))
def test_whatever_comes_every_exchange_is_told_once_and_in_order(told: Sequence[tuple[object, str, float]]) -> None:
    """Nothing is lost but wake words that woke nobody and acts that nobody asked for; time runs forward."""
    now_s, log, count = 0.0, log_of(), 0
    for make, words, later_s in told:
        now_s += later_s
        exchange = make(now_s) if make is wake else make(words, now_s)  # type: ignore[operator]
        log.add(exchange)
        count += len(exchange.timings) if make is not wake else 0
    shown = [each for turn in log.turns for each in turn.timings]
    assert len([each for each in shown if each.phase is not Phase.WAKE]) == count
    for turn in log.turns:
        starts = [each.from_s for each in turn.timings]
        assert starts == sorted(starts)
        assert all(turn.began_s <= each.from_s <= each.to_s <= turn.ended_s + 1e-9 for each in turn.timings)
