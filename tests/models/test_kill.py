"""A process that is killed while it fetches: what came is there, nothing else is, and the next one goes on."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from tests.models.conftest import BYTES, CONTENT, OpenStore, file_of, model_of, settled, state_of
from tests.models.model_server import ModelServer, sha256
from tests.program import processes
from wyoming_servers.models.catalogue import Kind
from wyoming_servers.models.shelves import PARTIAL, SUFFIX, Shelves
from wyoming_servers.models.state import State
from wyoming_servers.settings import Settings

StartFetching = Callable[[str], Awaitable[Process]]


@pytest.fixture
async def start_fetching(settings: Settings) -> AsyncIterator[StartFetching]:
    async with processes() as start_process:

        async def start(url: str) -> Process:
            command = (sys.executable, "-m", "tests.models.fetching", str(settings.server.data_dir), url, str(BYTES))
            return await start_process(*command, sha256(CONTENT), stderr=None)

        yield start


async def killed_at(process: Process, state: State, done_bytes: int) -> None:
    """Kill the process as soon as it is so far."""
    assert process.stdout is not None
    while line := (await process.stdout.readline()).decode().split():
        if line[0] == state and int(line[1]) >= done_bytes:
            process.kill()
            await process.wait()
            return
    pytest.fail("it never came so far")


async def test_what_a_killed_process_had_fetched_is_not_fetched_again(
    server: ModelServer, start_fetching: StartFetching, open_store: OpenStore, shelves: Shelves
) -> None:
    hold = asyncio.Event()
    url = server.put("m", CONTENT, hold=hold)
    await killed_at(await start_fetching(url), State.DOWNLOADING, 1)
    hold.set()
    folder = shelves.folder(Kind.STT)
    assert not await asyncio.to_thread((folder / "base").exists)
    model = model_of(file_of("base/model.bin", url), model_id="base", kind=Kind.STT)
    store = await open_store([model])
    begun = state_of(store, "base").done_bytes
    assert begun > 0
    await store.fetch("base")
    assert (await settled(store, "base")).state is State.INSTALLED
    assert server.requests[-1].range == f"bytes={begun}-"
    assert await asyncio.to_thread((folder / "base" / "model.bin").read_bytes) == CONTENT


async def test_a_process_killed_between_the_last_byte_and_the_model_leaves_no_half_of_it(
    server: ModelServer, start_fetching: StartFetching, open_store: OpenStore, shelves: Shelves
) -> None:
    url = server.put("m", CONTENT)
    await killed_at(await start_fetching(url), State.VERIFYING, BYTES)
    model = model_of(file_of("base/model.bin", url), model_id="base", kind=Kind.STT)
    store = await open_store([model])
    if state_of(store, "base").state is not State.INSTALLED:  # it was quicker than the kill
        await store.fetch("base")
        assert (await settled(store, "base")).state is State.INSTALLED
    assert len(server.requests) == 1


@pytest.mark.parametrize("renamed", ["model.bin", "config.json"])
async def test_a_process_killed_while_a_model_appears_is_no_harm(
    server: ModelServer, open_store: OpenStore, shelves: Shelves, renamed: str
) -> None:
    contents = {"model.bin": CONTENT, "config.json": b"{}"}
    staging = shelves.folder(Kind.STT) / PARTIAL / "base"

    def as_it_was_left() -> None:
        staging.mkdir(parents=True)
        for name, content in contents.items():
            (staging / (name if name == renamed else name + SUFFIX)).write_bytes(content)

    await asyncio.to_thread(as_it_was_left)
    files = [file_of(f"base/{name}", server.put(name, each), content=each) for name, each in contents.items()]
    model = model_of(*files, model_id="base", kind=Kind.STT)
    store = await open_store([model])
    assert state_of(store, "base").state is State.ABSENT
    await store.fetch("base")
    assert (await settled(store, "base")).state is State.INSTALLED
    assert not server.requests
    assert await asyncio.to_thread(lambda: sorted(each.name for each in (staging.parents[1] / "base").iterdir())) == [
        "config.json",
        "model.bin",
    ]


async def test_two_files_of_a_voice_are_no_voice_until_both_are_there(
    server: ModelServer, open_store: OpenStore, shelves: Shelves
) -> None:
    """Killed between the two renames: the one that an engine looks for comes last."""
    order: list[str] = []
    files = [file_of("en.onnx", server.put("a", CONTENT)), file_of("en.onnx.json", server.put("b", CONTENT))]
    store = await open_store([model_of(*files, model_id="en", kind=Kind.TTS)])
    rename = Path.rename

    def noted(self: Path, target: Path) -> Path:
        order.append(Path(target).name)
        return rename(self, target)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Path, "rename", noted)
        await store.fetch("en")
        assert (await settled(store, "en")).state is State.INSTALLED
    assert order == ["en.onnx.json", "en.onnx"]
