"""What is asked about before scripts, intents that somebody wrote, and tools of other integrations are called."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, override

from homeassistant.components.conversation import ChatLog
from homeassistant.core import HomeAssistant
from homeassistant.helpers import area_registry as ar, llm
from homeassistant.setup import async_setup_component
import probatio
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.sotto.confirmation import Confirmations
from custom_components.sotto.const import Confirm
from tests.integration.household import House
from tests.integration.judged import OFF, ON, UNLOCK_IT, Ask


def titled(name: str) -> str:
    return name.replace("_", " ").capitalize()


@pytest.fixture
async def scripts(hass: HomeAssistant, house: House) -> None:
    """A script that switches a light, one that unlocks a door, and one that opens all of a room."""
    unlock = {"action": "lock.unlock", "target": {"entity_id": "lock.front_door"}}
    garage = ar.async_get(hass).async_get_area_by_name("Garage")
    assert garage is not None
    steps = {
        "relax": {"action": "light.turn_on", "target": {"entity_id": "light.bed_lamp"}},
        "welcome": {"if": [], "then": [unlock]},
        "drive_in": {"action": "cover.open_cover", "target": {"area_id": garage.id}},
        "arrive": {"action": "script.turn_on", "target": {"entity_id": "script.welcome"}},
    }
    made = {name: {"alias": titled(name), "sequence": [step]} for name, step in steps.items()}
    assert await async_setup_component(hass, "script", {"script": made})
    for name in made:
        house.expose(f"script.{name}")


@pytest.mark.parametrize(
    ("name", "security"), [("relax", False), ("welcome", True), ("drive_in", True), ("arrive", True)]
)
async def test_a_script_is_asked_about_however_it_is_called(ask: Ask, scripts: None, name: str, security: bool) -> None:
    title = titled(name)
    question = f"Shall I run {title}?"
    for tool, args in ((f"script__{name}", {}), (ON, {"name": title}), (ON, {"name": f"script.{name}"})):
        assert await ask(tool, **args) == question
        assert await ask(tool, level=Confirm.SECURITY, **args) == (question if security else None)
    assert await ask(OFF, name=title) is None


@pytest.fixture
async def opaque_scripts(hass: HomeAssistant, house: House) -> None:
    """Scripts of which no step names a thing: what they move is known by their name, or by what they are told."""
    publish = {"action": "mqtt.publish", "data": {"topic": "relay/1", "payload": "on"}}
    operate = {"action": "homeassistant.turn_off", "target": {"entity_id": "{{ target }}"}}
    made = {
        "open_the_gate": {"alias": "Open the gate", "sequence": [publish]},
        "gate_light": {"alias": "Gate light", "sequence": [publish]},
        "operate": {"alias": "Operate", "sequence": [operate], "fields": {"target": {"selector": {"entity": {}}}}},
    }
    assert await async_setup_component(hass, "script", {"script": made})
    for name in made:
        house.expose(f"script.{name}")


@pytest.mark.parametrize(
    ("tool", "args", "question"),
    [
        ("script__open_the_gate", {}, "Shall I run Open the gate?"),
        (ON, {"name": "Open the gate"}, "Shall I run Open the gate?"),
        ("script__gate_light", {}, None),
        ("script__operate", {"target": "light.bed_lamp"}, None),
        ("script__operate", {"target": "lock.front_door"}, "Shall I run Operate (Front door)?"),
        ("script__operate", {"target": "FRONT DOOR"}, "Shall I run Operate (FRONT DOOR)?"),
    ],
)
async def test_a_script_that_names_no_thing_is_told_by_its_name_and_by_what_it_is_told(
    ask: Ask, opaque_scripts: None, tool: str, args: dict[str, Any], question: str | None
) -> None:
    assert await ask(tool, level=Confirm.SECURITY, **args) == question
    assert await ask(tool, **args) is not None


async def test_an_intent_that_somebody_wrote_is_no_more_assists_own(
    hass: HomeAssistant, ask: Ask, house: House
) -> None:
    unlock = [{"action": "lock.unlock", "target": {"entity_id": "lock.front_door"}}]
    mine = {
        "Welcome": {"action": unlock},
        "Joke": {"speech": {"text": "Knock, knock"}},
        "HassTurnOn": {"action": unlock},
    }
    assert await async_setup_component(hass, "intent_script", {"intent_script": mine})
    assert await ask("intent_script__Welcome") == "Shall I use Welcome?"
    assert await ask("intent_script__Welcome", level=Confirm.SECURITY) == "Shall I use Welcome?"
    assert await ask("intent_script__Joke") == "Shall I use Joke?"
    assert await ask("intent_script__Joke", level=Confirm.SECURITY) is None
    assert await ask(ON, name="Bed lamp", level=Confirm.SECURITY) == "Shall I use Turn on (Bed lamp)?"


class Tool(llm.Tool):
    """A tool of another integration."""

    parameters = probatio.Schema({}, extra=probatio.ALLOW_EXTRA)
    integration = "elsewhere"

    def __init__(self, name: str, **annotations: bool) -> None:
        self.name = name
        self.annotations = llm.ToolAnnotations(**annotations)

    @override
    async def async_call(
        self, hass: HomeAssistant, tool_input: llm.ToolInput, llm_context: llm.LLMContext
    ) -> llm.ToolResult:
        raise NotImplementedError


class Elsewhere(llm.API):
    """An API of another integration, such as that of an MCP server."""

    @override
    async def async_get_api_instance(self, llm_context: llm.LLMContext) -> llm.APIInstance:
        tools: list[llm.Tool] = [
            Tool("erase_disk"),
            Tool("fetch_page", destructive=False),
            Tool("read_mail", read_only=True),
            Tool("unlock_car", destructive=False),
            Tool("call_action", destructive=False),
            Tool("send", destructive=False),
        ]
        return llm.APIInstance(self, "", llm_context, tools)


@pytest.fixture
def elsewhere(hass: HomeAssistant) -> Iterator[str]:
    unregister = llm.async_register_api(hass, Elsewhere(hass=hass, id="elsewhere", name="Elsewhere"))
    yield "elsewhere"
    unregister()


@pytest.mark.parametrize(
    ("tool", "args", "question", "security"),
    [
        ("erase_disk", {"disk": "sda", "times": 3}, "Shall I use erase disk (sda, 3)?", False),
        ("erase_disk", {}, "Shall I use erase disk?", False),
        ("fetch_page", {"url": "example.org"}, None, False),
        ("read_mail", {"of": "Front door"}, None, False),
        ("unlock_car", {}, "Shall I use unlock car?", True),
        ("call_action", {}, "Shall I use call action?", True),
        ("send", {"to": ["lock.front_door"]}, "Shall I use send (Front door)?", True),
        ("send", {"to": "LOCK.FRONT_DOOR"}, "Shall I use send (Front door)?", True),
        ("send", {"states": {"lock.front_door": 0}}, "Shall I use send (Front door: 0)?", True),
        ("send", {"json": '{"to": "lock.front_door"}'}, "Shall I use send ( to : lock.front_door )?", True),
        ("send", {"unlock": True}, "Shall I use send (unlock: True)?", True),
        ("send", {"to": {"name": " garage door"}}, "Shall I use send (garage door)?", True),
        ("send", {"what": "cover.open_cover"}, "Shall I use send (cover.open_cover)?", True),
        ("send", {"what": "Please open the garage door, it is cold"}, None, False),
        ("send", {"what": "请打开车库门", "when": None, "how": " "}, None, False),
        ("send", {"to": "Bed lamp"}, None, False),
    ],
)
async def test_a_tool_of_another_integration_is_judged_by_what_it_says_and_is_told(
    ask: Ask, elsewhere: str, tool: str, args: dict[str, Any], question: str | None, security: bool
) -> None:
    assert await ask(tool, apis=(elsewhere,), **args) == question
    assert await ask(tool, apis=(elsewhere,), level=Confirm.SECURITY, **args) == (question if security else None)


async def test_a_tool_that_is_told_of_a_doors_device_is_asked_about(ask: Ask, elsewhere: str, house: House) -> None:
    device_id = house.device("lock.front_door")
    asked = await ask("send", apis=(elsewhere,), level=Confirm.SECURITY, device=device_id)
    assert asked == "Shall I use send (Front door)?"


async def test_what_lets_somebody_in_is_said_first_and_a_model_cannot_push_it_out_of_the_question(
    ask: Ask, elsewhere: str
) -> None:
    chat = "turn on the lamp in the living room because it is getting dark in here " * 3
    asked = await ask("send", apis=(elsewhere,), first=chat, then="lock.front_door", action="lock.unlock")
    assert asked is not None
    assert asked.startswith("Shall I use send (Front door, lock.unlock, turn on the lamp")
    assert asked.endswith("…?"), "what was left out is shown"


async def test_announcing_is_not_asked_about(ask: Ask, entry: MockConfigEntry) -> None:
    assert await ask("sotto__Announce", message="The front door is open") is None


async def test_the_names_of_several_apis_change_nothing(hass: HomeAssistant, house: House, elsewhere: str) -> None:
    chat_log = ChatLog(hass, "c1")
    chat_log.llm_api = await llm.async_get_api(hass, ["assist", elsewhere], house.context())
    names = {tool.name.rpartition("__")[2]: tool.name for tool in chat_log.llm_api.tools}
    confirmations = Confirmations(hass, Confirm.DESTRUCTIVE)
    unlock = llm.ToolInput(names["HassTurnOff"], {"name": "Front door"})
    assert await confirmations.question_about([unlock], chat_log, "en") == UNLOCK_IT
    erase = llm.ToolInput(names["erase_disk"], {})
    assert await confirmations.question_about([unlock, erase], chat_log, "en") == (
        "Shall I unlock the Front door and use erase disk?"
    )
