"""Watched folders: what lies there is in the library, once it has come to rest, and nothing is lost with a disk."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.knowledge.libraries import Naps, opened
from wyoming_servers.conversation.knowledge import folder as folder_module
from wyoming_servers.conversation.knowledge.errors import StorageFullError, WatchedDocumentError
from wyoming_servers.conversation.knowledge.folder import WatchedFolders
from wyoming_servers.conversation.knowledge.library import Library
from wyoming_servers.conversation.knowledge.sqlite_store import SqliteStore


@dataclass
class Watched:
    """A library that watches a folder, and looks at it when the test says so."""

    library: Library
    folder: Path
    naps: Naps
    asleep: asyncio.Event | None = None

    async def look(self, times: int = 2) -> None:
        """Let it look so often; twice, so that files have come to rest."""
        for _ in range(times):
            if self.asleep is not None:
                self.asleep.set()
            self.asleep = await self.naps.reached()

    async def titles(self) -> list[str]:
        return sorted(each.title for each in await self.library.documents())


@pytest.fixture
async def watched(tmp_path: Path) -> AsyncIterator[Watched]:
    async with AsyncExitStack() as stack:
        naps = Naps()
        (tmp_path / "papers").mkdir()
        library = await stack.enter_async_context(opened(tmp_path / "data", watched=[tmp_path / "papers"], naps=naps))
        yield Watched(library, tmp_path / "papers", naps)


async def test_a_file_is_taken_in_once_it_has_come_to_rest(watched: Watched) -> None:
    path = watched.folder / "tea.md"
    path.write_text("# Tea\n\nThree")
    await watched.look(1)
    path.write_text("# Tea\n\nThree minutes.")
    await watched.look(1)
    assert await watched.titles() == []
    await watched.look(1)
    assert await watched.titles() == ["Tea"]
    (document,) = await watched.library.documents()
    assert document.source == str(path)
    assert "Three minutes." in (await watched.library.search("tea"))[0].passage.text


async def test_folders_within_are_watched_too_and_what_is_no_document_is_passed_over(watched: Watched) -> None:
    (watched.folder / "deep" / "er").mkdir(parents=True)
    (watched.folder / ".hidden").mkdir()
    for name in ("deep/er/a.txt", ".hidden/b.txt", ".c.txt", "~$d.docx", "e.jpg", "f"):
        (watched.folder / name).write_text(f"Text of {name}")
    await watched.look()
    assert await watched.titles() == ["a"]
    assert (await watched.library.status()).failures == ()


async def test_a_changed_file_is_read_again_in_the_place_of_the_old_one(watched: Watched) -> None:
    path = watched.folder / "tea.md"
    path.write_text("# Tea\n\nThree minutes.")
    await watched.look()
    (old,) = await watched.library.documents()
    path.write_text("# Tea\n\nNo, five minutes.")
    await watched.look()
    (new,) = await watched.library.documents()
    assert new.document_id == old.document_id
    assert new.sha256 != old.sha256


async def test_a_file_that_is_gone_at_two_looks_is_forgotten(watched: Watched) -> None:
    path = watched.folder / "tea.md"
    path.write_text("# Tea\n\nThree minutes.")
    await watched.look()
    path.unlink()
    await watched.look(1)
    assert await watched.titles() == ["Tea"]
    await watched.look(1)
    assert await watched.titles() == []


async def test_a_file_that_is_saved_as_a_new_one_is_not_forgotten_in_between(watched: Watched) -> None:
    path = watched.folder / "tea.md"
    path.write_text("# Tea\n\nThree minutes.")
    await watched.look()
    path.unlink()
    await watched.look(1)
    path.write_text("# Tea\n\nThree minutes.")
    await watched.look(3)
    assert await watched.titles() == ["Tea"]


async def test_a_folder_that_is_gone_takes_no_documents_with_it(watched: Watched) -> None:
    (watched.folder / "tea.md").write_text("# Tea\n\nThree minutes.")
    await watched.look()
    watched.folder.rename(watched.folder.with_name("away"))
    await watched.look(3)
    assert await watched.titles() == ["Tea"]
    status = await watched.library.status()
    assert status.absent == (str(watched.folder),)
    watched.folder.with_name("away").rename(watched.folder)
    await watched.look(3)
    assert await watched.titles() == ["Tea"]
    assert (await watched.library.status()).absent == ()


async def test_a_file_that_cannot_be_read_is_told_of_once_until_it_changes(
    watched: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    path = watched.folder / "broken.pdf"
    path.write_bytes(b"%PDF-1.7 broken")
    (watched.folder / "tea.md").write_text("# Tea\n\nThree minutes.")
    await watched.look(4)
    assert await watched.titles() == ["Tea"]
    (failure,) = (await watched.library.status()).failures
    assert (failure.source, failure.code) == (str(path), "document-broken")
    assert failure.message
    assert caplog.text.count("cannot be read") == 1
    assert "broken.pdf" not in caplog.text
    path.unlink()
    await watched.look()
    assert (await watched.library.status()).failures == ()


async def test_what_is_not_the_files_fault_is_tried_again(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("one", "two"):
        (watched.folder / f"{name}.txt").write_text(f"Text {name}")

    def full(*_: object) -> None:
        raise StorageFullError("The disk is full.", remedy="Make room.")

    with monkeypatch.context() as patched:
        patched.setattr(SqliteStore, "add", full)
        await watched.look(3)
        assert [each.code for each in (await watched.library.status()).failures] == ["storage-full"]
    await watched.look()
    assert await watched.titles() == ["one", "two"]
    assert (await watched.library.status()).failures == ()


async def test_a_document_of_a_folder_is_removed_by_deleting_its_file(watched: Watched) -> None:
    (watched.folder / "tea.md").write_text("# Tea\n\nThree minutes.")
    await watched.look()
    (document,) = await watched.library.documents()
    with pytest.raises(WatchedDocumentError, match=r"Delete .*tea\.md"):
        await watched.library.remove(document.document_id)


async def test_a_document_of_a_folder_that_is_watched_no_more_can_be_removed(watched: Watched, tmp_path: Path) -> None:
    (watched.folder / "tea.md").write_text("# Tea\n\nThree minutes.")
    await watched.look()
    await watched.library.stop()
    async with opened(tmp_path / "data") as library:
        (document,) = await library.documents()
        await library.remove(document.document_id)
        assert await library.documents() == []


async def test_the_same_file_twice_is_one_document_for_as_long_as_one_is_left(watched: Watched) -> None:
    for name in ("tea.md", "copy of tea.md"):
        (watched.folder / name).write_text("# Tea\n\nThree minutes.")
    await watched.look()
    (document,) = await watched.library.documents()
    (watched.folder / document.name).unlink()
    await watched.look(4)
    (other,) = await watched.library.documents()
    assert (other.title, other.source != document.source) == ("Tea", True)


def test_only_so_many_files_of_a_folder_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_module, "MOST_FILES", 3)
    for number in range(5):
        (tmp_path / f"{number}.txt").write_text("x")
    folders = WatchedFolders([tmp_path])
    folders.look([])
    assert len(folders.look([]).new) == 3


def test_a_name_that_is_no_text_is_passed_over(tmp_path: Path) -> None:
    path = Path(os.fsdecode(bytes(tmp_path) + b"/\xff.txt"))
    path.write_text("x")
    folders = WatchedFolders([tmp_path])
    folders.look([])
    assert folders.look([]).new == ()


async def test_what_nobody_foresaw_ends_no_watching_and_is_told_by_its_place_alone(
    watched: Watched, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_: object, __: object) -> object:
        raise RuntimeError("the words of somebody")

    (watched.folder / "tea.md").write_text("# Tea\n\nThree minutes.")
    with monkeypatch.context() as patched:
        patched.setattr(WatchedFolders, "look", broken)
        await watched.look()
    assert "RuntimeError at" in caplog.text
    assert "somebody" not in caplog.text
    await watched.look()
    assert await watched.titles() == ["Tea"]
