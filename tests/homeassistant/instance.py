"""A real Home Assistant as a process: configured, onboarded, furnished, restarted and stopped."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
from homeassistant_api import WebsocketClient

from tests.program import ROOT, Program, free_port

ENVIRONMENT = ROOT / os.environ.get("SOTTO_HOMEASSISTANT", ".venv-homeassistant")
"""Another one, such as that of the newest release, by its name."""

CONFIGURATION = """
homeassistant:
  name: Sotto's test house
  latitude: 52.1
  longitude: 5.1
  elevation: 4
  unit_system: metric
  time_zone: Europe/Amsterdam
  country: NL
  currency: EUR
  language: en
  internal_url: http://127.0.0.1:{port}
frontend:
config:
history:
media_source:
my:
sun:
mobile_app:
demo:
wyoming:
assist_pipeline:
conversation:
ffmpeg:
  ffmpeg_bin: {ffmpeg}
automation: !include automations.yaml
input_boolean:
  guest_mode:
    name: Guest mode
template:
  - switch:
      - name: Old pump
        state: "{{{{ is_state('input_boolean.guest_mode', 'on') }}}}"
        turn_on:
          - action: input_boolean.turn_on
            target: {{ entity_id: input_boolean.guest_mode }}
        turn_off:
          - action: input_boolean.turn_off
            target: {{ entity_id: input_boolean.guest_mode }}
"""
"""`switch.old_pump` has no unique id, and so no entry in a registry. There is no `http:`, which would be on trial."""


def _stored(key: str, version: int, minor_version: int, data: dict[str, Any]) -> str:
    return json.dumps({"version": version, "minor_version": minor_version, "key": key, "data": data})


def _http(port: int) -> dict[str, Any]:
    """Return what Home Assistant stores once a user has confirmed its address in the browser."""
    confirmed = {
        "server_host": ["127.0.0.1"],
        "server_port": port,
        "cors_allowed_origins": [],
        "login_attempts_threshold": -1,
        "ip_ban_enabled": True,
        "ssl_profile": "modern",
        "use_x_frame_options": True,
        "created_at": "2026-01-01T00:00:00+00:00",
        "error": None,
        "error_message": None,
    }
    return {"stable": confirmed, "pending": None, "yaml_migration_done": True}


def require_environment() -> None:
    """Skip where there is no Home Assistant; in CI that is a failure."""
    if not (ENVIRONMENT / "bin" / "hass").exists():
        reason = f"needs a real Home Assistant in {ENVIRONMENT.name}; make it with: script/homeassistant"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)


class HomeAssistant(Program):
    """One Home Assistant with its configuration in a folder of its own, on loopback."""

    def __init__(self, config: Path, log: Path, interface: str = "lo") -> None:
        super().__init__(log)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.token = ""
        self._config = config
        self._interface = interface

    def configure(self) -> None:
        """Write the configuration.

        All of onboarding is done but the user, so that nothing is fetched for it, and there is one network interface,
        by default loopback, so that nothing is announced on others.
        """
        storage = self._config / ".storage"
        storage.mkdir(parents=True)
        components = self._config / "custom_components"
        components.mkdir()
        (components / "sotto").symlink_to(ROOT / "custom_components" / "sotto")
        configuration = CONFIGURATION.format(ffmpeg=ffmpeg(), port=self.port)
        if self._interface != "lo":  # over which alone Home Assistant announces and discovers nothing
            configuration += "zeroconf:\n"
        (self._config / "configuration.yaml").write_text(configuration)
        (self._config / "automations.yaml").write_text("[]")
        (storage / "http").write_text(_stored("http", 2, 2, _http(self.port)))
        (storage / "core.network").write_text(_stored("core.network", 1, 1, {"configured_adapters": [self._interface]}))
        done = {"done": ["core_config", "analytics", "integration"]}
        (storage / "onboarding").write_text(_stored("onboarding", 4, 1, done))

    def start(self) -> None:
        """Start it; return when all is set up, or, before there is a user, when one can be made."""
        hass = os.fspath(ENVIRONMENT / "bin" / "hass")
        self.launch([hass, "--config", os.fspath(self._config), "--skip-pip", "--log-no-color"])
        self.wait_until(self._is_set_up if self.token else self._is_serving)

    def restart(self) -> None:
        """Stop it and start it again, with everything it has stored."""
        self.stop()
        self.start()

    def onboard(self) -> None:
        """Make the owner, with a long-lived access token in `token`, and return when all is set up."""
        client = f"{self.url}/"
        user = {"name": "Owner", "username": "owner", "password": "secret", "client_id": client, "language": "en"}
        code = self.post("/api/onboarding/users", user)["auth_code"]
        grant = urlencode({"grant_type": "authorization_code", "code": code, "client_id": client})
        self.token = self._send("/auth/token", grant, "application/x-www-form-urlencoded")["access_token"]
        with self.administrator() as admin:
            number = admin.send("auth/long_lived_access_token", client_name="Sotto", lifespan=365)
            self.token = str(admin.recv_result(number).result)
        self.wait_until(self._is_set_up)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """Send JSON to the REST API, as the owner once there is one, and return what it answers."""
        return self._send(path, json.dumps(body), "application/json")

    def delete(self, path: str) -> None:
        """Delete by the REST API."""
        self._send(path, "", "application/json", "DELETE")

    def wait_for(self, *entity_ids: str) -> None:
        """Return when all of these entities have a state: integrations may bring them after the start."""
        self.wait_until(lambda: set(entity_ids) <= {state["entity_id"] for state in self._get("/api/states")})

    def administrator(self) -> WebsocketClient:
        """Return a connection, for `with`, that may change everything."""
        return WebsocketClient(f"ws://127.0.0.1:{self.port}/api/websocket", self.token)

    def _is_set_up(self) -> bool:
        return bool(self._get("/api/config")["state"] == "RUNNING")

    def _is_serving(self) -> bool:
        urlopen(f"{self.url}/api/onboarding", timeout=5).close()  # an HTTPError is an OSError: it serves, but not this
        return True

    def _get(self, path: str) -> Any:
        return self._send(path, "", "application/json", "GET")

    def _send(self, path: str, body: str, kind: str, method: str = "POST") -> Any:
        login = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        request = Request(self.url + path, body.encode() or None, {"Content-Type": kind, **login}, method=method)
        with urlopen(request, timeout=30) as response:
            return json.load(response)


def ffmpeg() -> str:
    """Return the ffmpeg that came with the environment."""
    found = sorted(ENVIRONMENT.glob("lib/python*/site-packages/imageio_ffmpeg/binaries/ffmpeg-*"))
    return os.fspath(found[0]) if found else "ffmpeg"
