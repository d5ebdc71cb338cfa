"""Vectors and ranks from OpenAI-compatible endpoints that behave well, oddly, or not at all."""

from __future__ import annotations

import asyncio
import logging
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.conversation.llama_engine import until
from tests.conversation.scripted_endpoint import Break, Hang, Respond, refuses
from tests.knowledge.embedding_endpoint import EmbeddingEndpoint
from wyoming_servers.conversation.engine import ModelState
from wyoming_servers.conversation.knowledge.embedders.openai import (
    BATCH,
    OpenAiEmbedder,
    OpenAiReranker,
    create,
    create_reranker,
)
from wyoming_servers.errors import (
    EngineUnavailableError,
    OverloadedError,
    RemoteError,
    SettingsError,
    SottoError,
)
from wyoming_servers.settings import KnowledgeSettings, LlmSettings, Settings

SECRET = "sk-secret-0123456789"


class Clock:
    """Time passes when somebody sleeps."""

    now = 1000.0

    def __init__(self) -> None:
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
async def endpoint() -> AsyncIterator[EmbeddingEndpoint]:
    async with EmbeddingEndpoint() as endpoint:
        yield endpoint


@pytest.fixture
def clock() -> Clock:
    return Clock()


Make = Callable[..., OpenAiEmbedder]


def settings_for(url: str, timeout_s: float = 5.0, **knowledge: Any) -> Settings:
    return Settings(llm=LlmSettings(timeout_s=timeout_s), knowledge=KnowledgeSettings(url=url, **knowledge))


@pytest.fixture
async def make(endpoint: EmbeddingEndpoint, clock: Clock) -> AsyncIterator[Make]:
    """Make embedders, which end with the test."""
    made: list[OpenAiEmbedder] = []

    def make(url: str = "", **options: Any) -> OpenAiEmbedder:
        embedder = create(settings_for(url or endpoint.url, **options))
        embedder._breaker._clock = clock
        embedder._sleep = clock.sleep
        made.append(embedder)
        return embedder

    yield make
    for embedder in made:
        await embedder.stop()


def state_of(embedder: OpenAiEmbedder) -> ModelState:
    return embedder.status.state


async def failure(asked: Awaitable[Any]) -> SottoError:
    with pytest.raises(SottoError) as caught:
        await asked
    return caught.value


# --- Vectors ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("in_base64", [False, True])
async def test_vectors_are_put_in_order_and_have_length_one(
    make: Make, endpoint: EmbeddingEndpoint, in_base64: bool
) -> None:
    endpoint.in_base64 = in_base64
    vectors = await make().embed(["drain hose", "bins", "drain hose"], query=False)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors[0] @ vectors[2] == pytest.approx(1, abs=1e-5)
    assert vectors[0] @ vectors[1] < 0.99


async def test_many_texts_are_sent_in_batches(make: Make, endpoint: EmbeddingEndpoint) -> None:
    texts = [f"text {number}" for number in range(2 * BATCH + 1)]
    assert (await make().embed(texts, query=False)).shape == (len(texts), 8)
    assert endpoint.texts == texts
    assert [len(request.body["input"]) for request in endpoint.requests] == [BATCH, BATCH, 1]
    assert (await make().embed([], query=False)).shape == (0, 0)


async def test_the_first_model_that_embeds_is_taken_and_says_what_stands_before_a_text(make: Make) -> None:
    models = ("qwen3-8b", "bge-reranker-v2-m3", "intfloat/multilingual-e5-base")
    async with EmbeddingEndpoint(models=models) as endpoint:
        embedder = make(endpoint.url)
        assert (embedder.name, embedder.dimensions) == ("", 0)
        await embedder.ready()
        assert (embedder.name, embedder.dimensions) == ("openai/intfloat/multilingual-e5-base/passage:", 8)
        await embedder.embed(["bins"], query=True)
        await embedder.embed(["bins"], query=False)
        assert endpoint.texts[1:] == ["query: bins", "passage: bins"]
        assert endpoint.requests[-1].body["model"] == "intfloat/multilingual-e5-base"


async def test_an_only_model_is_taken_whatever_it_is_called(make: Make) -> None:
    async with EmbeddingEndpoint(models=("stella",)) as endpoint:
        embedder = make(endpoint.url)
        await embedder.ready()
        assert embedder.name == "openai/stella"


async def test_a_list_without_a_model_that_embeds_is_told(make: Make) -> None:
    async with EmbeddingEndpoint(models=("qwen3-8b", "llama3")) as endpoint:
        error = await failure(make(endpoint.url).ready())
        assert "lists no model that embeds" in error.message
        assert "--knowledge-model" in error.remedy


async def test_a_model_that_is_named_is_not_looked_for(make: Make, endpoint: EmbeddingEndpoint) -> None:
    embedder = make(model="text-embedding-3-small")
    assert embedder.name == "openai/text-embedding-3-small"
    await embedder.ready()
    assert endpoint.listings == []
    assert endpoint.requests[0].body == {
        "model": "text-embedding-3-small",
        "input": ["."],
        "encoding_format": "float",
    }


