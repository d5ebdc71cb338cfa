"""What a library says to an utterance, and what it learns: with the household's documents, and no calibration yet."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.knowledge.household_files import make_all
from wyoming_servers.conversation.consulting import NO_EVIDENCE, Consulting
from wyoming_servers.conversation.knowledge.library import Library
from wyoming_servers.conversation.knowledge.sqlite_store import SqliteStore
from wyoming_servers.settings import build

E24 = "what does E24 mean on the dishwasher"


def library_in(folder: Path) -> Library:
    return Library(SqliteStore(folder / "knowledge.db"), folder, build({}).knowledge)


@pytest.fixture
async def library(tmp_path: Path) -> AsyncIterator[Library]:
    library = library_in(tmp_path)
    await library.start()
    files = tmp_path / "files"
    await asyncio.to_thread(files.mkdir)
    for path in await asyncio.to_thread(make_all, files):
        await library.add(path, path.name)
    yield library
    await library.stop()


async def test_what_answers_is_told_from_what_does_not(library: Library) -> None:
    for question, words in ((E24, "siphon"), ("what's the wifi password for guests", "plum-ladder-42")):
        told = await library.consult(question, "en")
        assert told.confident
        assert any(words in found.passage.text for found in told.found)
        assert told.probability > 0.9
    for said in (
        "turn on the coffee machine please",
        "他当年离开的时候什么都没有带走",
        "who wrote Pride and Prejudice",
    ):
        assert not (await library.consult(said, "en")).confident


async def test_what_was_not_meant_for_us_is_settled_also_for_the_next_server(library: Library, tmp_path: Path) -> None:
    await library.add_example(E24, wanted=False)
    told = await library.consult(f"{E24.upper()}?", "en")
    assert (told.confident, told.dismissed) == (False, True)
    await library.stop()
    following = library_in(tmp_path)
    await following.start()
    assert (await following.consult(E24, "en")).dismissed
    await following.add_example(E24, wanted=True)
    assert (await following.consult(E24, "en")).confident
    await following.stop()


async def test_a_conversation_gets_the_passages_and_a_sentence_to_speak(library: Library) -> None:
    evidence = await Consulting(library, within_s=10).ask(E24, "en")
    assert evidence.extract.startswith("According to the Halden DW 640 Dishwasher")
    assert "siphon" in evidence.extract
    assert evidence.found
    assert await Consulting(library, within_s=10).ask("who wrote Pride and Prejudice", "en") == NO_EVIDENCE
