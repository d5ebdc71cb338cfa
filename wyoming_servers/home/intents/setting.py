"""Brightness, colour, position, speed, temperature, humidity."""

from __future__ import annotations

from typing import Any

from ...errors import HomeError
from ..model import Entity
from .request import Request, Result, change, done

COLORS: dict[str, tuple[int, int, int]] = {
    "white": (255, 255, 255),
    "black": (0, 0, 0),
    "red": (255, 0, 0),
    "orange": (255, 165, 0),
    "yellow": (255, 255, 0),
    "green": (0, 128, 0),
    "blue": (0, 0, 255),
    "purple": (128, 0, 128),
    "brown": (165, 42, 42),
    "pink": (255, 192, 203),
    "turquoise": (64, 224, 208),
}
"""CSS's values of the colours that `home-assistant-intents` knows."""

_COLOR_MODES = frozenset({"rgb", "hs", "xy", "rgbw", "rgbww"})


def set_light(request: Request) -> Result:
    """Set brightness, colour or colour temperature; a light that cannot stays as it is, unless it is the only one."""
    wanted: dict[str, Any] = {}
    if "brightness" in request.slots:
        wanted["brightness"] = round(request.number("brightness", 0, 100) * 255 / 100)
    if "color" in request.slots:
        wanted["rgb_color"] = _color(request.text("color"))
    if "temperature" in request.slots:
        wanted["color_temp_kelvin"] = round(request.number("temperature", 1000, 12_000))
    able = [entity for entity in request.targets() if all(_supports(entity, each) for each in wanted)]
    if not able:
        raise HomeError("No light here can do that.", remedy="Its supported_color_modes say what it can do.")
    return done(_lit(entity, wanted) for entity in able)


def _lit(entity: Entity, wanted: dict[str, Any]) -> Entity:
    if wanted.get("brightness") == 0:
        return change(entity, "off", brightness=None)
    return change(entity, "on", **wanted)


def _color(name: str) -> list[int]:
    if name not in COLORS:
        raise HomeError(f"There is no colour {name}.", remedy=f"Choose one of {', '.join(COLORS)}.")
    return list(COLORS[name])


def _supports(entity: Entity, attribute: str) -> bool:
    """Whether a light can do what the attribute says; one that does not say what it can do can do everything."""
    modes = entity.attributes.get("supported_color_modes")
    if not isinstance(modes, list):
        return True
    if attribute == "brightness":
        return modes != ["onoff"]
    return "color_temp" in modes if attribute == "color_temp_kelvin" else bool(_COLOR_MODES.intersection(modes))


def set_position(request: Request) -> Result:
    """Open a cover or valve as far as was said, in percent."""
    position = round(request.number("position", 0, 100))
    state = "open" if position else "closed"
    return done(change(entity, state, current_position=position) for entity in request.targets())


def stop_moving(request: Request) -> Result:
    """Stop a cover; in this house everything has arrived already."""
    return Result(matched=request.targets())


def set_fan_speed(request: Request) -> Result:
    """Set a fan's speed in percent."""
    percentage = round(request.number("percentage", 0, 100))
    return done(change(entity, "on" if percentage else "off", percentage=percentage) for entity in request.targets())


def set_temperature(request: Request) -> Result:
    """Set a thermostat's target, in its own unit."""
    temperature = request.number("temperature", -50, 250)
    for entity in request.targets():
        low, high = _temperature_range(entity)
        if not low <= temperature <= high:
            raise HomeError("That temperature is out of range.", remedy=f"Choose {low:g} to {high:g} degrees.")
    return done(change(entity, temperature=temperature) for entity in request.targets())


def _temperature_range(entity: Entity) -> tuple[float, float]:
    """Return what a thermostat takes; Home Assistant's own limits where it does not say."""
    low, high = (45, 95) if entity.attributes.get("temperature_unit") == "°F" else (7, 35)
    return float(entity.attributes.get("min_temp", low)), float(entity.attributes.get("max_temp", high))


def set_fan_mode(request: Request) -> Result:
    """Set a thermostat's fan."""
    mode = request.text("fan_mode")
    return done(change(entity, fan_mode=mode) for entity in request.targets())


def set_humidity(request: Request) -> Result:
    """Set a humidifier's target in percent, and turn it on."""
    humidity = round(request.number("humidity", 0, 100))
    return done(change(entity, "on", humidity=humidity) for entity in request.targets())


def set_humidifier_mode(request: Request) -> Result:
    """Set a humidifier's mode, and turn it on."""
    mode = request.text("mode")
    return done(change(entity, "on", mode=mode) for entity in request.targets())
