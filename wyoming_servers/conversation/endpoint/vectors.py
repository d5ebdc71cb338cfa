"""Vectors and scores out of an endpoint's answers. Pure logic."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]
_LITTLE_ENDIAN = np.dtype("<f4")


def read_vectors(data: bytes, count: int) -> Vectors:
    """Return a row of length 1 for each of so many texts, in their order; raises ValueError for anything else.

    OpenAI's answer: https://platform.openai.com/docs/api-reference/embeddings. Numbers may come as base64 unasked.
    """
    try:
        answer = json.loads(data)
        rows = [(entry.get("index", place), _row(entry["embedding"])) for place, entry in enumerate(answer["data"])]
    except (AttributeError, KeyError, TypeError, RecursionError) as err:
        raise ValueError("no list of vectors") from err
    if [index for index, _ in sorted(rows, key=lambda row: row[0])] != list(range(count)):
        raise ValueError(f"{len(rows)} vectors for {count} texts")
    vectors = np.stack([row for _, row in sorted(rows, key=lambda row: row[0])])
    with np.errstate(over="ignore"):
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not np.isfinite(lengths).all() or not lengths.all():
        raise ValueError("a vector has no length")
    return np.asarray(vectors / lengths, np.float32)


def _row(embedding: Any) -> Vectors:
    if isinstance(embedding, str):
        return np.frombuffer(b64decode(embedding, validate=True), _LITTLE_ENDIAN).astype(np.float32)
    with np.errstate(over="ignore"):  # what is too large becomes infinite, and is told
        row: Vectors = np.asarray(embedding, np.float32)
    if row.ndim != 1:
        raise ValueError("no vector")
    return row


def read_scores(answer: Any, count: int) -> list[float]:
    """Return the score of each of so many texts, in their order; raises ValueError for anything else.

    Jina's form, which vLLM and llama-server have, and that of Text Embeddings Inference.
    """
    results = answer.get("results") if isinstance(answer, Mapping) else answer
    try:
        scores = {entry["index"]: float(entry.get("relevance_score", entry.get("score"))) for entry in results or ()}
        return [scores[index] for index in range(count)]
    except (AttributeError, KeyError, TypeError) as err:
        raise ValueError("no list of scores") from err
