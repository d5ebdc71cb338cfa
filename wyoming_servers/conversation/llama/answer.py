"""One answer: the prompt in tokens and within the budget, evaluated as far as needed, then written token by token."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from time import monotonic

from ..engine import ChatRequest, Finished, FinishReason, ModelEvent, ToolCall
from ..formats.characters import Characters
from ..formats.format import Format, Part, Piece, Prompt
from ..pace import Pace
from .budget import exchanges_to_drop
from .native import AbortedError, NativeModel
from .sampling import Sampler
from .sequence import EvaluatedSequence

_KNOWN_PIECES = 4096


@dataclass(frozen=True)
class TokenPrompt:
    """A prompt that fits."""

    tokens: tuple[int, ...]
    system: int
    """How many of them all turns share."""
    prefill: int
    """How many of them come before the last user's message."""
    known: int
    """How many of them there are up to the end of that message."""
    dropped_messages: int


class Tokenizer:
    """Turns pieces of prompts into tokens, each piece on its own and most of them from memory."""

    def __init__(self, model: NativeModel) -> None:
        self._model = model
        self._known: dict[Piece, tuple[int, ...]] = {}

    def fit(self, prompt: Prompt, max_tokens: int) -> TokenPrompt:
        """Return a prompt's tokens without the oldest exchanges that don't fit.

        Raises LimitExceededError if it does not fit even without history.
        """
        begin = () if self._model.begin is None else (self._model.begin,)
        pieces = [begin, *(self._tokens(piece) for piece in prompt.pieces)]
        if begin and pieces[1:] and pieces[1][:1] == begin:
            pieces[0] = ()
        ends = [0, *accumulate(len(tokens) for tokens in pieces)]
        starts = [ends[index + 1] for index in prompt.exchanges] or [ends[-1]]
        sizes = [after - before for before, after in zip(starts, [*starts[1:], ends[-1]], strict=True)]
        count = exchanges_to_drop(starts[0], sizes[:-1], sizes[-1], max_tokens, self._model.context)
        tokens = [token for piece in pieces for token in piece]
        gone = starts[count] - starts[0]
        content = prompt.prefill + 1 if _has_content(prompt) else prompt.prefill
        return TokenPrompt(
            tokens=(*tokens[: starts[0]], *tokens[starts[count] :]),
            system=starts[0],
            prefill=ends[prompt.prefill + 1] - gone,
            known=ends[content + 1] - gone,
            dropped_messages=sum(prompt.messages[:count]),
        )

    def _tokens(self, piece: Piece) -> tuple[int, ...]:
        known = self._known.get(piece)
        if known is None:
            if len(self._known) >= _KNOWN_PIECES:
                self._known.clear()
            known = self._known[piece] = self._model.tokenize(piece.text, special=piece.special)
        return known


def _has_content(prompt: Prompt) -> bool:
    """Whether the last user's message says anything yet."""
    return prompt.prefill < len(prompt.pieces) and not prompt.pieces[prompt.prefill].special


class Answerer:
    """Writes answers with a model, one after the other."""

    def __init__(self, model: NativeModel, format_: Format, sequence: EvaluatedSequence) -> None:
        self._model = model
        self._format = format_
        self._sequence = sequence
        self._tokenizer = Tokenizer(model)

    def prefill(self, request: ChatRequest) -> int:
        """Evaluate a prompt up to the end of what the last user's message says already.

        Returns how many tokens that took, also when stopped.
        """
        prompt = self._tokenizer.fit(self._format.render(request), request.max_tokens)
        self._format.grammar(request)  # remembered, so that it need not be built when somebody waits
        reused = self._sequence.reuse(prompt.tokens, prompt.system)
        try:
            self._evaluate(prompt, prompt.tokens[: prompt.known])
        except AbortedError:
            return max(0, self._sequence.length - reused)
        return max(0, prompt.known - reused)

    def answer(self, request: ChatRequest, emit: Callable[[ModelEvent], None]) -> None:
        """Write an answer, event by event. Raises AbortedError when stopped."""
        pace = Pace(monotonic)
        prompt = self._tokenizer.fit(self._format.render(request), request.max_tokens)
        sampler = Sampler(self._model, self._format.grammar(request), request.temperature)
        try:
            reused = self._sequence.reuse(prompt.tokens, prompt.system)
            self._evaluate(prompt, prompt.tokens)
            finished = self._write(request, sampler, emit, pace)
        finally:
            sampler.close()
        emit(
            replace(
                pace.timed(finished),
                prompt_tokens=len(prompt.tokens),
                reused_tokens=reused,
                dropped_messages=prompt.dropped_messages,
            )
        )

    def _evaluate(self, prompt: TokenPrompt, tokens: Sequence[int]) -> None:
        """Evaluate what is left of a prompt, if need be with stops where later prompts may go on."""
        for end in (prompt.system, prompt.prefill):
            if self._sequence.needs_points and self._sequence.length < end < len(tokens):
                self._extend_to(tokens, end)
                self._sequence.remember_point()
        self._sequence.system = prompt.system
        self._extend_to(tokens, len(tokens))

    def _extend_to(self, tokens: Sequence[int], end: int) -> None:
        self._sequence.extend(tokens[self._sequence.length : end])

    def _write(
        self, request: ChatRequest, sampler: Sampler, emit: Callable[[ModelEvent], None], pace: Pace
    ) -> Finished:
        parser = self._format.parser(request)
        characters = Characters()
        called = False
        reason = FinishReason.LENGTH
        written = 0
        while written < request.max_tokens:
            token = sampler.choose(self._model.logits())
            if self._model.ends(token):
                reason = FinishReason.STOP
                break
            written += 1
            pace.wrote()
            sampler.accept(token)
            called |= _emit(parser.feed(characters.decode(self._model.piece(token))), emit)
            if written < request.max_tokens:
                self._sequence.extend((token,))
        called |= _emit([*parser.feed(characters.decode(b"", final=True)), *parser.finish()], emit)
        if called and reason is FinishReason.STOP:
            reason = FinishReason.CALLS
        return Finished(reason, completion_tokens=written)


def _emit(parts: Sequence[Part], emit: Callable[[ModelEvent], None]) -> bool:
    """Pass on what was written; returns whether something was called."""
    for part in parts:
        emit(replace(part, call_id=f"call_{secrets.token_hex(6)}") if isinstance(part, ToolCall) else part)
    return any(isinstance(part, ToolCall) for part in parts)
