"""Another embedding model in the settings: the one before answers until it has read everything. With real processes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from wyoming_servers.conversation.knowledge import meaning
from wyoming_servers.conversation.knowledge.library import Library
from wyoming_servers.conversation.knowledge.making import make_library
from wyoming_servers.conversation.knowledge.status import EmbedderStatus
from wyoming_servers.models.in_use import InUse
from wyoming_servers.settings import build

NOTES = "\n\n".join(f"# Note {number}\n\n" + f"The drain hose number {number} is long. " * 20 for number in range(60))


@pytest.fixture(autouse=True)
def _what_was_never_trained_is_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    async def nothing_failed(*_: object) -> frozenset[str]:
        return frozenset()

    monkeypatch.setattr(meaning, "failed", nothing_failed)


@asynccontextmanager
async def library_with(tmp_path: Path, models: Path, model: str, **more: Any) -> AsyncIterator[Library]:
    values = {"data_dir": tmp_path / "data", "knowledge_dir": models, "knowledge_model": model, "llm_threads": 1}
    library = await asyncio.to_thread(make_library, build({**values, **more}))
    await library.start()
    try:
        yield library
    finally:
        await library.stop()


async def embedder(library: Library) -> EmbedderStatus:
    status = (await library.status()).embedder
    assert status is not None
    return status


@pytest.mark.timeout(240)  # two models embed a whole library, on a CPU that may be busy
async def test_the_old_model_answers_until_the_new_one_has_read_everything(
    tmp_path: Path, embedding_models: Path
) -> None:
    notes = tmp_path / "notes.md"
    await asyncio.to_thread(notes.write_text, NOTES)
    async with library_with(tmp_path, embedding_models, "nano") as library:
        await library.add(notes, "notes.md")
        await library.settled()
        old = (await embedder(library)).answering
        assert old.startswith("llama_cpp/nano/")
    async with library_with(tmp_path, embedding_models, "mini") as library:
        settling = asyncio.create_task(library.settled())
        answered: list[str] = []
        searched = {library.searched_model}
        while not settling.done():
            answering = (await embedder(library)).answering
            (first, *_) = await library.search("drain hose number 7")
            answered += [answering] if first.cosine is not None else []
            searched.add(library.searched_model)
        await settling
        status = await embedder(library)
        assert status.answering.startswith("llama_cpp/mini/")
        assert status.embedded >= 60
        assert searched <= {"", "nano", "mini"}
        assert "nano" in searched, "which must not be removed as long"
        assert InUse({}, None, library).working() == {"mini"}
        answered = [each for each in answered if each]
        assert answered[0] == old
        assert set(answered) <= {old, status.answering}
        assert (await library.search("drain hose number 7"))[0].cosine is not None


async def test_a_model_that_is_gone_leaves_search_by_words_until_the_new_one_is_ready(
    tmp_path: Path, embedding_models: Path
) -> None:
    models, notes = tmp_path / "models", tmp_path / "notes.md"
    await asyncio.to_thread(models.mkdir)
    await asyncio.to_thread((models / "nano.gguf").symlink_to, embedding_models / "nano.gguf")
    await asyncio.to_thread(notes.write_text, NOTES)
    async with library_with(tmp_path, models, "nano") as library:
        await library.add(notes, "notes.md")
        await library.settled()
    await asyncio.to_thread((models / "nano.gguf").rename, models / "other.gguf")
    async with library_with(tmp_path, models, "other") as library:
        assert await library.search("drain hose number 7")
        await library.settled()
        assert (await embedder(library)).answering.startswith("llama_cpp/other/")


@pytest.mark.timeout(240)  # two models embed a whole library, on a CPU that may be busy
async def test_a_model_that_comes_while_it_runs_takes_over_when_it_has_read_everything(
    tmp_path: Path, embedding_models: Path
) -> None:
    models, notes = tmp_path / "models", tmp_path / "notes.md"
    await asyncio.to_thread(models.mkdir)
    await asyncio.to_thread(notes.write_text, NOTES)
    async with library_with(tmp_path, models, "auto") as library:
        await library.add(notes, "notes.md")
        await library.settled()
        assert (await library.status()).embedder is None
        await asyncio.to_thread((models / "nano.gguf").symlink_to, embedding_models / "nano.gguf")
        await library.reload()
        await library.settled()
        old = (await embedder(library)).answering
        assert old.startswith("llama_cpp/nano/")
        await asyncio.to_thread((models / "mini.gguf").symlink_to, embedding_models / "mini.gguf")
        await library.reload()
        settling = asyncio.create_task(library.settled())
        answered = set()
        while not settling.done():
            answered.add((await embedder(library)).answering)
            assert await library.search("drain hose number 7")
        await settling
        new = (await embedder(library)).answering
        assert new.startswith("llama_cpp/mini/")
        assert old in answered
        assert answered <= {old, new}
        await library.reload()
        assert (await embedder(library)).answering == new, "what is in use already is not changed"
