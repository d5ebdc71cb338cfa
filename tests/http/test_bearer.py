"""The token: made once, the same for whoever comes at the same moment, and never readable by others."""

from __future__ import annotations

import logging
import multiprocessing
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from wyoming_servers.errors import SettingsError
from wyoming_servers.http.bearer import checked_token, read_or_make_token


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_it_is_made_at_the_first_start_and_the_same_at_the_next(tmp_path: Path) -> None:
    path = tmp_path / "data" / "token"
    token = read_or_make_token(path)
    assert len(token) >= 43
    assert read_or_make_token(path) == token
    assert [each.name for each in path.parent.iterdir()] == ["token"]


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_only_its_owner_could_ever_read_it(tmp_path: Path, umask: int, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    real_open, real_link = os.open, os.link

    def watched_open(path: Any, flags: int, *args: Any, **kwargs: Any) -> int:
        descriptor = real_open(path, flags, *args, **kwargs)
        if flags & os.O_CREAT:
            assert flags & os.O_EXCL
            seen.append(stat.S_IMODE(os.fstat(descriptor).st_mode))
        return descriptor

    def watched_link(source: Any, target: Any) -> None:
        seen.append(mode(Path(source)))
        assert Path(source).read_text().strip(), "it has its name before it is written"
        real_link(source, target)

    monkeypatch.setattr(os, "open", watched_open)
    monkeypatch.setattr(os, "link", watched_link)
    before = os.umask(umask)
    try:
        read_or_make_token(tmp_path / "token")
    finally:
        os.umask(before)
    assert seen == [0o600, 0o600]
    assert mode(tmp_path / "token") == 0o600


def test_threads_that_come_at_once_get_one_token(tmp_path: Path) -> None:
    path = tmp_path / "token"
    with ThreadPoolExecutor(16) as threads:
        tokens = set(threads.map(lambda _: read_or_make_token(path), range(64)))
    assert tokens == {path.read_text().strip()}
    assert [each.name for each in tmp_path.iterdir()] == ["token"]


def test_processes_that_start_at_once_get_one_token(tmp_path: Path) -> None:
    path = tmp_path / "token"
    with multiprocessing.get_context("spawn").Pool(4) as processes:
        tokens = set(processes.map(read_or_make_token, [path] * 4, chunksize=1))
    assert tokens == {path.read_text().strip()}


def test_where_there_are_no_hard_links_it_works_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_link(*_: Any) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "link", no_link)
    token = read_or_make_token(tmp_path / "token")
    assert read_or_make_token(tmp_path / "token") == token
    assert mode(tmp_path / "token") == 0o600


def test_a_file_that_others_can_read_is_corrected_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "token"
    path.write_text("of-the-user\n")
    path.chmod(0o644)
    assert read_or_make_token(path) == "of-the-user"
    assert mode(path) == 0o600
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "of-the-user" not in caplog.text
    caplog.clear()
    read_or_make_token(path)
    assert not caplog.records


@pytest.mark.parametrize("content", [b"", b"\n", b"two words", "süß".encode(), b"\xff\xff", b"a\nb"])
def test_a_file_without_a_token_in_it_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "token"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(SettingsError, match="token"):
        read_or_make_token(path)


def test_a_folder_in_its_place_is_refused_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "token").mkdir(mode=0o700)
    with pytest.raises(SettingsError, match="SOTTO_HTTP_TOKEN"):
        read_or_make_token(tmp_path / "token")


def test_a_data_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(SettingsError, match="cannot be used"):
        read_or_make_token(tmp_path / "data" / "token")


def test_a_token_that_fits_into_no_header_is_refused_without_being_shown() -> None:
    with pytest.raises(SettingsError) as caught:
        checked_token("with blank", "SOTTO_HTTP_TOKEN")
    assert "with blank" not in str(caught.value)
