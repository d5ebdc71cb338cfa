"""What a model is writing, held back until it is known to be true. Pure logic.

Sentences are spoken as soon as they are whole and claim nothing that no call stands behind; from the first one that
does, everything waits for the end, when the calls are known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from .calls.call import Call, Question, Situation
from .calls.questions import text_of
from .calls.resolver import resolve
from .engine import (
    BrokenCall,
    ChatEvent,
    ChatRequest,
    Finished,
    FinishReason,
    Message,
    ModelEvent,
    Role,
    TextDelta,
    ToolCall,
    ToolChoice,
)
from .guard.claims import sentences
from .guard.sentences import Sentence, say
from .guard.spoken_calls import Speech
from .guard.verdict import Act, Answer, Result, Retry, Speak, Verdict, judge
from .put_off import put_off
from .results import Outcome

LOOK = "GetLiveContext"
"""The end of the name of the tool that reads states: Home Assistant's and ours."""


class Draft:
    """One answer of a model while it is written, and what becomes of it."""

    def __init__(
        self,
        request: ChatRequest,
        situation: Situation,
        language: str,
        is_command: Callable[[str, str], bool],
        results: tuple[Result, ...] = (),
        *,
        retried: bool,
        responses: str = "",
    ) -> None:
        """`results`: what became of the calls of this turn so far; `retried`: whether it is the second answer;
        `responses`: Home Assistant's words for the calls that succeeded.
        """  # noqa: D205 - one sentence
        self._situation = situation
        self._language = language
        self._is_command = is_command
        self._retried = retried
        self._results = results
        self._responses = responses
        self._callable = frozenset(tool.name for tool in request.tools)
        if request.callable is not None:
            self._callable &= request.callable
        offered = [tool for tool in request.tools if tool.name in self._callable]
        self._speech = Speech(offered, request.constraints)
        self._calls: list[ToolCall] = []
        self._broken: list[str] = []
        self._waiting = ""
        self._is_held = False
        self._has_spoken = False
        self._finished = Finished(FinishReason.STOP)
        self.written = ""
        """All that the model wrote as speech."""

    def take(self, event: ModelEvent) -> str:
        """Take an event of the model; return what may be spoken now."""
        if isinstance(event, TextDelta):
            self.written += event.text
            return self._speak(self._speech.feed(event.text))
        if isinstance(event, Finished):
            self._finished = event
            return self._speak(self._speech.finish())
        if isinstance(event, BrokenCall):
            self._broken.append(event.text)
        elif event.name in self._callable:
            self._calls.append(event)
        else:
            self._broken.append(event.name)
        return ""

    def verdict(self) -> Verdict:
        """Decide about the whole answer, once it is written."""
        answer = Answer(
            self._waiting.strip(), (*self._calls, *self._speech.calls), (*self._broken, *self._speech.broken)
        )
        if self._has_spoken and answer == Answer():
            return Speak("")
        verdict = self._judge(answer, retried=self._retried or self._has_spoken)
        if self._has_spoken and verdict == Speak(self._situation.extract):  # which would stand in for an answer
            return Speak("")
        return verdict

    def outcome(self, verdict: Verdict) -> Iterator[ChatEvent]:
        """Yield what the answer comes to: calls that are right for the home, a question, or words; then its end."""
        calls: list[ToolCall] = []
        if isinstance(verdict, Act):
            resolved = list(self._resolved(verdict.calls))
            calls = [each for each in resolved if isinstance(each, ToolCall)]
            words = [verdict.text, *(each for each in resolved if isinstance(each, str))]
        elif isinstance(verdict, Speak):
            words = [verdict.text]
        else:
            assert not isinstance(verdict, Retry)  # noqa: S101 - the second verdict never is one
            before = self._responses if verdict.after_responses else ""
            words = [before, say(verdict.sentence, self._language)]
        if text := " ".join(filter(None, words)):
            yield TextDelta(text)
        yield from calls
        yield replace(self._finished, reason=self._reason(calls))

    def _reason(self, calls: Sequence[ToolCall]) -> FinishReason:
        if calls:
            return FinishReason.CALLS
        return FinishReason.LENGTH if self._finished.reason is FinishReason.LENGTH else FinishReason.STOP

    def _speak(self, text: str) -> str:
        self._waiting += text
        if self._is_held:
            return ""
        whole = self._whole_sentences()
        if not whole:
            return ""
        if not isinstance(self._judge(Answer(whole.strip()), retried=False), Speak):
            self._is_held = True
            return ""
        self._waiting = self._waiting[len(whole) :]
        self._has_spoken = True
        return whole

    def _whole_sentences(self) -> str:
        """Return the part of what waits that ends before the last sentence, which may not be whole yet."""
        found = list(sentences(self._waiting))
        if len(found) < 2:
            return ""
        return self._waiting[: self._waiting.rindex(found[-1])]

    def _judge(self, answer: Answer, *, retried: bool) -> Verdict:
        return judge(answer, self._situation, self._language, results=self._results, retried=retried)

    def _resolved(self, calls: Sequence[ToolCall]) -> Iterator[ToolCall | str]:
        """Yield the calls as they can be executed, up to the first question; or why nothing is."""
        for_now = put_off(calls, self._situation, self._language, self._callable, self._is_command)
        if isinstance(for_now, Sentence):
            yield say(for_now, self._language)
            return
        for number, call in enumerate(for_now):
            resolution = made_right(call, self._situation)
            if isinstance(resolution, Question):
                yield text_of(resolution, self._situation.home, self._language)
                return
            yield replace(resolution, call_id=call.call_id or f"call_{len(self._results) + number}")


def made_right(call: ToolCall, situation: Situation) -> ToolCall | Question:
    """Return a call as this home can execute it, or what to ask; a look at states is never asked about."""
    if call.name.endswith(LOOK):
        seen = resolve(Call("HassGetState", call.arguments), situation)
        return call if isinstance(seen, Question) else replace(call, arguments=seen.args)
    resolution = resolve(Call(call.name, call.arguments), situation)
    if isinstance(resolution, Question):
        return resolution
    return replace(call, name=resolution.tool, arguments=resolution.args)


def again(request: ChatRequest, written: str, verdict: Retry) -> ChatRequest:
    """Return the request with the reason why its answer was not taken."""
    said = (Message(Role.ASSISTANT, written.strip()),) if written.strip() else ()
    reason = Message(Role.USER, f"[{verdict.reason}]")
    choice = verdict.choice if request.tools else ToolChoice.AUTO
    return replace(request, messages=(*request.messages, *said, reason), choice=choice)


def results_of(outcomes: Iterable[Outcome]) -> tuple[Result, ...]:
    """Return what became of the calls of a turn; looks at states are none."""
    return tuple(
        Result(outcome.call, outcome.report.ok, outcome.report.reason)
        for outcome in outcomes
        if not outcome.call.name.endswith(LOOK)
    )
