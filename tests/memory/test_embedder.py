"""An embedding model is granted its memory, sleeps for another model's sake, and wakes when somebody asks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from wyoming_servers.conversation.engine import ModelState
from wyoming_servers.conversation.knowledge.embedders.llama_cpp import LlamaCppEmbedder
from wyoming_servers.errors import NoMemoryError
from wyoming_servers.memory.budget import MB
from wyoming_servers.memory.governor import Governor
from wyoming_servers.memory.measured import Measured
from wyoming_servers.settings import MemorySettings, build


@dataclass
class Machine:
    """Memory that tests set."""

    free_mb: int = 4000

    def measured(self) -> Measured:
        return Measured(8000 * MB, self.free_mb * MB)


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
async def governor(machine: Machine) -> Governor:
    return Governor(MemorySettings(reserve_mb=100), measured=machine.measured, used=lambda: 0)


@pytest.fixture
async def embedder(embedding_models: Path, governor: Governor) -> AsyncIterator[LlamaCppEmbedder]:
    made = await asyncio.to_thread(LlamaCppEmbedder, build({"llm_threads": 1}), embedding_models / "nano.gguf")
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
