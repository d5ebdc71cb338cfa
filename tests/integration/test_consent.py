"""Yes, no, and everything else: a door is opened for a plain yes and for nothing that merely contains one."""

# ruff: noqa: RUF001 - Chinese punctuation is meant

from __future__ import annotations

from hypothesis import given, strategies as st
import pytest

from custom_components.sotto.consent import LONGEST, Consent, consent_in
from custom_components.sotto.consent_words import NO, POLITE, POLITE_ANYWHERE, YES

ECHOES = ("open it", "unlock the front door", "打开吧")


def each(*rows: str) -> list[str]:
    """Return the sentences in rows of them."""
    return [said.strip() for row in rows for said in row.split("|")]


@pytest.mark.parametrize(
    "said",
    each(
        "yes|Yes.|YES!|yes please|Yes, please.|Yeah, go ahead!|please do|do it|Sure, thank you.|Okay|ok sotto",
        "yes yes yes|Of course.|Um, yes.|that's right|That’s right.|open it|Yes, open it please|unlock the front door",
        "Yes - unlock the Front Door!",
    ),
)
def test_a_yes_in_english(said: str) -> None:
    assert consent_in(said, "en-GB", ECHOES) is Consent.YES


@pytest.mark.parametrize(
    "said",
    each(
        "好|好的。|好的，谢谢|可以|是的|嗯|嗯嗯|行|打开吧|那就打开吧|好的 打开吧！|没问题|对对对|當然可以|OK|确定",
        "麻烦你了，好的|好 的|要|YES|是是是|是的是的|对，是的|要的，可以|好的好的",
    ),
)
def test_a_yes_in_chinese(said: str) -> None:
    assert consent_in(said, "zh-CN", ECHOES) is Consent.YES


@pytest.mark.parametrize(
    "said",
    each(
        "no|No, thank you.|Nope|no no no|Please don't.|not now|never mind|No, don't open it!|do not open it|stop",
        "cancel that please|不要|不用了，谢谢|算了吧|别|别打开|不不不|先不要|取消|唔好|不打開",
    ),
)
def test_a_no_in_english_and_chinese(said: str) -> None:
    assert consent_in(said, "en" if said.isascii() else "zh-CN", ECHOES) is Consent.NO


@pytest.mark.parametrize(
    "said",
    each(
        "yes, but not the garage|no wait yes|yes no|yes?|is it locked|yes and turn on the light|yes the back door",
        "open the back door|say yes|she said yes to the dress|Sure, here are the latest football results.|right|please",
        "thank you||...|yesterday|okayish|no, the back door|what did you say",
        "可以吗|好吗？|是吗|行不行|行了|对了|好的，但是不要开车库|好的，把灯也打开|好，观众朋友们，我们下期再见|不，好吧",
        "不，打开后门|好像有人敲门|是谁|嗯？|是吧",
        "好是好|行是行|可以是可以，|對是對|要是|那要是|好，要是",
    ),
)
def test_neither(said: str) -> None:
    assert consent_in(said, "en" if said.isascii() else "zh-CN", ECHOES) is Consent.NEITHER


@pytest.mark.parametrize(
    ("said", "language", "meant"),
    [
        ("ja bitte", "de-DE", Consent.YES),
        ("nein danke", "de", Consent.NO),
        ("oui, merci", "fr", Consent.YES),
        ("sí", "es-MX", Consent.YES),
        ("tak", "pl", Consent.YES),
        ("tak", "da", Consent.NEITHER),
        ("no", "pl", Consent.NO),
        ("ja", "en", Consent.NEITHER),
        ("si", "fr", Consent.NEITHER),
        ("да, пожалуйста", "ru", Consent.YES),
        ("はい、お願いします", "ja", Consent.YES),
        ("いいえ", "ja", Consent.NO),
        ("いいよ", "ja", Consent.NEITHER),
        ("네", "ko", Consent.YES),
        ("ja takk", "no", Consent.YES),
        ("yes", "sw", Consent.YES),
        ("ndiyo", "sw", Consent.NEITHER),
    ],
)
def test_the_bare_words_of_other_languages(said: str, language: str, meant: Consent) -> None:
    assert consent_in(said, language) is meant


