"""With 2 GB and models that do not fit it steps down, stays up, answers and tells why, within the kernel's limits."""

from __future__ import annotations

import os
import resource
import shutil
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from wyoming.asr import Transcript
from wyoming.client import AsyncTcpClient

from tests.memory.limited import Limited, control_group, hog, limited

GB = 1_000_000_000
LIMIT = 2 * GB
LEFT = 25_000_000


@pytest.fixture
def data(tmp_path: Path, gguf_models: Path, whisper_models: Path) -> Path:
    """Return a data folder with a language model of 3 GB, a small one, and a Whisper."""
    (tmp_path / "llm").mkdir()
    shutil.copyfile(gguf_models / "nano.gguf", tmp_path / "llm" / "small.gguf")
    shutil.copyfile(gguf_models / "nano.gguf", tmp_path / "llm" / "huge.gguf")
    os.truncate(tmp_path / "llm" / "huge.gguf", 3 * GB)  # zeros, which take no disk
    shutil.copytree(whisper_models / "nano", tmp_path / "whisper" / "nano")
    return tmp_path


async def asked(server: Limited, text: str) -> str:
    """Ask, and return the kind of the answer."""
    address = urlsplit(server.uri)
    assert address.hostname is not None
    assert address.port is not None
    async with AsyncTcpClient(address.hostname, address.port) as client:
        await client.write_event(Transcript(text=text, language="en").event())
        event = await client.read_event()
    assert event is not None
    return str(event.type)


@pytest.mark.timeout(300)
async def test_in_a_control_group_a_model_that_does_not_fit_gives_way_to_a_smaller_one(data: Path) -> None:
    with control_group(LIMIT) as group:
        async with limited(data, group.inside, "--llm-context", "2048") as server:
            status = await server.until(lambda status: status["model"]["state"] == "ready")
            assert status["model"]["model"] == "small"
            memory = status["memory"]
            assert memory["limit"] == "cgroup"
            assert memory["total_mb"] == pytest.approx(0.92 * LIMIT / 1e6, abs=1)
            assert "small" in memory["notes"][0]
            assert "huge needs 3.3 GB" in memory["notes"][0]
            assert any("huge needs 3.3 GB" in line for line in server.log)
            assert await asked(server, "turn on the living room light") == "intent"

            async with hog(group, LEFT):
                status = await server.until(lambda status: len(status["memory"]["notes"]) > 1)
                assert "of memory were left" in status["memory"]["notes"][-1]
                assert await asked(server, "turn off the living room light") == "intent"
            assert server.process.returncode is None
            assert status["model"]["restarts"] == 0, "nothing was killed"


@pytest.mark.timeout(300)
async def test_under_a_resource_limit_it_steps_down_too(data: Path) -> None:
    def wrap(*command: str) -> tuple[str, ...]:
        limit = f"import os, resource, sys; resource.setrlimit(resource.RLIMIT_DATA, ({LIMIT}, {LIMIT}))"
        return sys.executable, "-c", f"{limit}; os.execv(sys.argv[1], sys.argv[1:])", *command

    assert resource.getrlimit(resource.RLIMIT_DATA)[1] in {resource.RLIM_INFINITY, LIMIT}
    async with limited(data, wrap, "--llm-context", "2048") as server:
        status = await server.until(lambda status: status["model"]["state"] == "ready")
        assert status["model"]["model"] == "small"
        assert status["memory"]["limit"] == "rlimit"
        assert "huge needs" in status["memory"]["notes"][0]
        assert await asked(server, "turn on the living room light") == "intent"
