"""The gate is calibrated anew when documents have changed, in the background, and what was calibrated is kept."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from wyoming_servers.conversation.knowledge import calibrating, gate
from wyoming_servers.conversation.knowledge.calibrating import Calibrating
from wyoming_servers.conversation.knowledge.calibration import Report
from wyoming_servers.conversation.knowledge.errors import StoreError
from wyoming_servers.conversation.knowledge.features import Retrieved
from wyoming_servers.conversation.knowledge.gate import Gate, calibrate
from wyoming_servers.conversation.knowledge.ingest import Progress
from wyoming_servers.conversation.knowledge.library import Library

from .bag_of_words import BagOfWords
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


async def test_what_nobody_foresaw_does_not_end_it(
    monkeypatch: pytest.MonkeyPatch, report: Report, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(calibrating, "QUIET_S", 0)
    outcomes = [ZeroDivisionError("of something private"), None]
    tried = asyncio.Queue[ZeroDivisionError | None]()

    async def calibrate_it() -> Report:
        outcome = outcomes.pop(0)
        tried.put_nowait(outcome)
        if outcome is not None:
            raise outcome
        return report

    async def is_stale() -> bool:
        return True

    task = Calibrating(calibrate_it, is_stale)
    task.start()
    async with asyncio.timeout(5):
        task.changed()
        assert await tried.get() is not None
        task.changed()
        assert await tried.get() is None
    await task.stop()
    assert "ZeroDivisionError at " in caplog.text
    assert "private" not in caplog.text


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


async def test_one_sentence_in_place_of_another_makes_it_stale(tmp_path: Path) -> None:
    (tmp_path / "manual.md").write_text(MANUAL, encoding="utf-8")
    async with opened(tmp_path / "kept") as library:
        await library.add(tmp_path / "manual.md", "manual.md")
        await library.add_example("what does E24 mean", wanted=False)
        assert (await library.calibrate()).counts.own_unanswered == 1
        await library.remove_example("What does E24 mean?")
        await library.add_example("who is that", wanted=False)
        assert await library._is_stale()
        assert (await library.consult("what does E24 mean", "en")).dismissed is False


async def test_what_is_taken_back_during_a_calibration_is_not_back_after_it(tmp_path: Path) -> None:
    (tmp_path / "manual.md").write_text(MANUAL, encoding="utf-8")
    taken_back = []
    async with opened(tmp_path / "kept") as library:
        await library.add(tmp_path / "manual.md", "manual.md")
        await library.add_example("what does E24 mean", wanted=False)
        loop = asyncio.get_running_loop()

        def told(progress: Progress) -> None:
            if progress.done == 1:
                taking = library.remove_example("what does E24 mean")
                taken_back.append(asyncio.run_coroutine_threadsafe(taking, loop).result())

        await library.calibrate(told=told)
        assert taken_back
        assert (await library.consult("what does E24 mean", "en")).dismissed is False
        assert await library._is_stale()


async def test_another_aim_holds_until_the_settings_have_another(tmp_path: Path) -> None:
    (tmp_path / "manual.md").write_text(MANUAL, encoding="utf-8")
    async with opened(tmp_path / "kept", precision=0.9) as library:
        await library.add(tmp_path / "manual.md", "manual.md")
        assert (await library.calibrate(0.7)).precision == 0.7
        assert not await library._is_stale()
        assert (await library.calibrate()).precision == 0.7
    async with opened(tmp_path / "kept", precision=0.9) as library:
        await library.documents()
        assert not await library._is_stale()
    async with opened(tmp_path / "kept", precision=0.8) as library:
        await library.documents()
        assert await library._is_stale()
        assert (await library.calibrate()).precision == 0.8


async def test_when_vectors_have_come_it_is_calibrated_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The gate looks at cosines: one that never saw them does not know what to make of them."""
    monkeypatch.setattr(calibrating, "QUIET_S", 0)
    every = gate._trials
    monkeypatch.setattr(gate, "_trials", lambda *made_of: every(*made_of)[::40])  # thrice all takes a busy machine long
    (tmp_path / "manual.md").write_text(MANUAL, encoding="utf-8")
    (tmp_path / "other.md").write_text("# Vet\n\nThe vet is open on Sunday.\n", encoding="utf-8")
    embedder = BagOfWords()
    async with opened(tmp_path / "kept", embedder=embedder) as library:
        kept = following(library, monkeypatch)
        await library.add(tmp_path / "manual.md", "manual.md")
        await calibrated(kept, "bag", 1)
        embedder.begun.clear()
        embedder.may_embed.clear()
        await library.add(tmp_path / "other.md", "other.md")
        await embedder.begun.wait()
        await calibrated(kept, "bag", 1, passages=2)
        embedder.may_embed.set()
        await calibrated(kept, "bag", 2, passages=2)
        assert not await library._is_stale()


def following(library: Library, monkeypatch: pytest.MonkeyPatch) -> asyncio.Queue[Report]:
    """Return where the reports of all calibrations come, when they are kept."""
    reports, loop, keep = asyncio.Queue[Report](), asyncio.get_running_loop(), library._consultant.keep

    def keep_it(gate: Gate) -> Report:
        report = keep(gate)
        loop.call_soon_threadsafe(reports.put_nowait, report)
        return report

    monkeypatch.setattr(library._consultant, "keep", keep_it)
    return reports


async def calibrated(kept: asyncio.Queue[Report], embedder: str, embedded: int, passages: int = 1) -> None:
    """Return when one comes that was made with so many vectors."""
    async with asyncio.timeout(60):
        while True:
            report = await kept.get()
            if (report.embedder, report.embedded, report.counts.passages) == (embedder, embedded, passages):
                return
