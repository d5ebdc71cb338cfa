"""Documents in a conversation at the Wyoming door: asked in time or not at all, and never before a command is done."""

# ruff: noqa: RUF001 - Chinese punctuation is meant

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.conversation.household import household, household_with
from tests.conversation.scripted_endpoint import ScriptedEndpoint, calls, refuses, says
from tests.knowledge.told_documents import ToldDocuments, found
from wyoming_servers.conversation.consulting import NO_EVIDENCE, Consulting
from wyoming_servers.conversation.knowledge.errors import StoreError
from wyoming_servers.settings import build

E24 = "what does E24 mean on the dishwasher"
SIPHON = "E24: clean the siphon."


@pytest.fixture
async def endpoint() -> AsyncIterator[ScriptedEndpoint]:
    async with ScriptedEndpoint() as served:
        yield served
        assert not served.remaining, "the model was not asked as often as the script expects"


@pytest.fixture
def documents() -> ToldDocuments:
    return ToldDocuments([found(SIPHON)])


async def test_what_documents_say_is_quoted_to_the_model(endpoint: ScriptedEndpoint, documents: ToldDocuments) -> None:
    endpoint.plays(says("According to the dishwasher manual, page 12, clean the siphon."))
    async with household(endpoint, "en", documents) as house:
        assert await house.says(E24) == "According to the dishwasher manual, page 12, clean the siphon."
    assert '["Dishwasher manual, page 12: E24: clean the siphon."]' in endpoint.requests[0].said.splitlines()


async def test_what_does_not_answer_is_not_quoted(endpoint: ScriptedEndpoint, documents: ToldDocuments) -> None:
    documents.confident = False
    endpoint.plays(says("I do not know."))
    async with household(endpoint, "en", documents) as house:
        await house.says(E24)
    assert SIPHON not in endpoint.requests[0].said
    assert "tool_choice" not in endpoint.requests[0].body


CHATTER = "police are looking for a man in a grey coat"


@pytest.mark.parametrize(
    ("language", "before", "dismissal", "sorry"),
    [
        ("en", CHATTER, "that wasn't meant for you", "Oh, sorry."),
        ("zh-CN", "警方在河边找到了那辆车", "我不是在跟你说话", "哦，不好意思。"),
    ],
)
async def test_what_was_not_meant_for_us_is_learnt_once_and_one_is_sorry(
    language: str, before: str, dismissal: str, sorry: str, endpoint: ScriptedEndpoint, documents: ToldDocuments
) -> None:
    endpoint.plays(says("Who?"), says("Well."))
    async with household(endpoint, language, documents) as house:
        house.device = "demo-satellite-bedroom"
        await house.says(before)
        house.conversation = "01JBBBBBBBBBBBBBBBBBBBBBBB"
        assert await house.says(dismissal) == sorry
        assert documents.learnt == [(before, False)]
        await house.says(dismissal)
        assert documents.learnt == [(before, False)]
        again = await house.assistant.understand(before, language, {"device_id": house.device})
        assert (again.text, again.understood) == ("", True), "a satellite that hears it once more says nothing"


async def test_a_command_may_be_taken_back_too_and_what_cannot_be_learnt_is_excused_all_the_same(
    endpoint: ScriptedEndpoint, documents: ToldDocuments
) -> None:
    async with household(endpoint, "en", documents) as house:
        await house.says("turn on the bedroom light")
        documents.error = StoreError("The disk is gone.")
        assert await house.says("I wasn't talking to you") == "Oh, sorry."
        assert documents.learnt == []


async def test_where_there_are_no_documents_the_model_answers_what_is_taken_back(endpoint: ScriptedEndpoint) -> None:
    endpoint.plays(says("Who?"), says("Nice weather, though."))
    async with household(endpoint, "en") as house:
        await house.says(CHATTER)
        assert await house.says("that wasn't meant for you") == "Nice weather, though."


async def test_chatter_that_a_satellite_heard_is_answered_or_ignored_as_the_household_wants(
    endpoint: ScriptedEndpoint, documents: ToldDocuments
) -> None:
    documents.confident = False
    endpoint.plays(says("Interesting."))
    async with household(endpoint, "en", documents) as house:
        house.device = "demo-satellite-bedroom"
        assert await house.says(CHATTER) == "Interesting."
    endpoint.plays(says("Interesting."), says("Because."), says("It is indeed."))
    async with household(endpoint, "en", documents, conversation_chatter="ignore") as house:
        assert await house.says(CHATTER) == "Interesting.", "nobody types what the television says"
        house.device = "demo-satellite-bedroom"
        heard = await house.assistant.understand(CHATTER, "en", {"device_id": house.device})
        assert (heard.text, heard.understood) == ("", True)
        assert await house.says("why does everybody like the moon") == "Because."
        assert await house.says("it is awfully warm in this bedroom") == "It is indeed."


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "turn on the bedroom light"), ("zh-CN", "打开卧室灯"), ("en", "could you make it nice and dark in here")],
)
async def test_a_command_waits_for_no_document(
    language: str, words: str, endpoint: ScriptedEndpoint, documents: ToldDocuments
) -> None:
    endpoint.otherwise = calls("HassTurnOff", area="Bedroom", domain="light")
    documents.waits = asyncio.Event()
    async with household(endpoint, language, documents) as house:
        async with asyncio.timeout(5):
            await house.says(words)
    assert documents.asked == []


async def test_how_a_thing_of_the_home_is_the_home_tells(endpoint: ScriptedEndpoint, documents: ToldDocuments) -> None:
    endpoint.plays(says("Yes, it is running."))
    async with household(endpoint, "en", documents) as house:
        await house.says("hey is the washing machine by any chance still running")
    assert SIPHON not in endpoint.requests[0].said


async def test_without_a_model_the_document_is_read_out_with_its_source(documents: ToldDocuments) -> None:
    async with household_with(None, build({}), documents) as house:
        heard = await house.assistant.understand(E24, "en")
        assert SIPHON in heard.text
        assert "Dishwasher manual" in heard.text
        assert heard.understood
        documents.confident = False
        unknown = await house.assistant.understand(E24, "en")
        assert not unknown.understood


async def test_without_a_model_no_manual_tells_how_a_thing_is(documents: ToldDocuments) -> None:
    async with household_with(None, build({}), documents) as house:
        heard = await house.assistant.understand("is the dishwasher by any chance done", "en")
        assert SIPHON not in heard.text


async def test_where_the_model_fails_the_document_is_read_out(
    endpoint: ScriptedEndpoint, documents: ToldDocuments
) -> None:
    endpoint.otherwise = refuses(500)
    async with household(endpoint, "en", documents) as house:
        assert SIPHON in (await house.assistant.understand(E24, "en")).text


async def test_documents_that_take_too_long_or_fail_are_gone_without(documents: ToldDocuments) -> None:
    documents.waits = asyncio.Event()
    assert await Consulting(documents, within_s=0.01).ask(E24, "en") == NO_EVIDENCE
    documents.waits, documents.error = None, StoreError("The disk is gone.")
    assert await Consulting(documents).ask(E24, "en") == NO_EVIDENCE
    assert await Consulting(None).ask(E24, "en") == NO_EVIDENCE
