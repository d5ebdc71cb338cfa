"""A real Home Assistant in which the homes of the recordings can be loaded, and tool calls made."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.homeassistant.instance import ENVIRONMENT, HomeAssistant
from wyoming_servers.conversation.calls.call import Call

COMPONENT = Path(__file__).parent / "replay_home"
DOMAINS = "binary_sensor climate cover fan light lock media_player sensor switch todo vacuum valve".split()  # noqa: SIM905
CONFIGURATION = """
homeassistant:
  name: Replay
  unit_system: metric
  language: en
  internal_url: http://127.0.0.1:{port}
conversation:
replay_home:
"""


class House(HomeAssistant):
    """Home Assistant with nothing in it but the home of a recording."""

    def configure(self) -> None:
        """Write the configuration, and the integration whose modules differ in their names only."""
        super().configure()
        (self._config / "configuration.yaml").write_text(CONFIGURATION.format(port=self.port))
        copy = self._config / "custom_components" / COMPONENT.name
        shutil.copytree(COMPONENT, copy, ignore=shutil.ignore_patterns("__pycache__"))
        for domain in DOMAINS:
            (copy / f"{domain}.py").write_text("from .entities import async_setup_entry as async_setup_entry\n")

    def load(self, home: Path) -> None:
        """Load a home in the place of the one before."""
        self.post(f"/api/services/{COMPONENT.name}/load", {"path": os.fspath(home.resolve())})

    def run(self, before: Mapping[str, Any], device: str | None, calls: Sequence[Call]) -> Mapping[str, Any]:
        """Make calls one after the other, and return the states `before` and `after`, and the `results`."""
        told = [{"tool": call.tool, "args": dict(call.args)} for call in calls]
        body = {"before": before, "device": device, "calls": told}
        answer = self.post(f"/api/services/{COMPONENT.name}/run?return_response", body)
        return dict(answer["service_response"])

    def prompt(self, device: str, *, timers: bool) -> Mapping[str, Any]:
        """Return the `prompt` and the `tools` that a language model gets which is spoken to at a device."""
        answer = self.post(
            f"/api/services/{COMPONENT.name}/prompt?return_response", {"device": device, "timers": timers}
        )
        return dict(answer["service_response"])


@contextmanager
def house(folder: Path, log: Path) -> Iterator[House]:
    """Run Home Assistant for a while."""
    if not (ENVIRONMENT / "bin" / "hass").exists():
        raise SystemExit(f"There is no Home Assistant in {ENVIRONMENT.name}; make it with: script/homeassistant")
    instance = House(folder, log)
    instance.configure()
    instance.start()
    try:
        instance.onboard()
        yield instance
    finally:
        instance.stop()
