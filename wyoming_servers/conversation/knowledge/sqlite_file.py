"""The file of the SQLite store: its tables, and what becomes of one that is damaged.

Nothing is ever deleted: a damaged file gets another name, and what can be read of it is copied into a new one.
"""

from __future__ import annotations

import errno
import logging
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from .errors import StorageFullError, StoreError

_LOGGER = logging.getLogger(__name__)

BUSY_S = 10.0
"""How long a call waits for another process that writes."""

LOG_BYTES = 4 * 2**20
"""Left of SQLite's log after a large document."""

_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE documents (
    document_id TEXT PRIMARY KEY, name TEXT NOT NULL, title TEXT NOT NULL, kind TEXT NOT NULL, sha256 TEXT NOT NULL,
    size_bytes INTEGER NOT NULL, added TEXT NOT NULL, source TEXT NOT NULL, passages INTEGER NOT NULL,
    warnings TEXT NOT NULL, words INTEGER NOT NULL
);
CREATE INDEX documents_by_hash ON documents (sha256);
CREATE TABLE passages (
    passage_id INTEGER PRIMARY KEY AUTOINCREMENT,
    document_id TEXT NOT NULL REFERENCES documents ON DELETE CASCADE,
    text TEXT NOT NULL, headings TEXT NOT NULL, page INTEGER, tokens INTEGER NOT NULL, question TEXT NOT NULL
);
CREATE INDEX passages_by_document ON passages (document_id);
CREATE TABLE embedders (embedder_id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE embeddings (
    embedding_id INTEGER PRIMARY KEY, passage_id INTEGER NOT NULL REFERENCES passages ON DELETE CASCADE,
    embedder_id INTEGER NOT NULL REFERENCES embedders ON DELETE CASCADE, vector BLOB NOT NULL
);
CREATE UNIQUE INDEX embeddings_by_embedder ON embeddings (embedder_id, passage_id);
CREATE INDEX embeddings_by_passage ON embeddings (passage_id);
CREATE TABLE examples (example_id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE, wanted INTEGER NOT NULL);
"""
"""Ids of passages are never given twice: a vector in an index that is older can belong to no other passage."""

INDEX = """
CREATE VIRTUAL TABLE words USING fts5(text, around, tokenize="ascii tokenchars '.'");
CREATE VIRTUAL TABLE frequency USING fts5vocab(words, row);
"""
"""Its words are ready made: they are in ASCII what the tokenizer takes, and it takes all other characters."""

MIGRATIONS: tuple[str, ...] = (_TABLES + INDEX,)
"""Each brings a file of the version that is its place here to the next one."""

_NO_ROOM = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR_WRITE,  # also a quota, and the longest file that is allowed
    sqlite3.SQLITE_IOERR_FSYNC,
    sqlite3.SQLITE_IOERR_SHMSIZE,
}
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def is_damage(error: sqlite3.Error) -> bool:
    """Whether what is in the file is wrong, not how it was asked for."""
    return _code(error) & 0xFF in _DAMAGED


def _code(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", None) or 0


@contextmanager
def as_store_errors(path: Path) -> Iterator[None]:
    """Make a StoreError of what SQLite raises inside, or the file system."""
    try:
        yield
    except sqlite3.Error as err:
        if _code(err) in _NO_ROOM:
            raise _full(path) from err
        if is_damage(err):
            raise StoreError(
                f"The database {path} is damaged.",
                remedy="Start Sotto again: it sets the file aside and saves what can be read of it.",
            ) from err
        raise _unusable(path, _reason(err)) from err
    except OSError as err:
        if err.errno == errno.ENOSPC:
            raise _full(path) from err
        raise _unusable(path, err.strerror or type(err).__name__) from err


def _reason(err: sqlite3.Error) -> str:
    """Return SQLite's words; only the name of an error whose words quote what was asked, which may be somebody's."""
    quotes = _code(err) & 0xFF in {0, sqlite3.SQLITE_ERROR}
    return (getattr(err, "sqlite_errorname", None) or type(err).__name__) if quotes else str(err)


def _full(path: Path) -> StorageFullError:
    return StorageFullError(
        f"The disk with {path.parent} takes nothing more; nothing was changed.",
        remedy="Make room on it, or remove documents, and try again.",
    )


def _unusable(path: Path, reason: str) -> StoreError:
    return StoreError(f"The database {path} cannot be used: {reason}.", remedy="Give it to the user that runs Sotto.")


def connect(path: Path) -> sqlite3.Connection:
    """Open a file, making it if there is none; raises sqlite3.Error."""
    connection = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")  # what is committed is on disk, also if the power fails
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA journal_size_limit = {LOG_BYTES}")
        connection.execute("PRAGMA secure_delete = FAST")  # a document that was removed is private still
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Do all that is inside, or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
        raise


def prepare(path: Path) -> str:
    """See to it that there is a sound file of the newest version; return what the household should know, or nothing.

    Blocks. Raises StoreError for a file that is no store of ours, that a newer Sotto wrote, or that cannot be used.
    """
    with as_store_errors(path):
        _make(path)
        try:
            with closing(connect(path)) as connection:
                _migrate(connection, path)
                problem = _problem(connection)
        except sqlite3.Error as err:
            if not is_damage(err):
                raise
            problem = str(err)
        return _begin_again(path, problem) if problem else ""


def _make(path: Path) -> None:
    """Make the file if there is none, so that nobody but its owner can read it; SQLite's others follow it in that."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > len(MIGRATIONS):
        raise StoreError(
            f"The database {path} was written by a newer version of Sotto.",
            remedy="Install that version again, or move the file elsewhere to begin a new one.",
        )
    for number, script in enumerate(MIGRATIONS[version:], version + 1):
        with transaction(connection):
            for statement in filter(str.strip, script.split(";")):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number}")


