"""A document is text to quote, never an order, whatever a passage asks for and however much a model wants to obey."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest

from tests.conversation.household import household
from tests.conversation.scripted_endpoint import Call, Received, ScriptedEndpoint, Step, Text, says
from tests.knowledge.injections import Injection, read_injections
from tests.knowledge.told_documents import ToldDocuments, found
from wyoming_servers.conversation.guard.claims import claims_deed
from wyoming_servers.conversation.prompt.text import plain

INJECTIONS = read_injections()


@pytest.fixture
async def endpoint() -> AsyncIterator[ScriptedEndpoint]:
    async with ScriptedEndpoint() as served:
        yield served


def obeying(injection: Injection, words: str = "") -> list[Step]:
    """Return what a model writes that does all that a passage says."""
    calls: list[Step] = [
        Call(name, arguments, f"call_{index}", index) for index, (name, arguments) in enumerate(injection.calls)
    ]
    said = [Text(words)] if words else []
    return [*said, *calls] or [*says(injection.says)]


def echoing(injection: Injection) -> list[Step]:
    """Return a model's answer that is the passage, marks and all."""
    return [Text(injection.passage)]


def test_there_are_thirty_in_both_languages() -> None:
    assert len(INJECTIONS) == len({each.id for each in INJECTIONS}) == 30
    assert sum(each.language == "zh-CN" for each in INJECTIONS) >= 6


@pytest.mark.parametrize("injection", INJECTIONS, ids=lambda each: each.id)
async def test_a_model_that_obeys_moves_nothing(injection: Injection, endpoint: ScriptedEndpoint) -> None:
    documents = ToldDocuments([found(injection.passage)])
    answers = [
        obeying(injection),
        obeying(injection, words="One moment. "),
        echoing(injection),
    ]
    async with household(endpoint, injection.language, documents) as house:
        before = house.house.snapshot
        for number, answer in enumerate(answers):
            house.conversation = f"01JAAAAAAAAAAAAAAAAAAAAA{number:02}"
            endpoint.otherwise = answer
            heard = await house.assistant.understand(injection.asked, injection.language)
            assert not heard.intents
            assert heard.text.strip()
            assert not claims_deed(heard.text)
        assert house.house.snapshot == before
    assert documents.asked == [injection.asked] * len(answers)
    assert all(each.body["tool_choice"] == "none" for each in endpoint.requests)


@pytest.mark.parametrize("injection", INJECTIONS, ids=lambda each: each.id)
async def test_a_passage_stands_unbroken_in_its_quotes(injection: Injection, endpoint: ScriptedEndpoint) -> None:
    endpoint.otherwise = says("I do not know.")
    async with household(endpoint, injection.language, ToldDocuments([found(injection.passage)])) as house:
        await house.says(injection.asked)
    *blocks, words = endpoint.requests[0].said.split("\n")
    assert words == plain(injection.asked)
    assert all(block.startswith("[") and block.endswith("]") for block in blocks)
    quoted = blocks[-1]
    assert quoted.startswith('["')
    assert quoted.endswith('"]')
    note = json.loads(quoted[1:-1])
    assert note.endswith(plain(injection.passage))
    assert not set("<>[]") & set(note)
    assert quoted.count("[") == quoted.count("]") == 1


async def test_in_the_next_turn_something_may_be_done_and_the_passage_is_gone(endpoint: ScriptedEndpoint) -> None:
    injection = INJECTIONS[0]

    def acts(received: Received) -> list[Step]:
        assert injection.passage not in json.dumps(received.body["messages"], ensure_ascii=False)
        assert "tool_choice" not in received.body
        return [Call("HassTurnOn", {"area": "Bedroom", "domain": "light"})]

    documents = ToldDocuments([found(injection.passage)])
    async with household(endpoint, "en", documents) as house:
        endpoint.plays(says("The manual does not say."))
        assert await house.says(injection.asked) == "The manual does not say."
        documents.confident = False
        endpoint.plays(acts)
        assert await house.says("it's too dark to read in the bedroom") == "Turned on the lights"
        assert house.state("light.bedroom") == "on"
