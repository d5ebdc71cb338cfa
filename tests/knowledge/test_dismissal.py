"""Whether somebody says that it was not meant for us."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wyoming_servers.conversation.knowledge.dismissal import is_dismissal


@pytest.mark.parametrize(
    "said",
    [
        "That wasn't meant for you",
        "that wasn\u2019t for you!",
        "I wasn't talking to you",
        "I'm not talking to you.",
        "no, not you, I was talking to Mei",
        "I was speaking to Jonas",
        "nobody asked you",
        "I didn't ask you",
        "this is not meant for you",
        "不是跟你说的",
        "我不是在跟你说话",
        "没问你",
        "没跟你说话",
        "我在跟妈妈说话呢",
        "不是對你說的",
    ],
)
def test_it_is_heard(said: str) -> None:
    assert is_dismissal(said)


@pytest.mark.parametrize(
    "said",
    [
        "is that for you",
        "that was great of you",
        "what are you talking about",
        "I have a question for you",
        "turn that off",
        "the machine isn't for children",
        "我想问你一个问题",
        "跟你说个事",
        "告诉我洗碗机怎么用",
        "我给你讲个笑话",
        "不是跟你说过了吗",
        "",
    ],
)
def test_other_sentences_are_none(said: str) -> None:
    assert not is_dismissal(said)


@given(st.text(max_size=80))
def test_anything_may_be_said(said: str) -> None:
    is_dismissal(said)
