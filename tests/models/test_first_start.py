"""The first start, as a process: an empty data folder, and a server of models whose connections break."""

from __future__ import annotations

import asyncio
import re
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from wyoming.client import AsyncTcpClient
from wyoming.info import Describe, Info

from tests.models.model_server import ModelServer, sha256
from tests.program import sotto_command, sotto_environment

CUT_BYTES = 1_000_000
"""A connection breaks after so many bytes, again and again."""


def offered(server: ModelServer, kind: str, name: str, files: dict[str, bytes], **more: Any) -> dict[str, Any]:
    """Serve the files of a model, and return what the catalogue says of it."""
    entries = []
    for path, content in files.items():
        url = server.put(f"{name}/{path}", content, cut_after=[*(CUT_BYTES,) * 50, None])
        entries.append({"path": path, "size_bytes": len(content), "sha256": sha256(content), "urls": [url]})
    entry: dict[str, Any] = {"id": name, "kind": kind, "title": name, "languages": [], "licence": "MIT", "rank": 1}
    return entry | {"memory_mb": 50, "files": entries} | more


@pytest.fixture
async def catalogue(server: ModelServer, whisper_models: Path, piper_voices: Path, tmp_path: Path) -> Path:
    """Return a file that offers a Whisper and two voices of the real format; one of these is not what it says."""

    def read() -> tuple[dict[str, bytes], dict[str, bytes], dict[str, bytes]]:
        whisper = {path.name: path.read_bytes() for path in (whisper_models / "nano").iterdir()}
        voice = {path.name: path.read_bytes() for path in piper_voices.glob("en_US-noise-low*")}
        other = {path.name: path.read_bytes() for path in piper_voices.glob("zh_CN-noise-low*")}
        return whisper, voice, other

    whisper, voice, other = await asyncio.to_thread(read)
    whisper = dict(sorted(whisper.items(), key=lambda file: -len(file[1])))
    models = [
        offered(server, "stt", "nano", whisper, engine="whisper", folder="nano"),
        offered(server, "tts", "en_US-noise-low", voice, engine="piper", languages=["en-US"]),
        offered(server, "tts", "zh_CN-noise-low", other, engine="piper", languages=["zh-CN"]),
    ]
    broken = server.files["zh_CN-noise-low/zh_CN-noise-low.onnx"]
    broken.content = bytes(len(broken.content))
    path = tmp_path / "catalogue.yaml"
    await asyncio.to_thread(path.write_text, yaml.safe_dump({"only": True, "models": models}))
    return path


class Log:
    """What the process says, line by line."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self.text = ""

    async def until(self, pattern: str) -> re.Match[str]:
        """Return where this is said, now or before."""
        assert self._process.stdout is not None
        while (found := re.search(pattern, self.text)) is None:
            line = (await self._process.stdout.readline()).decode()
            assert line, f"it ended without {pattern!r}:\n{self.text}"
            self.text += line
        return found


@pytest.fixture
async def log(catalogue: Path, tmp_path: Path) -> AsyncIterator[Log]:
    """Start the servers with nothing there yet."""
    own = {
        "SOTTO_ZEROCONF": "no",
        "SOTTO_WEB_URI": "",
        "SOTTO_HTTP_URI": "",
        "SOTTO_URI": "tcp://127.0.0.1:0",
        "SOTTO_MODELS_FETCH": "auto",
        "SOTTO_MODELS_CATALOGUE": str(catalogue),
        "SOTTO_MODELS_LANGUAGES": "en, zh-CN",
    }
    environment = sotto_environment(tmp_path / "data", **own)
    process = await asyncio.create_subprocess_exec(*sotto_command("run"), stdout=PIPE, stderr=STDOUT, env=environment)
    yield Log(process)
    if process.returncode is None:
        process.kill()
    await process.communicate()


async def described(port: int) -> Info:
    async with AsyncTcpClient("127.0.0.1", port) as client:
        await client.write_event(Describe().event())
        event = await client.read_event()
        assert event is not None
        return Info.from_event(event)


def names(info: Info) -> set[str]:
    models = {model.name for program in info.asr for model in program.models}
    return models | {voice.name for program in info.tts for voice in program.voices}


@pytest.mark.timeout(120)
async def test_a_first_start_answers_at_once_and_becomes_better_by_itself(
    log: Log, server: ModelServer, tmp_path: Path
) -> None:
    port = int((await log.until(r"listens on tcp://\S+?:(\d+)"))[1])
    at_first = names(await described(port))
    assert at_first
    assert not at_first & {"nano", "en_US-noise-low"}
    await log.until("nano is installed")
    await log.until("en_US-noise-low is installed")
    refused = await log.until(r"zh_CN-noise-low could not be fetched: (.*)")
    assert "not the one that is meant" in refused[1]
    await log.until("Speech-to-text uses whisper with the model nano now")
    await log.until("There are .* voices now")
    assert names(await described(port)) >= {"nano", "en_US-noise-low"}
    assert "zh_CN-noise-low" not in names(await described(port))
    ranges = [each.range for each in server.requests if each.path == "nano/model.bin"]
    assert ranges[0] == ""
    assert len(ranges) > 1
    assert all(each.startswith("bytes=") for each in ranges[1:])
    there = await asyncio.to_thread(lambda: {path.name for path in (tmp_path / "data").rglob("*.onnx")})
    assert there == {"en_US-noise-low.onnx"}
