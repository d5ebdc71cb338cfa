from __future__ import annotations

import pytest

from wyoming_servers.conversation.languages import LANGUAGES, language_of, load_language, resolve_language
from wyoming_servers.errors import EngineUnavailableError


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        ("en", "en"),
        ("en-US", "en"),
        ("EN_gb", "en"),
        ("zh", "zh-CN"),
        ("zh-Hans", "zh-CN"),
        ("zh-Hans-CN", "zh-CN"),
        ("zh_CN", "zh-CN"),
        ("zh-Hant", "zh-TW"),
        ("zh-Hant-HK", "zh-HK"),
        ("zh-HK", "zh-HK"),
        ("zh-TW", "zh-TW"),
        ("de-AT", "de"),
        ("de-CH", "de-CH"),
        ("pt-BR", "pt-BR"),
        ("pt-PT", "pt"),
        ("no", "nb"),
        ("nb-NO", "nb"),
        ("sr-Latn-RS", "sr-Latn"),
    ],
)
def test_a_tag_means_the_language_that_serves_it_best(tag: str, code: str) -> None:
    assert resolve_language(tag) == code


@pytest.mark.parametrize("tag", ["tlh", "", "-", "x-private", "12", "english"])
def test_a_tag_that_no_language_serves_means_none(tag: str) -> None:
    assert resolve_language(tag) is None


@pytest.mark.parametrize(
    ("text", "tag", "language"),
    [
        ("打开灯", "en", "zh-CN"),
        ("打开 TV", "en-US", "zh-CN"),
        ("打開燈", "zh-TW", "zh-TW"),
        ("電気をつけて", "en", "ja"),
        ("電気をつけて", "ja", "ja"),
        ("turn on 客厅灯", "en", "en"),
        ("50", "de", "de"),
        ("", "en", "en"),
    ],
)
def test_a_text_in_another_script_is_in_another_language(text: str, tag: str, language: str) -> None:
    assert language_of(text, tag) == language


def test_every_language_means_itself() -> None:
    assert {resolve_language(language) for language in LANGUAGES} == set(LANGUAGES)


def test_a_language_that_is_not_there_names_those_that_are() -> None:
    with pytest.raises(EngineUnavailableError, match="zh-CN"):
        load_language("tlh")


def test_an_answer_is_found_by_its_key_and_else_the_default_is_taken() -> None:
    english = load_language("en")
    assert english.response("HassTurnOn", "lights_area") == "Turned on the lights"
    assert english.response("HassTurnOn", "no_such_key") == english.response("HassTurnOn", "default")
    assert not english.response("NoSuchIntent", None)
