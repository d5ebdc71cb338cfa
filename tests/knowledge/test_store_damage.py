"""A damaged file, another version, a full disk: nothing that was acknowledged is lost, and what is lost is said."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from tests.knowledge.documents import document, passages
from wyoming_servers.conversation.knowledge import sqlite_file, words
from wyoming_servers.conversation.knowledge.errors import StorageFullError, StoreError
from wyoming_servers.conversation.knowledge.sqlite_store import SqliteStore


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "documents" / "knowledge.db"


def opened(path: Path) -> SqliteStore:
    store = SqliteStore(path)
    store.open()
    return store


def filled(path: Path, documents: int = 20) -> None:
    """Make a store of documents of 10 passages each, each with a word of its own."""
    with closing(opened(path)) as store:
        for number in range(documents):
            text = f"number{number} " + "descale the machine with vinegar " * 20
            store.add(document(f"d{number}"), passages(*[text] * 10))
        store.add_example("who is that", wanted=False)


def found(store: SqliteStore, documents: int = 20) -> list[str]:
    """Return the documents that are found by their words."""
    hits = [store.lexical([f"number{number}"], 20) for number in range(documents)]
    kept = store.passages(hit.passage_id for each in hits for hit in each)
    assert all(len(each) in {0, 10} for each in hits)
    return list(dict.fromkeys(each.document_id for _, each in kept.values()))


def rewrite(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


ALL = [f"d{number}" for number in range(20)]


def test_nobody_else_can_read_it(path: Path) -> None:
    filled(path, documents=1)
    modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in (path.parent, *path.parent.iterdir())}
    assert not [name for name, mode in modes.items() if mode & (stat.S_IRWXG | stat.S_IRWXO)]


def test_the_log_of_a_large_document_does_not_stay(path: Path) -> None:
    with closing(opened(path)) as store:
        store.add(document("large"), passages(*[f"number{number} descale the machine " * 50 for number in range(8000)]))
        store.add(document("small"), passages("small"))
        assert path.with_name("knowledge.db-wal").stat().st_size <= 2 * sqlite_file.LOG_BYTES


def test_a_folder_in_the_place_of_the_file_is_said(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(StoreError, match="Is a directory"):
        opened(path)


def test_a_file_that_is_gone_is_said_to_a_thread_that_comes_new(path: Path) -> None:
    with closing(opened(path)) as store, ThreadPoolExecutor() as pool:
        shutil.rmtree(path.parent)
        with pytest.raises(StoreError, match="cannot be used"):
            pool.submit(store.lexical, ["vinegar"], 5).result()


def test_a_damaged_file_that_cannot_be_set_aside_is_said(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.parent.mkdir()
    path.write_bytes(b"no database" * 1000)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "move", full)
    with pytest.raises(StorageFullError):
        opened(path)


def test_an_error_that_quotes_what_was_asked_is_told_by_its_name(path: Path) -> None:
    with closing(opened(path)) as store, pytest.raises(StoreError, match="SQLITE_ERROR") as raised:
        store._rows("SELECT rowid FROM words WHERE words MATCH ?", "grandma: hello")
    assert "grandma" in str(raised.value.__cause__)
    assert "grandma" not in str(raised.value)


def test_a_file_that_is_no_database_is_set_aside_and_a_new_one_begun(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"this is not a database at all" * 1000)
    with closing(opened(path)) as store:
        assert "set aside as" in store.notice
        assert store.documents() == []
        store.add(document("a"), passages("new"))
    (aside,) = path.parent.glob("*.damaged-*")
    assert aside.read_bytes() == b"this is not a database at all" * 1000
    with closing(opened(path)) as store:
        assert str(aside) in store.notice
        assert store.lexical(["new"], 5)


def test_of_a_damaged_database_is_saved_what_can_be_read(path: Path) -> None:
    filled(path)
    before = path.read_bytes()
    with path.open("r+b") as file:  # somewhere in the middle, where the passages are
        file.seek(len(before) // 3 // 4096 * 4096)
        file.write(os.urandom(3 * 4096))
    with closing(opened(path)) as store:
        kept = [each.document_id for each in store.documents()]
        assert len(kept) > 10
        assert sorted(found(store)) == sorted(kept)
        assert f"{len(kept)} documents could be read" in store.notice
        if len(kept) < 20:
            assert f"{20 - len(kept)} could not: add them again" in store.notice
        store.add(document("d0"), passages("number0 anew"))
        assert store.lexical(["anew"], 5)
    assert len(list(path.parent.glob("*.damaged-*"))) == 1


@pytest.mark.parametrize("page", range(2, 40, 3))
def test_no_damaged_page_keeps_a_store_from_opening(path: Path, page: int) -> None:
    filled(path, documents=3)
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096 + 8)
        file.write(b"\xff" * 64)
    with closing(opened(path)) as store:
        kept = [each.document_id for each in store.documents()]
        assert sorted(found(store, 3)) == sorted(kept)
        store.add(document("new"), passages("new"))
        assert store.lexical(["new"], 5)


def test_a_damaged_index_is_made_anew_from_the_passages_at_the_start(path: Path) -> None:
    filled(path)
    rewrite(path, "UPDATE words_data SET block = randomblob(length(block)) WHERE rowid > 10")
    with closing(opened(path)) as store:
        assert found(store) == ALL
        assert store.notice == ""


def test_a_deleted_index_is_made_anew_from_the_passages(path: Path) -> None:
    filled(path)
    rewrite(path, "DROP TABLE frequency", "DROP TABLE words")
    with closing(opened(path)) as store:
        assert found(store) == ALL


def test_an_index_that_lacks_passages_is_made_anew(path: Path) -> None:
    filled(path)
    rewrite(path, "DELETE FROM words WHERE rowid < 20")
    with closing(opened(path)) as store:
        assert found(store) == ALL


def test_an_index_that_is_damaged_while_it_is_used_heals(path: Path) -> None:
    filled(path)
    with closing(opened(path)) as store:
        rewrite(path, "UPDATE words_data SET block = x'ff' WHERE rowid > 10")
        assert found(store) == ALL


def test_an_index_of_other_words_is_made_anew(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(path)
    monkeypatch.setattr(words, "version", lambda: "another")
    rewrite(path, "UPDATE words_content SET c0 = 'old'")
    with closing(opened(path)) as store:
        assert found(store) == ALL


def test_an_older_file_is_brought_to_the_newest_version(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(path)
    step = "ALTER TABLE documents ADD COLUMN language TEXT NOT NULL DEFAULT 'en'; CREATE TABLE more (a)"
    monkeypatch.setattr(sqlite_file, "MIGRATIONS", (*sqlite_file.MIGRATIONS, step))
    for _ in range(2):
        sqlite_file.prepare(path)
    rewrite(path, "INSERT INTO more SELECT language FROM documents")


def test_a_step_to_a_newer_version_that_fails_changes_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(path)
    step = "CREATE TABLE more (a); CREATE TABLE documents (b)"
    with monkeypatch.context() as patched:
        patched.setattr(sqlite_file, "MIGRATIONS", (*sqlite_file.MIGRATIONS, step))
        with pytest.raises(StoreError, match="SQLITE_ERROR"):
            sqlite_file.prepare(path)
    with closing(opened(path)) as store:
        assert found(store) == ALL
    with pytest.raises(sqlite3.OperationalError):
        rewrite(path, "SELECT * FROM more")


def test_a_file_of_a_newer_version_is_left_alone(path: Path) -> None:
    filled(path)
    rewrite(path, "PRAGMA user_version = 99")
    with pytest.raises(StoreError, match="newer version of Sotto"):
        opened(path)
    assert not list(path.parent.glob("*.damaged-*"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_said_and_nothing_is_set_aside(path: Path) -> None:
    filled(path)
    path.parent.chmod(stat.S_IRUSR | stat.S_IXUSR)
    path.chmod(stat.S_IRUSR)
    with pytest.raises(StoreError, match="cannot be used"):
        opened(path)


FULL = """
import resource, sys
from contextlib import closing
from pathlib import Path
from tests.knowledge.documents import document, passages
from wyoming_servers.conversation.knowledge.errors import StorageFullError
from wyoming_servers.conversation.knowledge.sqlite_store import SqliteStore

