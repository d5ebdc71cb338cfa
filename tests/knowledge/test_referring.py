"""Who asks on names nothing: "and how often?" means what documents have just answered."""

# ruff: noqa: RUF001 - Chinese punctuation is meant

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.knowledge.household_files import make_all
from tests.knowledge.household_questions import all_said
from wyoming_servers.conversation.consulting import ASKED_ON_WITHIN_S, NO_EVIDENCE, Consulting
from wyoming_servers.conversation.knowledge.referring import refers_back
from wyoming_servers.conversation.knowledge.starter import starter

from .libraries import opened

E24 = "what does E24 mean on the dishwasher"


@pytest.mark.parametrize(
    "utterance",
    [
        *("and how often?", "How often should I do that", "why is that?", "and when", "can I do it myself"),
        *("那多久一次？", "它在哪里", "那怎么办"),
    ],
)
def test_a_short_question_without_a_word_of_its_own_refers_back(utterance: str) -> None:
    assert refers_back(utterance)


@pytest.mark.parametrize(
    "utterance",
    [
        *("what about the weather", "and what time is the news", "that's not what I meant", "is it on", "turn it off"),
        *("why didn't you tell me that", "thank you", "how are you", "那天气怎么样", "他们就说那个然后"),
    ],
)
def test_what_names_something_or_asks_nothing_does_not(utterance: str) -> None:
    assert not refers_back(utterance)


def test_nothing_that_a_household_says_by_itself_is_taken_for_asking_on() -> None:
    """So that the gate lets no more by than without it."""
    assert [each.text for each in all_said() if refers_back(each.text)] == []
    said = [*starter().said, *starter().near]
    assert [each for each in said if refers_back(each)] == ["how does it work inside"]


async def test_asking_on_finds_what_the_question_before_found(tmp_path: Path) -> None:
    clock = [0.0]
    async with opened(tmp_path / "kept") as library:
        await asyncio.to_thread((tmp_path / "files").mkdir)
        for path in await asyncio.to_thread(make_all, tmp_path / "files"):
            await library.add(path, path.name)
        consulting = Consulting(library, 60, lambda: clock[0])
        asking_on, other = "and how often?", "who wrote Pride and Prejudice"
        assert await consulting.ask(asking_on, "en", "one") == NO_EVIDENCE
        before = await consulting.ask(E24, "en", "one")
        for each in ("why is that?", "and what do I do then"):
            asked_on = await consulting.ask(each, "en", "one")
            assert asked_on.found[0].passage == before.found[0].passage
            assert "siphon" in asked_on.extract
        assert await consulting.ask(asking_on, "en", "another") == NO_EVIDENCE
        assert await consulting.ask(asking_on, "en") == NO_EVIDENCE
        assert await consulting.ask(other, "en", "one") == NO_EVIDENCE
        assert await consulting.ask(asking_on, "en", "one") == NO_EVIDENCE
        assert (await consulting.ask(E24, "en", "one")).found
        clock[0] = ASKED_ON_WITHIN_S + 1
        assert await consulting.ask(asking_on, "en", "one") == NO_EVIDENCE
