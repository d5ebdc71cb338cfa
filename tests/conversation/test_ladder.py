"""The language model follows its folder: one that comes is used, and whoever is being answered notices nothing."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from pathlib import Path

import pytest

from tests.conversation.llama_engine import asking, until
from wyoming_servers.conversation.engine import Finished, ModelState, TextDelta
from wyoming_servers.conversation.engines.llama_cpp import LlamaCpp
from wyoming_servers.conversation.ladder import Ladder
from wyoming_servers.conversation.llama.watched import Limits, Room
from wyoming_servers.errors import EngineUnavailableError
from wyoming_servers.memory.governor import Governor
from wyoming_servers.settings import LlmSettings, ServerSettings, Settings

MakeLadder = Callable[..., Awaitable[Ladder]]

QUICK = Limits(backoff_s=0.01, load_tries=1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "llm"
    folder.mkdir()
    return folder


@pytest.fixture
def settings(folder: Path, tmp_path: Path) -> Settings:
    llm = LlmSettings(dir=folder, threads=1, context=2048, timeout_s=60.0)
    return Settings(server=ServerSettings(data_dir=tmp_path), llm=llm)


@pytest.fixture
async def make_ladder(settings: Settings) -> AsyncIterator[MakeLadder]:
    made = []

    def make_model(path: Path, room: Room) -> LlamaCpp:
        return LlamaCpp(settings, path, QUICK, room)

    async def make(governor: Governor | None = None) -> Ladder:
        made.append(await asyncio.to_thread(Ladder, settings, governor, make_model))
        return made[-1]

    yield make
    for ladder in made:
        await ladder.stop()


async def copy(path: Path, folder: Path, name: str = "") -> None:
    """Put a model into the folder as a download does: whole, at once."""
    await asyncio.to_thread(shutil.copyfile, path, folder / "coming")
    await asyncio.to_thread(os.replace, folder / "coming", folder / (name or path.name))


async def words(ladder: Ladder, tokens: int = 4) -> int:
    """Ask, and return how many tokens the answer has."""
    async with aclosing(ladder.chat(asking("Hello", max_tokens=tokens))) as events:
        return [event async for event in events if isinstance(event, Finished)][-1].completion_tokens


async def test_without_a_file_there_is_no_model_and_the_first_that_comes_is_used(
    make_ladder: MakeLadder, gguf_models: Path, folder: Path
) -> None:
    ladder = await make_ladder()
    await ladder.start()
    assert ladder.status.state is ModelState.ABSENT
    assert await ladder.prefill(asking("Hello")) == 0
    with pytest.raises(EngineUnavailableError, match="no language model"):
        await words(ladder)
    await copy(gguf_models / "nano.gguf", folder)
    await ladder.reload()
    assert (ladder.status.model, ladder.status.state) == ("nano", ModelState.READY)
    assert await words(ladder)


async def test_a_better_one_is_used_from_then_on_and_an_answer_ends_as_it_began(
    make_ladder: MakeLadder, gguf_models: Path, folder: Path
) -> None:
    await copy(gguf_models / "nano.gguf", folder)
    ladder = await make_ladder()
    await ladder.start()
    await words(ladder)
    assert ladder._used is not None
    old = ladder._used.model
    async with aclosing(ladder.chat(asking("A long story", max_tokens=300))) as events:
        assert isinstance(await anext(events), TextDelta)
        assert old.pid is not None
        os.kill(old.pid, signal.SIGSTOP)  # so that it is in the middle of its answer for as long as this takes
        await copy(gguf_models / "mid.gguf", folder)
        await ladder.reload()
        assert ladder.status.model == "mid"
        assert await words(ladder) == 4, "who asks now is answered by the new one"
        os.kill(old.pid, signal.SIGCONT)
        rest = [event async for event in events]
    assert isinstance(rest[-1], Finished)
    assert rest[-1].completion_tokens == 300
    await until(lambda: old.pid is None)


async def test_a_file_that_is_no_model_changes_nothing_and_is_not_tried_again(
    make_ladder: MakeLadder, gguf_models: Path, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await copy(gguf_models / "nano.gguf", folder)
    ladder = await make_ladder()
    await ladder.start()
    await words(ladder)
    (folder / "larger.gguf").write_bytes(bytes(2 * (folder / "nano.gguf").stat().st_size))
    await ladder.reload()
    assert ladder.status.model == "nano"
    assert await words(ladder)
    told = len(caplog.records)
    await ladder.reload()
    assert len(caplog.records) == told


async def test_where_the_largest_cannot_be_loaded_the_next_one_answers(
    make_ladder: MakeLadder, gguf_models: Path, folder: Path
) -> None:
    await copy(gguf_models / "nano.gguf", folder)
    (folder / "larger.gguf").write_bytes(bytes(2 * (folder / "nano.gguf").stat().st_size))
    ladder = await make_ladder()
    assert ladder.status.model == "larger"
    await ladder.start()
    await until(lambda: ladder.status.model == "nano")
    assert await words(ladder)


async def test_when_its_file_goes_the_next_smaller_one_is_used_and_then_none(
    make_ladder: MakeLadder, gguf_models: Path, folder: Path
) -> None:
    await copy(gguf_models / "nano.gguf", folder)
    await copy(gguf_models / "mid.gguf", folder)
    ladder = await make_ladder()
    await ladder.start()
    await words(ladder)
    (folder / "mid.gguf").unlink()
    await ladder.reload()
    assert ladder.status.model == "nano"
    (folder / "nano.gguf").unlink()
    await ladder.reload()
    assert ladder.status.state is ModelState.ABSENT
