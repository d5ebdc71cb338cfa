"""A voice satellite that speaks ESPHome's native API: Home Assistant may start a conversation on such a one.

Run by Home Assistant's Python as `python esphome_device.py PORT FOLDER`. What it is told to play is fetched, and kept
in FOLDER as 1.audio, 2.audio and so on; when a conversation is started on it, it says FOLDER/answer.wav.
"""

from __future__ import annotations

import asyncio
import sys
import wave
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from aioesphomeapi import api_pb2 as api  # type: ignore[import-not-found]
from aioesphomeapi.core import MESSAGE_TYPE_TO_PROTO  # type: ignore[import-not-found]

NUMBERS = {kind: number for number, kind in MESSAGE_TYPE_TO_PROTO.items()}
VOICE, API_AUDIO, ANNOUNCE, START_CONVERSATION = 1, 4, 16, 32
"""What it can do; without a speaker of its own for streams, it fetches what it plays, as those with a media player."""

STT_END, TTS_END, ERROR = 4, 8, 0
CHUNK_BYTES = 1024
CHUNK_S = 0.032


class Device:
    """One connection from Home Assistant."""

    def __init__(self, folder: Path, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._folder = folder
        self._tasks: set[asyncio.Task[None]] = set()
        self._heard = asyncio.Event()

    async def serve(self) -> None:
        """Answer until Home Assistant goes."""
        try:
            while True:
                self._take(await self._read())
        except asyncio.IncompleteReadError:
            for task in self._tasks:
                task.cancel()
            self._writer.close()

    async def _read(self) -> Any:
        await self._reader.readexactly(1)
        size, number = await self._varint(), await self._varint()
        data = await self._reader.readexactly(size)
        return MESSAGE_TYPE_TO_PROTO[number].FromString(data)

    async def _varint(self) -> int:
        value = shift = 0
        while True:
            (byte,) = await self._reader.readexactly(1)
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    def _send(self, message: Any) -> None:
        data = message.SerializeToString()
        self._writer.write(b"\0" + _as_varint(len(data)) + _as_varint(NUMBERS[type(message)]) + data)

    def _take(self, message: Any) -> None:
        kind = type(message).__name__
        if kind == "VoiceAssistantAnnounceRequest":
            self._begin(self._announce(message))
        elif kind == "VoiceAssistantResponse":
            self._begin(self._speak())
        elif kind == "VoiceAssistantEventResponse":
            self._on_event(message)
        elif kind in ANSWERS:
            self._send(ANSWERS[kind])

    def _begin(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _announce(self, message: Any) -> None:
        await asyncio.to_thread(self._play, message.media_id)
        self._send(api.VoiceAssistantAnnounceFinished(success=True))
        if message.start_conversation:
            settings = api.VoiceAssistantAudioSettings(volume_multiplier=1.0)
            self._send(api.VoiceAssistantRequest(start=True, audio_settings=settings))

    async def _speak(self) -> None:
        self._heard.clear()
        with wave.open(str(self._folder / "answer.wav")) as recording:
            pcm = recording.readframes(recording.getnframes()) + bytes(10 * 32000)
        for at in range(0, len(pcm), CHUNK_BYTES):
            if self._heard.is_set():
                return
            self._send(api.VoiceAssistantAudio(data=pcm[at : at + CHUNK_BYTES]))
            await asyncio.sleep(CHUNK_S)

    def _on_event(self, message: Any) -> None:
        if message.event_type in {STT_END, ERROR}:
            self._heard.set()
        if message.event_type == TTS_END:
            url = next(each.value for each in message.data if each.name == "url")
            self._begin(asyncio.to_thread(self._play, url))

    def _play(self, url: str) -> None:
        number = len(list(self._folder.glob("*.audio"))) + 1
        with urlopen(url, timeout=20) as response:
            (self._folder / "part").write_bytes(response.read())
        (self._folder / "part").rename(self._folder / f"{number}.audio")


def _as_varint(value: int) -> bytes:
    encoded = bytearray()
    while value >= 0x80:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*encoded, value])


ANSWERS = {
    "HelloRequest": api.HelloResponse(api_version_major=1, api_version_minor=12, server_info="test", name="kitchen"),
    "AuthenticationRequest": api.AuthenticationResponse(),
    "DeviceInfoRequest": api.DeviceInfoResponse(
        name="kitchen",
        friendly_name="Kitchen",
        mac_address="02:00:00:00:00:01",
        esphome_version="2026.10.0",
        model="Test",
        voice_assistant_feature_flags=VOICE | API_AUDIO | ANNOUNCE | START_CONVERSATION,
    ),
    "ListEntitiesRequest": api.ListEntitiesDoneResponse(),
    "PingRequest": api.PingResponse(),
    "DisconnectRequest": api.DisconnectResponse(),
    "VoiceAssistantConfigurationRequest": api.VoiceAssistantConfigurationResponse(),
}


async def main(port: int, folder: Path) -> None:
    """Listen on loopback for ever."""
    server = await asyncio.start_server(lambda *streams: Device(folder, *streams).serve(), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2])))