LANGUAGES = st.sampled_from(sorted(YES))
ALL_YES = sorted(YES["en"] | YES["zh"])
POLITE_WORDS = sorted(POLITE_ANYWHERE | POLITE["en"] | POLITE["zh"])
CHINESE_NEGATIONS = each("不|别|不要|算了|先别")
NEGATIONS = [*each("no|not|don't|never|stop|wait|cancel|but|nicht|pas|нет"), *CHINESE_NEGATIONS]
WORDS = st.sampled_from(
    ["door", "kitchen", "garage", "light", "weather", "back", "车库", "客厅", "灯", "天气", "q", "xyzzy", "7"]
)
MARKS = st.sampled_from([" ", ", ", ". ", " - ", "，", "! "])


def joined(pieces: list[str], mark: str) -> str:
    return mark.join(pieces)


@given(
    st.lists(st.sampled_from(ALL_YES + POLITE_WORDS), max_size=5), st.sampled_from(NEGATIONS), st.integers(0, 5), MARKS
)
def test_nothing_with_a_negation_in_it_is_a_yes(words: list[str], negation: str, at: int, mark: str) -> None:
    said = joined([*words[:at], negation, *words[at:]], mark)
    assert consent_in(said, "en", ECHOES) is not Consent.YES
    assert consent_in(said, "zh-CN", ECHOES) is not Consent.YES


@given(st.text(max_size=20), st.sampled_from(CHINESE_NEGATIONS), st.text(max_size=20))
def test_nor_is_any_text_around_one(before: str, negation: str, after: str) -> None:
    assert consent_in(before + negation + after, "zh-CN", ECHOES) is not Consent.YES


@given(st.lists(st.sampled_from(ALL_YES), min_size=1, max_size=3), WORDS, st.integers(0, 3), MARKS)
def test_a_yes_with_a_word_that_says_something_else_is_none(words: list[str], other: str, at: int, mark: str) -> None:
    said = joined([*words[:at], other, *words[at:]], mark)
    assert consent_in(said, "en", ECHOES) is Consent.NEITHER
    assert consent_in(said, "zh-CN", ECHOES) is Consent.NEITHER


@given(LANGUAGES, st.data(), MARKS)
def test_a_yes_is_one_in_any_writing(language: str, data: st.DataObject, mark: str) -> None:
    word = data.draw(st.sampled_from(sorted(YES[language])))
    polite = data.draw(st.sampled_from(sorted(POLITE_ANYWHERE | POLITE.get(language, frozenset()))))
    for said in (
        word,
        word.upper(),
        word.capitalize() + ".",
        joined([word, polite], mark),
        joined([polite, word], mark),
    ):
        assert consent_in(said, language) is Consent.YES, said


@given(LANGUAGES, st.data())
def test_a_no_is_one_in_any_writing_and_no_yes(language: str, data: st.DataObject) -> None:
    word = data.draw(st.sampled_from(sorted(NO[language])))
    for said in (word, word.upper() if language != "tr" else word, word.capitalize() + "."):
        assert consent_in(said, language) is Consent.NO, said


@given(LANGUAGES)
def test_no_word_means_both(language: str) -> None:
    assert not YES[language] & NO[language]
    assert not (YES[language] | NO[language]) & POLITE.get(language, frozenset())


@given(st.text(max_size=300), LANGUAGES)
def test_anything_can_be_read(said: str, language: str) -> None:
    assert consent_in(said, language, ECHOES) in Consent


def test_repeating_what_was_asked_is_no_yes_if_it_says_no() -> None:
    assert consent_in("No.", "en", ["no"]) is Consent.NO
    assert consent_in("run do not disturb", "en", ["run do not disturb"]) is Consent.NEITHER


def test_nobody_says_yes_at_length() -> None:
    assert consent_in("yes " * 10, "en") is Consent.YES
    assert consent_in("yes " * LONGEST, "en") is Consent.NEITHER


def test_many_ways_to_read_a_sentence_take_no_time() -> None:
    assert consent_in("嗯" * LONGEST, "zh") is Consent.YES
    assert consent_in("嗯" * (LONGEST - 1) + "灯", "zh") is Consent.NEITHER
