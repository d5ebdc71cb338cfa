"""A run of Home Assistant's Assist pipeline, as the dashboard or a phone does it: over its WebSocket, streaming."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic, time
from typing import Any
from urllib.request import urlopen

import pytest

from tests.homeassistant.instance import HomeAssistant
from tests.homeassistant.sotto import Sotto
from tests.homeassistant.sound import RATE_HZ
from wyoming_servers.home.link import Link

CHUNK_BYTES = 1280
"""40 ms."""

RUN_S = 30.0


@dataclass
class Run:
    """What Home Assistant told of a run; `moments` are the times of day at which each event happened."""

    data: dict[str, Any] = field(default_factory=dict)
    moments: dict[str, float] = field(default_factory=dict)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def take(self, event: Any) -> None:
        """Remember an event."""
        self.data[event["type"]] = event["data"] or {}
        self.moments[event["type"]] = datetime.fromisoformat(event["timestamp"]).timestamp()
        self.changed.set()
        if event["type"] == "run-end":
            self.ended.set()

    async def until(self, event_type: str) -> None:
        """Return when an event has come."""
        async with asyncio.timeout(RUN_S):
            while event_type not in self.data:
                self.changed.clear()
                await self.changed.wait()

    @property
    def error(self) -> tuple[str, str]:
        """The code and the message of the run's error."""
        return self.data["error"]["code"], self.data["error"]["message"]

    @property
    def transcript(self) -> str:
        return str(self.data["stt-end"]["stt_output"]["text"])

    @property
    def answer(self) -> str:
        """What Home Assistant speaks."""
        return str(self.data["intent-end"]["intent_output"]["response"]["speech"]["plain"]["speech"])


class Assist:
    """A client of the pipeline."""

    def __init__(self, home_assistant: HomeAssistant, link: Link, pipeline_id: str) -> None:
        self._home_assistant = home_assistant
        self._link = link
        self._pipeline_id = pipeline_id

    @asynccontextmanager
    async def run(self, start_stage: str, end_stage: str = "tts", **given: Any) -> AsyncIterator[Run]:
        """Begin a run; it is cancelled where it has not ended."""
        run = Run()
        stages = {"start_stage": start_stage, "end_stage": end_stage, "pipeline": self._pipeline_id}
        number = await self._link.subscribe(run.take, "assist_pipeline/run", **stages, input=given, timeout=RUN_S)
        try:
            yield run
        finally:
            await self._link.unsubscribe(number)

    async def speak(self, run: Run, pcm: bytes) -> float:
        """Play into a run in real time, as long as it listens; return the time of day at which that began."""
        await run.until("run-start")
        handler = run.data["run-start"]["runner_data"]["stt_binary_handler_id"]
        began, at_day = monotonic(), time()
        for number, chunk in enumerate(_chunks(pcm)):
            if run.ended.is_set() or "stt-end" in run.data:
                break
            await asyncio.sleep(max(0.0, began + number * CHUNK_BYTES / 2 / RATE_HZ - monotonic()))
            await self._link._client._ws.send_payload(bytes([handler]) + chunk)
        return at_day

    async def finish(self, run: Run) -> None:
        """Return when a run has ended."""
        async with asyncio.timeout(RUN_S):
            await run.ended.wait()

    async def fetch(self, url: str, on_first_byte: Callable[[], None] | None = None) -> tuple[bytes, float]:
        """Return the audio at an address of Home Assistant, and the time of day at which its first byte came."""
        return await asyncio.to_thread(fetch, self._home_assistant.url + url, on_first_byte)


def fetch(url: str, on_first_byte: Callable[[], None] | None = None) -> tuple[bytes, float]:
    """Return what is at an address, and the time of day at which its first byte came."""
    with urlopen(url, timeout=RUN_S) as response:
        first = response.read(1)
        came = time()
        if on_first_byte is not None:
            on_first_byte()
        return first + response.read(), came


def _chunks(pcm: bytes) -> Iterable[bytes]:
    return (pcm[at : at + CHUNK_BYTES] for at in range(0, len(pcm), CHUNK_BYTES))


@pytest.fixture
async def assist(sotto: Sotto, home_assistant: HomeAssistant) -> AsyncIterator[Assist]:
    """A client of Sotto's pipeline."""
    async with Link(f"ws://127.0.0.1:{home_assistant.port}/api/websocket", home_assistant.token) as link:
        yield Assist(home_assistant, link, sotto.pipeline_id)