async def test_when_it_starts_it_learns_what_there_is(make: Make) -> None:
    embedder = make()
    assert state_of(embedder) is ModelState.LOADING
    await embedder.start()
    await until(lambda: embedder.dimensions == 8)
    assert state_of(embedder) is ModelState.READY


async def test_a_server_that_wants_to_know_what_is_a_question_is_told(make: Make, endpoint: EmbeddingEndpoint) -> None:
    endpoint.wants_input_type = True
    embedder = make()
    await embedder.embed(["bins"], query=True)
    await embedder.embed(["bins"], query=False)
    assert [request.body.get("input_type") for request in endpoint.requests] == [None, "query", "passage"]


async def test_texts_that_a_server_finds_too_long_are_cut_and_only_those(
    make: Make, endpoint: EmbeddingEndpoint, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="wyoming_servers")
    endpoint.most_chars = 300
    embedder = make()
    long = "xylophone " * 100
    assert (await embedder.embed(["short", long], query=False)).shape == (2, 8)
    assert endpoint.requests[-1].body["input"] == ["short", long[:250]]
    asked = len(endpoint.requests)
    await embedder.embed([long], query=False)
    assert len(endpoint.requests) == asked + 1
    assert not [record for record in caplog.records if "xylophone" in record.getMessage()]


# --- What goes wrong -------------------------------------------------------------------------------------------------

BROKEN = [
    ([Respond(200, "no json")], "does not speak OpenAI's protocol"),
    ([Respond(200, {"data": []})], "does not speak OpenAI's protocol"),
    ([Respond(200, {"data": [{"embedding": [0.0, 0.0]}]})], "does not speak OpenAI's protocol"),
    ([Respond(200, {"data": [{"embedding": [[1.0]]}]})], "does not speak OpenAI's protocol"),
    ([Respond(200, {"data": [{"embedding": ["a"]}]})], "does not speak OpenAI's protocol"),
    ([Respond(200, {"data": [{"embedding": [1e300, 1.0]}]})], "does not speak OpenAI's protocol"),
    ([Respond(200, {"data": [{"embedding": [1e30, 1e30]}]})], "does not speak OpenAI's protocol"),
    ([Respond(200, {"data": [{"embedding": [1e999, 1.0]}]})], "does not speak OpenAI's protocol"),
    ([Respond(200, {"data": [{"index": 7, "embedding": [1.0]}]})], "does not speak OpenAI's protocol"),
    (refuses(401), "does not accept the key"),
    (refuses(404), "does not know the model"),
    (refuses(429), "has too much to do"),
    (refuses(500), "failed (500)"),
    ([Break()], "cannot be reached"),
]


@pytest.mark.parametrize(("answer", "said"), BROKEN)
async def test_what_an_endpoint_does_wrong_is_told_and_not_repeated_to_a_sick_one(
    make: Make, endpoint: EmbeddingEndpoint, clock: Clock, answer: list[Any], said: str
) -> None:
    embedder = make(model="bge-m3")
    endpoint.plays(answer)
    error = await failure(embedder.embed(["bins"], query=True))
    assert said in error.message
    assert error.remedy
    assert state_of(embedder) is ModelState.FAILED
    assert said in embedder.status.detail
    again = await failure(embedder.embed(["bins"], query=True))
    assert again.message == error.message
    assert len(endpoint.requests) == 1
    clock.now += 6
    assert (await embedder.embed(["bins"], query=True)).shape == (1, 8)
    assert state_of(embedder) is ModelState.READY


async def test_passages_are_sent_again_after_a_pause(make: Make, endpoint: EmbeddingEndpoint, clock: Clock) -> None:
    endpoint.plays(refuses(503), refuses(429))
    assert (await make(model="bge-m3").embed(["bins"], query=False)).shape == (1, 8)
    assert clock.slept == [5, 10]


async def test_passages_are_given_up_after_some_tries(make: Make, endpoint: EmbeddingEndpoint, clock: Clock) -> None:
    endpoint.plays(*[refuses(500)] * 3)
    error = await failure(make(model="bge-m3").embed(["bins"], query=False))
    assert "failed (500)" in error.message
    assert len(endpoint.requests) == 3


async def test_a_question_is_told_at_once_that_an_endpoint_is_silent(make: Make, endpoint: EmbeddingEndpoint) -> None:
    endpoint.plays([Hang()])
    error = await failure(make(model="bge-m3", timeout_s=0.1).embed(["bins"], query=True))
    assert "was silent for 0.1 s" in error.message


async def test_who_leaves_takes_his_request_along(make: Make, endpoint: EmbeddingEndpoint) -> None:
    endpoint.plays([Hang()])
    embedding = asyncio.create_task(make(model="bge-m3").embed(["bins"], query=False))
    request = await endpoint.asked()
    embedding.cancel()
    await asyncio.wait([embedding])
    async with asyncio.timeout(5):
        await request.left.wait()


