"""What following a Home Assistant is set up from: addresses, delays, and what counts as exposed."""

from __future__ import annotations

import subprocess
import sys
from itertools import islice

import pytest

from wyoming_servers.errors import SettingsError
from wyoming_servers.home.home_assistant import HomeAssistantHome, Pace, exposed_from, retry_delays, websocket_url


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://homeassistant.local:8123", "ws://homeassistant.local:8123/api/websocket"),
        ("https://home.example/", "wss://home.example/api/websocket"),
        ("https://home.example/ha/", "wss://home.example/ha/api/websocket"),
        ("ws://10.0.0.2:8123", "ws://10.0.0.2:8123/api/websocket"),
        ("wss://home.example/api/websocket", "wss://home.example/api/websocket"),
        ("http://home.example:8123/api", "ws://home.example:8123/api/websocket"),
        ("http://supervisor/core/api", "ws://supervisor/core/websocket"),
        ("ws://supervisor/core/websocket", "ws://supervisor/core/websocket"),
        (" http://[::1]:8123 ", "ws://[::1]:8123/api/websocket"),
    ],
)
def test_the_address_of_the_websocket_follows_from_what_a_user_writes(url: str, expected: str) -> None:
    assert websocket_url(url) == expected


@pytest.mark.parametrize("url", ["", "homeassistant.local:8123", "ftp://x", "http://", "http://[", "http://h:x"])
def test_what_is_no_address_is_refused_with_how_to_write_one(url: str) -> None:
    with pytest.raises(SettingsError, match="http://HOST:PORT"):
        HomeAssistantHome(url, "a.token")


def test_attempts_are_spread_out_to_a_minute() -> None:
    delays = list(islice(retry_delays(Pace()), 12))
    assert all(0.5 * 2**n <= delay <= 2**n for n, delay in enumerate(delays[:6]))
    assert all(30 <= delay <= 60 for delay in delays[6:])


def test_only_what_is_exposed_to_assist_and_can_be_an_id_counts() -> None:
    listed = {
        "light.a": {"conversation": True},
        "light.b": {"conversation": False, "cloud.alexa": True},
        "light.c": {"cloud.alexa": True},
        "Light.D": {"conversation": True},
        "light": {"conversation": True},
        "light.__e": {"conversation": True},
        "light.f": None,
    }
    assert exposed_from({"exposed_entities": listed}) == ("light.a",)
    assert exposed_from({"exposed_entities": []}) == exposed_from(None) == ()


def test_the_package_is_imported_only_when_a_house_is_followed() -> None:
    code = "import sys, wyoming_servers.home.home_assistant; sys.exit('homeassistant_api' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
