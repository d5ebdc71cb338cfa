"""A server whose Whisper model takes five seconds to load: `python -m bench.loading URI MODEL_FOLDER`."""

from __future__ import annotations

import asyncio
import sys
from time import monotonic

from wyoming_servers.conversation.server import ConversationService
from wyoming_servers.front.server import Server
from wyoming_servers.home.demo import DemoHome
from wyoming_servers.protocol.service import Service, Stage
from wyoming_servers.settings import build
from wyoming_servers.stt.engine import SttEngine
from wyoming_servers.stt.engines.whisper import create
from wyoming_servers.stt.server import SttService
from wyoming_servers.tts.server import TtsService
from wyoming_servers.wake.server import WakeService

LOADS_FOR_S = 5.0


def load_for_long(engine: SttEngine) -> SttEngine:
    """Let a real engine read its model again and again for five seconds."""
    load_once = engine.load

    def load() -> None:
        until = monotonic() + LOADS_FOR_S
        while monotonic() < until:
            load_once()

    engine.load = load  # type: ignore[method-assign]
    return engine


async def _main(uri: str, model: str) -> None:
    settings = build({"stt": "whisper", "stt_model": model, "tts": "espeak"})
    home = DemoHome()
    services: dict[Stage, Service] = {
        Stage.WAKE: WakeService(settings),
        Stage.STT: SttService(settings, home, engines=[load_for_long(create(settings))]),
        Stage.CONVERSATION: ConversationService(settings, home),
        Stage.TTS: TtsService(settings),
    }
    async with Server(uri, services):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_main(*sys.argv[1:]))
