"""A SenseVoice model is fetched to where its engine looks, which is not where Whisper's are."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from unittest.mock import Mock

from tests.models.conftest import OpenStore, file_of, model_of, settled, state_of
from tests.models.model_server import ModelServer
from wyoming_servers.assembly import make_arrivals
from wyoming_servers.models.catalogue import Kind, Model
from wyoming_servers.models.shelves import Shelves
from wyoming_servers.models.state import State
from wyoming_servers.protocol.service import Service, Stage
from wyoming_servers.settings import Settings
from wyoming_servers.stt.engines.sensevoice import create


def offered(server: ModelServer, folder: Path) -> Model:
    files = []
    for name in ("model.int8.onnx", "tokens.txt"):
        content = (folder / name).read_bytes()
        files.append(file_of(f"nano/{name}", server.put(name, content), content=content))
    return model_of(*files, model_id="nano", kind=Kind.STT, engine="sensevoice")


async def test_it_is_fetched_to_where_its_engine_looks_and_removed(
    server: ModelServer, open_store: OpenStore, settings: Settings, sensevoice_models: Path
) -> None:
    model = await asyncio.to_thread(offered, server, sensevoice_models / "nano")
    store = await open_store([model])
    await store.fetch("nano")
    assert (await settled(store, "nano")).state is State.INSTALLED
    found = await asyncio.to_thread(create, settings)
    assert found.capabilities.model == model.name == "nano"
    assert (await asyncio.to_thread(list, (settings.server.data_dir / "sensevoice").glob("nano/*"))) != []
    await store.remove("nano")
    assert state_of(store, "nano").state is State.ABSENT


def test_one_that_somebody_put_there_is_shown(shelves: Shelves, sensevoice_models: Path) -> None:
    folder = shelves.folder(Kind.STT, "sensevoice")
    shutil.copytree(sensevoice_models / "nano", folder / "mine")
    size = (folder / "mine" / "model.int8.onnx").stat().st_size
    assert list(shelves.others([])) == [(Kind.STT, "mine", size)]


def test_its_folder_is_watched_where_speech_is_recognised(settings: Settings) -> None:
    service = Mock(Service)
    watched = make_arrivals(settings, {Stage.STT: service}, None)._watched
    assert [str(folder) for folder, _ in watched.values()] == [
        str(settings.server.data_dir / name) for name in ("whisper", "sensevoice")
    ]
    assert all(reload == service.reload for _, reload in watched.values())
