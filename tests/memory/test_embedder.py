"""What embeds and what ranks is granted its memory, sleeps for another model's sake, and wakes when somebody asks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.machine import Machine
from wyoming_servers.conversation.engine import ModelState
from wyoming_servers.conversation.knowledge.embedders.giving_way import EMBEDDING, RERANKER
from wyoming_servers.conversation.knowledge.embedders.llama_cpp import LlamaCppEmbedder, LlamaCppReranker
from wyoming_servers.conversation.knowledge.making import make_library
from wyoming_servers.errors import NoMemoryError
from wyoming_servers.memory.budget import MB
from wyoming_servers.memory.governor import Governor
from wyoming_servers.settings import build


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
async def governor(machine: Machine) -> Governor:
    return machine.governor()


@pytest.fixture
async def embedder(embedding_models: Path, governor: Governor) -> AsyncIterator[LlamaCppEmbedder]:
    made = await asyncio.to_thread(LlamaCppEmbedder, build({"llm_threads": 1}), embedding_models / "nano.gguf")
    made.govern(governor)
    yield made
    await made.stop()


@pytest.fixture
async def reranker(embedding_models: Path, governor: Governor) -> AsyncIterator[LlamaCppReranker]:
    path = embedding_models / "rank.gguf"
    made = await asyncio.to_thread(LlamaCppReranker, build({"llm_threads": 1}), path)
    made.govern(governor)
    yield made
    await made.stop()


async def test_it_sleeps_for_another_model_and_wakes_for_the_next_question(
    embedder: LlamaCppEmbedder, governor: Governor, machine: Machine
) -> None:
    await embedder.start()
    await embedder.embed(["a hose"], query=True)
    assert governor.report()["tenants"] == [{"kind": "embedding", "name": "nano", "used_mb": 301}]
    machine.free_mb = 500
    with pytest.raises(NoMemoryError):  # what it frees does not suffice, on a machine that does not notice
        await governor.admit("llm", "large", 1000 * MB)
    assert embedder.status.state is ModelState.ASLEEP
    assert "The embedding model nano sleeps until somebody asks: large needs 1.0 GB" in governor.report()["notes"]
    assert governor.report()["tenants"] == []
    assert (await embedder.embed(["a hose"], query=True)).shape[0] == 1


async def test_where_there_is_no_room_it_is_refused_in_words(embedder: LlamaCppEmbedder, machine: Machine) -> None:
    machine.free_mb = 200
    await embedder.start()
    with pytest.raises(NoMemoryError, match=r"nano needs 30\d MB of memory, and 100 MB"):
        await embedder.embed(["a hose"], query=True)


async def test_one_that_has_left_is_not_counted_with(embedder: LlamaCppEmbedder, governor: Governor) -> None:
    await embedder.start()
    await embedder.stop()
    assert governor._tenants == []


async def test_a_reranker_is_granted_its_memory_and_sleeps_before_what_embeds(
    reranker: LlamaCppReranker, embedder: LlamaCppEmbedder, governor: Governor, machine: Machine
) -> None:
    promised: list[str] = []
    admit = governor.admit

    async def noted(kind: str, name: str, need: int, *, own_process: bool = True) -> None:
        await admit(kind, name, need, own_process=own_process)
        promised.extend(governor._promises)

    governor.admit = noted  # type: ignore[method-assign]
    await embedder.start()
    await reranker.start()
    await embedder.embed(["a hose"], query=True)
    assert len(await reranker.rerank("a hose", ["the drain hose", "bins"])) == 2
    assert {each["kind"] for each in governor.report()["tenants"]} == {"embedding", "reranker"}
    assert (set(promised), governor._promises) == ({"embedding", "reranker"}, {})
    assert all(each["used_mb"] >= 300 for each in governor.report()["tenants"])
    machine.free_mb = 20
    await governor._relieve(governor.budget)
    assert (reranker.status.state, embedder.status.state) == (ModelState.ASLEEP, ModelState.READY)
    assert any("The reranker rank sleeps until somebody asks" in note for note in governor.report()["notes"])
    machine.free_mb = 4000
    assert len(await reranker.rerank("a hose", ["the drain hose", "bins"])) == 2


async def test_a_reranker_without_room_is_refused_and_takes_nothing_from_what_embeds(
    reranker: LlamaCppReranker, embedder: LlamaCppEmbedder, machine: Machine
) -> None:
    machine.free_mb = 200
    await reranker.start()
    with pytest.raises(NoMemoryError, match=r"rank needs 30\d MB of memory"):
        await reranker.rerank("a hose", ["the drain hose"])


async def test_what_loads_side_by_side_is_granted_to_each(governor: Governor, machine: Machine) -> None:
    machine.free_mb = 900
    await governor.admit(EMBEDDING, "one", 500 * MB, own_process=False)
    with pytest.raises(NoMemoryError, match="300 MB"):
        await governor.admit(RERANKER, "another", 500 * MB, own_process=False)


async def test_the_library_has_both_governed(
    embedding_models: Path, tmp_path: Path, governor: Governor, monkeypatch: pytest.MonkeyPatch
) -> None:
    governed: list[str] = []
    for kind in (LlamaCppEmbedder, LlamaCppReranker):
        monkeypatch.setattr(kind, "govern", lambda self, _: governed.append(self.path.stem))
    values = {"data_dir": str(tmp_path), "knowledge_dir": str(embedding_models)}
    settings = build({**values, "knowledge_model": "nano", "knowledge_reranker": "rank"})
    await asyncio.to_thread(make_library, settings, governor)
    assert governed == ["rank", "nano"]
