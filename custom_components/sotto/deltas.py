"""A server's answer as the deltas of Home Assistant's chat log. Pure logic.

Home Assistant begins to speak an answer after 60 characters, whatever their script. Sixty characters of Chinese take
fifteen seconds to say, so a first Chinese sentence that more follows is filled up with blanks, which nobody hears, and
which a browser shows as one.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable
import re

from homeassistant.components.conversation import AssistantContentDeltaDict
from homeassistant.helpers import llm

from .client import Call, Event, Figures, Text

STREAMED_CHARS = 61
"""More than 60: STREAM_RESPONSE_CHARS of Home Assistant's assist_pipeline."""

_IDEOGRAPHIC = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]")
_SENTENCE = re.compile(r"^.*?[\u3002\uff01\uff1f\uff1b!?;]+[\u201d\u2019\u300d\u300f\uff09)]*", re.DOTALL)


class Deltas:
    """One answer of the server: the deltas that it becomes, and, once these are read, what else was in it."""

    def __init__(self) -> None:
        """Nothing has been read."""
        self.calls: list[llm.ToolInput] = []
        self.text = ""
        self.figures: Figures | None = None

    async def of(self, events: AsyncIterable[Event]) -> AsyncGenerator[AssistantContentDeltaDict]:
        """Yield the words as they come. Calls are kept: whether they are made is decided when all are known."""
        padding = Padding()
        async for event in events:
            if isinstance(event, Text):
                role: AssistantContentDeltaDict = {} if self.text else {"role": "assistant"}
                self.text += event.text
                yield {**role, "content": padding.of(event.text)}
            elif isinstance(event, Call):
                self.calls.append(llm.ToolInput(event.name, dict(event.arguments), event.call_id))
            else:
                self.figures = event


class Padding:
    """Fills the first sentence of an answer up, if it is one that Home Assistant would wait too long with."""

    def __init__(self) -> None:
        """Nothing was said."""
        self._said = ""
        self._done = False

    def of(self, text: str) -> str:
        """Return the next piece of the answer, blanks included: never after its last sentence."""
        said, self._said = self._said, self._said + text
        sentence = _SENTENCE.match(self._said)
        if self._done or sentence is None or not _IDEOGRAPHIC.search(sentence[0]):
            return text
        rest = self._said[sentence.end() :]
        if not rest.strip():
            return text
        self._done = True
        missing = max(0, STREAMED_CHARS - len(sentence[0]))
        at = max(0, sentence.end() - len(said))
        return text[:at] + " " * missing + text[at:]
