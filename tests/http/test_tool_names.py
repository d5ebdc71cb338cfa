from __future__ import annotations

import pytest

from wyoming_servers.conversation.engine import Tool, ToolCall
from wyoming_servers.conversation.prompt.tools import ASSIST, tools
from wyoming_servers.home.demo import DEMO_HOUSE
from wyoming_servers.http.tool_names import ToolNames

OWN = tools(DEMO_HOUSE)


def names(*sent: str) -> ToolNames:
    return ToolNames(map(Tool, sent))


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("HassTurnOn", "HassTurnOn"),
        ("intent__HassTurnOn", "HassTurnOn"),
        ("assist__intent__HassTurnOn", "HassTurnOn"),
        ("homeassistant__GetLiveContext", "GetLiveContext"),
        ("script__good_night", "script__good_night"),
        ("assist__script__good_night", "assist__script__good_night"),
        ("todo__get_items", "todo__get_items"),
        ("intent__HassNewInSpring", "intent__HassNewInSpring"),
    ],
)
def test_assists_tools_lose_their_prefixes_and_get_them_back(name: str, shown: str) -> None:
    sent = names(name)
    assert sent.shown == {shown}
    assert sent.in_prompt(name) == shown
    assert sent.outward(ToolCall(shown)) == name


def test_what_did_not_come_with_the_request_is_called_alike() -> None:
    assert names().in_prompt("intent__HassTurnOn") == "HassTurnOn"
    assert names().in_prompt("trigger_sentence") == "trigger_sentence"
    assert names().outward(ToolCall("HassTurnOn")) == "HassTurnOn"


@pytest.mark.parametrize("order", [1, -1])
def test_of_two_tools_of_one_name_assists_own_gets_it(order: int) -> None:
    sent = names(*["house_2__HassTurnOn", "assist__intent__HassTurnOn", "zone__x__HassTurnOn"][::order])
    assert sent.outward(ToolCall("HassTurnOn")) == "assist__intent__HassTurnOn"
    assert sent.shown == {"HassTurnOn", "house_2__HassTurnOn", "zone__x__HassTurnOn"}


def test_the_time_is_no_tool() -> None:
    assert names("llm__GetDateTime").shown == frozenset()
    assert names("assist__llm__GetDateTime").described(OWN, []) == ()


def test_as_soon_as_assist_is_used_all_of_its_tools_that_the_home_has_a_use_for_are_described_in_our_words() -> None:
    script = Tool("script__party", "Party!")
    found = names("intent__HassTurnOn", "script__party").described(OWN, [script, Tool("intent__HassTurnOff")])
    assert found == tuple(sorted((*OWN, Tool("script__party")), key=lambda tool: tool.name))


def test_without_assist_only_what_was_sent_is_described() -> None:
    assert names("script__party").described(OWN, []) == (Tool("script__party"),)


def test_without_tools_none_is_described_whatever_was_seen() -> None:
    assert names().described(OWN, [Tool("script__party")]) == ()


def test_tools_that_others_sent_stay_in_the_prompt() -> None:
    found = names("intent__HassTurnOn").described((), [Tool("script__party"), Tool("light__HassLightSet")])
    assert [tool.name for tool in found] == ["script__party"]


def test_assists_tools_are_those_of_any_home() -> None:
    assert {tool.name for tool in OWN} <= ASSIST
