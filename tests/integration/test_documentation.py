"""What docs/integration.md shows can be copied, and what it leads to is there."""

from __future__ import annotations

from pathlib import Path
import re
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.script import async_validate_actions_config
from homeassistant.setup import async_setup_component
from homeassistant.util.yaml import parse_yaml
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.integration.package import ROOT

PAGE = ROOT / "docs" / "integration.md"
TEXT = PAGE.read_text()


def actions() -> list[list[dict[str, Any]]]:
    """Return the examples that are actions; those that are automations are tested where what they watch is."""
    blocks: list[Any] = [parse_yaml(block) for block in re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)]
    return [[block] if isinstance(block, dict) else block for block in blocks if "automation" not in block]


def called(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the steps that call an action, also those within others."""
    inner = [each for step in steps for each in called(step.get("then", []))]
    return [step for step in steps if "action" in step] + inner


def name_of(steps: list[dict[str, Any]]) -> str:
    return str(called(steps)[0]["action"])


@pytest.mark.parametrize("steps", actions(), ids=name_of)
async def test_an_example_is_one(hass: HomeAssistant, entry: MockConfigEntry, steps: list[dict[str, Any]]) -> None:
    assert await async_setup_component(hass, "cover", {})
    await async_validate_actions_config(hass, cv.SCRIPT_SCHEMA(steps))
    for step in called(steps):
        domain, _, service = step["action"].partition(".")
        if domain == "script":  # a reader's own
            continue
        schema = hass.services.async_services()[domain][service].schema
        assert schema is not None
        schema({**step.get("data", {}), **step.get("target", {})})


def test_there_are_examples_of_everything_that_is_called() -> None:
    shown = {step["action"] for steps in actions() for step in called(steps)}
    assert shown >= {"conversation.process", "ai_task.generate_data", "sotto.announce", "sotto.ask"}


def test_every_link_leads_somewhere() -> None:
    titles = re.findall(r"^#+ (.+)$", TEXT, re.MULTILINE)
    headings = {re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in titles}
    for target in re.findall(r"\]\(([^)]+)\)", TEXT):
        if target.startswith("#"):
            assert target[1:] in headings, target
        elif not target.startswith("http"):
            assert Path(PAGE.parent, target).exists(), target
