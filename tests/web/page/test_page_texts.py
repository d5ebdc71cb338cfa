"""What the page says is there in both languages, all of it is used, and nothing is said past them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from addon.options import OPTIONS
from tests.web.page.files import STATIC, modules, styles
from wyoming_servers.settings import options

LANGUAGES = ("en", "zh-Hans")
CALL = re.compile(r"\b(?:t|maybe)\(\s*([^)]*)")
WHOLE = re.compile(r'"([a-z][\w.-]*\.[\w.-]+|loading)"')
BEGUN = re.compile(r"`([a-z]+\.(?:[a-z]+\.)*)\$\{")
FILLED = re.compile(r"\{(\w+)\}")
HAN = re.compile(r"[\u4e00-\u9fff]")
MARKS = {"unit.ms", "progress.bytes"}
"""Figures and units alone."""


def texts(language: str) -> dict[str, str]:
    found: dict[str, str] = json.loads((STATIC / f"{language}.json").read_text())
    return found


def keys_in_code() -> tuple[set[str], set[str]]:
    """Return the keys that the modules name, and the beginnings of those that they put together."""
    code = "\n".join(path.read_text() for path in modules())
    return set(WHOLE.findall(code)), set(BEGUN.findall(code))


def test_both_languages_say_the_same_things_in_the_same_order() -> None:
    assert list(texts("en")) == list(texts("zh-Hans"))


def test_a_translation_is_filled_with_the_same_and_is_a_translation() -> None:
    chinese = texts("zh-Hans")
    for key, english in texts("en").items():
        assert set(FILLED.findall(english)) == set(FILLED.findall(chinese[key])), key
        assert not HAN.search(english), key
        assert HAN.search(chinese[key]) or key in MARKS, key


def test_every_text_that_the_code_asks_for_is_there() -> None:
    named, begun = keys_in_code()
    known = texts("en")
    asked = {argument for path in modules() for argument in CALL.findall(path.read_text())}
    missing = {key for call in asked for key in WHOLE.findall(call)} - set(known)
    assert not missing
    assert named
    for prefix in begun:
        assert [key for key in known if key.startswith(prefix)], f"nothing begins with {prefix}"


def test_no_text_is_left_that_nothing_says() -> None:
    named, begun = keys_in_code()
    unused = [key for key in texts("en") if key not in named and not key.startswith(tuple(begun))]
    assert not unused


def test_no_module_has_words_of_its_own() -> None:
    """Children and labels of elements are texts, values, or marks; a literal with two letters would be words."""
    words = re.compile(r'h\(\s*"[\w-]+",\s*\{[^}]*\},\s*"([^"]*[A-Za-z]{2}[^"]*)"')
    found = {(path.name, text) for path in modules() for text in words.findall(path.read_text())}
    allowed = {("dom.js", "text"), ("signin.js", "cat ~/.local/share/sotto/token")}
    assert found <= allowed


def test_only_settings_that_exist_are_explained() -> None:
    known = {option.key for option in options()}
    explained = {key.split(".")[1] for key in texts("en") if key.startswith("setting.")}
    assert explained <= known


def test_what_the_app_has_an_option_for_says_so() -> None:
    shown = (STATIC / "settings-shown.js").read_text()
    block = shown.split("APP_OPTIONS = {")[1].split("}")[0]
    mapped = dict(re.findall(r"(\w+): \"(\w+)\"", block))
    assert mapped == {option.setting: option.name for option in OPTIONS if option.setting}


@pytest.mark.parametrize("path", modules() + styles(), ids=lambda path: str(path.relative_to(STATIC)))
def test_a_file_fits_in_a_head_and_says_why_it_exists(path: Path) -> None:
    source = path.read_text()
    assert source.startswith(("// ", "/* "))
    assert source.count("\n") <= 250


@pytest.mark.parametrize("path", [*modules(), *styles(), STATIC / "index.html"], ids=lambda path: path.name)
def test_nothing_is_fetched_from_elsewhere_or_from_the_root(path: Path) -> None:
    source = path.read_text().replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"""(?:src|href|url|import|fetch)\s*[=(:]?\s*["'`(](?:https?:)?/""", source)
    assert not re.search(r"<style|style=|<script>|\son[a-z]+=\"", source)


def test_all_modules_are_asked_for_at_once() -> None:
    """Else a browser finds them one after the other, each a way to the house and back."""
    index = (STATIC / "index.html").read_text()
    ahead = re.findall(r'rel="modulepreload" href="([^"]+)"', index)
    others = {"theme.js", "main.js", "microphone-worklet.js"}
    assert ahead == [name for path in modules() if (name := str(path.relative_to(STATIC))) not in others]
