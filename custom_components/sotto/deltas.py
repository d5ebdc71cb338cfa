"""A server's answer as the deltas of Home Assistant's chat log.

Home Assistant begins to speak an answer after 60 characters, whatever their script. Sixty characters of Chinese take
fifteen seconds to say, so when the model pauses after a shorter Chinese sentence, that is filled up with blanks, which
nobody hears, and which a browser shows as one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
import re

from homeassistant.components.conversation import AssistantContentDeltaDict
from homeassistant.helpers import llm

from .client import Call, Event, Figures, Source, Sources

STREAMED_CHARS = 61
"""More than 60: STREAM_RESPONSE_CHARS of Home Assistant's assist_pipeline."""
PAUSE_S = 0.1
"""An answer that goes on sooner needs no blanks: it is long enough, or over, before anybody would notice."""

_IDEOGRAPHIC = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]")
_WHOLE = re.compile(r"[\u3002\uff01\uff1f\uff1b!?;][\u201d\u2019\u300d\u300f\uff09)\s]*$")


class Deltas:
    """One answer of the server: the deltas that it becomes, and, once these are read, what else was in it."""

    def __init__(self) -> None:
        """Nothing has been read."""
        self.calls: list[llm.ToolInput] = []
        self.text = ""
        self.figures: Figures | None = None
        self.sources: tuple[Source, ...] = ()
        self._is_filled = False

    async def of(self, events: AsyncGenerator[Event]) -> AsyncGenerator[AssistantContentDeltaDict]:
        """Yield the words as they come. Calls are kept: whether they are made is decided when all are known.

        Closing it closes `events`.
        """
        async with aclosing(events):
            following = _next(events)
            try:
                while True:
                    if self._could_be_spoken and not (await asyncio.wait({following}, timeout=PAUSE_S))[0]:
                        self._is_filled = True
                        yield {"content": " " * (STREAMED_CHARS - len(self.text))}
                    event = await following
                    if event is None:
                        return
                    following = _next(events)
                    for delta in self._deltas(event):
                        yield delta
            finally:
                following.cancel()
                await asyncio.gather(following, return_exceptions=True)  # whoever leaves wants no error of it

    def _deltas(self, event: Event) -> list[AssistantContentDeltaDict]:
        if isinstance(event, Call):
            self.calls.append(llm.ToolInput(event.name, dict(event.arguments), event.call_id))
            return []
        if isinstance(event, Figures):
            self.figures = event
            return []
        if isinstance(event, Sources):
            self.sources = event.sources
            return []
        begun, self.text = self.text, self.text + event.text
        return [{"content": event.text}] if begun else [{"role": "assistant", "content": event.text}]

    @property
    def _could_be_spoken(self) -> bool:
        """Whether a sentence is there that Home Assistant does not take for long enough."""
        is_short = len(self.text) < STREAMED_CHARS and not self._is_filled
        return is_short and bool(_IDEOGRAPHIC.search(self.text) and _WHOLE.search(self.text))


def _next(events: AsyncGenerator[Event]) -> asyncio.Future[Event | None]:
    """Return what comes next, None at the end."""
    return asyncio.ensure_future(anext(events, None))
