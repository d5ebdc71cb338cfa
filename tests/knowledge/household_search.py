"""The household's documents in a real store, and what a search by words finds there."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from wyoming_servers.conversation.knowledge.asked import index_words, search_words
from wyoming_servers.conversation.knowledge.document import Document, Found, Passage
from wyoming_servers.conversation.knowledge.features import Retrieved
from wyoming_servers.conversation.knowledge.fusion import fuse
from wyoming_servers.conversation.knowledge.reading import reader
from wyoming_servers.conversation.knowledge.reading.limits import Limits
from wyoming_servers.conversation.knowledge.splitting import split
from wyoming_servers.conversation.knowledge.sqlite_store import SqliteStore

from .household_files import make_all
from .household_questions import Said

LIMIT = 20


class HouseholdSearch:
    """Searches by words alone, as the library does without an embedder."""

    def __init__(self, store: SqliteStore, passages: Sequence[tuple[Passage, Document]]) -> None:
        self._store = store
        self.passages = passages

    def __call__(self, question: str) -> Retrieved:
        """Return what is found for a question, and what the gate wants to know besides."""
        frequency = self._store.document_frequency(index_words(question))
        return Retrieved(question, tuple(self.search(question)), frequency, len(self.passages))

    def search(self, question: str, limit: int = LIMIT) -> list[Found]:
        """Return passages, best first."""
        words = search_words(question)
        bm25 = dict(self._store.lexical(words, limit, words))
        kept = self._store.passages(list(bm25))
        scores = fuse([list(bm25)])
        return [Found(*kept[each], each, scores[each], bm25[each]) for each in bm25]


@contextmanager
def household_search() -> Iterator[HouseholdSearch]:
    """Make the household's files, read them, and index them in a folder of its own."""
    with TemporaryDirectory() as folder:
        (Path(folder) / "files").mkdir()
        store = SqliteStore(Path(folder) / "knowledge.db")
        store.open()
        try:
            kept = [pair for path in make_all(Path(folder) / "files") for pair in _added(store, path)]
            yield HouseholdSearch(store, kept)
        finally:
            store.close()


def _added(store: SqliteStore, path: Path) -> list[tuple[Passage, Document]]:
    data = path.read_bytes()
    reading = reader.read(path, path.name, Limits(), lambda _done, _of: None)
    passages = split(reading)
    sha256 = hashlib.sha256(data).hexdigest()
    now = datetime(2026, 11, 20, tzinfo=UTC)
    document = store.add(Document(path.name, path.name, reading.title, reading.kind, sha256, len(data), now), passages)
    return [(passage, document) for passage in passages]


def answers(said: Said, found: Found) -> bool:
    """Whether a passage has the answer to a question."""
    passage = found.passage
    text = "\n".join((*passage.headings, passage.question, passage.text)).casefold()
    return found.document.name == said.document and all(word.casefold() in text for word in said.words)
