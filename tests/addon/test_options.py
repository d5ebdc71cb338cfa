"""What a user fills in on the Configuration tab, as settings."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from addon.options import choose, may_be, read
from wyoming_servers.errors import SettingsError
from wyoming_servers.settings import build


def test_what_is_filled_in_becomes_a_setting_and_what_is_empty_does_not() -> None:
    chosen = choose({"language": "zh-CN", "stt": "tcp://jetson.local:10600", "tts_voice": "", "documents": []})
    assert chosen.settings == {"language": "zh-CN", "stt": "tcp://jetson.local:10600"}


def test_every_folder_of_documents_is_read() -> None:
    chosen = choose({"documents": ["/share/manuals", "/media/notes"]})
    assert build(chosen.settings).knowledge.folders == (Path("/share/manuals"), Path("/media/notes"))


def test_the_log_level_is_the_usual_one_unless_another_is_chosen() -> None:
    assert choose({}).log_level == logging.INFO
    assert choose({"log_level": "debug"}).log_level == logging.DEBUG


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"wake_threshold": 2}, ['"Wake word threshold" (wake_threshold) is 2', "Probability from which"]),
        ({"stt": "wisper"}, ["\"Speech-to-text\" (stt) is 'wisper'", f"{', '.join(may_be('stt'))} or tcp://HOST:PORT"]),
        ({"tts": "tcp://jetson.local"}, ["\"Text-to-speech\" (tts) is 'tcp://jetson.local'", "tcp://HOST:PORT"]),
        ({"llm": "gpt"}, ["\"Language model\" (llm) is 'gpt'"]),
        ({"log_level": "chatty"}, ["\"Log level\" (log_level) is 'chatty'", "debug, info, warning, error"]),
        ({"languge": "en"}, ["no option languge", "Remove it."]),
    ],
)
def test_a_wrong_option_is_named_as_the_user_sees_it(given: dict[str, Any], said: list[str]) -> None:
    with pytest.raises(SettingsError) as caught:
        choose(given)
    assert not [each for each in (*said, "Configuration tab") if each not in str(caught.value)], caught.value


def test_a_secret_that_is_wrong_is_not_shown() -> None:
    with pytest.raises(SettingsError, match=r"\(llm_key\) is \(secret\)") as caught:
        choose({"llm_key": 12345})
    assert "12345" not in str(caught.value)


def test_options_are_what_the_supervisor_wrote(tmp_path: Path) -> None:
    path = tmp_path / "options.json"
    path.write_text(json.dumps({"language": "de"}))
    assert read(path) == {"language": "de"}


@pytest.mark.parametrize("written", [None, "{", "[]", b"\xff\xfe{"])
def test_options_that_cannot_be_read_are_said_with_what_helps(tmp_path: Path, written: str | bytes | None) -> None:
    path = tmp_path / "options.json"
    if written is not None:
        path.write_bytes(written if isinstance(written, bytes) else written.encode())
    with pytest.raises(SettingsError, match="Restart the app") as caught:
        read(path)
    assert str(path) in str(caught.value)
