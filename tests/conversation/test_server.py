# ruff: noqa: RUF001 - Chinese punctuation is meant

"""The conversation stage on the wire, as Home Assistant 2026.10 reads it."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from wyoming.asr import Transcript
from wyoming.client import AsyncTcpClient
from wyoming.error import Error
from wyoming.event import Event
from wyoming.handle import NotHandled
from wyoming.info import Describe, Info
from wyoming.intent import Intent, IntentsStart, IntentsStop, Recognize

from wyoming_servers.conversation.languages import LANGUAGES
from wyoming_servers.conversation.server import ConversationService
from wyoming_servers.conversation.understanding import Understanding, Utterance
from wyoming_servers.home.demo import DEMO_HOUSE, DemoHome
from wyoming_servers.home.model import Entity, Home, HomeSnapshot
from wyoming_servers.protocol.service import Service
from wyoming_servers.settings import ConversationSettings, Settings

Serve = Callable[..., Awaitable[int]]
Connect = Callable[[int], Awaitable[AsyncTcpClient]]
SETTINGS = Settings(conversation=ConversationSettings(max_chars=100))


class ChangingHome(Home):
    def __init__(self) -> None:
        super().__init__()
        self.house = DEMO_HOUSE

    @property
    def snapshot(self) -> HomeSnapshot:
        return self.house

    def change(self, house: HomeSnapshot) -> None:
        self.house = house
        self._publish()


@pytest.fixture
async def ask(serve: Serve, connect: Connect) -> Callable[..., Awaitable[list[Event]]]:
    port = await serve(ConversationService(SETTINGS, DemoHome()))

    async def ask(text: str, language: str | None = "en", **context: Any) -> list[Event]:
        return await converse(await connect(port), Transcript(text=text, language=language, context=context or None))

    return ask


async def converse(client: AsyncTcpClient, request: Transcript | Recognize) -> list[Event]:
    """Return the events up to the one at which Home Assistant stops reading."""
    await client.write_event(request.event())
    events = [await read(client)]
    if IntentsStart.is_type(events[0].type):
        while not IntentsStop.is_type(events[-1].type):
            events.append(await read(client))
    return events


async def read(client: AsyncTcpClient) -> Event:
    event = await client.read_event()
    assert event is not None
    return event


def slots(event: Event) -> dict[str, Any]:
    return {entity.name: entity.value for entity in Intent.from_event(event).entities}


Ask = Callable[..., Awaitable[list[Event]]]


async def test_one_command_is_one_intent_with_the_text_to_say(ask: Ask) -> None:
    (event,) = await ask("turn off the lights in the kitchen")
    assert Intent.from_event(event).name == "HassTurnOff"
    assert Intent.from_event(event).text == "Turned off the lights"
    assert slots(event) == {"area": "Kitchen", "domain": "light"}


async def test_several_commands_are_intents_between_start_and_stop(ask: Ask) -> None:
    events = await ask("turn off the kitchen light and close the blinds")
    assert [event.type for event in events] == ["intents-start", "intent", "intent", "intents-stop"]
    assert slots(events[1]) == {"name": "Kitchen Light"}
    assert slots(events[2]) == {"area": "Kitchen", "domain": "cover", "device_class": "blind"}


async def test_what_is_not_understood_is_not_handled_in_the_users_language(ask: Ask) -> None:
    (event,) = await ask("讲个笑话", "zh-CN")
    assert NotHandled.from_event(event).text == "抱歉，我无法理解您的意思，你可以尝试换个说法"


@pytest.mark.parametrize("text", ["", "   ", "?!", "x" * 101, "\x00", "🙂"])
async def test_a_text_that_is_none_is_answered_politely(ask: Ask, text: str) -> None:
    (event,) = await ask(text)
    assert NotHandled.is_type(event.type)
    assert NotHandled.from_event(event).text


async def test_without_a_language_the_configured_one_counts(ask: Ask) -> None:
    (event,) = await ask("turn on the TV", None)
    assert slots(event) == {"name": "TV"}


@pytest.mark.parametrize("language", [None, "en"])
async def test_chinese_is_understood_and_answered_as_chinese(ask: Ask, language: str | None) -> None:
    (event,) = await ask("打开客厅的灯", language)
    assert slots(event) == {"name": "客厅的灯"}
    assert "已打开" in (Intent.from_event(event).text or "")


async def test_an_unknown_language_is_answered_in_english(ask: Ask) -> None:
    (event,) = await ask("Qapla'", "tlh")
    assert NotHandled.from_event(event).text == "Sorry, I don't speak that language yet."


async def test_the_device_tells_the_room_and_the_context_comes_back(ask: Ask) -> None:
    context = {"conversation_id": "1", "device_id": "demo-satellite-bedroom", "satellite_id": "assist_satellite.x"}
    (event,) = await ask("turn on the lights", "en-US", **context)
    assert slots(event) == {"area": "Bedroom", "domain": "light"}
    assert Intent.from_event(event).context == context


async def test_the_answer_to_a_question_belongs_to_its_conversation(ask: Ask) -> None:
    (event,) = await ask("turn on the lights", conversation_id="1")
    assert NotHandled.from_event(event).text == "In which room?"
    (event,) = await ask("the kitchen", conversation_id="2")
    assert NotHandled.is_type(event.type)
    (event,) = await ask("the kitchen", conversation_id="1")
    assert slots(event) == {"area": "Kitchen", "domain": "light"}


@pytest.mark.parametrize("context", [{"device_id": 7}, {"device_id": "nobody"}, {"device_id": None}])
async def test_a_device_that_says_nothing_is_no_room(ask: Ask, context: dict[str, Any]) -> None:
    (event,) = await ask("turn on the lights", **context)
    assert NotHandled.from_event(event).text == "In which room?"


async def test_recognize_is_answered_in_the_same_way(serve: Serve, connect: Connect) -> None:
    client = await connect(await serve(ConversationService(SETTINGS, DemoHome())))
    (event,) = await converse(client, Recognize(text="turn on the TV"))
    assert slots(event) == {"name": "TV"}
    (event,) = await converse(client, Recognize(text="sing a song"))
    assert NotHandled.is_type(event.type)


@pytest.mark.parametrize("data", [{}, {"text": 5}, {"text": None}, {"text": "hello", "language": ["en"]}])
async def test_a_request_that_is_none_is_an_error(serve: Serve, connect: Connect, data: dict[str, Any]) -> None:
    client = await connect(await serve(ConversationService(SETTINGS, DemoHome())))
    await client.write_event(Event("transcript", data))
    assert Error.from_event(await read(client)).code == "bad-request"


async def test_new_names_are_known_to_the_next_request(serve: Serve, connect: Connect) -> None:
    home = ChangingHome()
    client = await connect(await serve(ConversationService(SETTINGS, home)))
    request = Transcript(text="turn on the toaster", language="en")
    (event,) = await converse(client, request)
    assert NotHandled.is_type(event.type)
    home.change(replace(DEMO_HOUSE, entities=(*DEMO_HOUSE.entities, Entity("switch.toaster", "Toaster"))))
    (event,) = await converse(client, request)
    assert slots(event) == {"name": "Toaster"}


async def test_a_failure_is_said_and_no_error(serve: Serve, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Understanding, __: Utterance) -> None:
        raise RuntimeError

    monkeypatch.setattr(Understanding, "understand", fail)
    client = await connect(await serve(ConversationService(SETTINGS, DemoHome())))
    (event,) = await converse(client, Transcript(text="打开灯", language="zh-CN"))
    assert NotHandled.from_event(event).text == "抱歉，出了点问题，请再试一次。"


async def test_info_lists_every_language_while_it_still_loads(
    serve: Serve, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()
    monkeypatch.setattr(Understanding, "load", lambda _: go_on.wait(30))
    service = ConversationService(SETTINGS, DemoHome())
    client = await connect(await serve(service))
    await client.write_event(Describe().event())
    (program,) = Info.from_event(await read(client)).intent
    assert program.installed
    assert program.models[0].installed
    assert set(program.models[0].languages) == set(LANGUAGES)
    assert not service.is_command("turn on the TV", "en")
    go_on.set()


async def test_a_connection_may_ask_again(serve: Serve, connect: Connect) -> None:
    service: Service = ConversationService(SETTINGS, DemoHome())
    client = await connect(await serve(service))
    for _ in range(3):
        (event,) = await converse(client, Transcript(text="turn on the TV", language="en"))
        assert slots(event) == {"name": "TV"}
