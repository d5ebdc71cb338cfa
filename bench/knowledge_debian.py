"""Real books nobody here wrote: Debian's reference manual in English and Chinese, and what is found in it.

script/bench knowledge-debian [--write FILE.md]

The PDFs come from the packages debian-reference-en and -zh-cn: from SOTTO_DEBIAN_REFERENCE, from where these install
them, or else `apt-get download` gets them into .cache. Both are taken in by one library, as a household would, and its
gate is calibrated on them. Questions are in knowledge_debian.yaml, with words of a passage that answers.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pypdfium2 as pdfium
import yaml

from wyoming_servers.conversation.knowledge.consultation import Consultation
from wyoming_servers.conversation.knowledge.document import Found
from wyoming_servers.conversation.knowledge.ingest import Progress, Step
from wyoming_servers.conversation.knowledge.library import Library
from wyoming_servers.conversation.knowledge.sqlite_store import SqliteStore
from wyoming_servers.settings import KnowledgeSettings

QUESTIONS = Path(__file__).with_suffix(".yaml")
INSTALLED = Path("usr/share/debian-reference")
BOOKS = "debian-reference.*.pdf"
CACHE = Path(__file__).parents[1] / ".cache" / "debian-reference"
PACKAGES = ("debian-reference-en", "debian-reference-zh-cn")
SHOWN = 3
"""Passages of each question."""
FIRST_WORDS = 60
"""Characters."""


@dataclass(frozen=True)
class TakenIn:
    """How a book was taken in."""

    name: str
    pages: int
    passages: int
    read_s: float
    indexed_s: float
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Asked:
    """A question, what came of it, and at which place of it the answer is, from 1; 0 if it is nowhere."""

    text: str
    said: Consultation
    place: int
    took_ms: float


def books() -> list[Path]:
    """Return the PDFs, fetched if they are not here."""
    folder = Path(os.environ.get("SOTTO_DEBIAN_REFERENCE", Path("/") / INSTALLED))
    if found := sorted(folder.glob(BOOKS)):
        return found
    if not (CACHE / INSTALLED).exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        subprocess.run(["apt-get", "download", *PACKAGES], cwd=CACHE, check=True)
        for package in CACHE.glob("*.deb"):
            subprocess.run(["dpkg-deb", "-x", str(package), str(CACHE)], check=True)
    return sorted((CACHE / INSTALLED).glob(BOOKS))


async def _taken_in(library: Library, path: Path) -> TakenIn:
    moments: dict[Step, float] = {}

    def told(progress: Progress) -> None:
        moments.setdefault(progress.step, time.perf_counter())

    added = await library.add(path, path.name, told=told)
    ended = time.perf_counter()
    return TakenIn(
        path.name,
        len(pdfium.PdfDocument(path)),
        added.document.passages,
        moments[Step.INDEXING] - moments[Step.READING],
        ended - moments[Step.INDEXING],
        added.document.warnings,
    )


async def _asked(library: Library, text: str, language: str, words: str) -> Asked:
    began = time.perf_counter()
    said = await library.consult(text, language)
    took_ms = (time.perf_counter() - began) * 1000
    places = (place for place, each in enumerate(said.found, 1) if _answers(each, words, language))
    return Asked(text, said, next(places, 0), took_ms)


def _answers(found: Found, words: str, language: str) -> bool:
    book = BOOKS.replace("*", language)
    text = "\n".join((*found.passage.headings, found.passage.text))
    return found.document.name == book and words.casefold() in text.casefold()


async def measured() -> tuple[list[TakenIn], float, dict[str, list[Asked]]]:
    """Return how the books were taken in, seconds of calibration, and the questions by language."""
    questions = yaml.safe_load(QUESTIONS.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as name:
        library = Library(SqliteStore(Path(name) / "knowledge.db"), Path(name), KnowledgeSettings())
        await library.start()
        try:
            taken_in = [await _taken_in(library, path) for path in books()]
            began = time.perf_counter()
            await library.calibrate()
            calibrated_s = time.perf_counter() - began
            asked = {
                code: [await _asked(library, text, code, words) for text, words in rows]
                for code, rows in questions.items()
            }
        finally:
            await library.stop()
    return taken_in, calibrated_s, asked


def report(taken_in: list[TakenIn], calibrated_s: float, asked: dict[str, list[Asked]]) -> Iterator[str]:
    """Yield the lines of the report, in Markdown."""
    yield "| book | pages | passages | read, s | cut and indexed, s | warnings |\n|---|---|---|---|---|---|"
    for book in taken_in:
        yield (
            f"| {book.name} | {book.pages} | {book.passages:,} | {book.read_s:.1f} | {book.indexed_s:.1f}"
            f" | {' '.join(book.warnings)} |"
        )
    yield f"\nThe gate was calibrated in {calibrated_s:.0f} s; the machine's load was {os.getloadavg()[0]:.1f}.\n"
    for code, rows in asked.items():
        yield f"\n## {code}\n\n| question | page | heading | first words | answers | said |\n|---|---|---|---|---|---|"
        for each in rows:
            yield from _rows(each)
        first = sum(each.place == 1 for each in rows)
        among = sum(0 < each.place <= SHOWN for each in rows)
        spoken = sum(each.said.confident for each in rows)
        yield (
            f"\nOf {len(rows)}: {first} found first, {among} among the first {SHOWN}, {spoken} let through by the gate;"
            f" the slowest took {max(each.took_ms for each in rows):.0f} ms.\n"
        )


def _rows(asked: Asked) -> Iterator[str]:
    for place, each in enumerate(asked.said.found[:SHOWN], 1):
        said = ""
        if place == 1:
            said = f"{'yes' if asked.said.confident else 'no'}, {asked.said.probability:.2f}"
        answers = f"yes, place {place}" if place == asked.place else ""
        if place == 1 and not 0 < asked.place <= SHOWN:
            answers = f"no; the answer has place {asked.place}" if asked.place else "no"
        words = " ".join(each.passage.text.split())[:FIRST_WORDS]
        heading = each.passage.headings[-1] if each.passage.headings else ""
        question = asked.text if place == 1 else ""
        yield f"| {question} | {each.passage.page} | {_cell(heading)} | {_cell(words)} … | {answers} | {said} |"


def _cell(text: str) -> str:
    for mark in "\\|`*_<>":
        text = text.replace(mark, f"\\{mark}")
    return text


def main() -> None:
    """Measure, and print the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", type=Path, help="also write it behind the first part of this file")
    write: Path | None = parser.parse_args().write
    text = "\n".join(report(*asyncio.run(measured()))) + "\n"
    print(text)
    if write is not None:
        before = write.read_text(encoding="utf-8").partition(MARK)[0] if write.exists() else ""
        write.write_text(f"{before}{MARK}\n\n{text}", encoding="utf-8")


MARK = "<!-- what follows is written by script/bench knowledge-debian -->"

if __name__ == "__main__":
    main()
