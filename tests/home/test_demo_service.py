# ruff: noqa: RUF001 - Chinese punctuation is meant

"""The demo house on the wire."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from wyoming.client import AsyncTcpClient
from wyoming.error import Error
from wyoming.event import Event
from wyoming.handle import Handled, NotHandled
from wyoming.intent import Entity, Intent, IntentsStart, IntentsStop

from wyoming_servers.home.demo import DemoHome
from wyoming_servers.home.service import MAX_INTENTS, HomeService


@pytest.fixture
def home() -> DemoHome:
    return DemoHome()


@pytest.fixture
async def client(
    home: DemoHome,
    serve: Callable[..., Awaitable[int]],
    connect: Callable[[int], Awaitable[AsyncTcpClient]],
) -> AsyncTcpClient:
    return await connect(await serve(HomeService(home)))


def intent(kind: str, text: str = "Done", /, **slots: Any) -> Event:
    return Intent(name=kind, text=text, entities=[Entity(key, value) for key, value in slots.items()]).event()


async def send(client: AsyncTcpClient, *events: Event) -> Event:
    for event in events:
        await client.write_event(event)
    answer = await client.read_event()
    assert answer is not None
    return answer


async def test_an_intent_is_executed_and_told(client: AsyncTcpClient) -> None:
    handled = Handled.from_event(
        await send(client, intent("HassTurnOn", "{{ slots.name }} is {{ state.state }}", name="TV"))
    )
    assert handled.text == "TV is on"
    assert handled.context == {
        "changes": [
            {"entity_id": "media_player.tv", "name": "TV", "before": "off", "after": "on", "attributes": {}},
        ]
    }


@pytest.mark.parametrize(
    ("kind", "slots", "answer"),
    [
        ("HassCancelTimer", {}, "没有这样的计时器。"),
        ("HassClimateSetTemperature", {"temperature": 72}, "这个温度超出了范围。"),
        ("HassMakeCoffee", {}, "抱歉，这个做不到。"),
    ],
)
async def test_who_would_be_answered_in_chinese_is_refused_in_chinese(
    client: AsyncTcpClient, kind: str, slots: dict[str, Any], answer: str
) -> None:
    refused = NotHandled.from_event(await send(client, intent(kind, "好的", **slots)))
    assert refused.text == answer
    assert (NotHandled.from_event(await send(client, intent(kind, **slots))).text or "").isascii()


async def test_several_intents_are_one_order(client: AsyncTcpClient, home: DemoHome) -> None:
    events = (intent("HassTurnOn", name="TV"), intent("HassTurnOff", name="Kitchen Light"))
    handled = Handled.from_event(await send(client, IntentsStart().event(), *events, IntentsStop().event()))
    assert handled.text == "Done\nDone"
    assert handled.context is not None
    assert len(handled.context["changes"]) == 2


async def test_one_that_cannot_be_done_undoes_the_others(client: AsyncTcpClient, home: DemoHome) -> None:
    before = home.snapshot
    events = (intent("HassTurnOn", name="TV"), intent("HassTurnOff", name="Ghost"))
    answer = await send(client, IntentsStart().event(), *events, IntentsStop().event())
    assert NotHandled.is_type(answer.type)
    assert NotHandled.from_event(answer).text
    assert home.snapshot is before


@pytest.mark.parametrize(
    "event",
    [
        Event("intent", {}),
        Event("intent", {"name": "HassTurnOn", "entities": [{"wrong": 1}]}),
        Event("intent", {"name": "HassTurnOn", "entities": 5}),
    ],
)
async def test_an_intent_that_is_none_is_an_error(client: AsyncTcpClient, event: Event) -> None:
    assert Error.from_event(await send(client, event)).code == "bad-request"


@pytest.mark.parametrize(
    "slots", [{"name": ["TV"]}, {"name": {"a": 1}}, {"area": [1]}, {"domain": {"a": 1}}, {"name": None}]
)
async def test_odd_slots_are_refused_and_break_nothing(client: AsyncTcpClient, slots: dict[str, Any]) -> None:
    answer = await send(client, intent("HassTurnOn", "", **slots))
    assert answer.type in {"handled", "not-handled"}
    assert Handled.is_type((await send(client, intent("HassTurnOn", name="TV"))).type)


async def test_something_else_between_intents_is_an_error(client: AsyncTcpClient) -> None:
    answer = await send(client, IntentsStart().event(), Event("detect"))
    assert Error.from_event(answer).code == "unexpected-event"


async def test_too_many_intents_are_an_error(client: AsyncTcpClient) -> None:
    many = [intent("HassTurnOn", name="TV")] * (MAX_INTENTS + 1)
    assert Error.from_event(await send(client, IntentsStart().event(), *many)).code == "limit-exceeded"
