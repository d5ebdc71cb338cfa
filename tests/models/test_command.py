"""`sotto models` as its user runs it: processes, with a server and without one, and a server that fetches by itself."""

from __future__ import annotations

import asyncio
import re
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.models.conftest import BYTES, CONTENT
from tests.models.model_server import ModelServer, sha256
from tests.program import processes, sotto_command, sotto_environment

RunSotto = Callable[..., Awaitable[tuple[int, str]]]
StartServer = Callable[..., Awaitable[str]]


@pytest.fixture
def catalogue(tmp_path: Path, server: ModelServer) -> Path:
    """Return a file that offers one voice of the test's own, and nothing else."""
    files = [
        {"path": name, "size_bytes": len(content), "sha256": sha256(content), "urls": [server.put(name, content)]}
        for name, content in (("en_US-test-medium.onnx", CONTENT), ("en_US-test-medium.onnx.json", b"{}"))
    ]
    voice: dict[str, Any] = {"id": "en_US-test-medium", "kind": "tts", "engine": "piper", "title": "A voice"}
    voice |= {"languages": ["en-US"], "licence": "MIT", "memory_mb": 100, "rank": 1, "files": files}
    path = tmp_path / "catalogue.yaml"
    path.write_text(yaml.safe_dump({"only": True, "models": [voice]}))
    return path


def environment(tmp_path: Path, catalogue: Path) -> dict[str, str]:
    own = {"SOTTO_ZEROCONF": "no", "SOTTO_WEB_URI": "", "SOTTO_MODELS_CATALOGUE": str(catalogue)}
    return sotto_environment(tmp_path / "data", **own)


@pytest.fixture
async def start_process(tmp_path: Path, catalogue: Path) -> AsyncIterator[Callable[..., Awaitable[Process]]]:
    async with processes() as started:

        async def start(*arguments: str) -> Process:
            return await started(*sotto_command(*arguments), env=environment(tmp_path, catalogue))

        yield start


@pytest.fixture
def sotto(start_process: Callable[..., Awaitable[Process]]) -> RunSotto:
    """Run `sotto models …` on the server at an address, or with "" without one; returns exit code and output."""

    async def run(http_uri: str, *arguments: str) -> tuple[int, str]:
        process = await start_process("models", *arguments, "--http-uri", http_uri)
        output, _ = await process.communicate()
        assert process.returncode is not None
        return process.returncode, output.decode()

    return run


@pytest.fixture
def start_server(start_process: Callable[..., Awaitable[Process]]) -> StartServer:
    """Start `sotto run`, and return the address of its HTTP door."""

    async def start(*arguments: str) -> str:
        uris = ("--uri", "tcp://127.0.0.1:0", "--http-uri", "tcp://127.0.0.1:0")
        process = await start_process("run", "tts", "conversation", *uris, *arguments)
        assert process.stdout is not None
        log = ""
        while line := (await process.stdout.readline()).decode():
            log += line
            if found := re.search(r"HTTP listens on port (\d+)", line):
                return f"tcp://127.0.0.1:{found[1]}"
        pytest.fail(f"the server did not start:\n{log}")

    return start


def model_file(tmp_path: Path) -> Path:
    return tmp_path / "data" / "piper" / "en_US-test-medium.onnx"


async def test_models_are_fetched_and_removed_without_a_server(
    sotto: RunSotto, server: ModelServer, tmp_path: Path
) -> None:
    code, output = await sotto("", "status")
    assert (code, "en_US-test-medium" in output, "wanted" in output) == (0, True, True)
    assert not server.requests  # it is only said
    code, output = await sotto("", "fetch", "en_US-test-medium")
    assert (code, "installed en_US-test-medium" in output) == (0, True), output
    assert await asyncio.to_thread(model_file(tmp_path).read_bytes) == CONTENT
    code, output = await sotto("", "cancel", "en_US-test-medium")  # too late
    assert (code, output.split()[0]) == (0, "installed")
    code, output = await sotto("", "remove", "en_US-test-medium")
    assert (code, output.split()[:2]) == (0, ["absent", "en_US-test-medium"])
    assert not await asyncio.to_thread(model_file(tmp_path).exists)


