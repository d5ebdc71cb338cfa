"""The library: documents in, passages out, through real files, a real database and a real process that reads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.knowledge.libraries import Naps, opened
from wyoming_servers.conversation.knowledge import ingest, library
from wyoming_servers.conversation.knowledge.document import Reading
from wyoming_servers.conversation.knowledge.errors import (
    DocumentExistsError,
    StorageFullError,
    StoreError,
    UnknownDocumentError,
)
from wyoming_servers.conversation.knowledge.ingest import Outcome, Progress, Step
from wyoming_servers.conversation.knowledge.library import Library
from wyoming_servers.conversation.knowledge.reading.errors import UnreadableError
from wyoming_servers.conversation.knowledge.reading.process import read_document
from wyoming_servers.conversation.knowledge.sqlite_store import SqliteStore
from wyoming_servers.errors import EngineLoadingError, OverloadedError

DRYER = "# Dryer\n\nClean the lint filter after every load.\n\nE24 means that the water tank is full.\n"


@pytest.fixture
async def kept(tmp_path: Path) -> AsyncIterator[Library]:
    async with opened(tmp_path / "data") as opened_library:
        yield opened_library


def file(tmp_path: Path, text: str, name: str = "dryer.md") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


class Readings:
    """Counts what is read, and holds it up while `may_read` is cleared."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.names: list[str] = []
        self.may_read = asyncio.Event()
        self.may_read.set()
        self.begun = asyncio.Event()
        self._read = read_document
        monkeypatch.setattr(ingest, "read_document", self)

    async def __call__(self, path: Path, name: str, *more: Any) -> Reading:
        self.names.append(name)
        self.begun.set()
        await self.may_read.wait()
        return await self._read(path, name, *more)


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> Readings:
    return Readings(monkeypatch)


async def test_what_was_added_is_found_also_by_the_next_server(tmp_path: Path) -> None:
    async with opened(tmp_path / "data") as first:
        added = await first.add(file(tmp_path, DRYER), "dryer.md")
        assert added.outcome is Outcome.ADDED
        assert (added.document.title, added.document.passages) == ("Dryer", 1)
    async with opened(tmp_path / "data") as second:
        assert await second.documents() == [added.document]
        (found,) = await second.search("what does E 24 mean on the dryer")
        assert found.document == added.document
        assert "water tank is full" in found.passage.text
        assert found.bm25 is not None
        assert found.bm25 > 0
        assert found.cosine is None


async def test_progress_is_told_step_by_step(kept: Library, tmp_path: Path) -> None:
    told: list[Progress] = []
    await kept.add(file(tmp_path, DRYER), "dryer.md", told=told.append)
    assert list(dict.fromkeys(each.step for each in told)) == [Step.WAITING, Step.READING, Step.INDEXING]
    assert told[-1] == Progress(Step.INDEXING, 1, 1)


async def test_what_is_there_already_is_not_read_again(kept: Library, tmp_path: Path, readings: Readings) -> None:
    first = await kept.add(file(tmp_path, DRYER), "dryer.md")
    for name in ("dryer.md", "other name.md"):
        again = await kept.add(file(tmp_path, DRYER), name)
        assert (again.outcome, again.document) == (Outcome.UNCHANGED, first.document)
    assert readings.names == ["dryer.md"]


async def test_another_document_of_the_same_name_replaces_only_if_that_is_meant(kept: Library, tmp_path: Path) -> None:
    old = await kept.add(file(tmp_path, DRYER), "dryer.md")
    with pytest.raises(DocumentExistsError, match="replace=yes"):
        await kept.add(file(tmp_path, "# Dryer\n\nNews."), "dryer.md")
    assert await kept.documents() == [old.document]
    new = await kept.add(file(tmp_path, "# Dryer\n\nNews."), "dryer.md", replace=True)
    assert new.outcome is Outcome.REPLACED
    assert new.document.document_id == old.document.document_id
    assert await kept.documents() == [new.document]
    assert await kept.search("water tank") == []


async def test_a_document_that_was_removed_is_found_no_more(kept: Library, tmp_path: Path) -> None:
    added = await kept.add(file(tmp_path, DRYER), "dryer.md")
    assert await kept.remove(added.document.document_id) == added.document
    assert await kept.search("lint filter") == []
    with pytest.raises(UnknownDocumentError):
        await kept.remove(added.document.document_id)


async def test_what_cannot_be_read_says_why_and_leaves_nothing(kept: Library, tmp_path: Path) -> None:
    (tmp_path / "x.pdf").write_bytes(b"%PDF-1.7 and nothing of it")
    with pytest.raises(UnreadableError) as caught:
        await kept.add(tmp_path / "x.pdf", "x.pdf")
    assert caught.value.code == "document-broken"
    with pytest.raises(UnreadableError, match="cannot be read"):
        await kept.add(tmp_path / "missing.pdf", "missing.pdf")
    assert await kept.documents() == []
    assert (await kept.status()).reading is None


async def test_a_name_is_only_a_name(kept: Library, tmp_path: Path) -> None:
    added = await kept.add(file(tmp_path, "Some text."), "../../etc/pass\x00wd.txt")
    assert added.document.name == "passwd.txt"


async def test_questions_are_answered_while_a_document_is_taken_in(
    kept: Library, tmp_path: Path, readings: Readings
) -> None:
    await kept.add(file(tmp_path, DRYER), "dryer.md")
    readings.may_read.clear()
    readings.begun.clear()
    adding = asyncio.create_task(kept.add(file(tmp_path, "Tea.", "tea.md"), "tea.md"))
    await readings.begun.wait()
    assert len(await kept.search("lint filter")) == 1
    status = await kept.status()
    assert status.reading is not None
    assert (status.reading.name, status.reading.progress.step) == ("tea.md", Step.READING)
    readings.may_read.set()
    await adding
    assert (await kept.status()).reading is None