async def test_an_endpoint_that_goes_away_and_comes_back_is_used_again(
    make: Make, endpoint: EmbeddingEndpoint, clock: Clock
) -> None:
    embedder = make()
    await embedder.ready()
    await endpoint.stop()
    assert "cannot be reached" in (await failure(embedder.embed(["bins"], query=True))).message
    await endpoint.start()
    clock.now += 6
    assert (await embedder.embed(["bins"], query=True)).shape == (1, 8)


async def test_another_model_under_the_same_name_is_noticed(make: Make, endpoint: EmbeddingEndpoint) -> None:
    embedder = make()
    await embedder.ready()
    endpoint.dimensions = 4
    error = await failure(embedder.embed(["bins"], query=True))
    assert "4 dimensions now; it had 8" in error.message


async def test_the_key_is_sent_and_in_no_log_and_no_error(
    make: Make, endpoint: EmbeddingEndpoint, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(1)
    embedder = make(key=SECRET, model="bge-m3")
    endpoint.plays(refuses(401, f"wrong key {SECRET}"))
    error = await failure(embedder.embed(["bins"], query=True))
    assert endpoint.requests[0].headers["Authorization"] == f"Bearer {SECRET}"
    assert SECRET not in str(error)
    assert not [record for record in caplog.records if SECRET in record.getMessage()]


def test_without_a_url_or_with_one_that_is_none_it_says_so() -> None:
    with pytest.raises(EngineUnavailableError, match="No endpoint that embeds") as caught:
        create(settings_for(""))
    assert "--knowledge-url" in caught.value.remedy
    with pytest.raises(SettingsError, match="--knowledge-url"):
        create(settings_for("gpu-box"))


# --- Reranker --------------------------------------------------------------------------------------------------------


@pytest.fixture
async def reranker(endpoint: EmbeddingEndpoint) -> AsyncIterator[OpenAiReranker]:
    reranker = create_reranker(settings_for(endpoint.url, reranker="bge-reranker-v2-m3"))
    yield reranker
    await reranker.stop()


async def test_scores_come_back_in_the_order_of_the_texts(
    reranker: OpenAiReranker, endpoint: EmbeddingEndpoint
) -> None:
    assert await reranker.rerank("drain hose", ["bins", "the drain hose", "a hose"]) == [0, 2, 1]
    assert endpoint.requests[0].body["model"] == "bge-reranker-v2-m3"
    assert await reranker.rerank("drain hose", []) == []


async def test_scores_as_text_embeddings_inference_writes_them_are_read(
    reranker: OpenAiReranker, endpoint: EmbeddingEndpoint
) -> None:
    endpoint.plays([Respond(200, [{"index": 1, "score": 0.5}, {"index": 0, "score": 0.1}])])
    assert await reranker.rerank("drain", ["a", "b"]) == [0.1, 0.5]


@pytest.mark.parametrize("body", ["no json", {"results": []}, {"results": [{"index": 0}]}, [1], {"results": 3}])
async def test_an_answer_without_scores_is_told(
    reranker: OpenAiReranker, endpoint: EmbeddingEndpoint, body: Any
) -> None:
    endpoint.plays([Respond(200, body)])
    with pytest.raises(RemoteError, match="does not speak"):
        await reranker.rerank("drain", ["a"])


async def test_a_server_that_ranks_nothing_is_told(reranker: OpenAiReranker, endpoint: EmbeddingEndpoint) -> None:
    endpoint.plays(refuses(404), [Hang()])
    with pytest.raises(RemoteError, match="does not know the model"):
        await reranker.rerank("drain", ["a"])
    with pytest.raises((RemoteError, OverloadedError)):
        await reranker.rerank("drain", ["a"])
    assert len(endpoint.requests) == 1


# --- A real server ---------------------------------------------------------------------------------------------------


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


@pytest.fixture
async def real_server(embedding_models: Path) -> AsyncIterator[str]:
    """Run llama-cpp-python's own server with a model that embeds; yield its URL."""
    if any(find_spec(module) is None for module in ("uvicorn", "starlette_context", "sse_starlette")):
        pytest.skip("needs llama-cpp-python[server]: script/setup --bench")
    port = free_port()
    command = [sys.executable, "-m", "llama_cpp.server", "--model", str(embedding_models / "nano.gguf"),
               "--embedding", "true", "--host", "127.0.0.1", "--port", str(port), "--n_threads", "1"]  # fmt: skip
    server = await asyncio.to_thread(subprocess.Popen, command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    try:
        await asyncio.to_thread(_wait_for, port, server)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        server.terminate()
        await asyncio.to_thread(server.wait)


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    while server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            continue
        return
    pytest.fail("llama_cpp.server ended")


async def test_a_real_server_gives_the_same_vectors_as_llama_cpp_here(
    make: Make, real_server: str, embedding_models: Path
) -> None:
    embedder = make(real_server)
    vectors = await embedder.embed(["drain the hose", "bins", "drain the hose"], query=False)
    assert embedder.dimensions == 64
    assert vectors[0] @ vectors[2] == pytest.approx(1, abs=1e-3)
    assert vectors[0] @ vectors[1] < 0.95
