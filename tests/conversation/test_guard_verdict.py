"""What a model comes up with is spoken, executed, asked for again once, or replaced; nothing untrue gets through."""

# ruff: noqa: RUF001 - Chinese punctuation is meant

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conversation.calls_house import CHINESE_HOUSE, HOUSE
from tests.conversation.test_guard_claims import CLAIMS, NO_CLAIMS
from wyoming_servers.conversation.calls.call import Situation
from wyoming_servers.conversation.engine import ToolCall, ToolChoice
from wyoming_servers.conversation.guard.claims import claims_action, promises
from wyoming_servers.conversation.guard.sentences import Sentence
from wyoming_servers.conversation.guard.verdict import Act, Answer, Result, Retry, Say, Speak, Verdict, judge
from wyoming_servers.home.model import HomeSnapshot

LAMP_OFF = ToolCall("HassTurnOff", {"name": "Study Lamp"})
DONE = Result(LAMP_OFF, ok=True)
REFUSED = Result(ToolCall("assist__HassTurnOn", {"name": "Moon"}), ok=False, reason="No such entity")
TIMER = Result(ToolCall("assist__HassStartTimer", {"minutes": 10}), ok=True)


def verdict(
    utterance: str,
    text: str = "",
    *results: Result,
    calls: tuple[ToolCall, ...] = (),
    broken: tuple[str, ...] = (),
    retried: bool = False,
    home: HomeSnapshot = HOUSE,
) -> Verdict:
    language = "zh-CN" if home is CHINESE_HOUSE else "en"
    return judge(Answer(text, calls, broken), Situation(home, utterance), language, results=results, retried=retried)


def test_a_call_is_executed_and_nothing_is_claimed_before_it() -> None:
    assert verdict("Turn off the study lamp", calls=(LAMP_OFF,)) == Act((LAMP_OFF,))
    assert verdict("Turn off the study lamp", "I've turned it off.", calls=(LAMP_OFF,)) == Act((LAMP_OFF,))
    assert verdict("Lamp off", "One moment.", calls=(LAMP_OFF,)) == Act((LAMP_OFF,), "One moment.")


def test_a_broken_call_is_asked_for_again_with_its_name_and_then_said_to_have_failed() -> None:
    again = verdict("Turn off the study lamp", broken=("HassLampOff",))
    assert isinstance(again, Retry)
    assert "HassLampOff" in again.reason
    assert again.choice is ToolChoice.REQUIRED
    assert verdict("Turn off the study lamp", broken=("HassLampOff",), retried=True) == Say(Sentence.FAILED)


def test_the_second_time_what_can_be_executed_is_and_the_rest_is_told() -> None:
    assert isinstance(verdict("Both off", calls=(LAMP_OFF,), broken=("x",)), Retry)
    assert verdict("Both off", calls=(LAMP_OFF,), broken=("x",), retried=True) == Act((LAMP_OFF,), left_out=("x",))


def test_after_calls_that_succeeded_the_reply_is_spoken_whatever_it_says() -> None:
    assert verdict("Turn off the study lamp", "I've turned it off.", DONE) == Speak("I've turned it off.")
    assert verdict("Turn off the study lamp", "", DONE) == Speak("")


@pytest.mark.parametrize(
    "looked", ["GetLiveContext", "assist__GetDateTime", "HassGetState", "HassTimerStatus", "search_web"]
)
def test_to_have_looked_is_to_have_done_nothing(looked: str) -> None:
    seen = Result(ToolCall(looked), ok=True)
    assert isinstance(verdict("Turn off the study lamp", "I've turned it off.", seen), Retry)
    assert verdict("Is the study lamp on?", "The study lamp is on.", seen) == Speak("The study lamp is on.")


@pytest.mark.parametrize("done", ["HassTurnOn", "HassMediaSearchAndPlay", "script__good_night", "HassListAddItem"])
def test_to_have_acted_is_to_have_done_something(done: str) -> None:
    assert verdict("Do it", "I've done it.", Result(ToolCall(done), ok=True)) == Speak("I've done it.")


