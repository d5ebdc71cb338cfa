"""What Home Assistant itself tells a language model about a home of 100 entities: its prompt and its tools.

python -m bench.assist_prompt OUT.json     needs .venv-homeassistant, with what `script/bench replay` installs
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.program import ROOT

from .replay_house import house

AREAS = ["Attic", "Bathroom", "Bedroom", "Conservatory", "Garage", "Garden", "Hallway", "Kitchen", "Nursery", "Study"]
THINGS: Mapping[str, tuple[str, str, Mapping[str, Any]]] = {
    "Ceiling Light": ("light", "off", {"supported_color_modes": ["brightness"], "color_mode": "brightness"}),
    "Reading Lamp": ("light", "on", {"supported_color_modes": ["brightness"], "color_mode": "brightness"}),
    "Blinds": ("cover", "closed", {"device_class": "cover.CoverDeviceClass.BLIND"}),
    "Fan": ("fan", "off", {"supported_features": ["fan.FanEntityFeature.SET_SPEED"]}),
    "Radiator": ("climate", "heat", {"current_temperature": 20, "target_temperature": 21}),
    "Speaker": ("media_player", "idle", {"supported_features": ["media_player.MediaPlayerEntityFeature.PAUSE"]}),
    "Outlet": ("switch", "on", {}),
    "Window": ("binary_sensor", "off", {"device_class": "binary_sensor.BinarySensorDeviceClass.WINDOW"}),
    "Temperature": ("sensor", "20.5", {"device_class": "sensor.SensorDeviceClass.TEMPERATURE"}),
    "Humidity": ("sensor", "48", {"device_class": "sensor.SensorDeviceClass.HUMIDITY"}),
}
"""By what follows the room's name: domain, state and attributes of an entity."""

SATELLITES = {"satellite": "kitchen", "satellite_2": "study"}
"""Area by device."""


def inventory() -> dict[str, Any]:
    """Return the home as the package synthetic-home describes one: ten rooms with ten things each."""
    areas = [{"name": area, "id": area.lower(), "floor": "Ground" if area < "F" else "Upper"} for area in AREAS]
    devices = [{"name": name, "id": name, "area": area} for name, area in SATELLITES.items()]
    entities = [
        {
            "name": f"{area} {thing}",
            "id": f"{domain}.{area}_{thing}".lower().replace(" ", "_"),
            "area": area.lower(),
            "state": state,
            "attributes": dict(attributes),
        }
        for area in AREAS
        for thing, (domain, state, attributes) in THINGS.items()
    ]
    return {"areas": areas, "devices": devices, "entities": entities}


def prompts() -> dict[str, Any]:
    """Return the home, and what a model is told at each satellite, with and without timers."""
    with (
        tempfile.TemporaryDirectory() as folder,
        house(Path(folder) / "config", ROOT / "test-output" / "assist.log") as instance,
    ):
        path = Path(folder) / "home.yaml"
        path.write_text(yaml.safe_dump(inventory()))
        instance.load(path)
        told = {name: instance.prompt(name, timers=False) for name in SATELLITES}
        told["timers"] = instance.prompt("satellite", timers=True)
    return {"home": inventory(), **told}


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(prompts(), ensure_ascii=False, indent=1))
