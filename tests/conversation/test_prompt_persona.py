# ruff: noqa: RUF001 - Chinese punctuation is meant

from __future__ import annotations

import re
from dataclasses import replace

import jsonschema
import pytest
from hypothesis import given

from tests.conversation.prompt_homes import FLAT, homes
from wyoming_servers.conversation.engine import Message, Role
from wyoming_servers.conversation.languages import LANGUAGES
from wyoming_servers.conversation.prompt.persona import Persona, examples, load_persona
from wyoming_servers.conversation.prompt.tools import tools
from wyoming_servers.home.demo import DEMO_HOUSE
from wyoming_servers.home.model import Area, Entity, HomeSnapshot

EN, ZH = load_persona("en-GB"), load_persona("zh")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_of_home_assistants_sentences_is_asked_for_by_its_name(language: str) -> None:
    persona = load_persona(language)
    assert persona.language == language
    assert "{" not in persona.rules
    last = persona.rules.splitlines()[-1]
    assert re.fullmatch(r"- (Answer in [A-Z].+\.|用.+回答。)", last)


def test_other_languages_have_the_english_rules_and_no_english_examples() -> None:
    german = load_persona("de-DE")
    assert "Answer in German." in german.rules
    assert german.rules.splitlines()[:-1] == EN.rules.splitlines()[:-1]
    assert examples(FLAT, german, tools(FLAT)) == ()


def test_traditional_chinese_has_the_chinese_rules() -> None:
    assert "用繁体中文（台湾用语）回答。" in load_persona("zh-Hant").rules
    assert load_persona("zh-TW").examples == ()


def test_an_unknown_language_is_answered_in_english() -> None:
    assert load_persona("tlh").language == "en"


@pytest.mark.parametrize("persona", [EN, ZH], ids=["en", "zh"])
def test_the_rules_name_every_trap_that_small_models_fall_into(persona: Persona) -> None:
    for word in (
        "JSON",
        "HassStartTimer",
        "conversation_command",
        "GetLiveContext",
        "Markdown",
        "domain",
        "HassTurnOff",
    ):
        assert word in persona.rules


def said(messages: tuple[Message, ...], role: Role) -> list[str]:
    return [message.content for message in messages if message.role is role]


def test_examples_speak_of_things_in_this_home_by_the_names_of_the_users_language() -> None:
    english = examples(FLAT, EN, tools(FLAT))
    chinese = examples(FLAT, ZH, tools(FLAT))
    assert said(english, Role.USER)[:2] == [
        "[Example]\nturn on the Bed Lamp",
        "[Example]\nall lights off in Bedroom please",
    ]
    assert said(chinese, Role.USER)[0] == "[示例]\n打开厨房灯"
    assert english[1].calls[0].arguments == {"name": "Bed Lamp"}
    assert "[Front Door: locked]" in "".join(said(english, Role.USER))


@pytest.mark.parametrize(
    ("names", "english", "chinese"),
    [
        (("Lamp", "灯", "台灯", "Light"), "Lamp", "灯"),
        (("台灯", "Table Lamp", "Lamp"), "Lamp", "台灯"),
        (("Lamp", "Light"), "Lamp", "Lamp"),
        (("Lamp", " ", ""), "Lamp", "Lamp"),
    ],
)
def test_a_thing_is_called_by_its_shortest_name_in_the_users_script_whatever_the_order_of_aliases(
    names: tuple[str, ...], english: str, chinese: str
) -> None:
    for aliases in (names[1:], names[:0:-1]):
        thing = Entity("light.a", names[0], aliases)
        assert (EN.spoken(thing), ZH.spoken(thing)) == (english, chinese)


def test_examples_of_what_this_home_has_not_are_left_out() -> None:
    lamp = HomeSnapshot(entities=(Entity("sensor.a", "Rain"),))
    left = said(examples(lamp, EN, tools(lamp)), Role.USER)
    assert left == ["[Example]\nturn on the sauna", "[Example]\nthank you"]
    sauna = replace(lamp, entities=(Entity("switch.a", "Sauna Heater"),))
    assert said(examples(sauna, EN, tools(sauna)), Role.USER) == ["[Example]\nthank you"]


def test_a_thing_whose_name_is_no_plain_text_is_no_example() -> None:
    odd = HomeSnapshot(entities=(Entity("light.a", "A [b]"), Entity("light.b", "Zoo Lamp")))
    assert said(examples(odd, EN, tools(odd)), Role.USER)[0] == "[Example]\nturn on the Zoo Lamp"


@pytest.mark.parametrize("persona", [EN, ZH], ids=["en", "zh"])
@pytest.mark.parametrize("home", [FLAT, DEMO_HOUSE], ids=["flat", "demo"])
def test_example_calls_satisfy_the_tools_own_schemas_and_name_what_exists(persona: Persona, home: HomeSnapshot) -> None:
    described = {tool.name: tool for tool in tools(home)}
    things: list[Entity | Area] = [*home.entities, *home.areas]
    known = {name for thing in things for name in thing.names}
    made = [call for message in examples(home, persona, described.values()) for call in message.calls]
    assert len(made) == 4
    for call in made:
        jsonschema.validate(dict(call.arguments), described[call.name].parameters)
        assert {call.arguments[slot] for slot in ("name", "area") if slot in call.arguments} <= known


@given(homes())
def test_examples_are_whole_exchanges_with_ids_that_every_template_takes(home: HomeSnapshot) -> None:
    found = examples(home, EN, tools(home))
    roles = [message.role for message in found]
    text = "".join({"user": "u", "assistant": "a", "tool": "t"}[role] for role in roles)
    assert re.fullmatch(r"(u(at)?a)*", text)
    calls = [call.call_id for message in found for call in message.calls]
    assert calls == [message.call_id for message in found if message.role is Role.TOOL]
    assert all(re.fullmatch(r"[a-z0-9]{9}", call_id) for call_id in calls)
    assert len(set(calls)) == len(calls)