async def test_what_became_of_a_model_that_was_replaced_is_said(sotto: RunSotto, tmp_path: Path) -> None:
    record = tmp_path / "data" / "models" / "en_US-test-medium.json"

    def removed() -> None:
        record.parent.mkdir(parents=True)
        record.write_text('{"id": "en_US-test-medium", "installed": false, "sha256": {}, "replaced_by": "better"}')

    await asyncio.to_thread(removed)
    code, output = await sotto("", "status")
    assert (code, "removed, as better is in its place" in output) == (0, True), output


async def test_a_running_server_is_asked(sotto: RunSotto, start_server: StartServer, tmp_path: Path) -> None:
    uri = await start_server()
    code, output = await sotto(uri, "fetch", "en_US-test-medium")
    assert (code, "installed en_US-test-medium" in output) == (0, True), output
    code, output = await sotto(uri, "list", "--language", "en", "--kind", "tts")
    assert (code, output.split()[0]) == (0, "installed")
    assert "1 models" in output
    code, output = await sotto("", "fetch", "en_US-test-medium")  # beside it, on the same folder
    assert (code, "Another Sotto" in output) == (2, True)


async def test_a_server_fetches_what_is_wanted_by_itself_when_it_is_told_to(
    sotto: RunSotto, start_server: StartServer, server: ModelServer, tmp_path: Path
) -> None:
    server.files["en_US-test-medium.onnx"].cut_after = [BYTES // 2, None]
    uri = await start_server("--models-fetch", "auto")
    code, output = await sotto(uri, "fetch", "en_US-test-medium")  # waits for it
    assert (code, "installed" in output) == (0, True), output
    assert await asyncio.to_thread(model_file(tmp_path).read_bytes) == CONTENT


async def test_a_folder_is_imported_and_what_is_none_is_refused(
    sotto: RunSotto, server: ModelServer, tmp_path: Path
) -> None:
    usb = tmp_path / "usb"

    def filled() -> None:
        usb.mkdir()
        (usb / "a").write_bytes(CONTENT)
        (usb / "b").write_bytes(b"{}")

    await asyncio.to_thread(filled)
    assert await sotto("", "import", str(usb)) == (0, "imported  en_US-test-medium\n")
    assert not server.requests
    code, output = await sotto("", "import", str(tmp_path / "nowhere"))
    assert (code, "No such file" in output) == (2, True)


async def test_a_running_server_imports_a_folder_of_its_machine(
    sotto: RunSotto, start_server: StartServer, tmp_path: Path
) -> None:
    uri = await start_server()
    usb = tmp_path / "usb"

    def filled() -> None:
        usb.mkdir()
        (usb / "a").write_bytes(CONTENT)
        (usb / "b").write_bytes(b"{}")

    await asyncio.to_thread(filled)
    assert await sotto(uri, "import", str(usb)) == (0, "imported  en_US-test-medium\n")
    code, output = await sotto(uri, "import", str(tmp_path / "nowhere"))
    assert (code, "No such file" in output) == (4, True)


async def test_what_fails_has_its_exit_code(sotto: RunSotto, server: ModelServer) -> None:
    server.files["en_US-test-medium.onnx"].content = bytes(BYTES)
    code, output = await sotto("", "fetch", "en_US-test-medium")
    assert (code, "not the one that is meant" in output) == (4, True)
    code, output = await sotto("", "fetch", "nothing")
    assert (code, "sotto models list" in output) == (2, True)


async def test_a_catalogue_that_is_none_is_told(sotto: RunSotto, catalogue: Path) -> None:
    await asyncio.to_thread(catalogue.write_text, "models: 7")
    code, output = await sotto("", "list")
    assert (code, "is no catalogue of models" in output) == (2, True)
