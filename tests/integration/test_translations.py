"""Everything that is shown has its words, in English and in Chinese, and no words are left that nothing shows.

That what is shown while the tests run has its words is seen to by translated.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
import json
import re
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.selector import validate_selector
from homeassistant.setup import async_setup_component
import pytest

from tests.integration.package import Json, modules, names_in, placeholders_of, read_json, read_yaml, texts_of, words

SOURCE = read_json("strings.json")
ENGLISH = read_json("translations/en.json")
CHINESE = read_json("translations/zh-Hans.json")
OF_HOME_ASSISTANT = {"already_configured", "already_in_progress", "reauth_successful", "reconfigure_successful"}
"""Reasons to end a flow that Home Assistant gives itself."""

FLOWS = {
    "config": ENGLISH["config"],
    "options": ENGLISH.get("options", {}),
    **{f"config_subentries.{kind}": flow for kind, flow in ENGLISH["config_subentries"].items()},
    **{f"issues.{key}": issue["fix_flow"] for key, issue in ENGLISH["issues"].items() if "fix_flow" in issue},
}

URL = re.compile(r"(https?://|www\.)[a-z0-9]", re.IGNORECASE)
HAN = re.compile("[\u4e00-\u9fff]")
NAMES_ALONE = re.compile(r"(\{\w+\}|Sotto|AI|ID|\W)*")


def shape(strings: Json) -> list[tuple[str, ...]]:
    """Return where there are texts."""
    return sorted(path for path, _ in texts_of(strings))


def test_the_english_translation_is_what_the_strings_say() -> None:
    assert shape(ENGLISH) == shape(SOURCE)
    english = dict(texts_of(ENGLISH))
    for path, text in texts_of(SOURCE):
        assert "[%key:" not in english[path], f"{path} is a reference, which only Home Assistant's own are"
        if "[%key:" not in text:
            assert english[path] == text, path


def test_the_chinese_translation_has_every_text_with_all_that_is_filled_in() -> None:
    assert shape(CHINESE) == shape(ENGLISH)
    english = dict(texts_of(ENGLISH))
    for path, text in texts_of(CHINESE):
        assert placeholders_of(text) == placeholders_of(english[path]), path
        assert HAN.search(text) or NAMES_ALONE.fullmatch(text), f"{path} is not in Chinese: {text}"


@pytest.mark.parametrize("strings", [ENGLISH, CHINESE], ids=["en", "zh-Hans"])
def test_texts_are_as_home_assistant_takes_them(strings: Json) -> None:
    for path, text in texts_of(strings):
        assert cv.string_with_no_html(text) == text.strip(), path
        assert not URL.search(text), f"{path}: addresses are filled in"
        assert not re.search(r"'\{\w+\}'", text), f"{path}: quotes would hide what is filled in"
        assert all(re.fullmatch(r"[a-z0-9]+([_-][a-z0-9]+)*", key) for key in path), path


def fields_of(step: Json) -> Iterator[tuple[str, Json, Json]]:
    """Yield the fields of a step and of its sections, with their names and descriptions."""
    for part in (step, *step.get("sections", {}).values()):
        yield from ((field, part["data"], part.get("data_description", {})) for field in part.get("data", {}))


@pytest.mark.parametrize("flow", FLOWS)
def test_every_field_of_a_flow_is_described(flow: str) -> None:
    for name, step in FLOWS[flow].get("step", {}).items():
        for field, _, descriptions in fields_of(step):
            assert field in descriptions, f"{name}: {field} has no description"
        assert set(step.get("data_description", {})) <= set(step.get("data", {})), name


@pytest.mark.parametrize("flow", FLOWS)
def test_nothing_in_a_flow_is_left_that_the_code_does_not_know(flow: str) -> None:
    for name, step in FLOWS[flow].get("step", {}).items():
        assert name in words() or f"async_step_{name}" in _functions(), name
        assert {field for field, _, _ in fields_of(step)} <= words(), name
    assert set(FLOWS[flow].get("error", {})) <= words()
    assert set(FLOWS[flow].get("abort", {})) <= words() | OF_HOME_ASSISTANT


def _functions() -> set[str]:
    return {name for path in modules() for name in names_in(path)}


@pytest.mark.parametrize("section", ["exceptions", "issues", "selector"])
def test_no_key_is_left_that_the_code_does_not_know(section: str) -> None:
    known = words() | set(_selectors_of_services())
    assert set(ENGLISH.get(section, {})) <= known


def test_no_name_of_an_entity_is_left_that_the_code_does_not_know() -> None:
    for platform, keys in ENGLISH["entity"].items():
        assert set(keys) <= words(), platform


def test_the_options_of_a_selector_are_those_of_the_code() -> None:
    for key, selector in ENGLISH.get("selector", {}).items():
        options = _selectors_of_services().get(key, words())
        assert set(selector.get("options", ())) <= set(options), key


def services() -> Json:
    """Return the actions as services.yaml describes them."""
    return read_yaml("services.yaml")


def service_fields(service: Json | None) -> Iterator[tuple[str, Json]]:
    """Yield the fields of an action, those in sections too."""
    for name, field in ((service or {}).get("fields") or {}).items():
        if "fields" in field:
            yield from field["fields"].items()
        else:
            yield name, field


def _selectors_of_services() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for service in services().values():
        for _, field in service_fields(service):
            select: Any = (field.get("selector") or {}).get("select") or {}
            if "translation_key" in select:
                options = [each if isinstance(each, str) else each["value"] for each in select["options"]]
                found[select["translation_key"]] = options
    return found


def test_the_actions_are_those_that_are_described_named_and_drawn() -> None:
    assert set(services()) == set(ENGLISH["services"]) == set(read_json("icons.json")["services"])
    for name, service in services().items():
        told = ENGLISH["services"][name]
        assert told["name"]
        assert told["description"]
        assert {field for field, _ in service_fields(service)} == set(told.get("fields", {})), name
        for field, texts in told.get("fields", {}).items():
            assert texts["name"], field
            assert texts["description"], field
        sections = {key for key, field in ((service or {}).get("fields") or {}).items() if "fields" in field}
        assert sections == set(told.get("sections", {})), name


def test_the_fields_of_actions_have_selectors_with_all_their_words() -> None:
    for name, service in services().items():
        for field, described in service_fields(service):
            assert validate_selector(described["selector"]), f"{name}.{field}"
    for key, options in _selectors_of_services().items():
        assert set(ENGLISH["selector"][key]["options"]) == set(options)


async def test_the_actions_are_those_that_home_assistant_has(hass: HomeAssistant) -> None:
    assert await async_setup_component(hass, "sotto", {})
    assert set(hass.services.async_services_for_domain("sotto")) == set(services())


def icons() -> Iterator[tuple[str, str]]:
    """Yield where there is an icon, and which."""
    for path, icon in texts_of(read_json("icons.json")):
        yield ".".join(path), icon


def test_the_icons_are_there() -> None:
    listed = json.loads((resources.files("hass_frontend") / "static" / "mdi" / "iconList.json").read_text())
    known = {f"mdi:{icon['name']}" for icon in listed}
    for path, icon in icons():
        assert icon in known, f"{path}: there is no {icon}"


def test_what_has_an_icon_has_a_name() -> None:
    for platform, keys in read_json("icons.json")["entity"].items():
        for key, icon in keys.items():
            named = ENGLISH["entity"][platform][key]
            assert set(icon.get("state", {})) <= set(named.get("state", {})), f"{platform}.{key}"
            assert icon["default"] not in icon.get("state", {}).values(), f"{platform}.{key} repeats its default"
