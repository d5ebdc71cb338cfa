"""A reranker puts the first passages in order, in time or not at all; whether documents answer is the gate's word."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.conversation.scripted_endpoint import Hang, Respond, refuses
from tests.knowledge.embedding_endpoint import EmbeddingEndpoint
from wyoming_servers.conversation.knowledge import second_reading
from wyoming_servers.conversation.knowledge.library import Library
from wyoming_servers.conversation.knowledge.making import make_library
from wyoming_servers.conversation.knowledge.second_reading import READ
from wyoming_servers.settings import build

NOTES = "".join(f"# Hose {number}\n\nThe drain hose of appliance {number} is long.\n\n" for number in range(1, 15))
WIFI = """# Guests

The wifi password for guests is guest2024.

# Router

Once a year the router gets a new password for the wifi. Hold its button for ten seconds.
"""
QUESTION = "how long is the drain hose"


@pytest.fixture
async def endpoint() -> AsyncIterator[EmbeddingEndpoint]:
    async with EmbeddingEndpoint() as endpoint:
        yield endpoint


@asynccontextmanager
async def library_with(
    tmp_path: Path, endpoint: EmbeddingEndpoint, reranker: str = "words", notes: str = NOTES
) -> AsyncIterator[Library]:
    values = {"knowledge_embedder": "none", "knowledge_url": endpoint.url, "knowledge_reranker": reranker}
    library = await asyncio.to_thread(make_library, build({"data_dir": tmp_path / "data", **values}))
    path = tmp_path / "notes.md"
    await asyncio.to_thread(path.write_text, notes)
    await library.start()
    try:
        await library.add(path, "notes.md", replace=True)
        yield library
    finally:
        await library.stop()


def scores(*values: float) -> list[Respond]:
    return [Respond(200, {"results": [{"index": at, "relevance_score": value} for at, value in enumerate(values)]})]


async def ids(library: Library, limit: int = 14) -> list[int]:
    return [found.passage_id for found in await library.search(QUESTION, limit)]


async def test_the_first_passages_are_put_in_order_and_the_others_stay(
    tmp_path: Path, endpoint: EmbeddingEndpoint
) -> None:
    async with library_with(tmp_path, endpoint, reranker="") as plain:
        own = await ids(plain)
    assert len(own) == 14
    assert endpoint.requests == []
    endpoint.plays(scores(*range(READ)), scores(*range(READ)))
    async with library_with(tmp_path, endpoint) as library:
        assert await ids(library) == [*reversed(own[:READ]), *own[READ:]]
        assert await ids(library, 2) == own[READ - 1 : READ - 3 : -1]
    asked = endpoint.requests[0].body
    assert asked["query"] == QUESTION
    assert len(asked["documents"]) == READ
    assert all("appliance" in text and "Hose" in text for text in asked["documents"])


@pytest.mark.parametrize("answer", [refuses(500), scores(1.0), [Hang()]])
async def test_a_reranker_that_fails_or_is_slow_leaves_them_in_their_order(
    tmp_path: Path, endpoint: EmbeddingEndpoint, monkeypatch: pytest.MonkeyPatch, answer: list[object]
) -> None:
    monkeypatch.setattr(second_reading, "WITHIN_S", 0.5)
    endpoint.plays(answer)  # type: ignore[arg-type]
    async with library_with(tmp_path, endpoint) as library:
        assert await ids(library, 5) == [1, 2, 3, 4, 5]


async def test_what_documents_do_not_answer_is_read_by_nobody_again(
    tmp_path: Path, endpoint: EmbeddingEndpoint
) -> None:
    async with library_with(tmp_path, endpoint) as library:
        said = await library.consult("what a lovely evening it was", "en")
        assert not said.confident
        assert endpoint.requests == []


async def test_of_what_answers_the_best_is_quoted_as_surely_as_before(
    tmp_path: Path, endpoint: EmbeddingEndpoint
) -> None:
    question = "what is the wifi password for guests"
    async with library_with(tmp_path, endpoint, reranker="", notes=WIFI) as plain:
        await plain.add_example(question, wanted=True)
        before = await plain.consult(question, "en")
    assert before.confident
    assert len(before.found) == 2
    endpoint.plays(scores(0, 1))
    async with library_with(tmp_path, endpoint, notes=WIFI) as library:
        after = await library.consult(question, "en")
    assert after.probability == before.probability
    assert [each.passage_id for each in after.found] == [each.passage_id for each in reversed(before.found)]
