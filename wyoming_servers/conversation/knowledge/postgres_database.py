"""The database of the PostgreSQL store: connections that come back after an outage, tables, and what errors mean."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import psycopg
from pgvector.psycopg import register_vector
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict
from psycopg_pool import ConnectionPool, PoolClosed, PoolTimeout

from ...errors import SettingsError
from .errors import StorageFullError, StoreError

_LOGGER = logging.getLogger(__name__)

CONNECTIONS = 4
"""At most: threads that read, one that writes, and one to spare."""
WITHIN_S = 5.0
"""For a connection."""
_OPTIONS: dict[str, Any] = {
    "application_name": "sotto",
    "connect_timeout": int(WITHIN_S),
    "prepare_threshold": None,  # a pooler in between may not keep them
}
_LOCK = 0x50770  # any number; no other program's
"""Of PostgreSQL's advisory locks, the one that whoever writes to the documents holds."""

_TABLES = """
CREATE EXTENSION IF NOT EXISTS vector;
CREATE TABLE sotto.meta (key text PRIMARY KEY, value text NOT NULL);
INSERT INTO sotto.meta VALUES ('identity', gen_random_uuid()), ('version', '0');
CREATE TABLE sotto.documents (
    place bigint GENERATED ALWAYS AS IDENTITY, document_id text PRIMARY KEY, name text NOT NULL, title text NOT NULL,
    kind text NOT NULL, sha256 text NOT NULL, size_bytes bigint NOT NULL, added timestamptz NOT NULL,
    source text NOT NULL, passages integer NOT NULL, warnings text NOT NULL, words bigint NOT NULL
);
CREATE INDEX documents_by_hash ON sotto.documents (sha256);
CREATE TABLE sotto.passages (
    passage_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    document_id text NOT NULL REFERENCES sotto.documents ON DELETE CASCADE,
    text text NOT NULL, headings text NOT NULL, page integer, tokens integer NOT NULL, question text NOT NULL,
    words text NOT NULL, around text NOT NULL, length integer NOT NULL, terms tsvector NOT NULL
);
CREATE INDEX passages_by_document ON sotto.passages (document_id);
CREATE INDEX passages_by_term ON sotto.passages USING gin (terms);
CREATE TABLE sotto.frequency (word text PRIMARY KEY, passages bigint NOT NULL);
CREATE TABLE sotto.embedders (embedder_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text UNIQUE);
CREATE TABLE sotto.embeddings (
    embedder_id integer NOT NULL REFERENCES sotto.embedders ON DELETE CASCADE,
    passage_id bigint NOT NULL REFERENCES sotto.passages ON DELETE CASCADE,
    vector vector NOT NULL, PRIMARY KEY (embedder_id, passage_id)
);
CREATE INDEX embeddings_by_passage ON sotto.embeddings (passage_id);
CREATE TABLE sotto.examples (
    example_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, text text UNIQUE, wanted boolean NOT NULL
);
"""
MIGRATIONS: tuple[str, ...] = (_TABLES,)
"""Each brings a database of the version that is its place here to the next one."""

_NO_VECTOR = "Install pgvector there, and as its administrator: CREATE EXTENSION vector."
_MEANINGS: tuple[tuple[type[psycopg.Error], str, str], ...] = (
    (errors.UndefinedFile, "has no pgvector", _NO_VECTOR),
    (errors.FeatureNotSupported, "has no pgvector", _NO_VECTOR),
    (errors.InsufficientPrivilege, "does not let the user create what is needed",
     "As its administrator: CREATE EXTENSION vector, and GRANT CREATE ON DATABASE … TO …."),
    (errors.ReadOnlySqlTransaction, "takes nothing, being a copy", "Name the server that is written to."),
)  # fmt: skip


def near_index(embedder_id: int) -> str:
    """Return the name of pgvector's index of an embedder's vectors."""
    return f"embeddings_near_{embedder_id:d}"


