"""Golden transcripts: whole conversations, as Home Assistant's chat log keeps them."""

from __future__ import annotations

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from syrupy.assertion import SnapshotAssertion

from tests.integration.household import House
from tests.integration.scripted_answer import Answer, Break, Call, Text, calls, refuses, says
from tests.integration.scripted_server import ScriptedServer
from tests.integration.talking import Talk

Spoken = tuple[str, list[Answer]]
"""A sentence of the user's, and what the server answers to it, round by round."""

KITCHEN = "assist_satellite.kitchen_satellite"

CONVERSATIONS: dict[str, tuple[str, list[Spoken]]] = {
    "a_light_and_what_it_refers_to": (
        "en",
        [
            ("light please", [calls("intent__HassTurnOn", name="night lamp"), says("Turned on the light.")]),
            ("and off again", [calls("intent__HassTurnOff", name="Bed lamp"), says("Turned off the light.")]),
            ("thank you", [says("You are welcome.")]),
        ],
    ),
    "a_state_that_is_looked_up": (
        "en",
        [
            (
                "is the kettle on",
                [calls("homeassistant__GetLiveContext", name="Kettle"), says("No, the kettle is off.")],
            )
        ],
    ),
    "two_things_at_once_with_words_before": (
        "en",
        [
            (
                "good morning",
                [
                    [
                        Text("Good morning. "),
                        Call("intent__HassTurnOn", {"name": "Kitchen light"}, call_id="a"),
                        Call("intent__HassTurnOn", {"name": "Kettle"}, call_id="b", index=1),
                    ],
                    says("The light and the kettle are on."),
                ],
            )
        ],
    ),
    "a_door_that_is_asked_about": (
        "en",
        [
            ("let my aunt in", [calls("intent__HassTurnOff", name="Front door")]),
            ("yes please", [says("Unlocked the front door.")]),
            ("and lock it", [calls("intent__HassTurnOn", name="Front door"), says("Locked the front door.")]),
        ],
    ),
    "a_door_that_stays_shut": (
        "en",
        [
            ("open the garage", [calls("intent__HassTurnOn", name="Garage door")]),
            ("no", []),
            ("yes", [says("What can I do?")]),
        ],
    ),
    "a_door_in_chinese": (
        "zh-CN",
        [
            ("\u8ba9\u963f\u59e8\u8fdb\u6765", [calls("intent__HassTurnOff", name="Front door")]),
            ("\u597d\u7684", [says("\u95e8\u9501\u5df2\u6253\u5f00\u3002")]),
        ],
    ),
    "a_thing_that_is_not_there": (
        "en",
        [("turn on the banana", [calls("intent__HassTurnOn", name="banana"), says("There is no banana here.")])],
    ),
    "what_goes_wrong": (
        "en",
        [
            ("tell me a story", [[Text("Once upon a time. "), Break()]]),
            ("tell me a story", [refuses("engine-loading")]),
            ("tell me a story", [says("Once upon a time there was a quiet house.")]),
        ],
    ),
}


@pytest.fixture
async def talk(hass: HomeAssistant, house: House, entry: MockConfigEntry) -> Talk:
    assert await async_setup_component(hass, "intent", {})
    return Talk(hass, house)


@pytest.mark.parametrize("name", CONVERSATIONS)
async def test_a_conversation_goes_as_it_is_written_down(
    name: str, talk: Talk, server: ScriptedServer, snapshot: SnapshotAssertion
) -> None:
    language, turns = CONVERSATIONS[name]
    for words, answers in turns:
        server.plays(*answers)
        await talk.say(words, at=KITCHEN, language=language)
        assert not server.remaining
    assert "\n".join(talk.transcript) == snapshot
