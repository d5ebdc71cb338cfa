"""How loud speech came in."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wyoming_servers.stt.loudness import SILENT_DBFS, Loudness, Loudnesses


def sine(peak: float, seconds: float = 1.0) -> bytes:
    times = np.arange(int(16000 * seconds)) / 16000
    return (peak * 32767 * np.sin(2 * math.pi * 440 * times)).astype("<i2").tobytes()


@pytest.mark.parametrize(("peak", "dbfs"), [(1.0, -3.0), (0.1, -23.0), (0.01, -43.0)])
def test_a_sine_is_three_decibels_below_its_peak(peak: float, dbfs: float) -> None:
    assert Loudness.of(sine(peak)).dbfs == pytest.approx(dbfs, abs=0.1)


def test_silence_and_nothing_are_as_quiet_as_can_be() -> None:
    assert Loudness.of(bytes(3200)).dbfs == SILENT_DBFS
    assert Loudness().dbfs == SILENT_DBFS
    assert Loudness().clipped == 0.0


def test_samples_at_the_end_of_their_range_are_clipped() -> None:
    loud = np.array([32767, -32768, 100, -100], dtype="<i2").tobytes()
    assert Loudness.of(loud).clipped == 0.5


@given(st.lists(st.binary(max_size=64).map(lambda each: each[: len(each) // 2 * 2]), max_size=6))
def test_stretches_add_up_to_the_whole(stretches: list[bytes]) -> None:
    whole = Loudness.of(b"".join(stretches))
    total = sum(map(Loudness.of, stretches), Loudness())
    assert (total.samples, total.clipped_samples) == (whole.samples, whole.clipped_samples)
    assert total.energy == pytest.approx(whole.energy)


def test_the_report_is_of_those_who_spoke() -> None:
    heard = Loudnesses()
    assert heard.report() is None
    heard.add(Loudness())
    assert heard.report() is None
    for peak in (0.1, 0.2, 0.1):
        heard.add(Loudness.of(sine(peak)))
    assert heard.report() == {"turns": 3, "level_dbfs": pytest.approx(-23.0, abs=0.1), "clipped": 0.0}
