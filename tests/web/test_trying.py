"""Turns of a whole server, on the page and at the Wyoming port: each stage is told, and bad clients harm nobody."""

from __future__ import annotations

import json
import re
import wave
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
import pytest
import soxr
from wyoming.asr import Transcribe
from wyoming.audio import AudioChunk
from wyoming.client import AsyncClient

from tests.stand_in_whisper import make_whisper
from tests.web.page.sotto import Sotto
from wyoming_servers.cli.wav import open_wav
from wyoming_servers.pipeline.assistant import Assistant

pytestmark = pytest.mark.timeout(180)
"""The first test starts a server, which takes long on a busy machine."""
RATE_HZ = 16_000
STAGES = ["wake", "speech", "stt", "conversation", "tts"]
WS_CLOSED = {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSING, aiohttp.WSMsgType.CLOSED}


@pytest.fixture(scope="module")
def english(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sotto]:
    """Return a server with what comes in wheels: PocketSphinx, eSpeak NG, the demo house."""
    yield from _running(Sotto(tmp_path_factory.mktemp("english"), "--stt", "phrases", "--tts", "espeak"))


@pytest.fixture(scope="module")
def chinese(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sotto]:
    """Return a server whose Whisper always hears a Chinese command, whatever is spoken."""
    folder = tmp_path_factory.mktemp("chinese")
    make_whisper("nano", folder / "whisper" / "nano", "打开客厅的灯")
    options = ("--stt", "whisper", "--stt-dir", str(folder / "whisper"), "--tts", "espeak", "--language", "zh-CN")
    yield from _running(Sotto(folder, *options))


def _running(sotto: Sotto) -> Iterator[Sotto]:
    sotto.start()
    try:
        yield sotto
    finally:
        sotto.stop()


@pytest.fixture
async def page(english: Sotto) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(english.url) as http:
        yield http


def wyoming(sotto: Sotto) -> str:
    found = re.search(r"listens on (tcp://\S+):", sotto.log)
    assert found, sotto.log
    return found[1]


def pcm_of(path: Path) -> bytes:
    with wave.open(str(path), "rb") as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (RATE_HZ, 1, 2)
        return file.readframes(file.getnframes())


def lamp(shared: Path) -> bytes:
    return pcm_of(shared / "audio" / "commands" / "turn_on_the_living_room_lamp.wav") + bytes(3 * RATE_HZ)


def at_rate(pcm: bytes, rate_hz: int) -> bytes:
    return bytes(soxr.resample(np.frombuffer(pcm, np.int16), RATE_HZ, rate_hz).astype(np.int16).tobytes())


async def turns(sotto: Sotto) -> list[dict[str, Any]]:
    async with aiohttp.ClientSession(sotto.url) as http, http.get("api/turns") as response:
        return list((await response.json())["turns"])


@asynccontextmanager
async def listening(http: aiohttp.ClientSession) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    async with http.ws_connect("api/try/listen") as socket:
        yield socket


async def events_of(socket: aiohttp.ClientWebSocketResponse) -> list[dict[str, Any]]:
    """Return what the server says until it parts."""
    events = []
    async for message in socket:
        assert message.type is aiohttp.WSMsgType.TEXT
        events.append(json.loads(message.data))
    return events


async def spoken(http: aiohttp.ClientSession, pcm: bytes, rate_hz: int = RATE_HZ, piece: int = 2560) -> list[Any]:
    async with listening(http) as socket:
        await socket.send_json({"language": "en", "rate": rate_hz})
        for at in range(0, len(pcm), piece):
            await socket.send_bytes(pcm[at : at + piece])
        await socket.send_json({"done": True})
        return await events_of(socket)


async def as_home_assistant_does(sotto: Sotto, folder: Path, command: str, language: str) -> tuple[str, str]:
    """Wake, hear, understand, do and say, on a connection for each; returns what was heard and what was answered."""
    assistant = Assistant(wyoming(sotto))
    async with open_wav(str(folder / "wake" / "okay_nabu.wav")) as recording:
        assert await assistant.detect(recording)
    async with open_wav(str(folder / "commands" / command)) as recording:
        heard = (await assistant.transcribe(recording, language)).text
    understood = await assistant.understand(heard, language, {"conversation_id": "c1"})
    outcome = await assistant.execute(understood.intents)
    async for _ in assistant.speak(outcome.text):
        pass
    return heard, outcome.text


