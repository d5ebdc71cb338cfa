"""A server of models on loopback, models that it has, and stores that fetch them."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.models.model_server import ModelServer, sha256
from wyoming_servers.models.catalogue import Kind, Model, ModelFile
from wyoming_servers.models.download import Patience
from wyoming_servers.models.shelves import Shelves
from wyoming_servers.models.state import ModelState, State
from wyoming_servers.models.store import ModelStore
from wyoming_servers.settings import Settings, build

BYTES = 3_000_000
CONTENT = random.Random(7).randbytes(BYTES)

OpenStore = Callable[..., Awaitable[ModelStore]]


class Pauses:
    """Time that passes at once, and is remembered."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        await asyncio.sleep(0)


@pytest.fixture
def pauses() -> Pauses:
    return Pauses()


@pytest.fixture
async def server() -> AsyncIterator[ModelServer]:
    server = ModelServer()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return build({"data_dir": str(tmp_path / "data")})


@pytest.fixture
def shelves(settings: Settings) -> Shelves:
    return Shelves(settings, reserve_bytes=0)


def file_of(path: str, *urls: str, content: bytes = CONTENT, **more: Any) -> ModelFile:
    """Return a file with the right digest, unless another is given."""
    return ModelFile(path, len(content), more.pop("sha256", sha256(content)), tuple(urls), **more)


def model_of(*files: ModelFile, model_id: str = "talker", kind: Kind = Kind.LLM, **more: Any) -> Model:
    values = {"title": model_id, "languages": (), "licence": "MIT", "memory_mb": 100, "rank": 1, "engine": "llama_cpp"}
    return Model(id=model_id, kind=kind, files=files, **{**values, **more})


@pytest.fixture
async def open_store(shelves: Shelves, pauses: Pauses) -> AsyncIterator[OpenStore]:
    """Start stores that are stopped at the test's end: `store = await open_store([model])`."""
    async with AsyncExitStack() as stack:

        async def start(models: list[Model], on: Shelves | None = None, **more: Any) -> ModelStore:
            more.setdefault("patience", Patience(tries=3, sleep=pauses))
            store = ModelStore(on or shelves, offered=lambda: models, **more)
            await store.start()
            stack.push_async_callback(store.stop)
            return store

        yield start


@pytest.fixture
async def small_disk(tmp_path: Path) -> AsyncIterator[Path]:
    """Return a file system of 2 MB; only root may mount one."""
    path = tmp_path / "small"
    await asyncio.to_thread(path.mkdir)
    mount = await asyncio.create_subprocess_exec("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(path))
    if await mount.wait() != 0:
        pytest.skip("needs to mount a small disk")
    yield path
    umount = await asyncio.create_subprocess_exec("umount", "--lazy", str(path))
    await umount.wait()


def state_of(store: ModelStore, model_id: str = "talker") -> ModelState:
    return next(each for each in store.states() if each.id == model_id)


async def settled(store: ModelStore, model_id: str = "talker") -> ModelState:
    """Return the state of a model once nothing is done for it any more."""
    changed = asyncio.Event()
    store.on_change(changed.set)
    while (now := state_of(store, model_id)).state in {State.QUEUED, State.DOWNLOADING, State.VERIFYING}:
        await changed.wait()
        changed.clear()
    return now
