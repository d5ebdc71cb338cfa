"""The id of a server, by which an integration knows it again."""

from __future__ import annotations

import errno
import logging
import os
from pathlib import Path
from typing import Any

import pytest

from tests.http.conftest import OpenDoor
from wyoming_servers.errors import SettingsError
from wyoming_servers.http.identity import read_or_make_id


def test_a_full_disk_is_said_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
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