def test_a_call_that_failed_is_tried_once_more_with_the_reason() -> None:
    again = verdict("Turn on the moon", "", REFUSED)
    assert isinstance(again, Retry)
    assert "No such entity" in again.reason
    assert again.choice is ToolChoice.REQUIRED
    assert verdict("Turn on the moon", "", REFUSED, retried=True) == Say(Sentence.FAILED)


def test_what_succeeded_is_told_beside_what_failed() -> None:
    said = verdict("Lamp off, moon on", "I've turned off the lamp and turned on the moon.", DONE, REFUSED, retried=True)
    assert said == Say(Sentence.PARTLY_FAILED, after_responses=True)


def test_an_honest_reply_to_a_failure_is_spoken() -> None:
    text = "I couldn't find a moon."
    assert verdict("Turn on the moon", text, REFUSED) == Speak(text)
    assert verdict("Turn on the moon", text, REFUSED, retried=True) == Speak(text)


@pytest.mark.parametrize(
    "text", ["I've turned off the lamp.", "Okay!", "The study lamp is off.", "I tried to turn it off."]
)
def test_a_claim_without_a_call_has_to_become_a_call(text: str) -> None:
    again = verdict("Turn off the study lamp", text)
    assert isinstance(again, Retry)
    assert again.choice is ToolChoice.REQUIRED
    assert verdict("Turn off the study lamp", text, retried=True) == Say(Sentence.NOTHING_DONE)


def test_a_claim_about_something_that_is_not_the_home_s_forces_no_call() -> None:
    again = verdict("Order a pizza", "I've ordered a pizza.")
    assert isinstance(again, Retry)
    assert again.choice is ToolChoice.AUTO


def test_a_question_answered_with_what_was_done_ends_in_not_being_sure() -> None:
    assert isinstance(verdict("Did you lock the door?", "Yes, I locked it."), Retry)
    assert verdict("Did you lock the door?", "Yes, I locked it.", retried=True) == Say(Sentence.NOT_SURE)


def test_a_state_is_told_to_one_who_asks_for_it() -> None:
    assert verdict("Is the study lamp on?", "The study lamp is on.") == Speak("The study lamp is on.")
    assert verdict("书房台灯开着吗？", "书房台灯开着。", home=CHINESE_HOUSE) == Speak("书房台灯开着。")


def test_a_needless_question_becomes_a_call_and_one_that_is_needed_is_asked() -> None:
    again = verdict("Turn on the fan", "Which fan would you like me to turn on?")
    assert isinstance(again, Retry)
    assert again.choice is ToolChoice.REQUIRED
    which = "Which light would you like me to turn off?"
    assert verdict("Turn off the light", which) == Speak(which)
    assert verdict("Turn on the fan", which, retried=True) == Speak(which)


def test_a_promise_needs_a_timer() -> None:
    text = "I'll turn off the lamp in ten minutes."
    asked = "Turn off the study lamp in ten minutes"
    assert verdict(asked, text, TIMER) == Speak(text)
    assert isinstance(verdict(asked, text), Retry)
    assert verdict(asked, text, retried=True) == Say(Sentence.CANNOT_SCHEDULE)
    assert verdict(asked, text, DONE) == Say(Sentence.CANNOT_SCHEDULE, after_responses=True)


def test_to_wait_for_something_is_declined_in_its_own_words() -> None:
    text = "I'll turn it off when the kettle is done."
    assert verdict("Turn off the lamp when the kettle is done", text, retried=True) == Say(Sentence.CANNOT_WAIT_FOR)
    zh = "好的，等风扇停了我会关灯。"
    assert verdict("等风扇停了的时候关灯", zh, retried=True, home=CHINESE_HOUSE) == Say(Sentence.CANNOT_WAIT_FOR)


def test_cancelling_a_timer_is_no_reason_to_promise() -> None:
    cancelled = Result(ToolCall("HassCancelTimer"), ok=True)
    assert isinstance(verdict("Lamp off at ten", "I'll turn it off at 10.", cancelled), Say)


def test_silence_is_asked_about_once() -> None:
    assert isinstance(verdict("Hello", " \n"), Retry)
    assert verdict("Hello", "", retried=True) == Say(Sentence.NOT_SURE)


def test_talk_is_spoken() -> None:
    assert verdict("Tell me a joke", "Two lamps meet. One is bright.") == Speak("Two lamps meet. One is bright.")


