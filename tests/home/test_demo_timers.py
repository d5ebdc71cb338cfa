from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wyoming_servers.errors import HomeError
from wyoming_servers.home.demo import DemoHome, Done, Order
from wyoming_servers.home.intents.timers import _rounded


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 20, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_s(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def home(clock: Clock) -> DemoHome:
    return DemoHome(now=clock)


def do(home: DemoHome, intent: str, text: str = "", **slots: Any) -> Done:
    return home.execute([Order(intent, slots, text)])


LEFT = "{{ slots.timers | map(attribute='total_seconds_left') | join(' ') }}"


def test_a_timer_runs_down_and_is_gone(home: DemoHome, clock: Clock) -> None:
    do(home, "HassStartTimer", minutes=5, seconds=10, name="pizza")
    clock.pass_s(300)
    assert do(home, "HassTimerStatus", LEFT).text == "10"
    clock.pass_s(10)
    assert home.timers == ()
    assert do(home, "HassTimerStatus", LEFT).text == ""


def test_a_paused_timer_waits(home: DemoHome, clock: Clock) -> None:
    do(home, "HassStartTimer", minutes=5)
    clock.pass_s(60)
    do(home, "HassPauseTimer")
    clock.pass_s(3600)
    assert do(home, "HassTimerStatus", LEFT).text == "240"
    do(home, "HassUnpauseTimer")
    clock.pass_s(40)
    assert do(home, "HassTimerStatus", LEFT).text == "200"


@pytest.mark.parametrize("paused", [False, True])
def test_time_is_added_and_taken_off(home: DemoHome, paused: bool) -> None:
    do(home, "HassStartTimer", minutes=5)
    if paused:
        do(home, "HassPauseTimer")
    do(home, "HassIncreaseTimer", minutes=2)
    do(home, "HassDecreaseTimer", seconds=30)
    assert do(home, "HassTimerStatus", LEFT).text == "390"


def test_a_timer_is_found_by_its_name_or_by_how_long_it_was(home: DemoHome) -> None:
    do(home, "HassStartTimer", minutes=5, name="Pizza")
    do(home, "HassStartTimer", hours=1)
    assert do(home, "HassTimerStatus", LEFT, name="pizza").text == "300"
    assert do(home, "HassTimerStatus", LEFT, start_hours=1).text == "3600"
    do(home, "HassCancelTimer", start_minutes=5)
    assert [timer.hours for timer in home.timers] == [1]


def test_which_timer_must_be_clear(home: DemoHome) -> None:
    with pytest.raises(HomeError, match="no such timer"):
        do(home, "HassCancelTimer")
    do(home, "HassStartTimer", minutes=5)
    do(home, "HassStartTimer", minutes=6)
    with pytest.raises(HomeError, match="Several timers"):
        do(home, "HassPauseTimer")


def test_all_timers_are_cancelled_and_counted(home: DemoHome) -> None:
    do(home, "HassStartTimer", minutes=5)
    do(home, "HassStartTimer", minutes=6)
    assert do(home, "HassCancelAllTimers", "{{ slots.canceled }}").text == "2"
    assert home.timers == ()


@pytest.mark.parametrize("slots", [{}, {"minutes": 0}, {"minutes": -1}, {"minutes": "many"}])
def test_a_timer_of_no_time_is_refused(home: DemoHome, slots: dict[str, Any]) -> None:
    with pytest.raises(HomeError):
        do(home, "HassStartTimer", **slots)


@given(st.integers(0, 30), st.integers(0, 59), st.integers(0, 59))
def test_what_is_said_is_near_what_is_left(hours: int, minutes: int, seconds: int) -> None:
    rounded_hours, rounded_minutes, rounded_seconds = _rounded(hours, minutes, seconds)
    said = rounded_hours * 3600 + rounded_minutes * 60 + rounded_seconds
    left = hours * 3600 + minutes * 60 + seconds
    assert abs(said - left) <= max(10, left / 2)
    assert sum(part > 0 for part in (rounded_hours, rounded_minutes, rounded_seconds)) <= 2
