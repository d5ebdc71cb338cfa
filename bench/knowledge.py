"""How the knowledge grows: search, ingest, memory and files from 1,000 to 50,000 passages, in one run.

script/bench knowledge [--passages N,N,...] [--data FILE.csv] [--plot FILE.svg]

Text is the tests' household, recombined (`knowledge_text.py`); questions are that household's, in English and Chinese.
Reading of files is left out, which is a process for each: what is taken in is cut, indexed and on disk. Vectors are
random ones, of which the index cannot tell that they are no real model's; what a model takes is left out. Each size has
a process of its own, so that its memory is its own.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import hashlib
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from tests.knowledge.household_questions import all_said
from wyoming_servers.conversation.engine import ModelState, ModelStatus
from wyoming_servers.conversation.knowledge.dense import FaissIndex
from wyoming_servers.conversation.knowledge.document import Document, Reading
from wyoming_servers.conversation.knowledge.embedders.engine import Embedder, Vectors
from wyoming_servers.conversation.knowledge.library import Library
from wyoming_servers.conversation.knowledge.meaning import Meaning
from wyoming_servers.conversation.knowledge.splitting import split
from wyoming_servers.conversation.knowledge.sqlite_store import SqliteStore
from wyoming_servers.settings import KnowledgeSettings
from wyoming_servers.worker import Worker

from .knowledge_plot import plot
from .knowledge_text import Writer

SIZES = (1_000, 2_000, 5_000, 10_000, 20_000, 50_000)
PASSAGES_OF_A_DOCUMENT = 100
DIMENSIONS = 384
QUESTIONS = 400
AT_MOST_MS = 20.0
"""For a search, for 95 of 100 questions."""


@dataclass(frozen=True)
class Grown:
    """What was measured at one size."""

    passages: int
    text_mb: float
    ingest_per_s: float
    words_p50_ms: float
    words_p95_ms: float
    words_cpu_p95_ms: float
    """Of the process: what it would be with nothing else on the machine."""
    both_p50_ms: float
    both_p95_ms: float
    both_cpu_p95_ms: float
    open_s: float
    database_mb: float
    vectors_mb: float
    memory_mb: float
    memory_with_vectors_mb: float
    load: float
    """Of the machine in the minute of the searches: processes that run or want to."""


class RandomVectors(Embedder):
    """Embeds at once, and says nothing."""

    status = ModelStatus("bench", "random", ModelState.READY)
    name = "random"
    dimensions = DIMENSIONS

    async def start(self) -> None:
        """Nothing is loaded."""

    async def stop(self) -> None:
        """Nothing is ended."""

    async def ready(self) -> None:
        """It always is."""

    async def embed(self, texts: Sequence[str], *, query: bool) -> Vectors:  # noqa: ARG002 - it is all the same
        """Return any vectors."""
        vectors = np.random.default_rng(len(texts[0])).standard_normal((len(texts), DIMENSIONS), np.float32)
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def _document(number: int, reading: Reading) -> Document:
    return Document(
        document_id=f"{number:016x}",
        name=f"{number}.pdf",
        title=reading.title,
        kind=reading.kind,
        sha256=hashlib.sha256(str(number).encode()).hexdigest(),
        size_bytes=0,
        added=datetime.now(UTC),
    )


def _resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def _size_mb(folder: Path, pattern: str) -> float:
    return sum(path.stat().st_size for path in folder.glob(pattern)) / 1e6


def _fill(folder: Path, passages: int) -> tuple[float, float]:
    """Take in documents; return megabytes of text, and passages a second."""
    store = SqliteStore(folder / "knowledge.db")
    store.open()
    writer = Writer()
    text_bytes, taken_s, number = 0, 0.0, 0
    while (left := passages - store.corpus().passages) > 0:
        reading = writer.document(min(PASSAGES_OF_A_DOCUMENT, left))
        text_bytes += sum(len(section.text.encode()) for section in reading.sections)
        began = time.perf_counter()
        store.add(_document(number, reading), split(reading)[:left])
        taken_s += time.perf_counter() - began
        number += 1
    store.close()
    return text_bytes / 1e6, passages / taken_s


def _questions() -> list[str]:
    said = [each.text for each in all_said() if each.is_answered]
    return random.Random(1).choices(said, k=QUESTIONS)


async def _search_ms(library: Library) -> tuple[list[float], list[float]]:
    """Return how long each question took, and how long the processor worked for it."""
    times, computing = [], []
    for question in ("warm", "热", *_questions()):
        began, began_computing = time.perf_counter(), time.process_time()
        await library.search(question)
        times.append((time.perf_counter() - began) * 1000)
        computing.append((time.process_time() - began_computing) * 1000)
    return times[2:], computing[2:]


async def _searched(folder: Path, *, vectors: bool) -> tuple[tuple[list[float], list[float]], float, float]:
    """Open a library and search it; return the times, the seconds to open it, and the memory that it takes."""
    store = SqliteStore(folder / "knowledge.db")

    def meaning(worker: Worker) -> Meaning | None:
        if not vectors:
            return None
        return Meaning(
            store,
            worker,
            RandomVectors(),
            lambda name, dimensions: FaissIndex(folder, store, name, dimensions),
            questions={},
        )

    library = Library(store, folder, KnowledgeSettings(), meaning=meaning)
    began = time.perf_counter()
    await library.start()
    await library.settled()
    opened_s = time.perf_counter() - began
    await library.calibrate()  # or it would be done beside the questions
    times = await _search_ms(library)
    memory = _resident_mb()
    await library.stop()
    return times, opened_s, memory


def _measure(passages: int) -> Grown:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if os.fork() == 0:  # what is taken in leaves no memory behind
            (folder / "filled.json").write_text(json.dumps(_fill(folder, passages)))
            os._exit(0)
        os.wait()
        text_mb, ingest_per_s = json.loads((folder / "filled.json").read_text())
        (words, computing), open_s, memory = asyncio.run(_searched(folder, vectors=False))
        database_mb = _size_mb(folder, "knowledge.db*")
        (both, both_computing), _, memory_with_vectors = asyncio.run(_searched(folder, vectors=True))
        return Grown(
            passages=passages,
            text_mb=text_mb,
            ingest_per_s=ingest_per_s,
            words_p50_ms=statistics.median(words),
            words_p95_ms=float(np.percentile(words, 95)),
            words_cpu_p95_ms=float(np.percentile(computing, 95)),
            both_p50_ms=statistics.median(both),
            both_p95_ms=float(np.percentile(both, 95)),
            both_cpu_p95_ms=float(np.percentile(both_computing, 95)),
            open_s=open_s,
            database_mb=database_mb,
            vectors_mb=_size_mb(folder, "dense-*"),
            memory_mb=memory,
            memory_with_vectors_mb=memory_with_vectors,
            load=os.getloadavg()[0],
        )


def _all(sizes: Sequence[int]) -> Iterator[Grown]:
    for size in sizes:
        command = [sys.executable, "-W", "ignore", "-m", "bench.knowledge", "--one", str(size)]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
        yield Grown(**json.loads(done.stdout))


_HEADS = (
    *(("", "passages", 8), ("text", "MB", 8), ("ingest", "per s", 8)),
    *(("by words", "p50 ms", 10), ("", "p95", 7), ("computing", "p95", 11)),
    *(("and vectors", "p50 ms", 13), ("", "p95", 7), ("computing", "p95", 11)),
    *(("open", "s", 7), ("database", "MB", 10), ("vectors", "MB", 9), ("memory", "MB", 8), ("with", "vectors", 9)),
    ("load", "", 6),
)


def _print(grown: Grown) -> None:
    figures = (
        *(f"{grown.passages:,}", f"{grown.text_mb:.1f}", f"{grown.ingest_per_s:.0f}"),
        *(f"{grown.words_p50_ms:.1f}", f"{grown.words_p95_ms:.1f}", f"{grown.words_cpu_p95_ms:.1f}"),
        *(f"{grown.both_p50_ms:.1f}", f"{grown.both_p95_ms:.1f}", f"{grown.both_cpu_p95_ms:.1f}"),
        f"{grown.open_s:.2f}",
        *(f"{grown.database_mb:.1f}", f"{grown.vectors_mb:.1f}"),
        *(f"{grown.memory_mb:.0f}", f"{grown.memory_with_vectors_mb:.0f}"),
        f"{grown.load:.1f}",
    )
    print("".join(f"{each:>{width}}" for each, (_, _, width) in zip(figures, _HEADS, strict=True)), flush=True)


def main(sizes: Sequence[int], data: Path | None, picture: Path | None) -> None:
    print("".join(f"{each:>{width}}" for each, _, width in _HEADS))
    print("".join(f"{each:>{width}}" for _, each, width in _HEADS))
    rows = []
    for grown in _all(sizes):
        rows.append(grown)
        _print(grown)
    most = max(rows, key=lambda row: row.passages)
    print(
        f"{most.passages:,} passages: p95 by words {most.words_p95_ms:.1f} ms, with vectors {most.both_p95_ms:.1f} ms"
        f" (at most {AT_MOST_MS:g})"
    )
    if data is not None:
        with data.open("w", newline="", encoding="utf-8") as file:
            table = csv.DictWriter(file, [field.name for field in fields(Grown)])
            table.writeheader()
            table.writerows({name: round(value, 3) for name, value in asdict(row).items()} for row in rows)
    if picture is not None:
        picture.write_text(plot([asdict(row) for row in rows]), encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--passages", default=",".join(map(str, SIZES)), help="sizes (default: %(default)s)")
    parser.add_argument("--data", type=Path, help="write the figures to this file, as CSV")
    parser.add_argument("--plot", type=Path, help="draw them into this file, as SVG")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one is None:
        main([int(each) for each in args.passages.split(",")], args.data, args.plot)
    else:
        sys.stdout.write(json.dumps(asdict(_measure(args.one))))
