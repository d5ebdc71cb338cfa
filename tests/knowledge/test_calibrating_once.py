"""What somebody has calibrated by hand is not calibrated once more in the background."""

from __future__ import annotations

import asyncio

import pytest

from wyoming_servers.conversation.knowledge import calibrating
from wyoming_servers.conversation.knowledge.calibrating import Calibrating
from wyoming_servers.conversation.knowledge.calibration import Report
from wyoming_servers.conversation.knowledge.features import Retrieved
from wyoming_servers.conversation.knowledge.gate import calibrate


@pytest.fixture
def report() -> Report:
    made = calibrate(lambda question: Retrieved(question, (), {}, 0), []).report
    assert made is not None
    return made


async def test_a_calibration_that_was_waited_for_makes_another_one_needless(
    monkeypatch: pytest.MonkeyPatch, report: Report
) -> None:
    monkeypatch.setattr(calibrating, "QUIET_S", 0)
    begun, may_end, found_fresh = asyncio.Event(), asyncio.Event(), asyncio.Event()
    made: list[Report] = []

    async def calibrate_it() -> Report:
        begun.set()
        await may_end.wait()
        made.append(report)
        return report

    async def is_stale() -> bool:
        if made:
            found_fresh.set()
        return not made

    task = Calibrating(calibrate_it, is_stale)
    task.start()
    by_hand = asyncio.create_task(task.now())
    async with asyncio.timeout(5):
        await begun.wait()
        task.changed()
        for _ in range(10):  # turns of the loop in which the change is noticed
            await asyncio.sleep(0)
        may_end.set()
        assert await by_hand is report
        await found_fresh.wait()
    await task.stop()
    assert made == [report]
