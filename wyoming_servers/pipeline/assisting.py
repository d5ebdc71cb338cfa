"""One turn as Home Assistant would take it: stage by stage, over the Wyoming port, as any satellite's goes.

Where the home is a demo, it does what is asked. A real one is not touched, for Sotto has no power to: what would be
sent is told, and the answer is what that home would say, tried on a copy of it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from wyoming.intent import Intent
from wyoming.tts import SynthesizeVoice

from ..addresses import reached
from ..errors import EngineLoadingError, HomeError
from ..home.demo import DemoHome, Order
from ..home.model import Home
from .assistant import Assistant, Outcome, UnreachableError
from .audio import AudioFormat, joined
from .recording import Recording


@dataclass(frozen=True)
class Answered:
    """What came of a sentence."""

    text: str
    intents: tuple[dict[str, Any], ...] = ()
    """`name` and `slots` of each."""
    executed: bool = False
    """Whether the demo home did it; a real one would have been asked by Home Assistant."""


class Assisting:
    """Turns at the server of this process."""

    def __init__(self, uri: Callable[[], str], home: Home) -> None:
        """`uri()` is where the Wyoming port is, once it is open."""
        self._uri = uri
        self._home = home

    @property
    def _assistant(self) -> Assistant:
        return Assistant(reached(self._uri()))

    async def transcribe(self, source: asyncio.StreamReader, rate_hz: int, language: str | None) -> str:
        """Return what is said in 16-bit mono samples, as soon as that is known; raises RemoteError."""
        recording = Recording.of(source, AudioFormat(rate_hz, 2, 1), None)
        with _while_starting():
            return (await self._assistant.transcribe(recording, language)).text

    async def answer(self, text: str, language: str | None, conversation: str) -> Answered:
        """Understand a sentence and do what it asks; raises RemoteError."""
        with _while_starting():
            understood = await self._assistant.understand(text, language, {"conversation_id": conversation})
        if not understood.intents:
            return Answered(understood.text)
        intents = tuple(_object(each) for each in understood.intents)
        if self._home.executes_intents:
            outcome = await self._assistant.execute(understood.intents)
            return Answered(outcome.text, intents, executed=outcome.succeeded)
        outcome = await asyncio.to_thread(self._supposed, understood.intents)
        return Answered(outcome.text, intents)

    async def speak(self, text: str, language: str | None) -> bytes:
        """Return a text as a WAV file; raises RemoteError."""
        voice = SynthesizeVoice(language=language) if language else None
        async with aclosing(self._assistant.speak(text, voice)) as pieces:
            return joined([piece async for piece in pieces]).wav()

    def _supposed(self, intents: Sequence[Intent]) -> Outcome:
        """Return what the home would say, if all went well."""
        orders = [
            Order(each.name, {slot.name: slot.value for slot in each.entities}, each.text or "") for each in intents
        ]
        try:
            done = DemoHome(self._home.snapshot).execute(orders)
        except HomeError:
            return Outcome("", succeeded=False)
        return Outcome(done.text, done.changes)


@contextlib.contextmanager
def _while_starting() -> Iterator[None]:
    """Say what it means that the port is not open: the page is there before it."""
    try:
        yield
    except UnreachableError:
        raise EngineLoadingError("Sotto is still starting.", remedy="Try again in a moment.") from None


def _object(intent: Intent) -> dict[str, Any]:
    return {"name": intent.name, "slots": _slots(intent)}


def _slots(intent: Intent) -> dict[str, Any]:
    return {slot.name: slot.value for slot in intent.entities}
