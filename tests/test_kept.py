"""What is kept in the data folder: whole or not there, wherever the process is ended."""

from __future__ import annotations

import errno
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from wyoming_servers import kept

KILLED = """
import io, os, signal, sys
from pathlib import Path
from wyoming_servers import kept

step, path = int(sys.argv[1]), Path(sys.argv[2])

def ending(real):
    def call(*arguments, **options):
        global step
        step -= 1
        if step == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*arguments, **options)
    return call

def twice(real):
    def call(*arguments, **options):
        file = real(*arguments, **options)
        ending(lambda: None)()  # it is empty by now, if it is to be written
        return file
    return call

io.open = twice(io.open)
for name in ("open", "fsync", "link", "unlink", "replace", "close"):
    setattr(os, name, ending(getattr(os, name)))
if sys.argv[3] == "remove":
    kept.remove(path)
elif sys.argv[3] == "make":
    kept.make(path, "whole")
else:
    kept.write(path, "new")
"""
"""Makes, removes or writes a file, and is killed before the so-many-th call that touches the disk."""


def killed_at(step: int, path: Path, what: str) -> bool:
    """Return whether it came so far."""
    done = subprocess.run([sys.executable, "-c", KILLED, str(step), str(path), what], check=False, timeout=30)
    assert done.returncode in {0, -signal.SIGKILL}
    return done.returncode != 0


def test_a_file_is_whole_or_not_there_wherever_the_process_is_killed(tmp_path: Path) -> None:
    found = []
    for step in range(1, 20):
        path = tmp_path / str(step) / "id"
        was_killed = killed_at(step, path, "make")
        found.append(path.read_text() if path.exists() else None)
        kept.make(path, "again")
        assert kept.read(path) == ("whole" if found[-1] else "again")
        if not was_killed:
            break
    assert set(found) == {None, "whole\n"}
    assert found == sorted(found, key=bool), "from some step on it is there"


def test_a_file_is_gone_or_as_it_was_wherever_the_process_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "paired"
    for step in range(1, 20):
        kept.make(path, "whole")
        was_killed = killed_at(step, path, "remove")
        assert not path.exists() or kept.read(path) == "whole"
        if not was_killed:
            break
    assert not path.exists()


def test_a_file_that_is_written_again_is_as_it_was_or_whole_wherever_the_process_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "record"
    found = []
    for step in range(1, 20):
        kept.write(path, "old")
        was_killed = killed_at(step, path, "write")
        found.append(kept.read(path))
        if not was_killed:
            break
    assert set(found) == {"old", "new"}
    assert found == sorted(found, reverse=True), "from some step on it is the new one"


def test_only_their_owner_can_read_what_is_kept(tmp_path: Path) -> None:
    kept.make(tmp_path / "id", "x")
    assert stat.S_IMODE((tmp_path / "id").stat().st_mode) == 0o600


def test_what_is_there_stays(tmp_path: Path) -> None:
    assert kept.make(tmp_path / "id", "first")
    assert not kept.make(tmp_path / "id", "second")
    assert kept.read(tmp_path / "id") == "first"
    assert kept.remove(tmp_path / "id")
    assert not kept.remove(tmp_path / "id")


def test_a_full_disk_leaves_nothing_half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        kept.make(tmp_path / "id", "x")
    assert not list(tmp_path.iterdir())
