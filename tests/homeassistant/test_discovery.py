"""Home Assistant finds Sotto by itself, on another host of the same network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.homeassistant.house import Furnisher
from tests.homeassistant.instance import HomeAssistant, require_environment
from tests.homeassistant.network import Host
from tests.homeassistant.satellite import until
from tests.homeassistant.sotto import FLOW, Entities, Sotto, entities_of
from tests.program import ROOT

DISCOVERY_S = 30.0


@pytest.fixture
def elsewhere(two_hosts: tuple[Host, Host], tmp_path: Path) -> Iterator[tuple[HomeAssistant, Host]]:
    """Another Home Assistant, on a host of its own, and the other host."""
    require_environment()
    host, other = two_hosts
    log = ROOT / "test-output" / "home-assistant-discovery.log"
    log.unlink(missing_ok=True)
    instance = HomeAssistant(tmp_path / "home-assistant", log, interface=host.interface)
    instance.configure()
    with host.inside():
        instance.start()
        try:
            instance.onboard()
            yield instance, other
        finally:
            instance.stop()


def test_home_assistant_discovers_sotto_on_its_network_and_adds_it_at_a_press(
    elsewhere: tuple[HomeAssistant, Host], tmp_path: Path
) -> None:
    home_assistant, host = elsewhere
    sotto = Sotto(home_assistant, tmp_path)
    try:
        with host.inside():
            sotto.start_alone(f"tcp://0.0.0.0:{sotto.port}")
        flow = until(lambda: discovered(home_assistant), DISCOVERY_S)
        assert flow["context"]["title_placeholders"] == {"name": "sotto"}
        added = home_assistant.post(f"{FLOW}/{flow['flow_id']}", {})
        assert (added["type"], added["title"]) == ("create_entry", "sotto")
        with home_assistant.administrator() as admin:
            found = entities_of(Furnisher(admin), added["result"]["entry_id"])
        assert found == Entities("conversation.sotto", "stt.sotto", "tts.sotto", "wake_word.sotto")
    finally:
        sotto.stop()


def discovered(home_assistant: HomeAssistant) -> dict[str, Any] | None:
    """Return what the settings show as discovered, if it is there by now."""
    with home_assistant.administrator() as admin:
        flows = Furnisher(admin).call("config_entries/flow/progress")
    mine = (flow for flow in flows if (flow["handler"], flow["context"]["source"]) == ("wyoming", "zeroconf"))
    return next(mine, None)
