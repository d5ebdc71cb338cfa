"""The blueprints: Home Assistant takes them, and automations made from them announce, ask and act."""

from __future__ import annotations

from pathlib import Path
import shutil
from typing import Any

from homeassistant.components.automation.config import AUTOMATION_BLUEPRINT_SCHEMA
from homeassistant.components.blueprint.models import Blueprint
from homeassistant.const import __version__
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util.yaml import load_yaml_dict
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events

from tests.integration.scripted_answer import says
from tests.integration.scripted_server import ScriptedServer
from tests.integration.talkers import Home, move_in

FOLDER = Path(__file__).parents[2] / "blueprints" / "automation" / "sotto"
BLUEPRINTS = sorted(FOLDER.glob("*.yaml"))
RAIN = {"trigger": "state", "entity_id": "binary_sensor.rain", "to": "on"}
WINDOW = {"condition": "state", "entity_id": "binary_sensor.window", "state": "on"}


@pytest.fixture
async def home(hass: HomeAssistant, entry: MockConfigEntry) -> Home:
    """Return a home in which the blueprints were copied, it does not rain, and the window is open."""
    shutil.copytree(FOLDER, hass.config.path("blueprints", "automation", "sotto"), dirs_exist_ok=True)
    hass.states.async_set("binary_sensor.rain", "off")
    hass.states.async_set("binary_sensor.window", "on")
    return await move_in(hass)


async def automate(hass: HomeAssistant, blueprint: str, **given: Any) -> None:
    """Make an automation of a blueprint."""
    given = {"triggers": [RAIN], "conditions": [WINDOW], **given}
    config = {"use_blueprint": {"path": f"sotto/{blueprint}.yaml", "input": given}}
    assert await async_setup_component(hass, "automation", {"automation": [config]})
    assert len(hass.states.async_entity_ids("automation")) == 1


async def rain(hass: HomeAssistant) -> None:
    """Let it rain, and everything happen that follows."""
    hass.states.async_set("binary_sensor.rain", "on")
    await hass.async_block_till_done()


def load(path: Path) -> Blueprint:
    return Blueprint(
        load_yaml_dict(path), expected_domain="automation", path=path.name, schema=AUTOMATION_BLUEPRINT_SCHEMA
    )


@pytest.mark.parametrize("path", BLUEPRINTS, ids=lambda path: path.stem)
class TestAll:
    def test_home_assistant_takes_it(self, path: Path) -> None:
        blueprint = load(path)
        assert blueprint.validate() is None, __version__

    def test_every_input_says_what_it_is_and_how_it_is_given(self, path: Path) -> None:
        for name, field in load(path).inputs.items():
            assert field, name
            assert field["name"], name
            assert field["description"].endswith("."), name
            assert field["selector"], name

    def test_it_says_where_it_comes_from(self, path: Path) -> None:
        metadata = load(path).metadata
        assert metadata["source_url"].endswith(f"/blueprints/automation/sotto/{path.name}")
        assert metadata["description"]


class TestAnnounce:
    async def test_it_announces_where_and_as_it_is_told(self, hass: HomeAssistant, home: Home) -> None:
        await automate(
            hass,
            "announce",
            message="It rains, the window is {{ states('binary_sensor.window') }}.",
            place={"area_id": "kitchen"},
            priority="urgent",
            preannounce=False,
        )
        await rain(hass)
        assert home.spoken == {"kitchen": ["It rains, the window is on."]}
        assert home["kitchen"].announcements[0].preannounce_media_id is None

    async def test_everywhere_if_no_place_is_chosen(self, hass: HomeAssistant, home: Home) -> None:
        await automate(hass, "announce", message="It rains.")
        await rain(hass)
        assert set(home.spoken) == {"bedroom", "kitchen", "porch", "sofa", "tv"}

    async def test_not_at_all_if_what_must_hold_does_not(self, hass: HomeAssistant, home: Home) -> None:
        hass.states.async_set("binary_sensor.window", "off")
        await automate(hass, "announce", message="It rains.")
        await rain(hass)
        assert not home.spoken


class TestAskAndAct:
    async def answered(self, hass: HomeAssistant, home: Home, reply: str | None) -> list[str]:
        """Return what is done after an answer."""
        done = {name: async_capture_events(hass, name) for name in ("closed", "left_open", "gave_up")}
        await automate(
            hass,
            "ask_and_act",
            question="It rains. Shall I close the window?",
            place={"entity_id": "assist_satellite.kitchen"},
            on_yes=[{"event": "closed"}],
            on_no=[{"event": "left_open"}],
            otherwise=[{"event": "gave_up"}],
        )
        home["kitchen"].reply = reply
        await rain(hass)
        assert home["kitchen"].asked == ["It rains. Shall I close the window?"]
        return [name for name, events in done.items() if events]

    @pytest.mark.parametrize(
        ("reply", "done"), [("Yes, please.", "closed"), ("不用了。", "left_open"), ("", "gave_up")]
    )
    async def test_it_does_what_was_answered(self, hass: HomeAssistant, home: Home, reply: str, done: str) -> None:
        assert await self.answered(hass, home, reply) == [done]

    @pytest.mark.parametrize(("decided", "done"), [('{"choice": "yes"}', "closed"), ('{"choice": null}', "gave_up")])
    async def test_in_whatever_words(
        self, hass: HomeAssistant, home: Home, server: ScriptedServer, decided: str, done: str
    ) -> None:
        server.plays(says(decided))
        assert await self.answered(hass, home, "I would rather have it shut.") == [done]

    async def test_it_does_something_else_if_nobody_answers(self, hass: HomeAssistant, home: Home) -> None:
        home["kitchen"].fails = TimeoutError()
        assert await self.answered(hass, home, None) == ["gave_up"]

    async def test_what_is_optional_may_be_left_out(self, hass: HomeAssistant, home: Home) -> None:
        closed = async_capture_events(hass, "closed")
        await automate(
            hass, "ask_and_act", question="Close it?", place={"area_id": "kitchen"}, on_yes=[{"event": "closed"}]
        )
        home["kitchen"].reply = "No."
        await rain(hass)
        assert home["kitchen"].asked
        assert not closed
