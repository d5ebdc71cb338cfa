"""An embedding model in llama.cpp's process: questions before passages, and what goes wrong stays there."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
import pytest

from tests.conversation.llama_engine import until
from tests.conversation.test_llama_process import crashing_python, exists
from tests.stand_in_embedders import make_embedder
from wyoming_servers.conversation.engine import ModelState
from wyoming_servers.conversation.knowledge.embedders.llama_cpp import (
    LlamaCppEmbedder,
    LlamaCppReranker,
    create,
    create_reranker,
    find_embedder,
)
from wyoming_servers.conversation.llama.watched import Limits
from wyoming_servers.errors import EngineError, EngineLoadingError, EngineUnavailableError, OverloadedError
from wyoming_servers.settings import KnowledgeSettings, LlmSettings, Settings

__all__ = ["crashing_python"]

Model = LlamaCppEmbedder | LlamaCppReranker
Make = Callable[..., Awaitable[LlamaCppEmbedder]]

QUICK = Limits(backoff_s=0.01)
LONG = "The dishwasher shows E24 when the water does not drain. " * 12
PASSAGES = [f"{number} {LONG}" for number in range(12)]


def settings_for(folder: Path, timeout_s: float = 20.0, **knowledge: Any) -> Settings:
    """Return settings in which one thread computes."""
    return Settings(
        llm=LlmSettings(threads=1, timeout_s=timeout_s), knowledge=KnowledgeSettings(dir=folder, **knowledge)
    )


@pytest.fixture
async def started() -> AsyncIterator[Callable[[Model], Awaitable[None]]]:
    """Start models, which end with the test."""
    models: list[Model] = []

    async def start(model: Model) -> None:
        models.append(model)
        await model.start()

    yield start
    for model in models:
        await model.stop()


@pytest.fixture
def make(embedding_models: Path, started: Callable[[Model], Awaitable[None]]) -> Make:
    """Make an embedder of a stand-in, started: `embedder = await make("nano")`."""

    async def make(model: str | Path = "nano", limits: Limits = QUICK, **options: Any) -> LlamaCppEmbedder:
        path = model if isinstance(model, Path) else embedding_models / f"{model}.gguf"
        embedder = await asyncio.to_thread(LlamaCppEmbedder, settings_for(embedding_models, **options), path, limits)
        await started(embedder)
        return embedder

    return make


async def in_mid_batch(embedder: LlamaCppEmbedder) -> None:
    """Wait until the process has texts."""
    await until(lambda: embedder._watched.jobs.current is not None)


# --- Vectors ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["nano", "last"])
async def test_equal_texts_have_equal_vectors_of_length_one(make: Make, model: str) -> None:
    embedder = await make(model)
    vectors = await embedder.embed(["drain", "descale", "drain"], query=False)
    assert vectors.dtype == np.float32
    assert vectors.shape == (3, embedder.dimensions)
    assert vectors[0] @ vectors[2] == pytest.approx(1, abs=1e-3)
    assert vectors[0] @ vectors[1] < 0.95
    assert (await embedder.embed(["drain"], query=True))[0] @ vectors[0] == pytest.approx(1, abs=1e-3)


async def test_more_texts_than_are_sent_at_once_come_back_in_their_order(make: Make) -> None:
    embedder = await make()
    texts = [f"number {number}" for number in range(150)]
    vectors = await embedder.embed(texts, query=False)
    assert vectors.shape == (150, 64)
    for number in (0, 63, 64, 149):
        assert (await embedder.embed([texts[number]], query=False))[0] @ vectors[number] == pytest.approx(1, abs=1e-3)


async def test_no_texts_are_no_vectors(make: Make) -> None:
    embedder = await make()
    await embedder.ready()
    assert (await embedder.embed([], query=False)).shape == (0, 64)


async def test_what_stands_before_a_question_is_the_familys(make: Make, tmp_path: Path) -> None:
    e5 = await make(make_embedder("nano", tmp_path / "multilingual-e5-small.gguf", name="e5"))
    plain = await make()
    question, passage = await e5.embed(["drain"], query=True), await e5.embed(["drain"], query=False)
    expected = await plain.embed(["query: drain", "passage: drain"], query=False)
    assert question[0] @ expected[0] == pytest.approx(1, abs=1e-3)
    assert passage[0] @ expected[1] == pytest.approx(1, abs=1e-3)
    assert e5.name.endswith("/passage:")


async def test_a_text_that_is_cut_is_said_to_be_at_debug_without_its_words(
    make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    embedder = await make()
    await embedder.embed(["xylophone " * 1000, "xylophone"], query=False)
    said = [record for record in caplog.records if "1 of 2 texts were cut to 512 tokens" in record.getMessage()]
    assert [record.levelno for record in said] == [logging.DEBUG]
    assert not [record for record in caplog.records if "xylophone" in record.getMessage()]


async def test_name_and_dimensions_are_known_when_it_is_ready(make: Make, embedding_models: Path) -> None:
    embedder = await make()
    assert embedder.name == f"llama_cpp/nano/{(embedding_models / 'nano.gguf').stat().st_size}"
    assert embedder.dimensions == 0
    await embedder.ready()
    assert embedder.dimensions == 64
    assert embedder.status.state is ModelState.READY
    assert (embedder.status.engine, embedder.status.context_tokens) == ("llama_cpp", 512)


# --- Questions before passages ---------------------------------------------------------------------------------------


async def test_a_question_is_answered_while_passages_are_embedded_and_none_of_them_is_lost(make: Make) -> None:
    embedder = await make("mini")
    await embedder.ready()
    embedding = asyncio.create_task(embedder.embed(PASSAGES, query=False))
    for _ in range(3):
        await in_mid_batch(embedder)
        await embedder.embed(["what is E24"], query=True)
        assert not embedding.done()
    vectors = await embedding
    assert np.allclose(vectors, await embedder.embed(PASSAGES, query=False), atol=1e-3)


async def test_its_process_lets_the_others_of_this_machine_go_first(make: Make) -> None:
    embedder = await make()
    await embedder.ready()
    assert embedder.pid is not None
    assert os.getpriority(os.PRIO_PROCESS, embedder.pid) == os.getpriority(os.PRIO_PROCESS, 0) + 5


async def test_who_leaves_stops_what_he_asked_for(make: Make) -> None:
    embedder = await make("mini")
    await embedder.ready()
    start = monotonic()
    await embedder.embed(PASSAGES, query=False)
    whole_s = monotonic() - start
    took_s = []
    for _ in range(3):
        embedding = asyncio.create_task(embedder.embed(PASSAGES, query=False))
        await in_mid_batch(embedder)
        start = monotonic()
        embedding.cancel()
        await asyncio.wait([embedding])
        await until(lambda: embedder._watched.jobs.current is None)
        took_s.append(monotonic() - start)
    assert min(took_s) < whole_s / 2
    assert (await embedder.embed(["E24"], query=True)).shape == (1, 384)


async def test_a_question_waits_only_so_long(make: Make) -> None:
    embedder = await make("mini", timeout_s=0.3)
    await until(lambda: embedder.status.state is ModelState.READY)
    with pytest.raises(OverloadedError):
        await embedder.embed(PASSAGES, query=True)
    assert (await embedder.embed(PASSAGES[:2], query=False)).shape == (2, 384)


async def test_a_question_to_a_model_that_still_loads_is_told_so(make: Make, crashing_python: Path) -> None:
    embedder = await make(limits=Limits(backoff_s=60), timeout_s=0.2)
    with pytest.raises(EngineLoadingError, match="embedding model is still loading"):
        await embedder.embed(["E24"], query=True)


# --- What goes wrong -------------------------------------------------------------------------------------------------


async def test_a_process_killed_in_mid_batch_is_told_and_the_next_time_it_works(make: Make) -> None:
    embedder = await make("mini")
    await embedder.ready()
    pid = embedder.pid
    assert pid is not None
    embedding = asyncio.create_task(embedder.embed(PASSAGES, query=False))
    await in_mid_batch(embedder)
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(EngineError, match="embedding model's process broke off: it was ended by SIGKILL") as caught:
        await embedding
    assert caught.value.remedy
    assert (await embedder.embed(PASSAGES[:2], query=False)).shape == (2, 384)
    assert embedder.status.restarts == 1
    assert not exists(pid)


async def test_an_idle_model_gives_its_memory_back_and_wakes_with_the_next_text(make: Make) -> None:
    embedder = await make(idle_s=0.1)
    await embedder.ready()
    pid = embedder.pid
    assert pid is not None
    await until(lambda: embedder.status.state is ModelState.ASLEEP and not exists(pid))
    assert (await embedder.embed(["E24"], query=True)).shape == (1, 64)
    assert embedder.status.restarts == 0


async def test_stopping_ends_the_process_and_what_it_was_asked(make: Make) -> None:
    embedder = await make("mini")
    await embedder.ready()
    pid = embedder.pid
    assert pid is not None
    embedding = asyncio.create_task(embedder.embed(PASSAGES, query=False))
    await in_mid_batch(embedder)
    await embedder.stop()
    with pytest.raises(EngineError):
        await embedding
    assert not exists(pid)


async def test_a_model_larger_than_memory_is_refused_before_it_is_loaded(make: Make) -> None:
    embedder = await make("mini", Limits(available_bytes=2**20))
    with pytest.raises(EngineUnavailableError, match=r"1\.0 MiB are available") as caught:
        await embedder.embed(["E24"], query=True)
    assert "--knowledge-model" in caught.value.remedy
    with pytest.raises(EngineUnavailableError):
        await embedder.embed(["E24"], query=False)
    assert embedder.status.state is ModelState.FAILED


async def test_a_language_model_in_its_place_is_told(make: Make, gguf_models: Path) -> None:
    embedder = await make(gguf_models / "nano.gguf")
    with pytest.raises(EngineUnavailableError, match="embeds no texts"):
        await embedder.ready()


def test_a_file_that_is_none_is_told_before_anything_is_started(tmp_path: Path) -> None:
    (tmp_path / "bge.gguf").write_text("milk")
    with pytest.raises(EngineUnavailableError, match="no GGUF model") as caught:
        create(settings_for(tmp_path, model="bge"))
    assert "--knowledge-model" in caught.value.remedy


# --- Which file ------------------------------------------------------------------------------------------------------


def test_of_the_models_in_the_folder_the_largest_is_taken_that_is_no_reranker(embedding_models: Path) -> None:
    assert find_embedder(embedding_models, "auto").stem == "mini"
    assert find_embedder(embedding_models, "nano").stem == "nano"


def test_a_reranker_alone_embeds_nothing(embedding_models: Path, tmp_path: Path) -> None:
    (tmp_path / "rank.gguf").symlink_to(embedding_models / "rank.gguf")
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(EngineUnavailableError, match="no embedding model") as caught:
            find_embedder(folder, "auto")
        assert "bge-m3" in caught.value.remedy


# --- Reranker --------------------------------------------------------------------------------------------------------


async def test_a_reranker_gives_each_text_a_score(
    embedding_models: Path, started: Callable[[Model], Awaitable[None]]
) -> None:
    reranker = await asyncio.to_thread(create_reranker, settings_for(embedding_models, reranker="rank"))
    await started(reranker)
    texts = [f"passage {number} about drains" for number in range(100)]
    scores = await reranker.rerank("what is E24", texts)
    assert len(scores) == 100
    assert await reranker.rerank("what is E24", texts[40:41]) == pytest.approx(scores[40:41], abs=1e-3)
    assert await reranker.rerank("what is E24", []) == []


async def test_an_embedding_model_ranks_nothing(
    embedding_models: Path, started: Callable[[Model], Awaitable[None]]
) -> None:
    reranker = await asyncio.to_thread(create_reranker, settings_for(embedding_models, reranker="nano"))
    await started(reranker)
    with pytest.raises(EngineUnavailableError, match="embeds texts and ranks none") as caught:
        await reranker.rerank("what is E24", ["x"])
    assert "--knowledge-reranker" in caught.value.remedy
