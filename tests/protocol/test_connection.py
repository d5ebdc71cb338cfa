"""What a client may send that is no event, and what it is told."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable

import pytest
from wyoming.client import AsyncTcpClient
from wyoming.error import Error
from wyoming.event import Event, async_read_event, async_write_event
from wyoming.info import Describe, Info, WakeProgram
from wyoming.ping import Ping, Pong

from wyoming_servers.protocol.connection import ClientGoneError, Connection, Limits
from wyoming_servers.protocol.service import Service, Stage

Serve = Callable[..., Awaitable[int]]
Connect = Callable[[int], Awaitable[AsyncTcpClient]]

LIMITS = Limits(event_s=0.2)


class Patient(Service):
    """Answers a request with the number of bytes that came in its second event, when that comes."""

    stage = Stage.STT

    def __init__(self) -> None:
        self.cancelled = asyncio.Event()
        self.working = asyncio.Event()

    @property
    def info(self) -> Info:
        return Info()

    async def serve(self, connection: Connection, first: Event) -> None:
        if first.data.get("for_ever"):
            await connection.while_connected(self._work())
        event = await connection.read()
        await connection.write(Event("transcript", {"text": str(len(event.payload or b""))}))

    async def _work(self) -> None:
        self.working.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.cancelled.set()


async def raw_answer(port: int, data: bytes, *, close: bool = False) -> Event | None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(data)
        if close:
            writer.write_eof()
        return await async_read_event(reader)
    finally:
        writer.close()
        await writer.wait_closed()


async def exchange(client: AsyncTcpClient, payload: bytes = b"1234") -> Event | None:
    await client.write_event(Event("transcribe"))
    await client.write_event(Event("audio-chunk", {"rate": 16000, "width": 2, "channels": 1}, payload))
    return await client.read_event()


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (b"\x00\xff garbage \x80\n", "malformed-event"),
        (b"GET / HTTP/1.1\r\n\r\n", "malformed-event"),
        (b"[]\n", "malformed-event"),
        (b'{"type": "\\ud800"}\n', "malformed-event"),
        (b'{"type": "transcribe", "data": {"name": "\\uD800"}}\n', "malformed-event"),
        (b'{"type": "\xed\xa0\x80"}\n', "malformed-event"),
        ('{"type": "transcribe"}\n'.encode("utf-16"), "malformed-event"),
        (b"{}\n", "malformed-event"),
        (b'{"type": 7}\n', "malformed-event"),
        (b'{"type": "transcribe", "data": [1]}\n', "malformed-event"),
        (b'{"type": "transcribe", "data_length": -1}\n', "malformed-event"),
        (b'{"type": "transcribe", "data_length": "9"}\n', "malformed-event"),
        (b'{"type": "transcribe", "data_length": 3}\nabc', "malformed-event"),
        (b'{"type": "transcribe", "data_length": 2}\n[]', "malformed-event"),
        (b"[" * 60_000 + b"\n", "malformed-event"),
        (b'{"type": "' + b"x" * 1_000_000 + b'"}\n', "limit-exceeded"),
        (b"x" * 1_000_000, "limit-exceeded"),
        (b'{"type": "audio-chunk", "payload_length": 10000000000}\n', "limit-exceeded"),
        (b'{"type": "audio-chunk", "data_length": 10000000000}\n', "limit-exceeded"),
        (b'{"type": "transcri', "malformed-event"),
        (b'{"type": "audio-chunk", "payload_length": 100}\nonly a part', "malformed-event"),
        (b'{"type": "audio-chunk"}\n', "unexpected-event"),
        (b'{"type": "run-satellite"}\n', "unexpected-event"),
        (b'{"type": "synthesize"}\n', "unexpected-event"),
    ],
    ids=lambda value: value[:40].decode("latin-1") if isinstance(value, bytes) else value,
)
async def test_what_is_no_request_is_answered_with_an_error_and_the_next_client_is_served(
    serve: Serve, connect: Connect, sent: bytes, code: str
) -> None:
    port = await serve(Patient(), limits=LIMITS)
    answer = await raw_answer(port, sent)
    assert answer is not None
    assert Error.from_event(answer).code == code
    assert await exchange(await connect(port)) == Event("transcript", {"text": "4"})


async def test_a_client_that_sends_nothing_is_told_so_after_the_idle_limit(serve: Serve) -> None:
    port = await serve(Patient(), limits=Limits(idle_s=0.05))
    answer = await raw_answer(port, b"")
    assert answer is not None
    assert Error.from_event(answer).code == "limit-exceeded"


async def test_a_client_that_leaves_in_the_middle_of_an_event_disturbs_nobody(serve: Serve, connect: Connect) -> None:
    port = await serve(Patient())
    assert await raw_answer(port, b'{"type": "audio-chunk", "payload_length": 100}\nhalf', close=True) is None
    assert await exchange(await connect(port)) == Event("transcript", {"text": "4"})


async def test_describe_and_ping_are_answered_in_the_middle_of_a_request(serve: Serve, connect: Connect) -> None:
    client = await connect(await serve(Patient()))
    await client.write_event(Event("transcribe"))
    await client.write_event(Describe().event())
    await client.write_event(Ping(text="here?").event())
    assert Info.is_type((await client.read_event()).type)  # type: ignore[union-attr]
    assert await client.read_event() == Pong(text="here?").event()
    await client.write_event(Event("audio-chunk", {}, b"12"))
    assert await client.read_event() == Event("transcript", {"text": "2"})


async def test_work_ends_when_the_client_leaves(serve: Serve, connect: Connect) -> None:
    service = Patient()
    client = await connect(await serve(service))
    await client.write_event(Event("transcribe", {"for_ever": True}))
    await service.working.wait()
    await client.disconnect()
    await service.cancelled.wait()


async def test_one_connection_may_carry_several_requests_and_late_audio_between_them(
    serve: Serve, connect: Connect
) -> None:
    client = await connect(await serve(Patient()))
    for payload in (b"1", b"22", b"333"):
        assert await exchange(client, payload) == Event("transcript", {"text": str(len(payload))})
        await client.write_event(Event("audio-chunk", {}, b"late"))
        await client.write_event(Event("audio-stop"))


async def test_one_client_too_many_is_told_so(serve: Serve, connect: Connect) -> None:
    port = await serve(Patient(), max_connections=1)
    first = await connect(port)
    await exchange(first)
    refused = await raw_answer(port, b"")
    assert refused is not None
    assert Error.from_event(refused).code == "overloaded"
    assert await exchange(first) == Event("transcript", {"text": "4"})


async def test_data_in_the_header_and_data_after_it_are_merged(serve: Serve) -> None:
    class Mirror(Patient):
        async def serve(self, connection: Connection, first: Event) -> None:
            await connection.write(Event("transcript", first.data))

    port = await serve(Mirror())
    data = json.dumps({"language": "zh-CN"}).encode()
    header = json.dumps({"type": "transcribe", "data": {"name": "x"}, "data_length": len(data)}).encode()
    answer = await raw_answer(port, header + b"\n" + data)
    assert answer == Event("transcript", {"name": "x", "language": "zh-CN"})


async def test_an_unforeseen_failure_is_an_error_without_details(serve: Serve, connect: Connect) -> None:
    class Broken(Patient):
        async def serve(self, connection: Connection, first: Event) -> None:
            raise ZeroDivisionError("private")

    client = await connect(await serve(Broken()))
    await client.write_event(Event("transcribe"))
    answer = await client.read_event()
    assert answer is not None
    assert Error.from_event(answer).code == "internal-error"
    assert "private" not in str(answer.data)


async def test_a_client_that_does_not_read_is_let_go(serve: Serve) -> None:
    class Flood(Patient):
        async def serve(self, connection: Connection, first: Event) -> None:
            try:
                while True:
                    await connection.write(Event("audio-chunk", {}, bytes(1_000_000)))
            finally:
                self.cancelled.set()

    service = Flood()
    port = await serve(service, limits=Limits(write_s=0.2))
    _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
    await async_write_event(Event("transcribe"), writer)
    await service.cancelled.wait()
    writer.close()


async def test_a_client_that_never_reads_does_not_keep_its_socket() -> None:
    left: asyncio.Future[asyncio.StreamWriter] = asyncio.get_running_loop().create_future()
    limits = Limits(write_s=0.1, close_s=0.1)

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with Connection(reader, writer, limits=limits, info=lambda: Event("info")) as connection:
            with contextlib.suppress(ClientGoneError):
                await connection.write(Event("audio-chunk", {}, bytes(32_000_000)))
        left.set_result(writer)

    async with await asyncio.start_server(flood, "127.0.0.1", 0) as server:
        _, client = await asyncio.open_connection(*server.sockets[0].getsockname(), limit=1024)
        writer = await left
        await asyncio.sleep(0)
        assert writer.transport.get_extra_info("socket").fileno() == -1
        client.close()


async def test_a_client_that_goes_on_sending_reads_what_was_wrong_and_then_the_end(serve: Serve) -> None:
    port = await serve(Patient())
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b'{"type": "audio-chunk", "payload_length": 10000000000}\n')
    for _ in range(64):
        writer.write(bytes(1_000_000))
        await writer.drain()
    answer = await async_read_event(reader)
    assert answer is not None
    assert Error.from_event(answer).code == "limit-exceeded"
    assert await reader.read() == b""
    writer.close()


async def test_events_that_wait_are_limited_also_when_all_is_in_their_data(serve: Serve) -> None:
    port = await serve(Patient(), limits=Limits(inbox_bytes=1_000_000, event_s=60))
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    await async_write_event(Event("transcribe", {"for_ever": True}), writer)
    big = json.dumps({"text": "x" * 900_000}).encode()

    async def flood() -> None:
        for _ in range(100):
            writer.write(b'{"type": "x", "data_length": %d}\n' % len(big) + big)
            await writer.drain()

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(flood(), 0.5)
    writer.transport.abort()


async def test_a_pair_of_surrogates_is_a_character(serve: Serve) -> None:
    class Mirror(Patient):
        async def serve(self, connection: Connection, first: Event) -> None:
            await connection.write(Event("transcript", first.data))

    answer = await raw_answer(await serve(Mirror()), b'{"type": "transcribe", "data": {"name": "\\ud83d\\ude00"}}\n')
    assert answer == Event("transcript", {"name": "\U0001f600"})


async def test_a_type_that_a_client_made_up_is_not_logged(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    answer = await raw_answer(await serve(Patient()), b'{"type": "the gardener\\n12:00:00 has come"}\n')
    assert answer is not None
    assert Error.from_event(answer).code == "unexpected-event"
    assert "unexpected-event" in caplog.text
    assert "gardener" not in caplog.text


async def test_info_of_all_services_is_one_answer(serve: Serve, connect: Connect) -> None:
    class Wake(Patient):
        stage = Stage.WAKE

        @property
        def info(self) -> Info:
            return Info(wake=[WakeProgram("w", None, True, None, None, [])])  # type: ignore[arg-type]

    client = await connect(await serve(Patient(), Wake()))
    await client.write_event(Describe().event())
    answer = await client.read_event()
    assert answer is not None
    assert [program["name"] for program in answer.data["wake"]] == ["w"]
