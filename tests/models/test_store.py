"""What a store keeps: what it fetched, what it did not, what is somebody's own, and what is wanted."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.models.conftest import BYTES, CONTENT, OpenStore, file_of, model_of, settled, state_of
from tests.models.model_server import ModelServer, md5
from wyoming_servers.conversation.llama.model_choice import models_in
from wyoming_servers.errors import UnknownModelError
from wyoming_servers.models.catalogue import Kind, Model
from wyoming_servers.models.errors import BusyError, DiskFullError, FolderError, NothingRecognisedError, OwnModelError
from wyoming_servers.models.shelves import Shelves
from wyoming_servers.models.state import State
from wyoming_servers.settings import Settings, build

OTHER = bytes(reversed(CONTENT))


def talker(server: ModelServer, **behaviour: object) -> Model:
    return model_of(file_of("talker.gguf", server.put("m", CONTENT, **behaviour)))


def voice(*urls: str) -> Model:
    files = (
        file_of("en.onnx", *urls[:1], sha256=None, md5=md5(CONTENT)),
        file_of("en.onnx.json", *urls[1:], content=OTHER, sha256=None, md5=md5(OTHER)),
    )
    return model_of(*files, model_id="en", kind=Kind.TTS)


async def written(path: Path, content: bytes = CONTENT) -> Path:
    def write() -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    await asyncio.to_thread(write)
    return path


async def test_who_uses_models_of_a_kind_is_told_when_there_are_others(
    server: ModelServer, open_store: OpenStore
) -> None:
    store = await open_store([talker(server)])
    told: list[Kind] = []
    store.on_installed(told.append)
    await store.fetch("talker")
    await settled(store)
    assert told == [Kind.LLM]
    await store.remove("talker")
    assert told == [Kind.LLM, Kind.LLM]
    assert state_of(store).state is State.ABSENT


async def test_what_is_there_after_a_restart_is_known(server: ModelServer, open_store: OpenStore) -> None:
    model = talker(server)
    store = await open_store([model])
    await store.fetch("talker")
    await settled(store)
    await store.stop()
    again = await open_store([model])
    assert state_of(again).state is State.INSTALLED
    assert not state_of(again).own
    assert len(server.requests) == 1


async def test_a_model_that_somebody_put_there_is_shown_and_not_touched(
    server: ModelServer, open_store: OpenStore, shelves: Shelves
) -> None:
    path = await written(shelves.folder(Kind.LLM) / "talker.gguf", b"another make")
    store = await open_store([talker(server)])
    assert (state_of(store).state, state_of(store).own) == (State.INSTALLED, True)
    for refused in (store.fetch, store.remove, store.cancel):
        with pytest.raises(OwnModelError, match=str(shelves.folder(Kind.LLM))):
            await refused("talker")
    assert await asyncio.to_thread(path.read_bytes) == b"another make"


async def test_a_folder_of_somebodys_with_the_name_of_a_model_is_left_as_it_is(
    server: ModelServer, open_store: OpenStore, shelves: Shelves
) -> None:
    notes = await written(shelves.folder(Kind.STT) / "base" / "notes.txt", b"mine")
    file = file_of("base/model.bin", server.put("m", CONTENT))
    await written(shelves.folder(Kind.STT) / "base" / "model.bin", b"half of it")
    store = await open_store([model_of(file, model_id="base", kind=Kind.STT)])
    with pytest.raises(OwnModelError):
        await store.fetch("base")
    assert await asyncio.to_thread(notes.read_bytes) == b"mine"


async def test_models_that_no_catalogue_knows_are_shown_too(
    server: ModelServer, open_store: OpenStore, shelves: Shelves
) -> None:
    await written(shelves.folder(Kind.LLM) / "my-own.gguf")
    await written(shelves.folder(Kind.STT) / "tuned" / "model.bin")
    store = await open_store([talker(server)])
    own = {each.id: each for each in store.states() if each.own}
    assert set(own) == {"own:llm/my-own", "own:stt/tuned"}
    assert own["own:llm/my-own"].total_bytes == BYTES
    with pytest.raises(OwnModelError):
        await store.remove("own:llm/my-own")


async def test_a_model_whose_files_somebody_removed_can_be_fetched_again(
    server: ModelServer, open_store: OpenStore, shelves: Shelves
) -> None:
    model = talker(server)
    store = await open_store([model])
    await store.fetch("talker")
    await settled(store)
    await store.stop()
    await asyncio.to_thread((shelves.folder(Kind.LLM) / "talker.gguf").unlink)
    again = await open_store([model])
    assert state_of(again).state is State.ABSENT
    await again.fetch("talker")
    assert (await settled(again)).state is State.INSTALLED


async def test_what_does_not_exist_cannot_be_fetched(open_store: OpenStore) -> None:
    store = await open_store([])
    with pytest.raises(UnknownModelError, match="sotto models list"):
        await store.fetch("nothing")


async def test_two_stores_do_not_work_on_the_same_folders(
    server: ModelServer, open_store: OpenStore, settings: Settings
) -> None:
    model = talker(server)
    await open_store([model])
    second = await open_store([model], on=Shelves(settings))
    assert state_of(second).state is State.ABSENT  # it can be looked at
    with pytest.raises(BusyError):
        await second.fetch("talker")


async def test_wanted_models_are_fetched_by_themselves_and_no_others(
    server: ModelServer, open_store: OpenStore
) -> None:
    models = [model_of(file_of(f"{name}.gguf", server.put(name, CONTENT)), model_id=name) for name in ("one", "two")]

    async def wishes(choosable: list[Model], installed: frozenset[str]) -> list[Model]:
        return [model for model in choosable if model.id == "two"]

    store = await open_store(models, wishes=wishes, auto=True)
    await store.know_wanted()
    assert (await settled(store, "two")).state is State.INSTALLED
    assert state_of(store, "two").wanted
    assert state_of(store, "one").state is State.ABSENT


async def test_what_was_refused_is_not_fetched_again_and_again(server: ModelServer, open_store: OpenStore) -> None:
    models = [
        model_of(file_of("bad.gguf", server.put("bad", OTHER)), model_id="bad", rank=1),
        model_of(file_of("good.gguf", server.put("good", CONTENT)), model_id="good", rank=2),
    ]
    looks = asyncio.Semaphore(0)

    async def wishes(choosable: list[Model], installed: frozenset[str]) -> list[Model]:
        looks.release()
        return list(choosable)

    store = await open_store(models, wishes=wishes, auto=True)
    await looks.acquire()
    await store.know_wanted()
    assert (await settled(store, "good")).state is State.INSTALLED
    await looks.acquire()  # for there is another model now
    await store.remove("good")
    await looks.acquire()  # what followed from the look before is done
    assert state_of(store, "bad").state is State.FAILED
    assert [each.path for each in server.requests] == ["bad", "good"]
    await store.fetch("bad")  # unless somebody asks for it
    assert (await settled(store, "bad")).state is State.FAILED
    assert [each.path for each in server.requests] == ["bad", "good", "bad"]


async def test_with_none_it_is_only_said_what_is_wanted(server: ModelServer, open_store: OpenStore) -> None:
    async def wishes(choosable: list[Model], installed: frozenset[str]) -> list[Model]:
        return list(choosable)

    store = await open_store([talker(server)], wishes=wishes)
    await store.know_wanted()
    assert (state_of(store).state, state_of(store).wanted) == (State.ABSENT, True)
    assert not server.requests


async def test_what_somebody_removed_does_not_come_back_by_itself_not_even_after_a_restart(
    server: ModelServer, open_store: OpenStore
) -> None:
    model = talker(server)

    async def wishes(choosable: list[Model], installed: frozenset[str]) -> list[Model]:
        return list(choosable)

    store = await open_store([model], wishes=wishes, auto=True)
    await store.know_wanted()
    await settled(store)
    await store.remove("talker")
    await store.stop()
    again = await open_store([model], wishes=wishes, auto=True)
    await again.know_wanted()
    assert (state_of(again).state, state_of(again).wanted) == (State.ABSENT, False)
    await again.fetch("talker")  # unless it is asked for
    assert (await settled(again)).state is State.INSTALLED


async def test_a_folder_brings_models_whatever_their_files_are_called(
    open_store: OpenStore, shelves: Shelves, tmp_path: Path
) -> None:
    await written(tmp_path / "usb" / "downloads" / "a (1).bin")
    await written(tmp_path / "usb" / "b", OTHER)
    await written(tmp_path / "usb" / "holiday.jpg", b"x" * 100)
    store = await open_store([voice(), model_of(file_of("more.gguf", content=b"not there"), model_id="more")])
    told: list[Kind] = []
    store.on_installed(told.append)
    assert await store.import_folder(tmp_path / "usb") == ["en"]
    assert await asyncio.to_thread((shelves.folder(Kind.TTS) / "en.onnx").read_bytes) == CONTENT
    assert (state_of(store, "en").state, state_of(store, "en").own) == (State.INSTALLED, False)
    assert told == [Kind.TTS]
    assert await asyncio.to_thread((tmp_path / "usb" / "b").is_file)
    assert await store.import_folder(tmp_path / "usb") == []


async def test_a_file_that_differs_in_one_byte_is_not_recognised(open_store: OpenStore, tmp_path: Path) -> None:
    await written(tmp_path / "usb" / "talker.gguf", b"\0" + CONTENT[1:])
    store = await open_store([model_of(file_of("talker.gguf"))])
    with pytest.raises(NothingRecognisedError, match="all files of a model"):
        await store.import_folder(tmp_path / "usb")


async def test_without_a_digest_a_file_is_known_by_name_and_size(open_store: OpenStore, tmp_path: Path) -> None:
    await written(tmp_path / "usb" / "other.gguf")
    store = await open_store([model_of(file_of("talker.gguf", sha256=None))])
    with pytest.raises(NothingRecognisedError):
        await store.import_folder(tmp_path / "usb")
    await written(tmp_path / "usb" / "talker.gguf")
    assert await store.import_folder(tmp_path / "usb") == ["talker"]


async def test_a_folder_that_is_none_is_told(open_store: OpenStore, tmp_path: Path) -> None:
    store = await open_store([])
    with pytest.raises(FolderError, match="No such file"):
        await store.import_folder(tmp_path / "nowhere")


async def test_a_folder_that_is_a_file_is_told_and_the_others_go_on(
    server: ModelServer, open_store: OpenStore, shelves: Shelves
) -> None:
    await written(shelves.folder(Kind.TTS), b"a file")
    store = await open_store([voice(server.put("a", CONTENT), server.put("b", OTHER)), talker(server)])
    await store.fetch("en")
    await store.fetch("talker")
    assert isinstance((await settled(store, "en")).error, FolderError)
    assert (await settled(store)).state is State.INSTALLED


async def test_what_is_being_fetched_is_nothing_that_an_engine_would_find(
    server: ModelServer, open_store: OpenStore, shelves: Shelves
) -> None:
    hold = asyncio.Event()
    models = [
        model_of(file_of(path, server.put(path, CONTENT, hold=hold)), model_id=kind.value, kind=kind)
        for kind, path in ((Kind.LLM, "a.gguf"), (Kind.TTS, "b.onnx"), (Kind.STT, "c/model.bin"))
    ]
    store = await open_store(models)
    for model in models:
        await store.fetch(model.id)

    def found() -> list[Path]:
        voices = [*shelves.folder(Kind.TTS).rglob("*.onnx")]  # as tts/engines/piper.py looks
        return [*voices, *models_in(shelves.folder(Kind.LLM)), *shelves.folder(Kind.STT).glob("*/model.bin")]

    for model in models:
        while not server.sent[model.files[0].path]:
            await server.half_sent.wait()
            server.half_sent.clear()
        assert not await asyncio.to_thread(found)
        hold.set()
        assert (await settled(store, model.id)).state is State.INSTALLED
        hold.clear()
        assert await asyncio.to_thread(found)
        await store.remove(model.id)


async def test_a_disk_that_is_too_small_is_told_before_the_first_byte(
    server: ModelServer, open_store: OpenStore, small_disk: Path
) -> None:
    store = await open_store([talker(server)], on=Shelves(build({"data_dir": str(small_disk)}), reserve_bytes=0))
    await store.fetch("talker")
    state = await settled(store)
    assert isinstance(state.error, DiskFullError)
    assert "3 MB are missing, and 2 MB are free" in state.error.message
    assert not server.requests


async def test_a_disk_that_fills_up_meanwhile_is_told_and_what_came_is_kept(
    server: ModelServer, open_store: OpenStore, small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wyoming_servers.models.part.Part.require_room", lambda self, missing: None)  # others fill it
    shelves = Shelves(build({"data_dir": str(small_disk)}), reserve_bytes=0)
    model = talker(server)
    store = await open_store([model], on=shelves)
    await store.fetch("talker")
    state = await settled(store)
    assert isinstance(state.error, DiskFullError)
    assert "No space left" in state.error.message
    assert "kept" in state.error.remedy
    assert not await asyncio.to_thread((shelves.folder(Kind.LLM) / "talker.gguf").exists)
    begun = (await asyncio.to_thread(shelves.look, model)).done_bytes
    assert 0 < begun < 2 * 1024 * 1024
    remount = await asyncio.create_subprocess_exec("mount", "-o", "remount,size=8m", str(small_disk))
    assert await remount.wait() == 0
    await store.fetch("talker")
    assert (await settled(store)).state is State.INSTALLED
    assert server.requests[-1].range == f"bytes={begun}-"
