"""The app's side of a Supervisor, with a real Home Assistant behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from addon.language import HomeLanguage
from addon.serving import settings_for
from addon.supervisor import connected
from tests.addon.fake_supervisor import FakeSupervisor, running
from tests.homeassistant.house import EXPOSED
from tests.homeassistant.instance import HomeAssistant
from wyoming_servers.assembly import make_home
from wyoming_servers.home.home_assistant import HomeAssistantHome


@pytest.fixture
async def supervisor(home_assistant: HomeAssistant) -> AsyncIterator[FakeSupervisor]:
    """Return one that passes on what the app asks of Home Assistant."""
    it = FakeSupervisor(home_url=home_assistant.url, home_token=home_assistant.token)
    async with running(it):
        yield it


async def test_the_language_and_the_house_are_home_assistants(supervisor: FakeSupervisor, tmp_path: Path) -> None:
    settings = await settings_for({}, supervisor.environment, HomeLanguage(supervisor.environment, tmp_path))
    assert settings.server.language == "en"
    home = make_home(settings)
    assert isinstance(home, HomeAssistantHome)
    await home.start()
    try:
        await home.settled()
        assert tuple(entity.entity_id for entity in home.snapshot.entities) == EXPOSED
    finally:
        await home.stop()


async def test_it_says_which_integrations_it_has(supervisor: FakeSupervisor) -> None:
    async with connected(supervisor.environment) as client:
        assert await client.has_integration("wyoming")
        assert not await client.has_integration("no_such_integration")