@pytest.mark.parametrize(
    ("server", "command", "language"),
    [
        ("english", "turn_on_the_living_room_lamp.wav", "en"),
        ("chinese", "living_room_light_zh.wav", "zh-CN"),
    ],
)
async def test_a_spoken_turn_is_told_stage_by_stage(
    request: pytest.FixtureRequest, shared: Path, server: str, command: str, language: str
) -> None:
    sotto = request.getfixturevalue(server)
    heard, answer = await as_home_assistant_does(sotto, shared / "audio", command, language)
    turn = (await turns(sotto))[0]
    assert (turn["kind"], turn["outcome"]) == ("spoken", "done")
    assert (turn["said"], turn["answered"]) == (heard, answer)
    assert [each["stage"] for each in turn["stages"]] == STAGES
    times = [(each["from_s"], each["to_s"]) for each in turn["stages"]]
    assert all(0 <= from_s <= to_s for from_s, to_s in times)
    assert all(before[0] <= after[0] for before, after in pairwise(times))
    wake, speech, stt, conversation, tts = times
    assert wake[1] <= speech[0]
    assert speech[1] == stt[0], "speech-to-text is what is waited for after the end of speech"
    assert stt[1] <= conversation[0]
    assert conversation[1] <= tts[0]
    assert turn["stages"][0]["note"] == "okay_nabu"
    engines = [each["engine"].split()[0] for each in turn["stages"][2:]]
    assert engines == ["whisper" if server == "chinese" else "phrases", "hassil", "espeak"]


async def test_a_typed_sentence_is_done_answered_and_spoken(page: aiohttp.ClientSession) -> None:
    async with page.post("api/try/text", json={"text": "turn on the bedroom lamp", "language": "en"}) as response:
        told = await response.json()
    assert response.status == 200, told
    assert told["executed"] is True
    assert [each["name"] for each in told["intents"]] == ["HassTurnOn"]
    assert told["turn"]["answered"] == told["answer"] != ""
    assert [each["stage"] for each in told["turn"]["stages"]] == ["conversation", "tts"]
    async with page.get(told["audio"]) as response:
        wav = await response.read()
        assert (response.content_type, wav[:4], wav[8:12]) == ("audio/wav", b"RIFF", b"WAVE")
    async with page.get(told["audio"], headers={"Range": "bytes=4-11"}) as part:
        assert (part.status, await part.read()) == (206, wav[4:12])
        assert part.headers["Content-Range"] == f"bytes 4-11/{len(wav)}"
    async with page.get("api/try/audio/0123.wav") as response:
        assert response.status == 404


async def test_what_is_not_understood_is_said_so(page: aiohttp.ClientSession) -> None:
    async with page.post("api/try/text", json={"text": "frobnicate the quux", "language": "en"}) as response:
        told = await response.json()
    assert (told["turn"]["outcome"], told["intents"], told["executed"]) == ("not_understood", [], False)
    assert told["audio"] is not None


@pytest.mark.parametrize("body", [{}, {"text": 7}, {"text": "x" * 2001}, {"text": "hello", "language": 7}, []])
async def test_a_body_that_is_none_is_refused(page: aiohttp.ClientSession, body: Any) -> None:
    async with page.post("api/try/text", json=body) as response:
        assert response.status == 400
        assert (await response.json())["error"]["code"] == "bad-request"


async def test_a_spoken_command_is_heard_done_and_answered(page: aiohttp.ClientSession, shared: Path) -> None:
    events = await spoken(page, lamp(shared))
    assert [each["event"] for each in events] == ["transcript", "answer", "audio", "turn"]
    transcript, answer, audio, turn = events
    assert transcript["text"].lower() == "turn on the living room lamp"
    assert (answer["intents"][0]["name"], answer["executed"]) == ("HassTurnOn", True)
    assert [each["stage"] for each in turn["turn"]["stages"]] == STAGES[1:]
    async with page.get(audio["url"]) as response:
        assert (await response.read())[:4] == b"RIFF"


@pytest.mark.parametrize("rate_hz", [8_000, 11_025, 22_050, 44_100, 48_000, 96_000])
async def test_a_microphone_has_any_rate(page: aiohttp.ClientSession, shared: Path, rate_hz: int) -> None:
    """A browser's is 48 or 44.1 kHz; portions that end inside a sample are put together."""
    events = await spoken(page, at_rate(lamp(shared), rate_hz), rate_hz, piece=4097)
    assert events[0]["event"] == "transcript", events
    assert rate_hz == 8_000 or events[0]["text"].lower() == "turn on the living room lamp"


