"""Leaving sentences out changes what is tried, never what is understood."""

from __future__ import annotations

from typing import Any

import pytest
from hassil.intents import Intents
from hassil.recognize import recognize_best
from home_assistant_intents import get_intents
from hypothesis import given
from hypothesis import strategies as st

from wyoming_servers.conversation.candidates import Candidates
from wyoming_servers.conversation.names import Names
from wyoming_servers.home.demo import DEMO_HOUSE

NAMES = Names(DEMO_HOUSE)
ENGLISH = """
turn on off the in lights light what is temperature set to 50 percent please open kitchen lamp a timer for five
minutes milk add shopping list weather time floor upstairs red volume next pause
"""
CHINESE = """
打开 关闭 客厅 的 灯 厨房 窗帘 把 调到 百分之五十 亮度 多少 度 现在 几点 温度 设置 计时器 分钟 吗 锁 请问 天气 怎么样
"""
WORDS = {"en": ENGLISH.split(), "zh-CN": CHINESE.split()}


@pytest.fixture(scope="module", params=["en", "zh-CN"])
def language(request: pytest.FixtureRequest) -> tuple[str, Intents, Candidates]:
    data = get_intents(request.param)
    assert data is not None
    intents = Intents.from_dict(data)
    return request.param, intents, Candidates(intents)


def meaning(text: str, intents: Intents) -> tuple[str, dict[str, Any]] | None:
    result = recognize_best(text, intents, NAMES.lists_for(text), best_slot_name="name")
    if result is None:
        return None
    return result.intent.name, {name: entity.value for name, entity in result.entities.items()}


@given(st.data())
def test_a_text_means_the_same_among_its_candidates(
    language: tuple[str, Intents, Candidates], data: st.DataObject
) -> None:
    code, intents, candidates = language
    words = data.draw(st.lists(st.sampled_from(WORDS[code]), min_size=1, max_size=8))
    text = (" " if code == "en" else "").join(words)
    assert meaning(text, candidates.within(text, NAMES.kinds_in(text))) == meaning(text, intents)


@pytest.mark.parametrize(
    ("sentence", "kinds", "kept"),
    [
        ("turn on {name}", {"name"}, True),
        ("turn on {name}", {"area"}, False),
        ("turn on ({name}|everything)", set(), True),
        ("turn on ({name}|{area} light)", set(), True),
        ("turn on ({name}|{name} light)", set(), False),
        ("turn on [{name}] light", set(), True),
        ("turn on <thing>", set(), False),
        ("turn on <thing> in {area}", {"name"}, False),
        ("turn on ({name};{area})", {"name"}, False),
        ("turn off {name}", {"name"}, False),
    ],
)
def test_a_sentence_is_left_out_only_for_what_every_reading_needs(sentence: str, kinds: set[str], kept: bool) -> None:
    intents = Intents.from_dict(
        {
            "language": "en",
            "intents": {"A": {"data": [{"sentences": [sentence]}]}},
            "expansion_rules": {"thing": "[the] {name}"},
        }
    )
    assert bool(Candidates(intents).within("turn on the light", frozenset(kinds)).intents) is kept


def test_few_are_left(language: tuple[str, Intents, Candidates]) -> None:
    _, intents, candidates = language

    def blocks(among: Intents) -> int:
        return sum(len(intent.data) for intent in among.intents.values())

    assert blocks(candidates.within("xyzzy", frozenset())) < blocks(intents) / 10
