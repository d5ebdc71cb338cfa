"""What a chat of the integration, at the HTTP door, says of a turn."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from time import monotonic

from ..conversation.engine import ChatEvent, ChatRequest, Role, TextDelta, ToolCall
from ..errors import SottoError
from .log import TurnLog
from .recording import Marks, marking
from .turn import Exchange, Outcome, Phase, Request, Timing

_LOOKS = ("Get", "Search")
"""How the names of Assist's tools begin that change nothing."""


class ChatRecording:
    """One answer, of whose events it is told."""

    def __init__(self, began_s: float, request: ChatRequest, language: str, conversation: str) -> None:
        said = [each.content for each in request.messages if each.role is Role.USER]
        self._texts: list[str] = []
        self._failure = ""
        self._exchange = Exchange(
            Request.ANSWER,
            began_s,
            began_s,
            said=said[-1] if said else "",
            language=language,
            conversation=conversation,
            continues=request.messages[-1].role is Role.TOOL if request.messages else False,
        )

    def saw(self, event: ChatEvent) -> None:
        """Take the next event of the answer."""
        if isinstance(event, TextDelta):
            self._texts.append(event.text)
        elif isinstance(event, ToolCall) and not event.name.rpartition("__")[2].startswith(_LOOKS):
            self._exchange = replace(self._exchange, outcome=Outcome.DONE)

    def failed(self, err: Exception) -> None:
        """Note that there is no answer, or no more of it."""
        self._failure = err.code if isinstance(err, SottoError) else SottoError.code

    @property
    def is_answered(self) -> bool:
        """Whether there is anything to tell of."""
        return bool(self._texts or self._failure or self._exchange.outcome)

    def exchange(self, ended_s: float, marks: Marks) -> Exchange:
        """Return the whole of it."""
        answered = "".join(self._texts).strip()
        outcome = self._exchange.outcome or (Outcome.ANSWERED if answered else None)
        engine = marks.engine_of(Phase.CONVERSATION)
        own = Timing(Phase.CONVERSATION, self._exchange.began_s, ended_s, engine, self._failure)
        return replace(
            self._exchange,
            ended_s=ended_s,
            answered=answered,
            outcome=Outcome.ERROR if self._failure else outcome,
            timings=(*(replace(each, engine=marks.engine_of(each.phase)) for each in marks.timings), own),
        )


@contextlib.contextmanager
def recorded_chat(
    log: TurnLog | None, request: ChatRequest, language: str, conversation: str
) -> Iterator[ChatRecording]:
    """Record one answer; without a log, for nobody. Of a client that left before there was any, nothing is kept."""
    clock = log.clock if log is not None else monotonic
    recording = ChatRecording(clock(), request, language, conversation)
    is_left = True
    with marking() as marks, log.under_way() if log is not None else contextlib.nullcontext():
        try:
            yield recording
            is_left = False
        except Exception as err:
            recording.failed(err)
            raise
        finally:
            if log is not None and (recording.is_answered or not is_left):
                log.add(recording.exchange(clock(), marks))
