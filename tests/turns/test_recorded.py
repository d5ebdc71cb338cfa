"""What passes the front is told of as turns, over real sockets; and whatever is wrong with that, requests go on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from wyoming.asr import Transcript
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncTcpClient
from wyoming.event import Event
from wyoming.handle import Handled, NotHandled
from wyoming.info import Info
from wyoming.intent import Entity, Intent, IntentsStart, IntentsStop
from wyoming.tts import Synthesize, SynthesizeChunk, SynthesizeStart, SynthesizeStop, SynthesizeStopped
from wyoming.wake import Detect, Detection

from wyoming_servers.conversation.engine import ChatRequest, Message, Role
from wyoming_servers.errors import EngineError
from wyoming_servers.front.server import Server
from wyoming_servers.protocol.connection import Connection
from wyoming_servers.protocol.service import Service, Stage
from wyoming_servers.turns.chat import recorded_chat
from wyoming_servers.turns.log import TurnLog
from wyoming_servers.turns.recording import engine, mark
from wyoming_servers.turns.turn import Kind, Outcome, Phase, Turn

PCM = bytes(640)
Serve = Callable[[Connection, Event], Awaitable[None]]


class Scripted(Service):
    """A stage that answers as a test says."""

    def __init__(self, stage: Stage, answer: Serve) -> None:
        self.stage = stage  # type: ignore[misc]
        self._answer = answer

    @property
    def info(self) -> Info:
        return Info()

    async def serve(self, connection: Connection, first: Event) -> None:
        await self._answer(connection, first)


@pytest.fixture
def log() -> TurnLog:
    return TurnLog()


@pytest.fixture
async def front(log: TurnLog) -> AsyncIterator[Callable[..., Awaitable[AsyncTcpClient]]]:
    """Start a front whose stages answer with these events, and return a client of it: `await front(tts=[...])`."""
    async with AsyncExitStack() as stack:

        async def start(**answers: Serve | list[Event]) -> AsyncTcpClient:
            services = {Stage(name): Scripted(Stage(name), _scripted(answer)) for name, answer in answers.items()}
            server = Server("tcp://127.0.0.1:0", services, listed_within_s=0, turns=log)
            await stack.enter_async_context(server)
            client = AsyncTcpClient("127.0.0.1", server.port or 0)
            await client.connect()
            stack.push_async_callback(client.disconnect)
            return client

        yield start


def _scripted(answer: Serve | list[Event]) -> Serve:
    if not isinstance(answer, list):
        return answer

    async def serve(connection: Connection, _: Event) -> None:
        for event in answer:
            await connection.write(event)

    return serve


async def answer_to(client: AsyncTcpClient, *events: Event, last: str) -> None:
    for event in events:
        await client.write_event(event)
    while (event_ := await client.read_event()) is not None and event_.type != last:
        pass


def only(log: TurnLog) -> Turn:
    (turn,) = log.turns
    return turn


def intent(name: str, **slots: Any) -> Event:
    return Intent(name, [Entity(*each) for each in slots.items()], text=f"{name} is done").event()


SOUND = [AudioStart(16_000, 2, 1).event(), AudioChunk(16_000, 2, 1, PCM).event(), AudioStop().event()]
ASKED = Transcript("turn on the light", language="en", context={"conversation_id": "c1"}).event()


async def test_an_answer_in_words(front: Callable[..., Awaitable[AsyncTcpClient]], log: TurnLog) -> None:
    client = await front(conversation=[Handled("It is on.").event()])
    await answer_to(client, ASKED, last="handled")
    turn = only(log)
    assert (turn.kind, turn.outcome, turn.said, turn.answered) == (
        Kind.TYPED,
        Outcome.ANSWERED,
        "turn on the light",
        "It is on.",
    )
    assert (turn.language, turn.conversation) == ("en", "c1")
    assert log.of_conversation("c1") == turn


async def test_intents_are_known_when_the_last_was_sent(
    front: Callable[..., Awaitable[AsyncTcpClient]], log: TurnLog
) -> None:
    two = [IntentsStart().event(), intent("HassTurnOn"), intent("HassTurnOff", area="Kitchen"), IntentsStop().event()]
    client = await front(conversation=two, home=[Handled("Both are done").event()], tts=SOUND)
    await answer_to(client, ASKED, last="intents-stop")
    assert only(log).intents == (
        ("HassTurnOn", "HassTurnOn is done"),
        ("HassTurnOff", "HassTurnOff is done"),
    )
    await answer_to(client, *two, last="handled")
    await answer_to(client, Synthesize("Both are done").event(), last="audio-stop")
    turn = only(log)
    assert (turn.outcome, turn.answered) == (Outcome.DONE, "Both are done")
    assert [each.phase for each in turn.timings] == [Phase.CONVERSATION, Phase.TTS]


async def test_what_is_not_understood(front: Callable[..., Awaitable[AsyncTcpClient]], log: TurnLog) -> None:
    client = await front(conversation=[NotHandled("Sorry?").event()])
    await answer_to(client, ASKED, last="not-handled")
    assert only(log).outcome is Outcome.NOT_UNDERSTOOD


async def test_a_streamed_text_is_timed_from_its_first_words(
    front: Callable[..., Awaitable[AsyncTcpClient]], log: TurnLog
) -> None:
    async def speak(connection: Connection, _: Event) -> None:
        while (event := await connection.read()).type != "synthesize-stop":
            mark(Phase.LLM, 0, 0)
            engine(Phase.TTS, f"espeak {event.type}")
        for each in (*SOUND, SynthesizeStopped().event()):
            await connection.write(each)

    client = await front(tts=speak)
    chunks = [SynthesizeChunk("Hello ").event(), SynthesizeChunk("there.").event()]
    whole = Synthesize("Hello there.").event()
    events = [SynthesizeStart().event(), *chunks, whole, SynthesizeStop().event()]
    await answer_to(client, *events, last="synthesize-stopped")
    turn = only(log)
    assert (turn.kind, turn.answered) == (Kind.ANNOUNCED, "Hello there.")
    (timing,) = [each for each in turn.timings if each.phase is Phase.TTS]
    assert timing.engine == "espeak synthesize"
    assert timing.first_s is not None
    assert turn.began_s <= timing.from_s <= timing.first_s <= timing.to_s


async def test_a_wake_word_is_one_when_it_is_heard_and_not_when_listening_began(
    front: Callable[..., Awaitable[AsyncTcpClient]], log: TurnLog
) -> None:
    async def listen(connection: Connection, _: Event) -> None:
        while (await connection.read()).type != "audio-chunk":
            pass
        await connection.write(Detection("okay_nabu", timestamp=0).event())

    heard = Transcript("turn on the light", language="en").event()
    client = await front(wake=listen, stt=[heard])
    events = [Detect().event(), AudioStart(16_000, 2, 1).event(), AudioChunk(16_000, 2, 1, PCM).event()]
    await answer_to(client, *events, last="detection")
    assert not log.turns
    await answer_to(client, Event("transcribe"), last="transcript")
    turn = only(log)
    assert [(each.phase, each.note) for each in turn.timings] == [(Phase.WAKE, "okay_nabu"), (Phase.STT, "")]
    assert (turn.kind, turn.outcome) == (Kind.SPOKEN, Outcome.HEARD)


async def test_an_error_is_told_by_its_code_and_no_words(
    front: Callable[..., Awaitable[AsyncTcpClient]], log: TurnLog
) -> None:
    async def fail(*_: object) -> None:
        raise EngineError("Somebody said something private.")

    client = await front(tts=fail)
    await answer_to(client, Synthesize("Hello").event(), last="error")
    (timing,) = only(log).timings
    assert (only(log).outcome, timing.note) == (Outcome.ERROR, "engine-failed")


async def test_a_client_that_leaves_before_there_is_an_answer_leaves_no_turn(
    front: Callable[..., Awaitable[AsyncTcpClient]], log: TurnLog
) -> None:
    has_left = asyncio.Event()

    async def wait(connection: Connection, _: Event) -> None:
        try:
            await connection.read()
        finally:
            has_left.set()

    client = await front(conversation=wait)
    await client.write_event(ASKED)
    await client.disconnect()
    await has_left.wait()
    assert not log.turns


async def test_garbage_in_an_event_is_the_services_business(
    front: Callable[..., Awaitable[AsyncTcpClient]], log: TurnLog
) -> None:
    client = await front(conversation=[Handled("ok").event()])
    odd = Event("transcript", {"text": ["no", "text"], "language": 7, "context": "none"})
    await answer_to(client, odd, last="handled")
    assert only(log).answered == "ok"


async def test_a_log_that_fails_breaks_no_request_and_tells_no_words(
    front: Callable[..., Awaitable[AsyncTcpClient]],
    log: TurnLog,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*_: object) -> None:
        raise KeyError("turn on the light")

    monkeypatch.setattr(log, "_put", fail)
    client = await front(conversation=[Handled("It is on.").event()])
    with caplog.at_level(logging.INFO):
        await answer_to(client, ASKED, last="handled")
        await answer_to(client, ASKED, last="handled")
    assert "KeyError" in caplog.text
    assert "light" not in caplog.text


class TestQuiet:
    """Servers that are to be started again wait until nobody is answered."""

    @pytest.fixture
    def log(self) -> TurnLog:
        return TurnLog(clock=lambda: self.now_s)

    now_s = 0.0

    async def test_it_is_never_quiet_while_somebody_is_answered(
        self, front: Callable[..., Awaitable[AsyncTcpClient]], log: TurnLog
    ) -> None:
        asked, may_answer = asyncio.Event(), asyncio.Event()

        async def slowly(connection: Connection, _: Event) -> None:
            asked.set()
            await may_answer.wait()
            await connection.write(Handled("Now.").event())

        client = await front(conversation=slowly)
        await client.write_event(ASKED)
        await asked.wait()
        self.now_s = 60.0
        assert log.quiet_s == 0.0
        may_answer.set()
        await answer_to(client, last="handled")
        await answer_to(client, ASKED, last="handled")
        self.now_s = 75.0
        assert log.quiet_s == 15.0

    async def test_being_listened_to_for_a_wake_word_is_quiet_until_it_is_heard(
        self, front: Callable[..., Awaitable[AsyncTcpClient]], log: TurnLog
    ) -> None:
        listening, spoken = asyncio.Event(), asyncio.Event()

        async def listen(connection: Connection, _: Event) -> None:
            listening.set()
            await spoken.wait()
            await connection.write(Detection("okay_nabu").event())

        client = await front(wake=listen)
        await client.write_event(Detect().event())
        await listening.wait()
        self.now_s = 60.0
        assert log.quiet_s == 60.0
        spoken.set()
        await answer_to(client, last="detection")
        assert log.quiet_s == 0.0

    async def test_a_chat_at_the_http_door_is_not_quiet(self, log: TurnLog) -> None:
        with recorded_chat(log, ChatRequest((Message(Role.USER, "Hello"),)), "en", "c1"):
            self.now_s = 60.0
            assert log.quiet_s == 0.0
        self.now_s = 61.0
        assert log.quiet_s == 1.0

    async def test_who_waits_for_quiet_waits_for_all_that_is_answered_meanwhile(self, log: TurnLog) -> None:
        requests = [log.under_way() for _ in range(3)]

        async def sleep(seconds: float) -> None:
            self.now_s += seconds
            if requests:
                with requests.pop():
                    self.now_s += 5.0

        await log.until_quiet(20.0, sleep)
        assert not requests
        assert log.quiet_s >= 20.0
