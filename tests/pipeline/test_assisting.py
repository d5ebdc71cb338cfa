"""A turn on the page where the home is a real one: nothing is done, and what it would have said is told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.conftest import ServeFunction
from wyoming_servers.conversation.server import ConversationService
from wyoming_servers.errors import EngineLoadingError
from wyoming_servers.home.demo import DEMO_HOUSE
from wyoming_servers.home.model import Home, HomeSnapshot
from wyoming_servers.pipeline.assisting import Assisting
from wyoming_servers.settings import build

NURSERY = replace(DEMO_HOUSE.entities[0], entity_id="sensor.nursery", name="Nursery", aliases=(), state="23.5")
HOUSE = replace(DEMO_HOUSE, entities=(*DEMO_HOUSE.entities, NURSERY))


class RealHome(Home):
    """A home that Home Assistant has in its hands."""

    @property
    def snapshot(self) -> HomeSnapshot:
        return HOUSE

    @property
    def executes_intents(self) -> bool:
        return False


@pytest.fixture
async def assisting(serve: ServeFunction) -> Assisting:
    home = RealHome()
    port = await serve(ConversationService(build({}), home))
    return Assisting(lambda: f"tcp://0.0.0.0:{port}", home)


@pytest.mark.parametrize(
    ("words", "language", "intent", "said"),
    [
        ("turn on the kitchen light", "en", "HassTurnOn", "Turned on the light"),
        ("打开厨房的灯", "zh-CN", "HassTurnOn", "厨房的灯已打开"),
    ],
)
async def test_what_would_be_sent_and_said_is_told_and_nothing_is_done(
    assisting: Assisting, words: str, language: str, intent: str, said: str
) -> None:
    before = HOUSE.entities
    answered = await assisting.answer(words, language, "c1")
    assert ([each["name"] for each in answered.intents], answered.text) == ([intent], said)
    assert answered.executed is False
    assert HOUSE.entities == before


async def test_a_question_is_answered_by_what_is_known_of_the_home(assisting: Assisting) -> None:
    answered = await assisting.answer("what is the nursery", "en", "c1")
    assert "23.5" in answered.text
    assert answered.executed is False


async def test_before_the_port_is_open_it_says_that_it_is_starting() -> None:
    with pytest.raises(EngineLoadingError, match="starting"):
        await Assisting(lambda: "tcp://127.0.0.1:9", RealHome()).answer("hello", "en", "c1")
