"""Real servers that get a better Whisper: it is taken up, and the one before it goes, after a kill in between."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import yaml

from tests.models.model_server import ModelServer
from tests.models.test_first_start import Log, described, names, offered
from tests.program import sotto_environment

WITHOUT_WAITING = """
import wyoming_servers.models.retiring, wyoming_servers.models.store
wyoming_servers.models.retiring.UNUSED_S = 0.0
wyoming_servers.models.store.AGAIN_S = 0.3
from wyoming_servers.__main__ import main
raise SystemExit(main())
"""
Start = Callable[..., Awaitable[Log]]


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    """Start speech-to-text with what a catalogue offers, for which a week is no time; the one before it is killed."""
    processes: list[asyncio.subprocess.Process] = []

    async def run(*models: dict[str, object]) -> Log:
        for process in processes:
            process.kill()
            await process.communicate()
        processes.clear()
        catalogue = tmp_path / "catalogue.yaml"
        await asyncio.to_thread(catalogue.write_text, yaml.safe_dump({"only": True, "models": [*models]}))
        own = {
            "SOTTO_ZEROCONF": "no",
            "SOTTO_WEB_URI": "",
            "SOTTO_HTTP_URI": "",
            "SOTTO_URI": "tcp://127.0.0.1:0",
            "SOTTO_MODELS_FETCH": "auto",
            "SOTTO_MODELS_CATALOGUE": str(catalogue),
        }
        command = [sys.executable, "-c", WITHOUT_WAITING, "run", "stt"]
        process = await asyncio.create_subprocess_exec(
            *command, stdout=PIPE, stderr=STDOUT, env=sotto_environment(tmp_path / "data", **own)
        )
        processes.append(process)
        return Log(process)

    yield run
    for process in processes:
        if process.returncode is None:
            process.kill()
        await process.communicate()


@pytest.mark.timeout(120)
async def test_the_model_before_it_goes_once_the_better_one_is_in_use(
    start: Start, server: ModelServer, whisper_models: Path, tmp_path: Path
) -> None:
    def read(name: str) -> dict[str, bytes]:
        files = {path.name: path.read_bytes() for path in (whisper_models / name).iterdir()}
        return dict(sorted(files.items(), key=lambda file: -len(file[1])))

    first = await asyncio.to_thread(read, "nano.en")
    second = await asyncio.to_thread(read, "nano")
    old = offered(server, "stt", "nano.en", first, engine="whisper", folder="nano.en", rank=1)
    new = offered(server, "stt", "nano", second, engine="whisper", folder="nano", rank=2)
    before = await start(old)
    await before.until("Speech-to-text uses whisper with the model nano.en now")
    log = await start(old, new)
    port = int((await log.until(r"listens on tcp://\S+?:(\d+)"))[1])
    await log.until("nano is installed")
    await log.until("Speech-to-text uses whisper with the model nano now")
    await log.until(r"nano\.en is removed: nano is in its place")
    assert log.text.index("with the model nano now") < log.text.index("nano.en is removed")
    assert "nano" in names(await described(port))
    there = await asyncio.to_thread(lambda: {path.parent.name for path in (tmp_path / "data").rglob("model.bin")})
    assert there == {"nano"}
