"""What is said after actions: Home Assistant's words for what was done, ours for what was not."""

# ruff: noqa: RUF001 - Chinese punctuation is meant

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conversation.calls_house import CHINESE_HOUSE, HOUSE
from wyoming_servers.conversation.confirming import confirmation, responses
from wyoming_servers.conversation.engine import ToolCall
from wyoming_servers.conversation.prompt.tools import ASSIST, LIVE_CONTEXT
from wyoming_servers.conversation.results import Outcome, Report, Target
from wyoming_servers.home.model import HomeSnapshot

OK = Report(ok=True, is_action=True)
FAILED = Report(ok=False, is_action=True)
SLOTS = {
    "brightness": 40,
    "percentage": 40,
    "position": 40,
    "volume_level": 40,
    "temperature": 21,
    "humidity": 40,
    "item": "milk",
    "minutes": 5,
    "area": "Kitchen",
}
TOLD: dict[str, dict[str, Any]] = {"HassCancelAllTimers": {"canceled": 2}, "HassTimerStatus": {"timers": []}}


def target(name: str, home: HomeSnapshot = HOUSE) -> Target:
    return Target(name, next(each.entity_id for each in home.entities if each.name == name))


def outcome(tool: str, report: Report = OK, **arguments: Any) -> Outcome:
    return Outcome(ToolCall(tool, arguments, "c"), report)


def partly(done: list[str], failed: list[str], home: HomeSnapshot = HOUSE) -> Outcome:
    reached, not_reached = (tuple(target(each, home) for each in names) for names in (done, failed))
    report = Report(ok=False, is_action=True, done=reached, failed=not_reached)
    return outcome("HassTurnOn", report, domain="light")


def said(*outcomes: Outcome, language: str = "en", latest: int = 0, home: HomeSnapshot = HOUSE) -> str | None:
    return confirmation(outcomes, latest or len(outcomes), home, language)


@pytest.mark.parametrize("language", ["en", "zh-CN", "zh-TW", "zh-HK"])
@pytest.mark.parametrize("tool", sorted(ASSIST - {LIVE_CONTEXT}))
def test_every_action_of_assists_has_an_answer(tool: str, language: str) -> None:
    report = Report(ok=True, is_action=True, done=(target("Kitchen Ceiling"),), slots=TOLD.get(tool, {}))
    text = said(outcome(tool, report, **SLOTS), language=language)
    assert text
    assert "{" not in text


def test_an_action_without_an_answer_in_other_languages_is_the_models_to_tell() -> None:
    assert said(outcome("HassStopMoving"), language="en") == "Done"
    assert said(outcome("HassStopMoving"), language="de") is None


@pytest.mark.parametrize(
    ("outcomes", "latest"),
    [
        ([], 0),
        ([outcome(LIVE_CONTEXT)], 1),
        ([outcome("script__party")], 1),
        ([outcome("HassTurnOn", name="Kettle"), outcome("script__party")], 2),
        ([outcome("HassTurnOn", name="Kettle"), outcome("todo__get_items")], 1),
    ],
)
def test_of_looks_and_tools_that_are_not_assists_only_the_model_can_tell(outcomes: list[Outcome], latest: int) -> None:
    assert confirmation(outcomes, latest, HOUSE, "en") is None


def test_what_was_done_before_a_look_is_said_too() -> None:
    off = outcome("HassTurnOff", area="Hall", domain="light")
    assert said(off, outcome(LIVE_CONTEXT), outcome("HassMediaPause"), latest=1) == "Turned off the lights. Paused."


def test_a_failure_that_was_made_good_is_not_said() -> None:
    assert said(outcome("HassMediaNext", FAILED), outcome("HassMediaNext"), latest=1) == "Playing next"
    assert said(outcome("HassMediaNext"), outcome("HassMediaNext", FAILED), latest=1) != "Playing next"


@pytest.mark.parametrize(
    ("language", "home", "text"),
    [
        ("en", HOUSE, "It worked for Kettle, but not for Desk Fan, Study Lamp, Hall Lamp 1 and 2 others."),
        ("zh-CN", CHINESE_HOUSE, "客厅吊灯成功了，书房台灯和卧室风扇没有成功。"),
        ("zh-TW", CHINESE_HOUSE, "客厅吊灯成功了，书房台灯和卧室风扇沒有成功。"),
    ],
)
def test_a_call_that_only_some_things_took_names_both(language: str, home: HomeSnapshot, text: str) -> None:
    names = {
        id(HOUSE): (["Kettle"], ["Desk Fan", "Study Lamp", "Hall Lamp 1", "Hall Lamp 2", "Dusty"]),
        id(CHINESE_HOUSE): (["客厅吊灯"], ["书房台灯", "卧室风扇"]),
    }[id(home)]
    assert said(partly(*names, home=home), language=language, home=home) == text


def test_what_failed_without_a_name_is_the_rest() -> None:
    said_ = said(outcome("HassMediaNext"), outcome("HassMediaPause", FAILED))
    assert said_ == "Playing next. The rest didn't work, sorry."


def test_the_responses_alone_are_whole_sentences_for_what_succeeded() -> None:
    outcomes = [outcome("HassMediaNext"), outcome("script__party"), outcome("HassMediaPause", FAILED)]
    assert responses(outcomes, HOUSE, "en") == "Playing next."
    assert responses(outcomes[1:], HOUSE, "en") == ""


@given(
    st.lists(
        st.builds(
            outcome,
            st.sampled_from([*sorted(ASSIST), "script__party"]),
            st.builds(
                Report,
                st.booleans(),
                done=st.just((target("Kettle"),)) | st.just(()),
                failed=st.just((Target("Nobody", "light.gone"),)) | st.just(()),
                slots=st.dictionaries(st.sampled_from(["canceled", "timers", "media"]), st.none() | st.integers()),
            ),
        ),
        max_size=3,
    ),
    st.sampled_from(["en", "zh-CN", "de", "tlh"]),
)
def test_whatever_came_of_calls_there_is_a_sentence_or_none(outcomes: list[Outcome], language: str) -> None:
    for latest in range(len(outcomes) + 1):
        text = confirmation(outcomes, latest, HOUSE, language)
        assert text is None or text.strip()
