"""A stage on another server: its programs, its answers, and what is said when it is away."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from wyoming.client import AsyncTcpClient
from wyoming.error import Error
from wyoming.event import Event
from wyoming.info import Attribution, Describe, Info, TtsProgram, WakeProgram

from wyoming_servers.errors import SettingsError
from wyoming_servers.front.remote import RemoteService
from wyoming_servers.front.server import Server
from wyoming_servers.protocol.connection import Connection
from wyoming_servers.protocol.service import Service, Stage

Serve = Callable[..., Awaitable[int]]
Connect = Callable[[int], Awaitable[AsyncTcpClient]]
NOBODY = Attribution("nobody", "")


class Speaker(Service):
    """Answers with one chunk of audio; `fail` closes the connection instead."""

    stage = Stage.TTS

    @property
    def info(self) -> Info:
        return Info(
            tts=[TtsProgram("far", NOBODY, True, None, None, [])], wake=[WakeProgram("w", NOBODY, True, None, None, [])]
        )

    async def serve(self, connection: Connection, first: Event) -> None:
        if first.data.get("text") == "for ever":
            await connection.read()
        await connection.write(Event("audio-start", {"text": first.data.get("text")}))
        await connection.write(Event("audio-chunk", {}, b"1234"))
        await connection.write(Event("audio-stop"))


class Understands(Service):
    stage = Stage.CONVERSATION

    @property
    def info(self) -> Info:
        return Info()

    async def serve(self, connection: Connection, first: Event) -> None:
        names = first.data["text"].split()
        several = len(names) > 1
        events = [Event("intent", {"name": name}) for name in names]
        if several:
            events = [Event("intents-start"), *events, Event("intents-stop")]
        for event in events:
            await connection.write(event)


async def read(client: AsyncTcpClient, count: int) -> list[str]:
    events = [await client.read_event() for _ in range(count)]
    return [event.type if event is not None else "" for event in events]


async def describe(client: AsyncTcpClient) -> Info:
    await client.write_event(Describe().event())
    event = await client.read_event()
    assert event is not None
    return Info.from_event(event)


async def test_requests_are_passed_on_and_answers_back_several_on_one_connection(
    serve: Serve, connect: Connect
) -> None:
    far = await serve(Speaker())
    client = await connect(await serve(RemoteService(Stage.TTS, f"tcp://127.0.0.1:{far}")))
    for _ in range(2):
        await client.write_event(Event("synthesize", {"text": "hello"}))
        assert await read(client, 3) == ["audio-start", "audio-chunk", "audio-stop"]


async def test_a_request_that_is_sent_before_the_answer_to_the_first_is_answered_too(
    serve: Serve, connect: Connect
) -> None:
    far = await serve(Speaker())
    client = await connect(await serve(RemoteService(Stage.TTS, f"tcp://127.0.0.1:{far}")))
    for _ in range(3):
        await client.write_event(Event("synthesize", {"text": "hello"}))
    assert await read(client, 9) == ["audio-start", "audio-chunk", "audio-stop"] * 3


async def test_one_intent_ends_the_answer_and_so_does_the_end_of_a_list(serve: Serve, connect: Connect) -> None:
    far = await serve(Understands())
    client = await connect(await serve(RemoteService(Stage.CONVERSATION, f"tcp://127.0.0.1:{far}")))
    await client.write_event(Event("transcript", {"text": "one"}))
    assert await read(client, 1) == ["intent"]
    await client.write_event(Event("transcript", {"text": "one two"}))
    assert await read(client, 4) == ["intents-start", "intent", "intent", "intents-stop"]
    await client.write_event(Event("transcript", {"text": "three"}))
    assert await read(client, 1) == ["intent"]


async def test_only_the_programs_of_the_stage_are_taken_over(serve: Serve, connect: Connect) -> None:
    far = await serve(Speaker())
    client = await connect(await serve(RemoteService(Stage.TTS, f"tcp://127.0.0.1:{far}")))
    info = await describe(client)
    while not info.tts:
        info = await describe(client)
    assert [program.name for program in info.tts] == ["far"]
    assert info.wake == []


async def test_a_remote_that_is_away_is_an_error_with_its_address(serve: Serve, connect: Connect) -> None:
    client = await connect(await serve(RemoteService(Stage.TTS, "tcp://127.0.0.1:1")))
    assert (await describe(client)).tts == []
    await client.write_event(Event("synthesize", {"text": "hello"}))
    event = await client.read_event()
    assert event is not None
    assert Error.from_event(event).code == "remote-failed"
    assert "tcp://127.0.0.1:1" in Error.from_event(event).text


async def test_a_remote_that_breaks_off_in_the_middle_is_an_error(serve: Serve, connect: Connect) -> None:
    async def break_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.close()

    far = await asyncio.start_server(break_off, "127.0.0.1", 0)
    async with far:
        port = far.sockets[0].getsockname()[1]
        client = await connect(await serve(RemoteService(Stage.TTS, f"tcp://127.0.0.1:{port}")))
        await client.write_event(Event("synthesize", {"text": "hello"}))
        event = await client.read_event()
    assert event is not None
    assert Error.from_event(event).code == "remote-failed"


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"{}\n", b'{"type": "info", "data": {"asr": 3}}\n']
)
async def test_a_remote_that_is_something_else_is_an_error_and_asked_again(
    serve: Serve, connect: Connect, monkeypatch: pytest.MonkeyPatch, answer: bytes
) -> None:
    asked: asyncio.Queue[None] = asyncio.Queue()
    monkeypatch.setattr("wyoming_servers.front.remote.DESCRIBE_EVERY_S", 0.01)

    async def reply(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.put_nowait(None)
        await reader.readline()
        writer.write(answer)
        writer.close()

    async with await asyncio.start_server(reply, "127.0.0.1", 0) as far:
        port = far.sockets[0].getsockname()[1]
        service = RemoteService(Stage.TTS, f"tcp://127.0.0.1:{port}")
        client = await connect(await serve(service))
        await service.listed()
        for _ in range(3):
            await asked.get()
        await client.write_event(Event("synthesize", {"text": "hello"}))
        event = await client.read_event()
        while event is not None and event.type == "info":
            event = await client.read_event()
    assert event is not None
    assert Error.from_event(event).code == "remote-failed"


async def test_a_client_that_leaves_takes_its_connection_to_the_remote_with_it(serve: Serve, connect: Connect) -> None:
    left = asyncio.Event()

    class Waits(Speaker):
        async def serve(self, connection: Connection, first: Event) -> None:
            try:
                await connection.read()
            finally:
                left.set()

    far = await serve(Waits())
    client = await connect(await serve(RemoteService(Stage.TTS, f"tcp://127.0.0.1:{far}")))
    await client.write_event(Event("synthesize", {"text": "hello"}))
    await client.disconnect()
    await left.wait()


def test_a_uri_that_is_none_is_an_error_naming_the_flag() -> None:
    with pytest.raises(SettingsError, match="--tts is http://host"):
        RemoteService(Stage.TTS, "http://host:1")


async def test_the_port_opens_when_what_is_offered_is_known(serve: Serve) -> None:
    far = await serve(Speaker())
    service = RemoteService(Stage.TTS, f"tcp://127.0.0.1:{far}")
    async with Server("tcp://127.0.0.1:0", {Stage.TTS: service}):
        assert [program.name for program in service.info.tts] == ["far"]
