# ruff: noqa: RUF001 - Chinese punctuation is what this is about

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wyoming_servers.tts.markup import from_ssml
from wyoming_servers.tts.speakable import speakable
from wyoming_servers.tts.wording import chinese_number


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("**Done.** It is *warm*, _really_ ~~cold~~.", "Done. It is warm, really cold."),
        ("# Weather", "Weather"),
        ("> quoted", "quoted"),
        ("- [x] buy milk", "buy milk"),
        ("* item `one`", "item one"),
        ("| Room | 21 °C |", "Room, 21 degrees Celsius"),
        ("|------|:-----:|", ""),
        ("```python", ""),
        ("---", ""),
        ("[the docs](https://www.home-assistant.io/a_(b)?c=1) help", "the docs help"),
        ("![a cat](cat.png) sleeps[^1]", "a cat sleeps"),
        ("See https://www.home-assistant.io/docs/?a=1&b=2.", "See home-assistant.io."),
        ("<https://example.com>", "example.com"),
        ("at http://user:secret@10.0.0.5:8123/lovelace now", "at 10.0.0.5 now"),
        ("<b>bold</b> &amp; <br/>new &lt;3", "bold and new less than 3"),
        ("light.kitchen_main_2", "light.kitchen main 2"),
        ("Good night 😀👍🏽🇩🇪 ☀️!", "Good night!"),
        ("a\x00b\u200bc\ufeff", "a bc"),
        ("don’t", "don't"),
        ("wait!!! what???", "wait! what?"),
        ("😀", ""),
        ("...", ""),
        ("**", ""),
        ("", ""),
    ],
)
def test_markup_is_not_read_aloud(text: str, spoken: str) -> None:
    assert speakable(text, "en-US") == spoken


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("It is 21 °C.", "It is 21 degrees Celsius."),
        ("1°C or 70 °F", "1 degree Celsius or 70 degrees Fahrenheit"),
        ("-5 °C to 3-5 °C", "minus 5 degrees Celsius to 3 to 5 degrees Celsius"),
        ("−5", "minus 5"),
        ("5 km/h, 1 kg, 20m, 10 m²", "5 kilometres per hour, 1 kilogram, 20 metres, 10 square metres"),
        ("2.5 kWh at 800 ppm", "2.5 kilowatt hours at 800 parts per million"),
        ("50% of 1,000", "50% of 1,000"),
        ("$3.50, €20, 1 €", "3 dollars 50, 20 euros, 1 euro"),
        ("at 10:00, 10:00 pm, 20:05, 7:30", "at 10 o'clock, 10 pm, 20 oh 5, 7:30"),
        ("on 2026-11-20", "on November 20, 2026"),
        ("3–5 times", "3 to 5 times"),
        ("off → on", "off to on"),
        ("~20 min", "about 20 minutes"),
        ("5 * 3 = 15", "5 times 3 equals 15"),
        ("3 < 5 & 6 > 2", "3 less than 5 and 6 greater than 2"),
        ("#1", "number 1"),
        ("call 555-1234", "call 555-1234"),
        ("C# in 4K", "C in 4K"),
    ],
)
def test_english_figures_and_signs_are_words(text: str, spoken: str) -> None:
    assert speakable(text, "en-GB") == spoken


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("现在21°C，湿度50%。", "现在21摄氏度，湿度百分之50。"),
        ("20℃", "20摄氏度"),
        ("-5°C到3°C", "零下5摄氏度到3摄氏度"),
        ("-3", "负3"),
        ("风速5 km/h", "风速5公里每小时"),
        ("7:30开会，20:05结束，2:00见", "7点30分开会，20点零5分结束，两点见"),
        ("8:00", "8点"),
        ("2026-11-20", "二零二六年11月20日"),
        ("2026年", "二零二六年"),
        ("3-5度", "3到5度"),
        ("10-20%", "百分之10到20"),
        ("2.5小时", "2.5小时"),
        ("2个灯，12个", "两个灯，12个"),
        ("€20，¥3.5", "20欧元，3.5元"),
        ("10000步，12345.6", "一万步，一万二千三百四十五点六"),
        ("1,234,567", "一百二十三万四千五百六十七"),
        ("13800138000", "一三八零零一三八零零零"),
        ("打开 kitchen light", "打开 kitchen light"),
        ("**好的**😀！", "好的！"),
        ("请看[文档](https://a.io/b)。", "请看文档。"),
        ("见https://a.io/b。好", "见a.io。好"),
        ("😀！", ""),
    ],
)  # fmt: skip
def test_chinese_figures_and_signs_are_words(text: str, spoken: str) -> None:
    assert speakable(text, "zh-CN") == spoken


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "零"), (10, "十"), (15, "十五"), (105, "一百零五"), (110, "一百一十"), (1005, "一千零五"),
        (10_000, "一万"), (10_500, "一万零五百"), (100_000, "十万"),
        (1_000_001, "一百万零一"), (120_030_004, "一亿二千零三万零四"),
    ],
)  # fmt: skip
def test_chinese_numbers(number: int, words: str) -> None:
    assert chinese_number(number) == words


def test_other_languages_keep_their_signs_for_their_voice() -> None:
    assert speakable("**21,5 °C** & 5 €", "de-DE") == "21,5 °C & 5 €"


def test_ssml_becomes_its_words_with_pauses_as_lines() -> None:
    ssml = '<speak>Hi <break time="1s"/><sub alias="World Wide Web">WWW</sub> &amp; <emphasis>you</emphasis></speak>'
    assert from_ssml(ssml) == "Hi \nWorld Wide Web & you"


MARKUP = st.lists(
    st.one_of(
        st.sampled_from(
            ["**", "[a](b)", "<b>", "&amp;", "&lt;", "`", "#", "_", "~", "|", "- ", "https://a.b/c", "\n", "{"]
        ),
        st.sampled_from(
            ["21 °C", "-5", "3-5", "7:30", "2026-11-20", "10000", "50%", "€20", "5 km/h", "→", "😀", "℃", ":00"]
        ),
        st.text(max_size=8),
    ),
    max_size=12,
).map("".join)


@given(MARKUP, st.sampled_from(["en", "zh-CN", "zh-HK", "de", "x"]))
def test_whatever_comes_is_made_speakable_once_and_for_all(text: str, language: str) -> None:
    spoken = speakable(text, language)
    assert speakable(spoken, language) == spoken
    assert not re.search(r"[<>\[\]{}|*_`#~\\\x00-\x1f]", spoken)
    assert spoken == "" or any(character.isalnum() for character in spoken)
    assert "  " not in spoken
    assert spoken == spoken.strip()
