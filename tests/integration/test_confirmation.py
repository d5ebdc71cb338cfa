"""Asking before something risky is done: only the user's own plain yes does it, and nothing that a model says."""

# ruff: noqa: RUF001 - Chinese punctuation is meant

from __future__ import annotations

from homeassistant.components import conversation
from homeassistant.components.conversation import ConversationResult
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers.entity_component import DATA_INSTANCES
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.sotto.confirmation import KEPT_S, MOST_KEPT
from custom_components.sotto.const import CONF_CONFIRM, SUBENTRY_CONVERSATION
from custom_components.sotto.conversation import SottoConversation
from tests.integration.household import House
from tests.integration.scripted_server import Call, ScriptedServer, Text, calls, says

AGENT = "conversation.sotto"
UNLOCK = calls("intent__HassTurnOff", name="Front door")


@pytest.fixture(autouse=True)
async def _set_up(hass: HomeAssistant, house: House, entry: MockConfigEntry) -> None:
    assert await async_setup_component(hass, "intent", {})


class Clock:
    """A clock that stands still until a test moves it."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(hass: HomeAssistant, _set_up: None) -> Clock:
    """Replace the clock of the agent's confirmations."""
    agent = hass.data[DATA_INSTANCES]["conversation"].get_entity(AGENT)
    assert isinstance(agent, SottoConversation)
    agent._confirmations._clock = clock = Clock()
    return clock


class Person:
    """Somebody who speaks to the agent, in a conversation of their own."""

    def __init__(self, hass: HomeAssistant, language: str = "en") -> None:
        self._hass = hass
        self._language = language
        self._conversation_id: str | None = None
        self.heard: ConversationResult | None = None

    async def say(self, text: str, device_id: str | None = None, user_id: str | None = None) -> str:
        """Say something, perhaps to a satellite, and return the answer."""
        self.heard = await conversation.async_converse(
            self._hass, text, self._conversation_id, Context(user_id), self._language, AGENT, device_id
        )
        self._conversation_id = self.heard.conversation_id
        return str(self.heard.response.speech["plain"]["speech"])


@pytest.fixture
def anna(hass: HomeAssistant) -> Person:
    return Person(hass)


async def test_a_door_is_asked_about_and_stays_locked(anna: Person, house: House, server: ScriptedServer) -> None:
    server.plays(UNLOCK)
    assert await anna.say("let the courier in") == "Shall I unlock the Front door?"
    assert house.state("lock.front_door") == "locked"
    assert anna.heard is not None
    assert anna.heard.continue_conversation


async def test_a_yes_unlocks_it_and_the_answer_follows(anna: Person, house: House, server: ScriptedServer) -> None:
    server.plays(UNLOCK, says("It is unlocked."))
    await anna.say("let the courier in")
    assert await anna.say("Yes, please.") == "It is unlocked."
    assert house.state("lock.front_door") == "unlocked"
    roles = [message["role"] for message in server.requests[1].body["messages"]]
    assert roles == ["user", "assistant", "user", "assistant", "tool"]


async def test_a_no_leaves_it_locked_and_the_model_is_not_asked(
    anna: Person, house: House, server: ScriptedServer
) -> None:
    server.plays(UNLOCK)
    await anna.say("let the courier in")
    assert await anna.say("No, don't.") == "All right, I won't."
    assert house.state("lock.front_door") == "locked"
    assert len(server.requests) == 1


@pytest.mark.parametrize("said", ["yes, but only for a minute", "what time is it", "no wait yes", "open", "yes?"])
async def test_anything_else_is_a_new_sentence_and_the_question_is_forgotten(
    anna: Person, house: House, server: ScriptedServer, said: str
) -> None:
    server.plays(UNLOCK, says("Hm."), says("What do you mean?"))
    await anna.say("let the courier in")
    assert await anna.say(said) == "Hm."
    assert await anna.say("yes") == "What do you mean?"
    assert house.state("lock.front_door") == "locked"


async def test_a_yes_that_comes_late_confirms_nothing(
    anna: Person, house: House, server: ScriptedServer, clock: Clock
) -> None:
    server.plays(UNLOCK, says("Yes what?"))
    await anna.say("let the courier in")
    clock.now = KEPT_S + 1
    assert await anna.say("yes") == "Yes what?"
    assert house.state("lock.front_door") == "locked"


async def test_a_yes_in_time_is_not_too_late(anna: Person, house: House, server: ScriptedServer, clock: Clock) -> None:
    server.plays(UNLOCK, says("Done."))
    await anna.say("let the courier in")
    clock.now = KEPT_S
    await anna.say("yes")
    assert house.state("lock.front_door") == "unlocked"


async def test_a_yes_is_for_the_conversation_in_which_it_is_said(
    hass: HomeAssistant, anna: Person, house: House, server: ScriptedServer
) -> None:
    ben = Person(hass)
    server.plays(UNLOCK, calls("intent__HassTurnOn", name="Garage door"), says("It opens."), says("Yes what?"))
    assert await anna.say("let the courier in") == "Shall I unlock the Front door?"
    assert await ben.say("I drive home") == "Shall I open the Garage door?"
    assert await ben.say("yes") == "It opens."
    assert (house.state("cover.garage_door"), house.state("lock.front_door")) == ("open", "locked")
    assert await Person(hass).say("yes") == "Yes what?"
    assert house.state("lock.front_door") == "locked"


async def test_a_yes_is_for_the_satellite_that_has_asked(anna: Person, house: House, server: ScriptedServer) -> None:
    """In another room the same call may mean another door."""
    here, there = (house.device(f"assist_satellite.{room}_satellite") for room in ("kitchen", "bedroom"))
    server.plays(UNLOCK, says("Yes what?"))
    assert await anna.say("let the courier in", here) == "Shall I unlock the Front door?"
    assert await anna.say("yes", there) == "Yes what?"
    assert house.state("lock.front_door") == "locked"