class Database:
    """Connections to one database. Methods block and may be called on any thread."""

    def __init__(self, url: str) -> None:
        """Connects to nothing yet; raises SettingsError for what is no address of a PostgreSQL."""
        try:
            parts = conninfo_to_dict(url) if urlsplit(url).scheme in {"postgresql", "postgres"} else {}
        except (psycopg.Error, ValueError):
            parts = {}
        if not parts:
            raise SettingsError(
                "SOTTO_KNOWLEDGE_DATABASE is no address of a PostgreSQL database.",
                remedy="Write postgresql://USER:PASSWORD@HOST/NAME.",
            )
        self._url = url
        self.name = f"{parts.get('dbname', parts.get('user', ''))} on {parts.get('host', 'this machine')}"
        """For people: without user and password."""
        self._local = threading.local()
        self._pool = ConnectionPool(
            url,
            min_size=1,
            max_size=CONNECTIONS,
            open=False,
            timeout=WITHIN_S,
            check=ConnectionPool.check_connection,
            configure=_configure,
            kwargs={**_OPTIONS, "autocommit": True},
        )

    def open(self) -> None:
        """Connect, and bring the tables to the newest version; raises StoreError."""
        with self._errors():
            with psycopg.connect(self._url, **_OPTIONS) as connection:
                self._migrate(connection)
            self._pool.open(wait=True, timeout=WITHIN_S)

    def look(self) -> str:
        """Return what is there, and change nothing; raises StoreError."""
        with self._errors(), psycopg.connect(self._url, **_OPTIONS) as connection:
            found = connection.execute(
                "SELECT current_setting('server_version'), default_version FROM pg_available_extensions"
                " WHERE name = 'vector'"
            ).fetchone()
        if found is None:
            raise StoreError(f"The database {self.name} has no pgvector.", remedy=_NO_VECTOR)
        return f"PostgreSQL {found[0]}, pgvector {found[1]}"

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()

    @contextmanager
    def moment(self) -> Iterator[None]:
        """Let all that is read inside, on this thread, be of the same moment."""
        if getattr(self._local, "connection", None) is not None:  # of a moment around this one
            yield
            return
        with self._errors(), self._pool.connection() as connection, connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            self._local.connection = connection
            try:
                yield
            finally:
                self._local.connection = None

    @contextmanager
    def reading(self) -> Iterator[psycopg.Connection[Any]]:
        """Have a connection: the moment's, where there is one on this thread."""
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            with self._errors():
                yield connection
            return
        with self._errors(), self._pool.connection() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[psycopg.Connection[Any]]:
        """Do all that is inside, or nothing; whoever else writes waits."""
        with self._errors(), self._pool.connection() as connection, connection.transaction():
            connection.execute("SET LOCAL synchronous_commit = on")  # what is acknowledged is on disk
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
            yield connection

    def rows(self, statement: str, *values: Any) -> list[Any]:
        """Return what a question to the database yields."""
        with self.reading() as connection:
            return connection.execute(statement.encode(), values or None).fetchall()

    def _migrate(self, connection: psycopg.Connection[Any]) -> None:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        connection.execute("CREATE SCHEMA IF NOT EXISTS sotto")
        connection.execute("CREATE TABLE IF NOT EXISTS sotto.migrations (number integer PRIMARY KEY)")
        row = connection.execute("SELECT coalesce(max(number), 0) FROM sotto.migrations").fetchone()
        version = row[0] if row is not None else 0
        if version > len(MIGRATIONS):
            raise StoreError(
                f"The database {self.name} was written by a newer version of Sotto.",
                remedy="Install that version again, or name another database.",
            )
        for number, script in enumerate(MIGRATIONS[version:], version + 1):
            connection.execute(script.encode())
            connection.execute("INSERT INTO sotto.migrations VALUES (%s)", (number,))

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Make a StoreError of what the database raises inside. Its own words stay out: they quote what is kept."""
        try:
            yield
        except (PoolTimeout, PoolClosed):
            raise self._absent() from None
        except errors.DiskFull as err:
            raise StorageFullError(
                f"The disk of the database {self.name} takes nothing more; nothing was changed.",
                remedy="Make room on it, or remove documents, and try again.",
            ) from err
        except psycopg.Error as err:
            _LOGGER.debug("The database %s: %s %s", self.name, type(err).__name__, err.sqlstate)
            raise self._meaning(err) from err

    def _meaning(self, err: psycopg.Error) -> StoreError:
        for kind, what, remedy in _MEANINGS:
            if isinstance(err, kind):
                return StoreError(f"The database {self.name} {what}.", remedy=remedy)
        if isinstance(err, psycopg.OperationalError):
            return self._refusing() if "FATAL" in str(err) else self._absent()
        return StoreError(f"The database {self.name} failed: {type(err).__name__}.", remedy="See its log.")

    def _refusing(self) -> StoreError:
        """Of a connection that is refused the library tells only words, in the server's language."""
        return StoreError(
            f"The server of the database {self.name} refuses the connection.",
            remedy="See user, password and name in SOTTO_KNOWLEDGE_DATABASE, and the server's log.",
        )

    def _absent(self) -> StoreError:
        return StoreError(
            f"The database {self.name} cannot be reached.", remedy="See whether it runs, and SOTTO_KNOWLEDGE_DATABASE."
        )


def _configure(connection: psycopg.Connection[Any]) -> None:
    register_vector(connection)
