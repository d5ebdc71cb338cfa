"""What the door keeps in the data folder: whole or not there, wherever the process is ended; and its id."""

from __future__ import annotations

import errno
import logging
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.http.conftest import OpenDoor
from wyoming_servers.errors import SettingsError
from wyoming_servers.http import kept
from wyoming_servers.http.identity import read_or_make_id

KILLED = """
import os, signal, sys
from pathlib import Path
from wyoming_servers.http import kept

step, path = int(sys.argv[1]), Path(sys.argv[2])

def ending(real):
    def call(*arguments, **options):
        global step
        step -= 1
        if step == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*arguments, **options)
    return call

for name in ("open", "fsync", "link", "unlink", "close"):
    setattr(os, name, ending(getattr(os, name)))
kept.remove(path) if sys.argv[3] == "remove" else kept.make(path, "whole")
"""
"""Makes or removes a file, and is killed before the so-many-th call that touches the disk."""


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
    with pytest.raises(SettingsError, match="No space left") as caught:
        read_or_make_id(tmp_path / "id")
    assert "--data-dir" in caught.value.remedy


async def test_a_server_has_the_same_id_after_every_start(open_door: OpenDoor, tmp_path: Path) -> None:
    first, second = await open_door(), await open_door()
    assert first.about == second.about
    assert first.about["id"] == (tmp_path / "id").read_text().strip()
    assert set(first.about) == {"id", "version", "api"}


@pytest.mark.parametrize("content", [b"", b"\xff\xff", b"0" * 31, b"0" * 33, b"G" * 32, b"a\nb"])
def test_a_broken_id_is_replaced_with_a_warning(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "id"
    path.write_bytes(content)
    found = read_or_make_id(path)
    assert len(bytes.fromhex(found)) == 16
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    caplog.clear()
    assert read_or_make_id(path) == found
    assert not caplog.records


def test_a_folder_in_the_place_of_the_id_is_refused_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "id").mkdir()
    with pytest.raises(SettingsError, match="Is a directory"):
        read_or_make_id(tmp_path / "id")


def test_a_read_only_folder_with_an_id_in_it_is_no_trouble(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = read_or_make_id(tmp_path / "id")

    def read_only(*_: Any, **__: Any) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    for name in ("unlink", "link", "rename", "fsync", "chmod"):
        monkeypatch.setattr(os, name, read_only)
    assert read_or_make_id(tmp_path / "id") == found