async def test_a_yes_is_for_the_user_who_was_asked(
    hass: HomeAssistant, anna: Person, house: House, server: ScriptedServer, hass_admin_user: MockUser
) -> None:
    server.plays(UNLOCK, says("Yes what?"))
    assert await anna.say("let the courier in", user_id=hass_admin_user.id) == "Shall I unlock the Front door?"
    # From 2026.11 on, Home Assistant lets nobody else into a conversation.
    assert await anna.say("yes") in {"Yes what?", "Unauthorized"}
    assert house.state("lock.front_door") == "locked"


async def test_a_model_that_claims_the_user_agreed_is_asked_about_all_the_same(
    anna: Person, house: House, server: ScriptedServer
) -> None:
    agreed = {"name": "Front door", "confirmed": True, "user_said": "yes"}
    server.plays([Text("You said yes. "), Call("intent__HassTurnOff", agreed)])
    assert await anna.say("hello") == "You said yes. Shall I unlock the Front door?"
    assert house.state("lock.front_door") == "locked"


async def test_a_model_that_calls_again_after_a_no_is_asked_about_again(
    anna: Person, house: House, server: ScriptedServer
) -> None:
    server.plays(UNLOCK, UNLOCK)
    await anna.say("let the courier in")
    await anna.say("no")
    assert await anna.say("thank you") == "Shall I unlock the Front door?"
    assert house.state("lock.front_door") == "locked"


async def test_what_a_model_calls_after_a_yes_is_asked_about_anew(
    anna: Person, house: House, server: ScriptedServer
) -> None:
    server.plays(UNLOCK, calls("intent__HassTurnOn", name="Garage door"))
    await anna.say("let the courier in")
    assert await anna.say("yes") == "Shall I open the Garage door?"
    assert (house.state("lock.front_door"), house.state("cover.garage_door")) == ("unlocked", "closed")


async def test_all_calls_of_an_answer_wait_for_the_yes(anna: Person, house: House, server: ScriptedServer) -> None:
    both = [
        Call("intent__HassTurnOn", {"name": "Bed lamp"}, call_id="a"),
        Call("intent__HassTurnOff", {"name": "Front door"}, call_id="b"),
    ]
    server.plays(both, says("Done."))
    assert await anna.say("a courier comes, and I want to read") == "Shall I unlock the Front door?"
    assert (house.state("light.bed_lamp"), house.state("lock.front_door")) == ("off", "locked")
    await anna.say("go ahead")
    assert (house.state("light.bed_lamp"), house.state("lock.front_door")) == ("on", "unlocked")


async def test_a_question_and_its_answer_in_chinese(hass: HomeAssistant, house: House, server: ScriptedServer) -> None:
    anna = Person(hass, "zh-CN")
    server.plays(UNLOCK, says("门开了。"))
    assert await anna.say("让快递员进来") == "要我打开Front door的锁吗？"
    assert anna.heard is not None
    assert anna.heard.continue_conversation
    assert await anna.say("打开吧") == "门开了。"
    assert house.state("lock.front_door") == "unlocked"


async def test_a_no_in_chinese(hass: HomeAssistant, house: House, server: ScriptedServer) -> None:
    anna = Person(hass, "zh-CN")
    server.plays(UNLOCK)
    await anna.say("让快递员进来")
    assert await anna.say("算了，不用了。") == "好的，那就不做了。"
    assert house.state("lock.front_door") == "locked"


async def test_repeating_what_was_asked_is_a_yes(anna: Person, house: House, server: ScriptedServer) -> None:
    server.plays(UNLOCK, says("Done."))
    await anna.say("let the courier in")
    await anna.say("Yes, unlock the front door.")
    assert house.state("lock.front_door") == "unlocked"


async def test_locking_and_lights_are_not_asked_about(anna: Person, house: House, server: ScriptedServer) -> None:
    server.plays(calls("intent__HassTurnOn", name="Front door"), says("Locked."))
    assert await anna.say("lock up") == "Locked."
    server.plays(calls("intent__HassTurnOn", area="Kitchen", domain=["light"]), says("On."))
    assert await anna.say("light") == "On."
    assert house.state("light.kitchen_light") == "on"


async def test_a_household_may_want_no_questions(
    hass: HomeAssistant, anna: Person, house: House, server: ScriptedServer, entry: MockConfigEntry
) -> None:
    hass.config_entries.async_update_subentry(entry, agent_of(entry), data=changed(entry, "never"))
    await hass.async_block_till_done()
    server.plays(UNLOCK, says("It is unlocked."))
    assert await anna.say("let the courier in") == "It is unlocked."
    assert house.state("lock.front_door") == "unlocked"


async def test_only_so_many_questions_are_kept(
    hass: HomeAssistant, anna: Person, house: House, server: ScriptedServer
) -> None:
    server.otherwise = UNLOCK
    await anna.say("let the courier in")
    for _ in range(MOST_KEPT):
        await Person(hass).say("let the courier in")
    assert await anna.say("yes") == "Shall I unlock the Front door?"
    assert house.state("lock.front_door") == "locked"


def agent_of(entry: MockConfigEntry) -> ConfigSubentry:
    return next(each for each in entry.subentries.values() if each.subentry_type == SUBENTRY_CONVERSATION)


def changed(entry: MockConfigEntry, level: str) -> dict[str, object]:
    return {**agent_of(entry).data, CONF_CONFIRM: level}
