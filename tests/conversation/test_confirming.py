"""What is said after actions: Home Assistant's words for what was done, ours for what was not."""

# ruff: noqa: RUF001 - Chinese punctuation is meant

from __future__ import annotations

from dataclasses import replace
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
    """Return what is said of calls; of several answers there is one for each but the `latest`, which are one's."""
    earlier = outcomes[: -latest or None] if latest else ()
    numbered = (replace(each, answer=number) for number, each in enumerate(earlier))
    together = (replace(each, answer=len(earlier)) for each in outcomes[len(earlier) :])
    return confirmation([*numbered, *together], home, language)


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
    assert said(*outcomes, latest=latest) is None


def test_what_was_done_before_a_look_is_said_too() -> None:
    off = outcome("HassTurnOff", area="Hall", domain="light")
    assert said(off, outcome(LIVE_CONTEXT), outcome("HassMediaPause"), latest=1) == "Turned off the lights. Paused."


def test_a_failure_that_was_made_good_is_not_said() -> None:
    assert said(outcome("HassMediaNext", FAILED), outcome("HassMediaNext"), latest=1) == "Playing next"
    assert said(outcome("HassMediaNext"), outcome("HassMediaNext", FAILED), latest=1) != "Playing next"


def test_a_failure_beside_a_success_of_the_same_answer_is_none_that_was_made_good() -> None:
    """Two lamps were wanted, and one came on."""
    kettle = Report(ok=True, is_action=True, done=(target("Kettle"),))
    both = outcome("HassTurnOn", FAILED, name="Desk Fan"), outcome("HassTurnOn", kettle, name="Kettle")
    assert said(*both) == "Turned on the switch. Sorry, it didn't work for Desk Fan."
    assert said(*both) == said(*reversed(both))


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


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Sorry, that didn't work, so nothing has changed."),
        ("zh-CN", "抱歉，刚才没有成功，什么都没有改变。"),
    ],
)
def test_that_a_room_was_found_is_no_success_where_nothing_in_it_moved(language: str, text: str) -> None:
    """Home Assistant counts the area itself among what succeeded."""
    report = Report(ok=False, is_action=True, done=(Target("Kitchen"),), failed=(target("Kettle"),))
    assert said(outcome("HassTurnOn", report, area="Kitchen"), language=language) == text


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "It worked for a part of it, but not for all."),
        ("zh-CN", "有的成功了，有的没有成功。"),
        ("zh-TW", "有的成功了，有的沒有成功。"),
    ],
)
def test_where_nobody_knows_which_part_failed_none_is_named(language: str, text: str) -> None:
    report = Report(ok=False, is_action=True, is_partial=True)
    assert said(outcome("HassTurnOn", report, area="Kitchen"), language=language) == text


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
        text = said(*outcomes, latest=latest, language=language)
        assert text is None or text.strip()
