from __future__ import annotations

import pytest

from wyoming_servers.errors import UnknownModelError
from wyoming_servers.tts.engine import Voice
from wyoming_servers.tts.language import (
    VoiceDefaults,
    VoiceWish,
    base_of,
    choose_voice,
    language_of,
    tags_of,
    wished_voice,
)


def voice(name: str, language: str, *speakers: str) -> Voice:
    return Voice(name, language, name, ("", ""), "1", speakers)


PIPER = (voice("amy", "en-US"), voice("alan", "en-GB"), voice("mls", "de-DE", "anna", "bernd"))
ESPEAK = tuple(
    voice(f"espeak-{language}", language)
    for language in ("en-GB", "en-US", "de", "zh-CN", "zh-HK", "ja", "ru", "uk", "ar", "el", "fr-FR")
)
TIERS = (PIPER, ESPEAK)


@pytest.mark.parametrize(
    ("text", "configured", "language"),
    [
        ("The light is on.", "en-GB", "en-GB"),
        ("The light is on.", "de", "de"),
        ("The light is on.", "zh-CN", "en"),
        ("灯已打开", "en", "zh"),
        ("灯已打开", "zh-TW", "zh-TW"),
        ("燈已打開", "zh-HK", "zh-HK"),
        ("電気", "ja", "ja"),
        ("電気をつけました", "en", "ja"),
        ("电灯 kitchen light", "en", "zh"),
        ("Play 稻香 by Jay Chou in the living room", "en", "en"),
        ("불을 켰습니다", "en", "ko"),
        ("Свет включён", "en", "ru"),
        ("Світло", "uk", "uk"),
        ("نور", "fa", "fa"),
        ("ضوء", "en", "ar"),
        ("אור", "en", "he"),
        ("Φως", "en", "el"),
        ("ไฟ", "en", "th"),
        ("बत्ती", "en", "hi"),
        ("5 Ω or π", "en", "en"),
        ("42!", "fr", "fr"),
        ("", "fr", "fr"),
    ],
)
def test_the_script_tells_the_language_where_the_household_does_not(text: str, configured: str, language: str) -> None:
    assert language_of(text, configured) == language


@pytest.mark.parametrize(
    ("tag", "base"),
    [("en_US", "en"), ("zh-HK", "yue"), ("zh-Hant-TW", "zh"), ("cmn", "zh"), ("no", "nb"), ("DE", "de")],
)
def test_a_tag_names_a_spoken_language(tag: str, base: str) -> None:
    assert base_of(tag) == base


@pytest.mark.parametrize(
    ("wish", "defaults", "text", "chosen"),
    [
        (VoiceWish(), VoiceDefaults(), "Hello", "amy"),
        (VoiceWish(), VoiceDefaults(language="en-GB"), "Hello", "alan"),
        (VoiceWish(), VoiceDefaults(language="en-AU"), "Hello", "amy"),
        (VoiceWish(), VoiceDefaults(voice="alan"), "Hello", "alan"),
        (VoiceWish(), VoiceDefaults(voice="gone"), "Hello", "amy"),
        (VoiceWish(), VoiceDefaults(voice="alan"), "灯已打开", "espeak-zh-CN"),
        (VoiceWish(), VoiceDefaults(language="zh-HK"), "燈", "espeak-zh-HK"),
        (VoiceWish(), VoiceDefaults(language="zh-TW"), "燈", "espeak-zh-CN"),
        (VoiceWish(), VoiceDefaults(language="fr"), "Bonjour", "espeak-fr-FR"),
        (VoiceWish(), VoiceDefaults(language="xx"), "Hello", "amy"),
        (VoiceWish("espeak-en-GB"), VoiceDefaults(), "Hello", "espeak-en-GB"),
        (VoiceWish("ESPEAK-EN-gb"), VoiceDefaults(), "Hello", "espeak-en-GB"),
        (VoiceWish("amy"), VoiceDefaults(), "灯已打开。", "espeak-zh-CN"),
        (VoiceWish("amy"), VoiceDefaults(), "Привет", "espeak-ru"),
        (VoiceWish("amy"), VoiceDefaults(language="uk"), "Привіт", "espeak-uk"),
        (VoiceWish("espeak-zh-CN"), VoiceDefaults(), "Spotify", "espeak-zh-CN"),
        (VoiceWish("mls"), VoiceDefaults(), "Hallo", "mls"),
        (VoiceWish(language="de-AT"), VoiceDefaults(), "Hallo", "mls"),
        (VoiceWish(language="en_GB"), VoiceDefaults(), "Hello", "alan"),
        (VoiceWish(language="fr"), VoiceDefaults(), "Bonjour", "espeak-fr-FR"),
        (VoiceWish(language="fr"), VoiceDefaults(), "灯", "espeak-zh-CN"),
        (VoiceWish(), VoiceDefaults(), "ไฟเปิด", "amy"),
    ],
)
def test_a_voice_is_chosen(wish: VoiceWish, defaults: VoiceDefaults, text: str, chosen: str) -> None:
    assert choose_voice(TIERS, wish, defaults, text).name == chosen


@pytest.mark.parametrize(
    ("language", "tags"),
    [
        ("en-US", ["en-US", "en"]),
        ("en-GB", ["en-GB"]),
        ("en-029", ["en-029"]),
        ("zh-CN", ["zh-CN", "zh"]),
        ("zh-HK", ["zh-HK"]),
        ("de", ["de"]),
        ("de-DE", ["de-DE", "de"]),
        ("sv-SE", ["sv-SE"]),
    ],
)
def test_the_voice_of_the_usual_region_is_listed_under_the_bare_language_too(language: str, tags: list[str]) -> None:
    assert tags_of(language) == tags


def test_an_unknown_voice_is_refused_with_some_that_there_are() -> None:
    with pytest.raises(UnknownModelError, match=r"no voice 'bob'.*alan, amy.* and 2 more"):
        wished_voice(TIERS, VoiceWish("bob"))


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(UnknownModelError, match="voice for the language 'tlh'"):
        wished_voice(TIERS, VoiceWish(language="tlh"))


def test_an_unknown_speaker_is_refused_with_those_of_the_voice() -> None:
    with pytest.raises(UnknownModelError, match=r"speaker of mls 'carl'.*anna, bernd"):
        wished_voice(TIERS, VoiceWish("mls", speaker="carl"))
    assert wished_voice(TIERS, VoiceWish("mls", speaker="anna")) is PIPER[2]


def test_a_household_without_voices_is_told_what_to_do() -> None:
    with pytest.raises(UnknownModelError, match="folder"):
        choose_voice([], VoiceWish(), VoiceDefaults(), "Hello")
