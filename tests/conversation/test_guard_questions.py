"""A question is needless where one thing fits; where two do, or a lock is meant, it stays."""

# ruff: noqa: RUF001 - Chinese punctuation is meant

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.replay_data import RECORDED, home_file, snapshot
from tests.conversation.calls_house import CHINESE_HOUSE, HOUSE
from wyoming_servers.conversation.calls.call import Situation
from wyoming_servers.conversation.guard.questions import asks, meant_by, needless
from wyoming_servers.home.model import Entity, HomeSnapshot

WHICH = "Which one would you like me to use? Please specify the name or area."
WHICH_ZH = "请问您指的是哪一个？"


def said(utterance: str, here: str | None = None, home: HomeSnapshot = HOUSE) -> Situation:
    return Situation(home, utterance, home.area(here))


def with_entity(entity: Entity) -> HomeSnapshot:
    return replace(HOUSE, entities=(*HOUSE.entities, entity))


@pytest.mark.parametrize(
    "text",
    [
        "Which lamp?",
        "Please specify the area.",
        "I need to know which floor you mean.",
        "The den has two. Could you tell me which one you mean",
        "请问是哪个房间？",
        "请指定要关哪一盏灯。",
        "您要关台灯吗",
        "需要我打開嗎？",
        "Welches Licht?",
    ],
)
def test_these_replies_ask(text: str) -> None:
    assert asks(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "The lamp is on.",
        "The lamp is on. Is there anything else I can help you with?",
        "Hello! How can I help you?",
        "灯开着。还有什么可以帮您？",
        "I can't do that.",
    ],
)
def test_these_ask_nothing(text: str) -> None:
    assert not asks(text)


@pytest.mark.parametrize(
    ("utterance", "here", "meant"),
    [
        ("Start the vacuum", None, {"vacuum.dusty"}),
        ("start vacuuming", None, {"vacuum.dusty"}),
        ("Turn off the fan", None, {"fan.study"}),
        ("Turn on the desk fan", None, {"fan.study"}),
        ("Turn off the light in the study", None, {"light.study"}),
        ("Turn the light off please", "study", {"light.study"}),
        ("Set the volume to 30%", None, {"media_player.radio"}),
        ("Turn on the kettle", None, {"switch.kettle"}),
        ("Turn off Hall Lamp 1 and Hall Lamp 2", None, {"light.hall_1", "light.hall_2"}),
        ("Turn off the lights in the hall", None, {"light.hall_1", "light.hall_2"}),
    ],
)
def test_a_question_is_needless_where_the_words_leave_one_way(
    utterance: str, here: str | None, meant: set[str]
) -> None:
    situation = said(utterance, here)
    assert {entity.entity_id for entity in meant_by(situation)} == meant
    assert needless(WHICH, situation)


@pytest.mark.parametrize(
    ("utterance", "meant"),
    [
        ("关掉书房的灯", {"light.shu_fang"}),
        ("打开风扇", {"fan.wo_shi"}),
        ("把窗帘拉上", {"cover.ke_ting"}),
        ("关大灯", {"light.ke_ting"}),
    ],
)
def test_so_it_is_in_chinese(utterance: str, meant: set[str]) -> None:
    situation = said(utterance, home=CHINESE_HOUSE)
    assert {entity.entity_id for entity in meant_by(situation)} == meant
    assert needless(WHICH_ZH, situation)


@pytest.mark.parametrize(
    ("utterance", "why"),
    [
        ("Turn off the light", "there are several"),
        ("Turn off the light in the hall", "there are two in the hall"),
        ("Turn on the lights", "no room is said"),
        ("Turn on the reading light in the study", "reading may be another's name"),
        ("Turn on the shed gate", "a lamp and a gate have that name"),
        ("Lock the front bolt", "it is a lock"),
        ("Open the shed gate", "it is a gate"),
        ("Open the door", "it is a door"),
        ("Open the valve", "it is water"),
        ("Don't turn on the fan", "it says not"),
        ("Is the fan on?", "it is a question"),
        ("The fan", "nothing is to be done with it"),
        ("Turn the fan on or off", "it says two things"),
        ("", "it says nothing"),
    ],
)
def test_a_question_stays_where_anything_is_in_doubt(utterance: str, why: str) -> None:
    assert not needless(WHICH, said(utterance)), why


def test_a_question_stays_where_something_else_bears_the_noun() -> None:
    home = with_entity(Entity("switch.fan", "Window Fan", (), "hall"))
    assert needless(WHICH, said("Turn on the fan"))
    assert not needless(WHICH, said("Turn on the fan", home=home))


@pytest.mark.parametrize("name", ["Kettle", "Old Kettle", "The Kettle"])
def test_a_question_stays_where_a_name_is_that_of_two_or_a_part_of_another(name: str) -> None:
    home = with_entity(Entity("switch.other", name, (), "hall"))
    assert not needless(WHICH, said("Turn on the old kettle" if "Old" in name else "Turn on the kettle", home=home))


@pytest.mark.parametrize(
    "question",
    [
        "How fast should I set the fan?",
        "What speed would you like?",
        "On or off?",
        "要调到多少？",
        "The fan is on.",
        "Anything else?",
    ],
)
def test_only_a_question_for_which_one_or_whether_is_needless(question: str) -> None:
    assert not needless(question, said("Set the fan"))


@pytest.mark.parametrize(
    "question",
    [
        "Would you like me to turn on the fan?",
        "Which room?",
        "Do you mean the Desk Fan?",
        "Please confirm.",
        "需要我打开吗？",
    ],
)
def test_to_be_asked_for_leave_is_needless_too(question: str) -> None:
    assert needless(question, said("Turn on the fan"))


@given(st.text(max_size=60), st.text(max_size=60))
def test_whatever_is_said_no_lock_and_no_gate_is_meant_without_a_question(question: str, utterance: str) -> None:
    situation = said(utterance)
    if needless(question, situation):
        assert not any(
            entity.domain in {"lock", "valve"} or entity.device_class == "gate" for entity in meant_by(situation)
        )


WORDS = (
    "turn",
    "on",
    "off",
    "the",
    "a",
    "fan",
    "light",
    "hall",
    "study",
    "kettle",
    "and",
    "in",
    "please",
    "bolt",
    "gate",
)


@given(st.permutations(WORDS), st.integers(1, 6))
def test_where_two_of_a_kind_fit_the_words_nothing_is_needless(words: list[str], count: int) -> None:
    utterance = " ".join(words[:count])
    doubled = replace(
        HOUSE,
        entities=tuple(
            each
            for entity in HOUSE.entities
            for each in (entity, replace(entity, entity_id=f"{entity.entity_id}_2", name=entity.name))
        ),
    )
    assert len(meant_by(said(utterance, home=doubled))) != 1


@pytest.mark.usefixtures("shared")
def test_in_the_recorded_runs_what_is_meant_is_what_the_task_expects() -> None:
    rows = [json.loads(line) for path in RECORDED.glob("*.jsonl") for line in path.read_text().splitlines()]
    homes = {path: snapshot(path) for path in {home_file(row["home"]) for row in rows}}
    seen = 0
    for row in rows:
        situation = Situation(homes[home_file(row["home"])], row["utterance"])
        if not row["calls"] and needless(row["response"], situation):
            seen += 1
            assert {entity.entity_id for entity in meant_by(situation)} == set(row["expect_changes"] or ()), row
    assert seen > 50