async def test_silence_is_a_turn_without_an_answer(page: aiohttp.ClientSession) -> None:
    events = await spoken(page, bytes(RATE_HZ))
    assert [each["event"] for each in events] == ["transcript", "turn"]
    assert (events[0]["text"], events[1]["turn"]["outcome"]) == ("", "silent")


@pytest.mark.parametrize(
    "messages",
    [
        [b"\x00\x01"],
        ["no json"],
        ["[]"],
        ['{"rate": 0}'],
        ['{"rate": 1e9}'],
        ['{"rate": -16000}'],
        ['{"rate": "16000"}'],
        ['{"rate": null}'],
        ['{"rate": 1e400}'],
        ['{"rate": true, "language": 7}'],
        ['{"language": "xx-YY", "rate": 16000}', b"\x00" * 320, '{"done": true}'],
        ['{"rate": 16000}', "garbage"],
        ['{"rate": 16000}', b"\x00" * 321, '{"done": false}'],
        ['{"rate": 16000}', '{"rate": 16000}'],
        ["\x00" * 1000],
        ["[" * 10_000],
    ],
)
async def test_garbage_is_answered_with_what_is_wrong(
    english: Sotto, page: aiohttp.ClientSession, messages: list[str | bytes]
) -> None:
    async with listening(page) as socket:
        for message in messages:
            await (socket.send_str(message) if isinstance(message, str) else socket.send_bytes(message))
        events = await events_of(socket)
    (failure,) = events
    assert failure["event"] == "error"
    assert failure["code"]
    assert failure["message"]
    assert "Traceback" not in english.log
    assert " ERROR " not in english.log


async def test_a_message_that_is_too_large_ends_it(english: Sotto, page: aiohttp.ClientSession) -> None:
    async with listening(page) as socket:
        await socket.send_json({"rate": 16000})
        await socket.send_bytes(bytes(1024 * 1024))
        assert (await socket.receive()).type in WS_CLOSED
    assert " ERROR " not in english.log


async def test_a_request_that_is_no_websocket_is_told_so(page: aiohttp.ClientSession) -> None:
    async with page.get("api/try/listen") as response:
        assert response.status == 400
        assert "WebSocket" in (await response.json())["error"]["message"]


async def test_a_browser_that_vanishes_leaves_nothing_behind(
    english: Sotto, page: aiohttp.ClientSession, shared: Path
) -> None:
    """More of them than there may be clients, each in the middle of a word: none keeps a connection or a recogniser."""
    before = len(await turns(english))
    for _ in range(70):
        async with aiohttp.ClientSession(english.url) as http:
            socket = await http.ws_connect("api/try/listen")
            await socket.send_json({"language": "en", "rate": RATE_HZ})
            await socket.send_bytes(lamp(shared)[: RATE_HZ // 2])
            connection = socket._response.connection
            assert connection is not None
            assert connection.transport is not None
            connection.transport.abort()
            socket._response.close()
    events = await spoken(page, lamp(shared))
    assert events[0]["text"].lower() == "turn on the living room lamp"
    assert len(await turns(english)) <= before + 1 + 1
    assert " ERROR " not in english.log


async def test_a_satellite_that_vanishes_leaves_no_turn(english: Sotto) -> None:
    before = await turns(english)
    client = AsyncClient.from_uri(wyoming(english))
    await client.connect()
    await client.write_event(Transcribe(language="en").event())
    await client.write_event(AudioChunk(RATE_HZ, 2, 1, bytes(3200)).event())
    await client.disconnect()
    assert await turns(english) == before


async def test_what_runs_is_told(page: aiohttp.ClientSession) -> None:
    async with page.get("api/status") as response:
        servers = (await response.json())["servers"]
    told = {each["stage"]: (each["engine"], each["state"], each["device"]) for each in servers}
    assert told == {
        "wake": ("openwakeword", "ready", "cpu"),
        "stt": ("phrases", "ready", "cpu"),
        "conversation": ("hassil", "ready", "cpu"),
        "tts": ("espeak", "ready", "cpu"),
    }


async def test_nothing_of_all_this_is_in_the_log(english: Sotto) -> None:
    for words in ("living room lamp", "bedroom lamp", "quux"):
        assert words not in english.log.lower()
