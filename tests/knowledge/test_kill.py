"""kill -9 at any moment: what was acknowledged is there, nothing is half, and search works at once."""

from __future__ import annotations

import multiprocessing
import os
import time
from pathlib import Path
from random import Random

import pytest

from tests.knowledge.bag_of_words import BagOfWords
from tests.knowledge.killed import take_in
from tests.knowledge.libraries import opened
from wyoming_servers.conversation.knowledge.sqlite_store import SqliteStore

KILLS = int(os.environ.get("KILLS", "15"))
"""50 are asked of a release: KILLS=50 script/test tests/knowledge/test_kill.py"""

_SPAWN = multiprocessing.get_context("forkserver")
_SPAWN.set_forkserver_preload(["tests.knowledge.killed"])


def killed(folder: Path, seed: int, after_s: float, least: int = 0) -> dict[str, int | None]:
    """Let a process work for so long; return what it had acknowledged: words, with their passages, None for any.

    On a busy machine it may have longer, until there are `least`.
    """
    ours, theirs = _SPAWN.Pipe(duplex=False)
    process = _SPAWN.Process(target=take_in, args=(folder, seed, theirs))
    process.start()
    theirs.close()
    acknowledged: dict[str, int | None] = {}
    assert ours.recv() == ("ready", 0)
    until_s = time.monotonic() + after_s
    while len(acknowledged) < least or ((left_s := until_s - time.monotonic()) > 0 and ours.poll(left_s)):
        acknowledged.update([ours.recv()])
    process.kill()
    process.join()
    try:
        while True:
            acknowledged.update([ours.recv()])
    except EOFError:
        ours.close()
    assert process.exitcode == -9
    return acknowledged


def check(folder: Path, acknowledged: dict[str, int | None]) -> int:
    """Look at what is on disk; return how many documents there are."""
    store = SqliteStore(folder / "knowledge.db")
    store.open()
    try:
        assert store.notice == ""
        documents = {f"number{each.name.removesuffix('.txt')}": each for each in store.documents()}
        for word, passages in acknowledged.items():
            assert (documents[word].passages if word in documents else 0) == passages or passages is None, word
        for word, document in documents.items():
            hits = store.lexical([word], 1000)
            found = store.passages(hit.passage_id for hit in hits)
            assert len(found) == document.passages
            assert {each.document_id for _, each in found.values()} == {document.document_id}
        assert store.counts().passages == sum(each.passages for each in documents.values())
        return len(documents)
    finally:
        store.close()


@pytest.mark.timeout(300)
def test_what_was_acknowledged_survives_and_nothing_is_half(tmp_path: Path) -> None:
    chance = Random(7)
    acknowledged: dict[str, int | None] = {}
    in_flight = 0
    for seed in range(1, KILLS + 1):
        told = killed(tmp_path, seed, chance.uniform(0, 0.3))
        in_flight += check(tmp_path, acknowledged | told) - sum(map(bool, (acknowledged | told).values()))
        store = SqliteStore(tmp_path / "knowledge.db")
        store.open()
        acknowledged = {f"number{each.name.removesuffix('.txt')}": each.passages for each in store.documents()}
        store.close()
    assert len(acknowledged) > KILLS
    print(f"{KILLS} kills; {len(acknowledged)} documents; {in_flight} calls on disk whose answer was lost")  # noqa: T201


async def test_after_a_kill_search_by_meaning_catches_up(tmp_path: Path) -> None:
    told = {word: each for word, each in killed(tmp_path, 1, 0, least=4).items() if each}
    assert told
    async with opened(tmp_path, embedder=BagOfWords()) as library:
        for word in told:
            assert any(word in each.passage.text for each in await library.search(word))
        await library.settled()
        for word in told:
            found = await library.search(word, 50)
            assert any(word in each.passage.text for each in found)
            assert all(each.cosine is not None for each in found)
