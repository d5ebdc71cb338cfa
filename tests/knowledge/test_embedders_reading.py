"""What models want before a text, and vectors and scores as they are written."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wyoming_servers.conversation.endpoint.models import choose_embedding
from wyoming_servers.conversation.endpoint.vectors import read_scores, read_vectors
from wyoming_servers.conversation.knowledge.embedders.families import prefixes_of
from wyoming_servers.conversation.llama.vectors import vectors_from_text, vectors_to_text


@pytest.mark.parametrize(
    ("names", "query", "passage"),
    [
        (("multilingual-e5-small-Q8_0",), "query: ", "passage: "),
        (("intfloat/e5-base-v2",), "query: ", "passage: "),
        (("multilingual_e5_large_instruct",), "Instruct: ", ""),
        (("nomic-embed-text:v1.5",), "search_query: ", "search_document: "),
        (("model", "nomic-bert-moe"), "search_query: ", "search_document: "),
        (("Qwen3 Embedding 0.6B",), "Instruct: ", ""),
        (("embeddinggemma-300M",), "task: search result | query: ", "title: none | text: "),
        (("bge-small-zh-v1.5",), "为这个句子", ""),
        (("BAAI/bge-base-en-v1.5",), "Represent this sentence", ""),
        (("mxbai-embed-large",), "Represent this sentence", ""),
        (("snowflake-arctic-embed2", "snowflake-arctic-embed-l-v2.0"), "query: ", ""),
        (("snowflake-arctic-embed-m-v1.5",), "Represent this sentence", ""),
        (("bge-m3",), "", ""),
        (("bge-m3-retromae",), "", ""),
        (("all-MiniLM-L6-v2", "bert"), "", ""),
        (("text-embedding-3-small",), "", ""),
        (("qwen3-8b",), "", ""),
    ],
)
def test_a_question_and_a_passage_begin_as_the_models_makers_say(
    names: tuple[str, ...], query: str, passage: str
) -> None:
    found = prefixes_of(*names)
    assert found.query.startswith(query)
    assert bool(found.query) == bool(query)
    assert (found.of(query=True), found.of(query=False)) == (found.query, passage)


@given(st.integers(1, 5), st.integers(0, 5))
def test_rows_survive_the_wire(width: int, count: int) -> None:
    rows = np.random.default_rng(count).standard_normal((count, width)).astype(np.float32)
    assert np.array_equal(vectors_from_text(vectors_to_text(rows), width), rows)


@pytest.mark.parametrize("text", ["AAA", "AAAA", "!!!!"])
def test_what_are_no_rows_are_none(text: str) -> None:
    with pytest.raises(ValueError):
        vectors_from_text(text, 2)


@given(st.binary())
def test_any_bytes_are_vectors_or_a_value_error(data: bytes) -> None:
    with pytest.raises(ValueError):
        read_vectors(data, 1)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["data", "embedding", "index", "results", "score"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(JSON)
def test_any_json_is_vectors_and_scores_or_a_value_error(value: object) -> None:
    try:
        vectors = read_vectors(json.dumps(value).encode(), 1)
    except ValueError:
        pass
    else:
        assert vectors.shape[0] == 1
        assert np.isclose(np.linalg.norm(vectors), 1, atol=1e-3)
    try:
        scores = read_scores(value, 1)
    except ValueError:
        return
    assert len(scores) == 1


def test_of_a_list_the_first_that_embeds_is_taken() -> None:
    listing = {"data": [{"id": "bge-reranker-base"}, {"id": "llama3"}, {"id": "nomic-embed-text"}, {"id": "bge-m3"}]}
    assert choose_embedding(listing, "auto") == "nomic-embed-text"
    assert choose_embedding(listing, "mine") == "mine"
    assert choose_embedding({"data": [{"id": "stella"}]}, "auto") == "stella"
    assert choose_embedding({"data": [{"id": "a"}, {"id": "b"}]}, "auto") == ""
    assert choose_embedding({"data": []}, "auto") == ""
    assert choose_embedding({}, "auto") == ""