async def test_documents_are_read_one_after_the_other_and_not_too_many_wait(
    kept: Library, tmp_path: Path, readings: Readings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest, "MOST_WAITING", 3)
    readings.may_read.clear()
    names = [f"{number}.md" for number in range(3)]
    adding = [asyncio.create_task(kept.add(file(tmp_path, name, name), name)) for name in names]
    await readings.begun.wait()
    with pytest.raises(OverloadedError, match="already wait"):
        await kept.add(file(tmp_path, DRYER), "dryer.md")
    assert readings.names == ["0.md"]
    readings.may_read.set()
    await asyncio.gather(*adding)
    assert readings.names == names


async def test_a_document_that_nobody_wants_any_more_is_not_kept(
    kept: Library, tmp_path: Path, readings: Readings
) -> None:
    readings.may_read.clear()
    adding = asyncio.create_task(kept.add(file(tmp_path, DRYER), "dryer.md"))
    await readings.begun.wait()
    adding.cancel()
    with suppress(asyncio.CancelledError):
        await adding
    readings.may_read.set()
    assert await kept.documents() == []
    await kept.add(file(tmp_path, DRYER), "dryer.md")


async def test_cancelled_while_it_is_indexed_it_is_whole_or_not_there(
    kept: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "# Long\n\n" + "\n\n".join(f"Sentence number {number} of a long document." for number in range(3000))
    adding: asyncio.Task[Any]

    def told(progress: Progress) -> None:
        if progress.step is Step.INDEXING:
            adding.cancel()

    adding = asyncio.create_task(kept.add(file(tmp_path, text), "long.md", told=told))
    with suppress(asyncio.CancelledError):
        await adding
    again = await kept.add(file(tmp_path, text), "long.md")
    assert again.document.passages > 50
    assert [each.passages for each in await kept.documents()] == [again.document.passages]


async def test_a_full_disk_is_told_and_the_rest_goes_on(
    kept: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await kept.add(file(tmp_path, DRYER), "dryer.md")

    def full(*_: object) -> None:
        raise StorageFullError("The disk is full.", remedy="Make room.")

    with monkeypatch.context() as patched:
        patched.setattr(SqliteStore, "add", full)
        with pytest.raises(StorageFullError):
            await kept.add(file(tmp_path, "Tea.", "tea.md"), "tea.md")
    assert len(await kept.search("lint filter")) == 1
    await kept.add(file(tmp_path, "Tea.", "tea.md"), "tea.md")


async def test_a_store_that_cannot_be_opened_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    naps = Naps()
    open_store = SqliteStore.open

    def broken(_: SqliteStore) -> None:
        raise StoreError("The database cannot be reached.", remedy="Start it.")

    monkeypatch.setattr(SqliteStore, "open", broken)
    async with opened(tmp_path / "data", naps=naps) as kept:
        asleep = await naps.reached()
        with pytest.raises(StoreError, match="cannot be reached"):
            await kept.search("anything")
        assert "Start it." in (await kept.status()).notice
        monkeypatch.setattr(SqliteStore, "open", open_store)
        asleep.set()
        await kept.settled()
        assert (await kept.status()).notice == ""
        assert await kept.search("anything") == []


async def test_what_nobody_foresaw_at_the_start_is_told_by_its_place_alone_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    naps = Naps()

    def broken(_: SqliteStore) -> None:
        raise RuntimeError("the words of somebody")

    with monkeypatch.context() as patched:
        patched.setattr(SqliteStore, "open", broken)
        async with opened(tmp_path / "data", naps=naps) as kept:
            asleep = await naps.reached()
            with pytest.raises(StoreError, match="RuntimeError"):
                await kept.search("anything")
            assert "RuntimeError at" in caplog.text
            assert "somebody" not in caplog.text + (await kept.status()).notice
            patched.undo()
            asleep.set()
            await kept.settled()
            assert await kept.search("anything") == []


async def test_documents_are_watched_where_they_could_not_be_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    naps = Naps()

    def broken(_: Library) -> None:
        raise RuntimeError("the words of somebody")

    folder = tmp_path / "manuals"
    folder.mkdir()
    monkeypatch.setattr(Library, "_recount", broken)
    async with opened(tmp_path / "data", watched=[folder], naps=naps):
        await naps.reached()  # of who watches, between two looks
    assert "RuntimeError at" in caplog.text
    assert "somebody" not in caplog.text


async def test_a_call_does_not_wait_for_ever_for_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "OPENED_WITHIN_S", 0.05)
    opening = asyncio.Event()
    may_open = asyncio.Event()

    async def slow(self: Library) -> None:
        opening.set()
        await may_open.wait()

    monkeypatch.setattr(Library, "_run", slow)
    async with opened(tmp_path / "data") as kept:
        await opening.wait()
        with pytest.raises(EngineLoadingError):
            await kept.documents()


async def test_what_a_killed_server_left_of_an_upload_is_removed(tmp_path: Path) -> None:
    incoming = tmp_path / "data" / "incoming"
    incoming.mkdir(parents=True)
    (incoming / "half").write_bytes(b"half")
    async with opened(tmp_path / "data") as kept:
        await kept.documents()
        assert list(incoming.iterdir()) == []
