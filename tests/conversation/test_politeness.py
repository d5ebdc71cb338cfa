# ruff: noqa: RUF001 - Chinese punctuation and full-width letters are meant

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wyoming_servers.conversation.politeness import without_politeness


@pytest.mark.parametrize(
    ("said", "meant", "language"),
    [
        ("Please turn on the lamp.", "turn on the lamp", "en"),
        ("could you please turn on the lamp, thanks!", "turn on the lamp", "en"),
        ("Turn on the lamp for me, please", "Turn on the lamp", "en"),
        ("请帮我打开灯吧。", "打开灯", "zh-CN"),
        ("麻烦你打开灯好吗？", "打开灯", "zh-CN"),
        ("can you", "", "en"),
        ("turn on the okay lamp", "turn on the okay lamp", "en"),
        ("pleased to meet you", "pleased to meet you", "en"),
        ("bitte Licht an", "bitte Licht an", "de"),
    ],
)
def test_polite_words_at_the_ends_go(said: str, meant: str, language: str) -> None:
    assert without_politeness(said, language) == meant


@given(st.text(max_size=60), st.sampled_from(["en", "zh-CN", "de", "th"]))
def test_what_is_left_was_said(text: str, language: str) -> None:
    left = without_politeness(text, language)
    assert left in text
    assert left == left.strip()