store = SqliteStore(Path(sys.argv[1]))
store.open()
if len(sys.argv) > 2:
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
kept = []
try:
    for number in range(1000):
        store.add(document(f"d{number}"), passages(*[f"number{number} " + "descale the machine " * 40] * 10))
        kept.append(f"d{number}")
except StorageFullError as err:
    print(err.code, err)
assert 3 < len(kept) < 1000, kept
for _ in range(2):
    assert [each.document_id for each in store.documents()] == kept
    for number in (0, len(kept) - 1):
        assert len(store.lexical([f"number{number}"], 20)) == 10
    assert store.lexical([f"number{len(kept)}"], 20) == []
    try:
        store.add(document("large"), passages(*["x y " * 1000] * 100))
    except StorageFullError:
        pass
    else:
        raise SystemExit("it took what there is no room for")
if len(sys.argv) > 2:
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
else:
    (Path(sys.argv[1]).parent / "ballast").unlink()
store.add(document("later"), passages("later"))
assert len(store.lexical(["later"], 5)) == 1
store.close()
store = SqliteStore(Path(sys.argv[1]))
store.open()
assert [each.document_id for each in store.documents()] == [*kept, "later"]
assert store.notice == ""
print("whole")
"""


def test_a_store_that_has_grown_to_its_quota_takes_nothing_and_stays_whole(path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", FULL, path, str(400_000)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "whole"
    assert "storage-full" in done.stdout
    assert "Make room" in done.stdout


def test_a_full_disk_takes_nothing_and_the_store_stays_whole(path: Path) -> None:
    path.parent.mkdir()
    mount = f'mount -t tmpfs -o size=2m none "{path.parent}" && head -c 500000 /dev/zero > "{path.parent}/ballast"'
    inside = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", f'{mount} && exec "$@"', "sh"]
    if subprocess.run([*inside, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("no small disk can be made here")
    done = subprocess.run([*inside, sys.executable, "-c", FULL, path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "whole"
    assert "storage-full" in done.stdout
