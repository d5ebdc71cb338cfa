"""A process that takes in documents until it is killed, and tells which were acknowledged."""

from __future__ import annotations

import asyncio
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from unittest.mock import patch

from tests.knowledge.bag_of_words import BagOfWords
from tests.knowledge.libraries import opened
from wyoming_servers.conversation.knowledge import ingest
from wyoming_servers.conversation.knowledge.document import Reading, Section


def take_in(folder: Path, seed: int, told: Connection) -> None:
    """Add, replace and remove documents, and send what holds after each call that has returned."""
    with patch.object(ingest, "read_document", _read):  # what is killed is the server, not who reads
        asyncio.run(_take_in(folder, seed, told))


async def _take_in(folder: Path, seed: int, told: Connection) -> None:
    chance = Random(seed)
    async with opened(folder, embedder=BagOfWords()) as library:
        await library.settled()
        told.send(("ready", 0))
        for number in count(1000 * seed):
            path = folder / "paper.txt"
            path.write_text(f"number{number} {chance.randint(3, 60)}")
            added = await library.add(path, f"{number}.txt")
            told.send((f"number{number}", added.document.passages))
            if chance.random() < 0.2:
                told.send((f"number{number}", None))  # from here on it may be gone
                await library.remove(added.document.document_id)
                told.send((f"number{number}", 0))


async def _read(path: Path, name: str, *_: object) -> Reading:
    word, passages = path.read_text().split()  # noqa: ASYNC240 - a process of its own
    text = f"{word} is about descaling. " + "Pour vinegar into the tank, and wait for an hour. " * 8
    return Reading(name, tuple(Section(text, (str(each),)) for each in range(int(passages))))
