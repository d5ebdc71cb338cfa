"""The folder of custom words, with models that are nothing but bytes."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest

from wyoming_servers.wake.custom import CustomFolder, Spelling, spell
from wyoming_servers.wake.tflite import MAX_MODEL_BYTES, BadModelError


def load(model: bytes) -> str:
    if model.startswith(b"bad"):
        raise BadModelError("it is damaged")
    return model.decode()


@pytest.mark.parametrize(
    ("name", "phrase", "version"),
    [
        ("computer", "computer", ""),
        ("computer_v2", "computer", "2"),
        ("hey_my_house_v0.1", "hey my house", "0.1"),
        ("hey house-V3", "hey house", "3"),
        ("rev2", "rev2", ""),
        ("hey_v2_house", "hey v2 house", ""),
        ("_v2", "_v2", "2"),
        ("hé_maison", "hé maison", ""),
    ],
)
def test_a_name_tells_the_phrase_and_the_version(name: str, phrase: str, version: str) -> None:
    assert spell(name) == Spelling(phrase, version)


def test_a_folder_that_does_not_exist_has_no_words(tmp_path: Path) -> None:
    folder = CustomFolder(tmp_path / "none", load)
    assert not folder.scan()
    assert folder.models == {}


def test_words_come_go_and_change_with_their_files(tmp_path: Path) -> None:
    folder = CustomFolder(tmp_path, load)
    path = tmp_path / "computer_v2.tflite"
    path.write_bytes(b"first")
    assert folder.scan()
    assert folder.models == {"computer_v2": "first"}
    assert not folder.scan()
    path.write_bytes(b"another")
    assert folder.scan()
    assert folder.models == {"computer_v2": "another"}
    path.unlink()
    assert folder.scan()
    assert folder.models == {}


def test_a_file_of_the_same_size_is_read_again_when_its_time_changes(tmp_path: Path) -> None:
    folder = CustomFolder(tmp_path, load)
    path = tmp_path / "computer.tflite"
    path.write_bytes(b"first")
    folder.scan()
    path.write_bytes(b"other")
    os.utime(path, ns=(1, 1))
    assert folder.scan()
    assert folder.models == {"computer": "other"}


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    for name in ("readme.txt", "._computer.tflite", ".tflite"):
        (tmp_path / name).write_bytes(b"good")
    (tmp_path / "folder.tflite").mkdir()
    assert not CustomFolder(tmp_path, load).scan()


def test_a_bad_file_is_reported_once_by_name_and_does_not_hide_the_good(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    (tmp_path / "good.tflite").write_bytes(b"good")
    (tmp_path / "broken.tflite").write_bytes(b"bad")
    folder = CustomFolder(tmp_path, load)
    assert folder.scan()
    assert not folder.scan()
    assert folder.models == {"good": "good"}
    assert len(caplog.records) == 1
    assert "broken.tflite" in caplog.text
    assert "it is damaged" in caplog.text


def test_a_bad_file_that_is_replaced_by_a_good_one_becomes_a_word(tmp_path: Path) -> None:
    path = tmp_path / "computer.tflite"
    path.write_bytes(b"bad")
    folder = CustomFolder(tmp_path, load)
    assert not folder.scan()
    path.write_bytes(b"good now")
    assert folder.scan()


def test_a_file_of_absurd_size_is_not_read(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "film.tflite"
    with path.open("wb") as file:
        file.truncate(MAX_MODEL_BYTES + 1)
    assert not CustomFolder(tmp_path, load).scan()
    assert "larger" in caplog.text
