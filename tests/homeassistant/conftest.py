"""A real Home Assistant for the tests of this folder, started once; they skip where its environment is not made."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.homeassistant.browser import chromium
from tests.homeassistant.house import EXPOSED, Furnisher
from tests.homeassistant.instance import HomeAssistant, require_environment
from tests.homeassistant.network import two_hosts
from tests.homeassistant.pipeline import assist
from tests.homeassistant.satellite import streaming_satellite, waking_satellite
from tests.homeassistant.sotto import sotto
from tests.program import ROOT

__all__ = ["assist", "chromium", "sotto", "streaming_satellite", "two_hosts", "waking_satellite"]

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the first test the time in which Home Assistant starts for the first time."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.timeout(180))


@pytest.fixture(scope="session")
def home_assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HomeAssistant]:
    """A running, furnished Home Assistant: `url`, `token`, `administrator()`, `restart()`. Its log is kept."""
    require_environment()
    log = ROOT / "test-output" / "home-assistant.log"
    log.unlink(missing_ok=True)
    instance = HomeAssistant(tmp_path_factory.mktemp("home-assistant"), log)
    instance.configure()
    instance.start()
    try:
        instance.onboard()
        instance.wait_for(*EXPOSED)
        with instance.administrator() as admin:
            Furnisher(admin).furnish()
        yield instance
    finally:
        instance.stop()


@pytest.fixture
def furnisher(home_assistant: HomeAssistant) -> Iterator[Furnisher]:
    """A connection that changes the house."""
    with home_assistant.administrator() as admin:
        yield Furnisher(admin)
