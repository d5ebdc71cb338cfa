"""Our own sentences: one each, in the user's language, that claims nothing."""

from __future__ import annotations

import pytest

from wyoming_servers.conversation.guard.asked import plain
from wyoming_servers.conversation.guard.claims import claims_action, sentences
from wyoming_servers.conversation.guard.questions import asks
from wyoming_servers.conversation.guard.sentences import Sentence, say

LANGUAGES = ("en", "zh-CN", "zh-TW")


@pytest.mark.parametrize("sentence", Sentence)
@pytest.mark.parametrize("language", LANGUAGES)
def test_each_is_one_short_sentence_that_claims_and_asks_nothing(sentence: Sentence, language: str) -> None:
    text = say(sentence, language)
    assert len(list(sentences(text))) == 1
    assert len(text) <= 100
    assert text.endswith((".", "。"))
    assert not claims_action(text, language, "turn on the light")
    assert not asks(text)


@pytest.mark.parametrize("sentence", Sentence)
def test_written_chinese_is_the_readers_own(sentence: Sentence) -> None:
    simplified, traditional = say(sentence, "zh-CN"), say(sentence, "zh-TW")
    assert plain(simplified) == simplified
    assert say(sentence, "zh-HK") == say(sentence, "zh-Hant-TW") == traditional
    assert say(sentence, "zh") == simplified
    assert say(sentence, "en-GB") != traditional


def test_where_we_have_no_words_we_say_it_in_english() -> None:
    assert say(Sentence.FAILED, "fi") == say(Sentence.FAILED, "en")
