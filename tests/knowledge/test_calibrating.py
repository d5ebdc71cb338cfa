"""The gate is calibrated anew when documents have changed, in the background, and what was calibrated is kept."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from wyoming_servers.conversation.knowledge import calibrating
from wyoming_servers.conversation.knowledge.calibrating import Calibrating
from wyoming_servers.conversation.knowledge.calibration import Report
from wyoming_servers.conversation.knowledge.errors import StoreError
from wyoming_servers.conversation.knowledge.features import Retrieved
from wyoming_servers.conversation.knowledge.gate import calibrate

from .libraries import opened

MANUAL = "# Dishwasher manual\n\n## Error codes\n\nE24: the waste water does not run off. Straighten the hose.\n"


@pytest.fixture(scope="module")
def report() -> Report:
    made = calibrate(lambda question: Retrieved(question, (), {}, 0), []).report
    assert made is not None
    return made


async def test_after_a_change_it_is_calibrated_once(monkeypatch: pytest.MonkeyPatch, report: Report) -> None:
    monkeypatch.setattr(calibrating, "QUIET_S", 0)
    made = asyncio.Queue[Report]()

    async def calibrate_it() -> Report:
        made.put_nowait(report)
        return report

    async def is_stale() -> bool:
        return made.empty()

    task = Calibrating(calibrate_it, is_stale)
    task.start()
    task.changed()
    task.changed()
    async with asyncio.timeout(5):
        assert await made.get() is report
    await task.stop()
    assert made.empty()


async def test_a_calibration_that_fails_is_told_and_tried_after_the_next_change(
    monkeypatch: pytest.MonkeyPatch, report: Report, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(calibrating, "QUIET_S", 0)
    outcomes: list[Exception | Report] = [StoreError("The disk is gone."), report]
    tried = asyncio.Queue[Exception | Report]()

    async def calibrate_it() -> Report:
        outcome = outcomes.pop(0)
        tried.put_nowait(outcome)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def is_stale() -> bool:
        return True

    task = Calibrating(calibrate_it, is_stale)
    task.start()
    async with asyncio.timeout(5):
        task.changed()
        assert isinstance(await tried.get(), StoreError)
        task.changed()
        assert await tried.get() is report
    await task.stop()
    assert "The disk is gone." in caplog.text


async def test_a_library_calibrates_and_goes_on_with_it_after_a_restart(tmp_path: Path) -> None:
    (tmp_path / "manual.md").write_text(MANUAL, encoding="utf-8")
    async with opened(tmp_path / "kept") as library:
        await library.add(tmp_path / "manual.md", "manual.md")
        before = await library.report()
        report = await library.calibrate()
        assert before is None
        assert report.counts.passages == 1
        assert await library.report() == report
        told = await library.consult("what does E24 mean on the dishwasher", "en")
        assert told.probability > (await library.consult("good night sleep well", "en")).probability
    async with opened(tmp_path / "kept") as again:
        assert await again.report() == report


async def test_without_documents_there_is_nothing_to_calibrate(tmp_path: Path) -> None:
    async with opened(tmp_path) as library:
        await library.documents()
        assert not await library._is_stale()


async def test_documents_and_sentences_of_the_household_make_a_calibration_stale(tmp_path: Path) -> None:
    (tmp_path / "manual.md").write_text(MANUAL, encoding="utf-8")
    async with opened(tmp_path / "kept") as library:
        await library.add(tmp_path / "manual.md", "manual.md")
        assert await library._is_stale()
        await library.calibrate()
        assert not await library._is_stale()
        await library.add_example("what does E24 mean", wanted=False)
        assert await library._is_stale()
        assert (await library.calibrate()).counts.own_unanswered == 1
        assert not (await library.consult("what does E24 mean", "en")).confident
