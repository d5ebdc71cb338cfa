"""What a format is: how one family of models reads a conversation and writes calls. Pure logic.

A format renders a request itself instead of running the model's own Jinja template, for two reasons. The prompt must
be a prefix that stays the same from turn to turn: system message and all tools first, never a date, never tools moved
to the last user message. And what users, tools and documents wrote must be tokenised as plain text, so that an
`<|im_end|>` in it ends nothing.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace

from ..engine import BrokenCall, ChatRequest, TextDelta, ToolCall


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a prompt that is tokenised on its own."""

    text: str
    special: bool = False
    """Whether texts of special tokens in it are those tokens (llama_tokenize's `parse_special`)."""


@dataclass(frozen=True)
class Prompt:
    """A rendered request. A token that begins every text (BOS) is not in it: the vocabulary says if there is one."""

    pieces: tuple[Piece, ...]
    exchanges: tuple[int, ...]
    """Index of the piece with which each exchange begins, oldest first. What is before the first one is shared by all
    turns: the system message, the tools, the examples. The last exchange is the one that is being answered."""
    messages: tuple[int, ...]
    """How many messages each exchange has."""
    prefill: int
    """Index of the piece with the last user message's content: those before it may be evaluated beforehand."""

    def without(self, count: int) -> Prompt:
        """Return the prompt without its oldest `count` exchanges; the last one always stays."""
        count = min(count, len(self.exchanges) - 1)
        if count <= 0:
            return self
        start, end = self.exchanges[0], self.exchanges[count]
        gone = end - start
        return replace(
            self,
            pieces=self.pieces[:start] + self.pieces[end:],
            exchanges=tuple(index - gone for index in self.exchanges[count:]),
            messages=self.messages[count:],
            prefill=self.prefill - gone,
        )


@dataclass(frozen=True, slots=True)
class Grammar:
    """What the model may write, from its first token on, for `llama_sampler_init_grammar`.

    Also where speech is free: the grammar follows it up to the mark that begins a call. llama.cpp's lazy grammars do
    without that, but throw through ctypes, which ends the process, when the token that completes the mark goes on with
    something that no call goes on with.
    """

    gbnf: str
    root: str = "root"


Part = TextDelta | ToolCall | BrokenCall
"""What a reply consists of. A call's `call_id` is empty: whoever has it executed gives it one."""


class Parser(ABC):
    """Takes a reply apart while it is written; the result does not depend on how it was cut into pieces.

    It is fed with the text of the generated tokens, special tokens included, without the token that ends the reply;
    `characters.Characters` makes text of their bytes.
    """

    @abstractmethod
    def feed(self, text: str) -> list[Part]:
        """Return what became certain with these characters."""

    @abstractmethod
    def finish(self) -> list[Part]:
        """Return what is left when the reply has ended."""


class Format(ABC):
    """How one family of models reads a conversation and writes calls."""

    name: str
    thinks = False
    """Whether the model would think before it answers, and is kept from it."""

    @abstractmethod
    def render(self, request: ChatRequest) -> Prompt:
        """Return the prompt up to where the model goes on writing."""

    @abstractmethod
    def parser(self, request: ChatRequest) -> Parser:
        """Return a parser for one answer to the request."""

    @abstractmethod
    def grammar(self, request: ChatRequest) -> Grammar | None:
        """Return what the model may write; None: anything."""