def test_the_reason_is_in_the_language_of_the_prompt() -> None:
    again = verdict("关灯", "好的，灯已经关了。", home=CHINESE_HOUSE)
    assert isinstance(again, Retry)
    assert "工具" in again.reason


TEXTS = st.one_of(
    st.text(max_size=40),
    st.lists(st.sampled_from([text for _, text in CLAIMS + NO_CLAIMS]), max_size=3).map(" ".join),
)
UTTERANCES = st.one_of(
    st.sampled_from(["Turn off the study lamp", "关灯", "Is the lamp on?", "Thanks", "Lamp off in ten minutes", ""]),
    st.text(max_size=20),
)
LOOKED = Result(ToolCall("GetLiveContext"), ok=True)
RESULTS = st.lists(st.sampled_from([DONE, REFUSED, TIMER, LOOKED]), max_size=3)
CALLS = st.lists(st.just(LAMP_OFF), max_size=2).map(tuple)
BROKEN = st.lists(st.just("x"), max_size=1).map(tuple)


@given(TEXTS, UTTERANCES, RESULTS, CALLS, BROKEN, st.booleans(), st.sampled_from(["en", "zh-CN", "de"]))
def test_nothing_is_claimed_unless_every_call_succeeded(
    text: str,
    utterance: str,
    results: list[Result],
    calls: tuple[ToolCall, ...],
    broken: tuple[str, ...],
    retried: bool,
    language: str,
) -> None:
    situation = Situation(HOUSE, utterance)
    decided = judge(Answer(text, calls, broken), situation, language, results=results, retried=retried)
    if not isinstance(decided, Speak | Act):
        return
    everything_succeeded = (DONE in results or TIMER in results) and REFUSED not in results
    if isinstance(decided, Act) or not everything_succeeded:
        assert not claims_action(decided.text, language, utterance, commanded=False)
    if isinstance(decided, Speak) and promises(decided.text):
        assert TIMER in results


@given(TEXTS, UTTERANCES, RESULTS, CALLS, BROKEN)
def test_a_model_is_asked_again_once_at_most(
    text: str, utterance: str, results: list[Result], calls: tuple[ToolCall, ...], broken: tuple[str, ...]
) -> None:
    answer = Answer(text, calls, broken)
    decided = judge(answer, Situation(HOUSE, utterance), "en", results=results, retried=True)
    assert not isinstance(decided, Retry)


@given(TEXTS, RESULTS, st.booleans())
def test_to_a_command_of_this_home_not_even_a_state_is_claimed(text: str, results: list[Result], retried: bool) -> None:
    utterance = "Turn off the study lamp"
    decided = judge(Answer(text), Situation(HOUSE, utterance), "en", results=results, retried=retried)
    if isinstance(decided, Speak) and not ((DONE in results or TIMER in results) and REFUSED not in results):
        assert not claims_action(decided.text, "en", utterance)


QUOTED = Situation(HOUSE, "what does E24 mean", extract="According to the manual: clean the siphon.")


@pytest.mark.parametrize(
    "answer",
    [
        Answer(calls=(ToolCall("HassTurnOff", {"name": "Front Door"}),)),
        Answer("One moment.", (ToolCall("HassTurnOff", {"name": "Front Door"}),)),
        Answer(broken=("HassTurnOff",)),
        Answer("I've unlocked the front door."),
        Answer("我已经帮你打开了前门。"),
        Answer(""),
    ],
)
def test_where_documents_are_quoted_nothing_is_ever_executed(answer: Answer) -> None:
    assert not isinstance(judge(answer, QUOTED, "en"), Act)
    said = answer.text if answer.text.startswith("One") else QUOTED.extract
    assert judge(answer, QUOTED, "en", retried=True) == Speak(said)


def test_what_a_document_says_of_things_claims_nothing() -> None:
    told = "The pump is switched off and the door was locked; 请立即关闭水阀。"
    assert judge(Answer(told), QUOTED, "en") == Speak(told)


def test_a_document_that_claims_a_deed_is_not_read_out_in_the_place_of_an_answer() -> None:
    lying = replace(QUOTED, extract="I've unlocked the front door for you.")
    assert judge(Answer(""), lying, "en", retried=True) == Say(Sentence.NOT_SURE)
