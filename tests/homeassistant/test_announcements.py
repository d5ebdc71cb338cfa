"""Announcements: an automation has Sotto speak on a satellite and on a media player."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.homeassistant.house import Furnisher
from tests.homeassistant.instance import HomeAssistant
from tests.homeassistant.pipeline import fetch
from tests.homeassistant.satellite import Satellite, until
from tests.homeassistant.sotto import Sotto
from tests.homeassistant.sound import decode, speech_s

TRIGGER = "input_boolean.guest_mode"
PLAYER = "media_player.living_room"
MESSAGE = "The washing machine has finished. Please take the laundry out before it creases."


@pytest.fixture
def automation(home_assistant: HomeAssistant, furnisher: Furnisher) -> Iterator[Any]:
    """Make an automation of these actions, as the editor does; it runs when guests come."""
    path = "/api/config/automation/config/announcement"

    def make(*actions: dict[str, Any]) -> None:
        furnisher.act("input_boolean", "turn_off", TRIGGER)
        trigger = {"trigger": "state", "entity_id": TRIGGER, "to": "on"}
        home_assistant.post(path, {"alias": "Announcement", "triggers": [trigger], "actions": actions})
        until(lambda: furnisher.state("automation.announcement") == "on")

    yield make
    furnisher.act("input_boolean", "turn_off", TRIGGER)
    home_assistant.delete(path)


def test_an_automation_announces_on_a_satellite(
    streaming_satellite: Satellite, automation: Any, furnisher: Furnisher
) -> None:
    until(lambda: "Streaming audio" in streaming_satellite.log)
    target = {"entity_id": streaming_satellite.entity_id}
    automation({"action": "assist_satellite.announce", "target": target, "data": {"message": MESSAGE}})
    furnisher.act("input_boolean", "turn_on", TRIGGER)
    (announced,) = until(streaming_satellite.spoken)
    assert 3 < speech_s(announced) < 10


def test_an_automation_speaks_on_a_media_player(
    sotto: Sotto, automation: Any, furnisher: Furnisher, home_assistant: HomeAssistant
) -> None:
    data = {"media_player_entity_id": PLAYER, "message": MESSAGE, "cache": False}
    automation({"action": "tts.speak", "target": {"entity_id": sotto.entities.tts}, "data": data})
    furnisher.act("input_boolean", "turn_on", TRIGGER)
    told = until(lambda: played(furnisher))
    url = furnisher.call("media_source/resolve_media", media_content_id=told)["url"]
    assert 3 < speech_s(decode(fetch(home_assistant.url + url)[0])) < 10


def played(furnisher: Furnisher) -> str:
    """Return what the media player was told to play, once it is speech."""
    told = str(furnisher.attributes(PLAYER).get("media_content_id", ""))
    return told if "tts" in told else ""
