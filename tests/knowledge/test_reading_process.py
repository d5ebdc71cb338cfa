"""Reading happens in a process of its own: what crashes, hangs or grows there is told, and the server goes on."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path

import docx
import pytest

from tests.knowledge.written_files import drawn_pdf, package, picture, words
from wyoming_servers.conversation.knowledge.reading.errors import Unreadable, UnreadableError
from wyoming_servers.conversation.knowledge.reading.limits import MIB, Limits
from wyoming_servers.conversation.knowledge.reading.process import read_document

PAGES = 300


def children() -> list[int]:
    """Return the processes that this one has started and that still run."""
    found = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()
    return [int(pid) for pid in found if b"knowledge.reading" in Path(f"/proc/{pid}/cmdline").read_bytes()]


@pytest.fixture
def manual(tmp_path: Path) -> Path:
    return drawn_pdf(tmp_path / "manual.pdf", [words(f"This is page {number}.") for number in range(PAGES)])


def at_first(act: Callable[[], object]) -> Callable[[int, int], None]:
    """Return somebody to be told of progress in whose place something happens once, in the middle of the work."""

    def progress(done: int, total: int) -> None:
        if done == 10:
            asyncio.get_running_loop().call_soon(act)

    return progress


async def why_not(path: Path, limits: Limits | None = None, progress: Callable[[int, int], None] | None = None) -> str:
    with pytest.raises(UnreadableError) as caught:
        await read_document(path, path.name, progress, limits)
    assert caught.value.remedy
    assert not children()
    return caught.value.code


async def test_a_document_is_read_and_its_pages_are_counted(manual: Path) -> None:
    told: list[tuple[int, int]] = []
    reading = await read_document(manual, "../../up/manual.pdf", lambda done, total: told.append((done, total)))
    assert reading.title == "manual"
    assert [section.page for section in reading.sections] == list(range(1, PAGES + 1))
    assert told == [(done, PAGES) for done in range(PAGES + 1)]
    assert not children()


async def test_all_of_a_reading_comes_through(tmp_path: Path) -> None:
    scan = picture(tmp_path)
    drawn_pdf(tmp_path / "a.pdf", [words("Q: Wo ist der Schl\u00fcssel?", "A: Unterm Topf \u201elinks\u201c."), scan])
    reading = await read_document(tmp_path / "a.pdf", "a.pdf")
    assert reading.kind == "questions"
    assert reading.sections[0].headings == ("Wo ist der Schl\u00fcssel?",)
    assert reading.sections[0].text == "Unterm Topf \u201elinks\u201c."
    assert reading.warnings == ("Page 2 is a picture; text in it was not read.",)


async def test_several_are_read_side_by_side(manual: Path, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Text.")
    readings = await asyncio.gather(*(read_document(path, path.name) for path in (manual, tmp_path / "a.txt", manual)))
    assert [len(reading.sections) for reading in readings] == [PAGES, 1, PAGES]


async def test_a_crash_of_the_reader_is_a_broken_document(manual: Path) -> None:
    kill = at_first(lambda: os.kill(children()[0], signal.SIGSEGV))
    assert await why_not(manual, progress=kill) == Unreadable.BROKEN


async def test_what_takes_too_long_is_ended(manual: Path) -> None:
    assert await why_not(manual, Limits(seconds=0.01)) == Unreadable.TOO_SLOW


async def test_the_system_ends_what_computes_too_long(manual: Path) -> None:
    stop = at_first(lambda: os.kill(children()[0], signal.SIGXCPU))
    assert await why_not(manual, progress=stop) == Unreadable.TOO_SLOW


async def test_cancelling_ends_the_process(manual: Path) -> None:
    begun = asyncio.Event()
    task = asyncio.create_task(read_document(manual, "manual.pdf", at_first(begun.set)))
    await begun.wait()
    (child,) = children()
    os.kill(child, signal.SIGSTOP)  # it would not end by itself
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not children()


async def test_an_error_of_whom_is_told_of_progress_ends_the_process(manual: Path) -> None:
    def fail(done: int, total: int) -> None:
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        await read_document(manual, "manual.pdf", fail)
    assert not children()


async def test_what_needs_too_much_memory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text("<html>" + "<p><b>a</b>" * 100_000)
    assert await why_not(tmp_path / "a.html", Limits(memory_bytes=120 * MIB)) == Unreadable.NO_MEMORY


async def test_a_bomb_goes_off_nowhere(tmp_path: Path) -> None:
    path = package(tmp_path / "a.docx", {"[Content_Types].xml": b"<x/>", "word/document.xml": bytes(300 * MIB)})
    assert await why_not(path, Limits(memory_bytes=200 * MIB)) == Unreadable.BOMB


async def test_half_a_gigabyte_of_text_needs_no_memory(tmp_path: Path) -> None:
    with (tmp_path / "a.txt").open("wb") as file:
        file.write(b"On and on. ")
        file.truncate(500 * MIB)
    assert await why_not(tmp_path / "a.txt", Limits(memory_bytes=200 * MIB)) == Unreadable.TOO_LARGE


async def test_an_ordinary_document_fits_into_little_memory(tmp_path: Path) -> None:
    written = docx.Document()
    for number in range(200):
        written.add_paragraph(f"Paragraph {number}.")
    written.save(str(tmp_path / "a.docx"))
    reading = await read_document(tmp_path / "a.docx", "a.docx", limits=Limits(memory_bytes=300 * MIB))
    assert reading.sections[0].text.count("\n") == 199


async def test_a_file_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match="No such file"):
        await read_document(tmp_path / "gone.txt", "gone.txt")


async def test_every_kind_of_failure_comes_through_as_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7\nnothing")
    assert await why_not(tmp_path / "a.pdf") == Unreadable.BROKEN
    assert await why_not(drawn_pdf(tmp_path / "b.pdf", [words("x")], encrypt="pw")) == Unreadable.ENCRYPTED
    assert await why_not(drawn_pdf(tmp_path / "c.pdf", [picture(tmp_path)])) == Unreadable.SCANNED
