"""Models over HTTP: what is told, asked for and refused."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.models.conftest import BYTES, CONTENT, OpenStore, file_of, model_of, settled
from tests.models.model_server import ModelServer
from wyoming_servers.home.demo import DemoHome
from wyoming_servers.http import models as http_models
from wyoming_servers.http.door import HttpDoor
from wyoming_servers.http.models import Models
from wyoming_servers.models.catalogue import Kind
from wyoming_servers.models.shelves import Shelves
from wyoming_servers.models.store import ModelStore
from wyoming_servers.settings import build

OpenClient = Callable[[ModelStore], Awaitable[aiohttp.ClientSession]]
TOKEN = "a-token-of-the-tests"


@pytest.fixture
async def open_client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[OpenClient]:
    """Open a door before a store, and return a client: `http = await open_client(store)`."""
    monkeypatch.setattr(http_models, "TOLD_EVERY_S", 0.0)
    opened: list[Any] = []

    async def start(store: ModelStore) -> aiohttp.ClientSession:
        settings = build({"http_uri": "tcp://127.0.0.1:0", "data_dir": str(tmp_path / "data"), "http_token": TOKEN})
        door = HttpDoor(settings, None, DemoHome())
        models = Models(store, used=lambda: {"talker"})
        door.add_room(models)
        models.tell(door.events.publish)
        await door.start()
        headers = {"Authorization": f"Bearer {TOKEN}"}
        session = aiohttp.ClientSession(f"http://127.0.0.1:{door.port}", headers=headers)
        opened.append((door, session))
        return session

    yield start
    for door, session in opened:
        await session.close()
        await door.stop()


async def listed(http: aiohttp.ClientSession, model_id: str = "talker") -> dict[str, Any]:
    async with http.get("/api/models") as response:
        return next(each for each in (await response.json())["models"] if each["id"] == model_id)


async def test_a_model_is_told_as_the_page_needs_it(
    server: ModelServer, open_store: OpenStore, open_client: OpenClient, shelves: Shelves
) -> None:
    http = await open_client(await open_store([model_of(file_of("talker.gguf", server.put("m", CONTENT)))]))
    assert await listed(http) == {
        "id": "talker",
        "kind": "llm",
        "title": "talker",
        "languages": [],
        "size_bytes": BYTES,
        "memory_mb": 100,
        "licence": "MIT",
        "terms": "",
        "pinned": True,
        "state": "absent",
        "done_bytes": 0,
        "total_bytes": BYTES,
        "own": False,
        "wanted": False,
        "offered": False,
        "in_use": True,
        "replaced": None,
        "error": None,
    }
    async with http.get("/api/models") as response:
        assert (await response.json())["disk"]["free_bytes"] > 0


async def test_a_model_is_fetched_told_of_and_removed(
    server: ModelServer, open_store: OpenStore, open_client: OpenClient
) -> None:
    store = await open_store([model_of(file_of("talker.gguf", server.put("m", CONTENT)))])
    http = await open_client(store)
    async with http.get("/api/events") as events:
        async with http.post("/api/models/talker") as response:
            assert response.status == 202
            assert (await response.json())["model"]["state"] == "queued"
        states: list[str] = []
        while "installed" not in states:
            line = (await events.content.readline()).decode().strip()
            if line == "event: models":
                data = json.loads((await events.content.readline()).decode().removeprefix("data: "))
                states.append(data["models"][0]["state"])
                assert "free_bytes" in data["disk"]
    for query, state in (("?only=cancel", "installed"), ("", "absent")):
        async with http.delete(f"/api/models/talker{query}") as response:
            assert (response.status, (await response.json())["model"]["state"]) == (200, state)


async def test_what_failed_says_why_and_what_to_do(
    server: ModelServer, open_store: OpenStore, open_client: OpenClient
) -> None:
    store = await open_store([model_of(file_of("talker.gguf", server.put("m", bytes(BYTES))))])
    http = await open_client(store)
    await (await http.post("/api/models/talker")).release()
    await settled(store)
    error = (await listed(http))["error"]
    assert error["code"] == "wrong-checksum"
    assert "sotto models import" in error["message"]


async def test_a_folder_is_imported(open_store: OpenStore, open_client: OpenClient, tmp_path: Path) -> None:
    folder = tmp_path / "usb"
    await asyncio.to_thread(folder.mkdir)
    await asyncio.to_thread((folder / "x").write_bytes, CONTENT)
    http = await open_client(await open_store([model_of(file_of("talker.gguf"))]))
    async with http.post("/api/models/import", json={"folder": str(folder)}) as response:
        assert (response.status, await response.json()) == (200, {"imported": ["talker"]})
    assert (await listed(http))["state"] == "installed"


@pytest.mark.parametrize(
    ("request_line", "body", "status", "code"),
    [
        ("POST /api/models/nothing", None, 404, "unknown-model"),
        ("DELETE /api/models/nothing", None, 404, "unknown-model"),
        ("DELETE /api/models/own:llm/mine", None, 409, "own-model"),
        ("POST /api/models/import", {"folder": "relative"}, 400, "bad-request"),
        ("DELETE /api/models/talker?only=perhaps", None, 400, "bad-request"),
        ("POST /api/models/import", {"folder": 7}, 400, "bad-request"),
        ("POST /api/models/import", {"folder": "/nowhere/at/all"}, 507, "storage-failed"),
        ("PUT /api/models/talker", None, 405, "method-not-allowed"),
    ],
)
async def test_what_cannot_be_done_is_refused(
    open_store: OpenStore,
    open_client: OpenClient,
    shelves: Shelves,
    request_line: str,
    body: Any,
    status: int,
    code: str,
) -> None:
    def own() -> None:
        shelves.folder(Kind.LLM).mkdir(parents=True)
        (shelves.folder(Kind.LLM) / "mine.gguf").write_bytes(b"GGUF")

    await asyncio.to_thread(own)
    http = await open_client(await open_store([model_of(file_of("talker.gguf"))]))
    async with http.request(*request_line.split(), json=body) as response:
        error = (await response.json())["error"]
        assert (response.status, error["code"]) == (status, code)


async def test_without_the_token_nothing_is_told(open_store: OpenStore, open_client: OpenClient) -> None:
    http = await open_client(await open_store([]))
    async with http.get("/api/models", headers={"Authorization": "Bearer other"}) as response:
        assert response.status == 401
