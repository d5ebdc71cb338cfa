"""The order in which every family writes a conversation: system and tools, exchanges, the beginning of a reply.

Pure logic.
"""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from ..engine import ChatRequest, Message, Role, Tool, ToolCall
from .format import Format, Piece, Prompt


class Scribe:
    """Writes a prompt piece by piece and remembers where exchanges begin."""

    def __init__(self) -> None:
        self._pieces: list[Piece] = []
        self._exchanges: list[int] = []
        self._messages: list[int] = []
        self._prefill: int | None = None

    def marks(self, text: str) -> Scribe:
        """Write what is the format's own: special tokens in it are special."""
        return self._write(text, special=True)

    def words(self, text: str) -> Scribe:
        """Write what somebody said: it is only text, whatever it looks like."""
        return self._write(text, special=False)

    def _write(self, text: str, *, special: bool) -> Scribe:
        if text:
            self._pieces.append(Piece(text, special))
        return self

    def begin_exchange(self, messages: int) -> None:
        """Note that an exchange of so many messages begins here."""
        self._exchanges.append(len(self._pieces))
        self._messages.append(messages)

    def begin_content(self) -> None:
        """Note that what a user said begins here; the last one counts."""
        self._prefill = len(self._pieces)

    def ends_with(self, mark: str) -> bool:
        """Whether the last that was written is this mark."""
        return bool(self._pieces) and self._pieces[-1].special and self._pieces[-1].text.endswith(mark)

    def prompt(self) -> Prompt:
        """Return what was written."""
        prefill = len(self._pieces) if self._prefill is None else self._prefill
        return Prompt(tuple(self._pieces), tuple(self._exchanges), tuple(self._messages), prefill)


class TurnFormat(Format):
    """A format that writes one turn after the other."""

    opens_turn = False
    """Whether the system message stands in the first user's turn: that turn is opened before the exchange begins."""

    def render(self, request: ChatRequest) -> Prompt:
        """Return the prompt up to where the model goes on writing."""
        scribe = Scribe()
        system, rest = split_system(request.messages)
        self._open(scribe, system, request.tools)
        exchanges = list(split_exchanges(rest))
        shared = request.stable - (len(request.messages) - len(rest))
        for index, exchange in enumerate(exchanges):
            if self.opens_turn and index:
                self._open_turn(scribe)
            if shared < len(exchange) or index == len(exchanges) - 1:
                scribe.begin_exchange(len(exchange))
            shared -= len(exchange)
            if self.opens_turn and exchange[0].role is not Role.USER:
                self._user(scribe, Message(Role.USER))
            self._exchange(scribe, exchange, current=index == len(exchanges) - 1)
        self._reply(scribe, rest)
        return scribe.prompt()

    def _exchange(self, scribe: Scribe, exchange: Sequence[Message], *, current: bool) -> None:
        calls: dict[str, str] = {}
        for role, run in groupby(exchange, key=lambda message: message.role):
            messages = list(run)
            calls |= {call.call_id: call.name for message in messages for call in message.calls}
            if role is Role.TOOL:
                self._results(scribe, messages, calls)
            elif role is Role.ASSISTANT:
                for message in messages:
                    self._assistant(scribe, message, current=current)
            else:
                for message in messages:
                    self._user(scribe, message)

    @abstractmethod
    def _open(self, scribe: Scribe, system: str, tools: Sequence[Tool]) -> None:
        """Write the system message and the tools."""

    @abstractmethod
    def _user(self, scribe: Scribe, message: Message) -> None:
        """Write what a user said, or a system message in between; `begin_content` goes before a user's content."""

    def _open_turn(self, scribe: Scribe) -> None:
        """Write the beginning of a user's turn, where `opens_turn`."""

    @abstractmethod
    def _assistant(self, scribe: Scribe, message: Message, *, current: bool) -> None:
        """Write what the assistant said and called; `current`: since the last user message."""

    @abstractmethod
    def _results(self, scribe: Scribe, messages: Sequence[Message], calls: Mapping[str, str]) -> None:
        """Write the results of calls; `calls`: names by id."""

    @abstractmethod
    def _reply(self, scribe: Scribe, messages: Sequence[Message]) -> None:
        """Write how a reply begins."""


def split_system(messages: Sequence[Message]) -> tuple[str, tuple[Message, ...]]:
    """Return the text of the leading system messages, and the rest."""
    count = next((index for index, each in enumerate(messages) if each.role is not Role.SYSTEM), len(messages))
    return "\n\n".join(message.content for message in messages[:count]), tuple(messages[count:])


def split_exchanges(messages: Iterable[Message]) -> Iterator[tuple[Message, ...]]:
    """Yield the exchanges: a user's message with all that followed it."""
    exchange: list[Message] = []
    for message in messages:
        if message.role is Role.USER and exchange:
            yield tuple(exchange)
            exchange = []
        exchange.append(message)
    if exchange:
        yield tuple(exchange)


def as_json(value: Any) -> str:
    """Return JSON as the models' templates write it."""
    return json.dumps(value, ensure_ascii=False)


def function_json(tool: Tool) -> str:
    """Return a tool as OpenAI's API describes one: the same text for the same tool, whoever built its schema."""
    return as_json({"type": "function", "function": function_of(tool)})


def function_of(tool: Tool) -> dict[str, Any]:
    """Return name, description and parameters, in that order as the models learnt it, the schema's keys sorted."""
    return {"name": tool.name, "description": tool.description, "parameters": sorted_keys(tool.parameters)}


def sorted_keys(value: Any) -> Any:
    """Return JSON whose objects all have their keys in order."""
    if isinstance(value, Mapping):
        return {key: sorted_keys(value[key]) for key in sorted(value)}
    if isinstance(value, list | tuple):
        return [sorted_keys(each) for each in value]
    return value


def call_json(call: ToolCall, arguments: str = "arguments") -> str:
    """Return a call as most families write it: name first."""
    return as_json({"name": call.name, arguments: dict(call.arguments)})
