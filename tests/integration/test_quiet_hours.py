"""Quiet hours: past midnight, and in the nights in which clocks are changed."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import assume, given, strategies as st
import pytest

from custom_components.sotto.const import CONF_QUIET_END, CONF_QUIET_START
from custom_components.sotto.quiet_hours import QuietHours, quiet_hours_of, quiet_until

BERLIN = ZoneInfo("Europe/Berlin")
SHANGHAI = ZoneInfo("Asia/Shanghai")
ZONES = st.sampled_from(
    [BERLIN, SHANGHAI, *map(ZoneInfo, ("America/New_York", "America/Havana", "Australia/Lord_Howe", "Asia/Kathmandu"))]
)
NIGHT = QuietHours(time(22), time(7))
NOON = QuietHours(time(13), time(14, 30))
TIMES = st.times().map(lambda at: at.replace(microsecond=0))
QUIET_HOURS = st.builds(QuietHours, TIMES, TIMES).filter(lambda hours: hours.start != hours.end)
MOMENTS = st.floats(0, 2 * 365).map(lambda days: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=days))
TICK = timedelta(microseconds=1)


def berlin(day: int, hour: int, minute: int = 0, *, month: int = 11, fold: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=BERLIN, fold=fold)


@pytest.mark.parametrize(
    ("now", "end"),
    [
        (berlin(29, 21, 59), None),
        (berlin(29, 22), berlin(30, 7)),
        (berlin(29, 23, 59), berlin(30, 7)),
        (berlin(30, 0), berlin(30, 7)),
        (berlin(30, 6, 59), berlin(30, 7)),
        (berlin(30, 7), None),
    ],
)
def test_a_night_passes_midnight(now: datetime, end: datetime | None) -> None:
    assert NIGHT.until(now) == end


def test_a_nap_does_not() -> None:
    assert NOON.until(berlin(29, 14)) == berlin(29, 14, 30)
    assert NOON.until(berlin(29, 12)) is None
    assert NOON.until(berlin(29, 23)) is None


def test_the_night_in_which_summer_ends_is_an_hour_longer() -> None:
    end = NIGHT.until(berlin(24, 22, month=10))
    assert end is not None
    assert end - berlin(24, 22, month=10).astimezone(UTC) == timedelta(hours=10)


def test_the_night_in_which_summer_begins_is_an_hour_shorter() -> None:
    end = NIGHT.until(berlin(28, 22, month=3))
    assert end is not None
    assert end - berlin(28, 22, month=3).astimezone(UTC) == timedelta(hours=8)


def test_a_time_that_comes_twice_begins_with_the_first_and_ends_with_the_second() -> None:
    first, second = (berlin(25, 2, 30, month=10, fold=fold).astimezone(UTC) for fold in (0, 1))
    assert second - first == timedelta(hours=1)
    ends = QuietHours(time(22), time(2, 30))
    assert ends.until(first.astimezone(BERLIN)) == second
    assert ends.until(second.astimezone(BERLIN)) is None
    begins = QuietHours(time(2, 30), time(7))
    assert begins.until((first - TICK).astimezone(BERLIN)) is None
    assert begins.until(first.astimezone(BERLIN)) == begins.until(second.astimezone(BERLIN)) == berlin(25, 7, month=10)


def test_a_time_that_never_comes_ends_a_night_that_is_as_long_as_ever() -> None:
    ends = QuietHours(time(22), time(2, 30))
    end = ends.until(berlin(29, 1, month=3))
    assert end is not None
    assert end.astimezone(BERLIN) == berlin(29, 3, 30, month=3)


@given(QUIET_HOURS, MOMENTS, ZONES)
def test_without_a_change_of_clocks_it_is_quiet_when_the_clock_on_the_wall_says_so(
    hours: QuietHours, moment: datetime, zone: ZoneInfo
) -> None:
    now = moment.astimezone(zone)
    assume(len({(now + timedelta(days=days)).utcoffset() for days in (-2, 2)}) == 1)
    begun, ended = now.time() >= hours.start, now.time() >= hours.end
    quiet = (begun and not ended) if hours.start < hours.end else (begun or not ended)
    end = hours.until(now)
    assert (end is not None) is quiet
    if end is not None:
        assert end.astimezone(zone).time() == hours.end


@given(QUIET_HOURS, MOMENTS, ZONES)
def test_it_is_quiet_until_the_end_and_the_end_does_not_move(
    hours: QuietHours, moment: datetime, zone: ZoneInfo
) -> None:
    end = hours.until(moment.astimezone(zone))
    if end is None:
        return
    assert moment < end <= moment + timedelta(hours=25)
    assert end.tzinfo is UTC
    for between in (moment + (end - moment) / 3, end - TICK):
        later = hours.until(between.astimezone(zone))
        assert later is not None
        assert later >= end


@given(QUIET_HOURS, MOMENTS, ZONES)
def test_when_quiet_hours_of_a_reasonable_length_end_it_is_not_quiet(
    hours: QuietHours, moment: datetime, zone: ZoneInfo
) -> None:
    minutes = [at.hour * 60 + at.minute for at in (hours.start, hours.end)]
    assume((minutes[1] - minutes[0]) % (24 * 60) < 22 * 60)
    end = hours.until(moment.astimezone(zone))
    if end is not None:
        assert hours.until(end.astimezone(zone)) is None


@given(QUIET_HOURS, MOMENTS, ZONES)
def test_it_is_quiet_whenever_the_clock_has_just_come_to_the_start(
    hours: QuietHours, moment: datetime, zone: ZoneInfo
) -> None:
    start = datetime.combine(moment.date(), hours.start, zone)
    assert hours.until(start) is not None


@given(st.lists(QUIET_HOURS, max_size=3), MOMENTS, ZONES)
def test_of_several_quiet_hours_the_last_to_end_counts(
    several: list[QuietHours], moment: datetime, zone: ZoneInfo
) -> None:
    now = moment.astimezone(zone)
    ends = [hours.until(now) for hours in several]
    found = quiet_until(several, now)
    assert found == max((end for end in ends if end is not None), default=None)


def test_options_say_when() -> None:
    assert quiet_hours_of({CONF_QUIET_START: "22:00:00", CONF_QUIET_END: "07:30:00"}) == QuietHours(
        time(22), time(7, 30)
    )


@pytest.mark.parametrize(
    "options",
    [
        {},
        {CONF_QUIET_START: "22:00:00"},
        {CONF_QUIET_START: None, CONF_QUIET_END: "07:00:00"},
        {CONF_QUIET_START: "07:00:00", CONF_QUIET_END: "07:00:00"},
    ],
)
def test_without_two_different_times_there_are_none(options: dict[str, str | None]) -> None:
    assert quiet_hours_of(options) is None
