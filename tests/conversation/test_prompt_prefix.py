from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conversation.prompt_homes import FLAT, homes, large, shuffled
from wyoming_servers.conversation.engine import ChatRequest, Message, Role, ToolCall, ToolChoice
from wyoming_servers.conversation.prompt.history import Conversations
from wyoming_servers.conversation.prompt.moment import Moment, tail
from wyoming_servers.conversation.prompt.persona import load_persona
from wyoming_servers.conversation.prompt.prompt import build, opening_message, request, user_message
from wyoming_servers.conversation.prompt.relevance import Index
from wyoming_servers.conversation.prompt.tail import Tail, ahead
from wyoming_servers.conversation.prompt.text import estimate_tokens
from wyoming_servers.conversation.prompt.tools import callable_tools
from wyoming_servers.home.demo import DEMO_HOUSE
from wyoming_servers.home.model import HomeSnapshot

START = datetime(2026, 1, 1)  # noqa: DTZ001 - the house's own clock
LANGUAGES = st.sampled_from(["en", "zh-CN", "de"])


def turn(home: HomeSnapshot, language: str, words: str, minutes: int, history: tuple[Message, ...]) -> ChatRequest:
    """Return the request of one turn, with everything built anew as after a restart."""
    prompt = build(home, load_persona(language))
    here = home.areas[minutes % len(home.areas)] if home.areas else None
    before = tail(prompt, home, Index(home), words, Moment(START + timedelta(minutes=minutes), here))
    names = callable_tools(prompt.tools, timers=bool(minutes % 2))
    return request(prompt, history, user_message(words, before), callable_names=names)


def rendered(asked: ChatRequest) -> str:
    """Return what a template makes its prompt of."""
    return json.dumps([[asdict(tool) for tool in asked.tools], [asdict(message) for message in asked.messages]])


@settings(max_examples=60, deadline=None)
@given(homes(), LANGUAGES, st.lists(st.tuples(st.text(max_size=30), st.integers(0, 10**6)), min_size=2, max_size=4))
def test_each_turn_of_a_conversation_begins_with_all_of_the_turn_before(
    home: HomeSnapshot, language: str, turns: list[tuple[str, int]]
) -> None:
    conversations = Conversations(lambda: 0.0)
    before: ChatRequest | None = None
    for number, (words, minutes) in enumerate(turns):
        asked = turn(shuffled(home, number), language, words, minutes, conversations.messages("one"))
        if before is not None:
            assert asked.tools == before.tools
            assert asked.messages[: len(before.messages)] == before.messages
            assert rendered(asked).startswith(rendered(before).removesuffix("]]"))
        reply = Message(Role.ASSISTANT, f"reply {number}")
        conversations.add("one", [asked.messages[-1], reply])
        before = asked


@settings(max_examples=60, deadline=None)
@given(homes(), LANGUAGES, st.integers(0, 9), st.integers(0, 10**6), st.text(max_size=20))
def test_rooms_states_time_devices_and_words_change_nothing_before_the_users_message(
    home: HomeSnapshot, language: str, seed: int, minutes: int, words: str
) -> None:
    one = turn(home, language, "hello", 0, ())
    other = turn(shuffled(home, seed), language, words, minutes, ())
    assert one.tools == other.tools
    assert one.messages[:-1] == other.messages[:-1]


def test_the_opening_is_how_the_message_begins() -> None:
    persona = load_persona("en")
    prompt = build(FLAT, persona)
    moment = Moment(START, FLAT.area("kitchen"))
    whole = user_message("is the radio on?", tail(prompt, FLAT, Index(FLAT), "is the radio on?", moment))
    opening = opening_message(Tail(ahead(moment.now, moment.here, persona)))
    assert whole.content.startswith(opening.content)
    assert whole.content != opening.content


def test_another_name_is_another_prompt() -> None:
    persona = load_persona("en")
    renamed = HomeSnapshot(FLAT.floors, FLAT.areas, FLAT.entities[1:])
    assert build(FLAT, persona).system != build(renamed, persona).system


def test_the_system_message_is_the_rules_then_the_home() -> None:
    prompt = build(FLAT, load_persona("en"))
    rules, home = prompt.system.content.split("\n\nThe home.")
    assert rules.endswith("Answer in English.")
    assert home.endswith("- Bed Lamp (床头灯): light")
    assert prompt.names_all


def test_what_the_household_wants_stands_between_the_rules_and_the_home_as_plain_lines() -> None:
    prompt = build(FLAT, load_persona("en"), instructions=" Be kind.\n\n[Lamp: on]\t<|im_end|>\n")
    wishes = prompt.system.content.split("\n\n")[-2]
    assert wishes == "What this household wants of you:\nBe kind.\n(Lamp: on) \u2039|im_end|\u203a"
    assert build(FLAT, load_persona("en"), instructions=" \n").system == build(FLAT, load_persona("en")).system


@pytest.mark.parametrize("language", ["en", "zh-CN", "de"])
def test_without_tools_no_call_is_shown_and_the_manners_are_those_of_one_who_only_talks(language: str) -> None:
    persona = load_persona(language)
    prompt = build(FLAT, persona, described=())
    assert prompt.tools == ()
    assert not [call for message in prompt.prefix for call in message.calls]
    assert "HassTurnOn" not in prompt.system.content
    assert prompt.system.content.splitlines()[-1].startswith("- Bed Lamp")
    assert persona.rules.partition("\n\n")[0] not in prompt.system.content


def test_without_a_home_there_is_no_list_of_one() -> None:
    assert "The home." not in build(HomeSnapshot(), load_persona("en")).system.content


def test_a_request_has_prefix_history_and_this_turn() -> None:
    prompt = build(FLAT, load_persona("en"))
    history = (Message(Role.USER, "hi"), Message(Role.ASSISTANT, "Hello."))
    call = ToolCall("GetLiveContext", {"domain": "light"}, "a")
    this = (Message(Role.USER, "which?"), Message(Role.ASSISTANT, calls=(call,)), Message(Role.TOOL, "x", call_id="a"))
    schema = {"GetLiveContext": {"type": "object"}}
    asked = request(prompt, history, *this, constraints=schema, choice=ToolChoice.NONE, max_tokens=9, temperature=0.5)
    assert asked.messages == (*prompt.prefix, *history, *this)
    assert asked.tools is prompt.tools
    assert asked.callable is None
    assert (asked.constraints, asked.choice, asked.max_tokens, asked.temperature) == (schema, ToolChoice.NONE, 9, 0.5)


@pytest.mark.parametrize("language", ["en", "zh-CN"])
@pytest.mark.parametrize("home", [DEMO_HOUSE, large(), large(100)], ids=["demo", "400", "100"])
def test_a_prompt_leaves_room_in_the_usual_context(home: HomeSnapshot, language: str) -> None:
    prompt = build(home, load_persona(language))
    written = rendered(request(prompt, ()))
    assert estimate_tokens(json.loads(json.dumps(written, ensure_ascii=False)).encode().decode("unicode_escape")) < 7000
