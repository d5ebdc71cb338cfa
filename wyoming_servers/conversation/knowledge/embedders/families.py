"""What a family of embedding models wants before a question and before a passage, as its makers say. Pure logic.

A model that was trained with them finds less without. Sources are the models' own cards.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Prefixes:
    """What stands before a text."""

    query: str = ""
    passage: str = ""

    def of(self, *, query: bool) -> str:
        """Return what stands before one that is a question, or a passage."""
        return self.query if query else self.passage


_TASK = "Given a question, retrieve passages that answer it"
_REPRESENT = Prefixes("Represent this sentence for searching relevant passages: ")
_FAMILIES: tuple[tuple[str, Prefixes], ...] = (
    (r"\be5-.*instruct|gte-qwen2", Prefixes(f"Instruct: {_TASK}\nQuery: ")),
    (r"\be5\b", Prefixes("query: ", "passage: ")),
    (r"nomic-(embed|bert)", Prefixes("search_query: ", "search_document: ")),
    (r"qwen3.*embed", Prefixes(f"Instruct: {_TASK}\nQuery:")),
    (r"embeddinggemma|gemma-embedding", Prefixes("task: search result | query: ", "title: none | text: ")),
    (r"bge-(small|base|large)-zh", Prefixes("为这个句子生成表示以用于检索相关文章：")),  # noqa: RUF001 - it is Chinese
    (r"arctic-embed-.*v2", Prefixes("query: ")),
    (r"bge-(small|base|large)-en|mxbai-embed|arctic-embed", _REPRESENT),
)
_PLAIN = Prefixes()


def prefixes_of(*names: str) -> Prefixes:
    """Return what the model wants that has these names: its own, its file's, its architecture's.

    None for families that want none, such as bge-m3, and for those that are not known.
    """
    known = " ".join(re.sub(r"[_\s/:]+", "-", name.casefold()) for name in names)
    return next((prefixes for pattern, prefixes in _FAMILIES if re.search(pattern, known)), _PLAIN)
