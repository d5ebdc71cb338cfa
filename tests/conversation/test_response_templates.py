"""Every answer of every language renders with what Home Assistant has: slots, state and query."""

from __future__ import annotations

from datetime import date, time
from typing import Any

import pytest

from wyoming_servers.conversation.languages import LANGUAGES, load_language
from wyoming_servers.home.model import Entity
from wyoming_servers.home.templates import render_answer

LIGHT = Entity("light.a", "Lamp", state="on", attributes={"temperature": 12, "temperature_unit": "°C"})
METER = Entity("sensor.b", "Meter", state="12.5", attributes={"unit_of_measurement": "°C"})
TIMER = {
    "id": "1",
    "name": "pizza",
    "area": "",
    "device_id": "",
    "is_active": True,
    "start_hours": 1,
    "start_minutes": 5,
    "start_seconds": 0,
    "total_seconds_left": 243,
    "hours_left": 0,
    "minutes_left": 4,
    "seconds_left": 3,
    "rounded_hours_left": 0,
    "rounded_minutes_left": 4,
    "rounded_seconds_left": 0,
}
SLOTS: dict[str, Any] = {
    **dict.fromkeys(("name", "area", "floor", "item", "color", "state", "domain", "device_class", "message"), "x"),
    **dict.fromkeys(("brightness", "temperature", "position", "percentage", "volume_level"), "20"),
    "canceled": 20,
    "hours": "1",
    "minutes": "5",
    "seconds": "10",
    "volume_step": "up",
    "fan_mode": "auto",
    "media": {"title": "z"},
    "timers": [TIMER, {**TIMER, "is_active": False}],
    "time": time(13, 5),
    "date": date(2026, 11, 20),
}
STATES: list[tuple[list[Entity], list[Entity]]] = [([LIGHT, METER], []), ([], [METER, LIGHT])]


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_answer_renders(code: str) -> None:
    language = load_language.__wrapped__(code)
    for intent, answers in language.responses.items():
        for key in answers:
            for matched, unmatched in STATES:
                rendered = render_answer(language.response(intent, key), SLOTS, matched, unmatched)
                assert "{" not in rendered, (intent, key)