def _problem(connection: sqlite3.Connection) -> str:
    """Return what is wrong with the pages of the file; takes 50 ms for 50,000 passages."""
    (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    return "" if verdict == "ok" else str(verdict)


def _begin_again(path: Path, problem: str) -> str:
    """Set the file aside, and begin a new one with what can be read of it."""
    aside = path.with_name(f"{path.name}.damaged-{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
    for ending in ("", "-wal", "-shm"):
        file = path.with_name(path.name + ending)
        if file.exists():
            shutil.move(file, aside.with_name(aside.name + ending))
    _LOGGER.error("The documents' database was damaged (%s); it is now %s", problem, aside)
    _make(path)
    with closing(connect(path)) as connection:
        _migrate(connection, path)
        saved, lost = _salvage(connection, aside)
    _LOGGER.info("%d documents were saved from the damaged database, %d were not", saved, lost)
    told = f"The documents' database was damaged and set aside as {aside}. {saved} documents could be read of it"
    return f"{told}, {lost} could not: add them again." if lost else f"{told}. If one is missing, add it again."


def _salvage(connection: sqlite3.Connection, damaged: Path) -> tuple[int, int]:
    """Copy what can be read, document by document; return how many could, and how many could not."""
    try:
        connection.execute("ATTACH ? AS damaged", (str(damaged),))
        ids = [each for (each,) in connection.execute("SELECT document_id FROM damaged.documents ORDER BY added")]
    except sqlite3.Error:
        return 0, 0
    for table in ("embedders", "examples"):
        with suppress(sqlite3.Error), transaction(connection):
            connection.execute(f"INSERT INTO {table} SELECT * FROM damaged.{table}")
    saved = sum(_save(connection, document_id) for document_id in ids)
    return saved, len(ids) - saved


def _save(connection: sqlite3.Connection, document_id: str) -> bool:
    """Copy a document whole, or not at all; its vectors if they can be read."""
    if not any(_copied(connection, document_id, access) for access in ("", "NOT INDEXED")):
        return False
    with suppress(sqlite3.Error), transaction(connection):
        connection.execute(
            "INSERT INTO embeddings SELECT * FROM damaged.embeddings WHERE passage_id IN"
            " (SELECT passage_id FROM main.passages WHERE document_id = ?)",
            (document_id,),
        )
    return True


def _copied(connection: sqlite3.Connection, document_id: str, access: str) -> bool:
    """Copy a document and its passages, found by the index, which may be damaged, or by reading all."""
    wanted = (document_id,)
    try:
        with transaction(connection):
            connection.execute("INSERT INTO documents SELECT * FROM damaged.documents WHERE document_id = ?", wanted)
            done = connection.execute(
                f"INSERT INTO passages SELECT * FROM damaged.passages {access} WHERE document_id = ?",
                wanted,
            )
            ((passages,),) = connection.execute("SELECT passages FROM documents WHERE document_id = ?", wanted)
            if done.rowcount != passages:
                raise sqlite3.DatabaseError("passages are missing")
    except (sqlite3.Error, ValueError):
        return False
    return True
