"""Mistral and Ministral: `[TOOL_CALLS]` and a list, or since 2025 `[TOOL_CALLS]name[ARGS]{…}`. Pure logic."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from ..engine import BrokenCall, ChatRequest, Message, Role, Tool
from .calling import CallingFormat, object_call, repeated
from .format import Parser, Part
from .gbnf import Rules, choice, joined, literal
from .parsing import Incomplete, JsonCallParser, MarkParser, named_call, object_end
from .turns import Scribe, as_json, function_of

_ID = "[a-zA-Z0-9]{9}"


@dataclass(frozen=True)
class Dialect:
    """What differs between Mistral's models."""

    system_prompt: bool
    """Whether the system message has a place of its own; otherwise it stands before the first user's words."""
    arguments: bool
    """Whether a call is a name and its arguments; otherwise calls are a list of objects."""
    call_ids: bool
    """Whether calls, and results, have an id."""
    space: str = ""
    """What stands after `[INST]`."""


class Mistral(CallingFormat):
    """`[INST]…[/INST]`."""

    name = "mistral"
    mark = "[TOOL_CALLS]"
    thinking: ClassVar[Mapping[str, str]] = {"[THINK]": "[/THINK]"}
    silent = ("[INST]", "[/INST]", "[TOOL_RESULTS]", "[/TOOL_RESULTS]")

    def __init__(self, dialect: Dialect, *, thinks: bool = False) -> None:
        """Create the format of a model."""
        super().__init__(thinks=thinks)
        self._dialect = dialect
        self.opens_turn = not dialect.system_prompt
        self._begin = f"[INST]{dialect.space}"

    def _open(self, scribe: Scribe, system: str, tools: Sequence[Tool]) -> None:
        if self._dialect.system_prompt and system:
            scribe.marks("[SYSTEM_PROMPT]").words(system).marks("[/SYSTEM_PROMPT]")
        if tools:
            listed = [{"type": "function", "function": function_of(tool)} for tool in tools]
            scribe.marks("[AVAILABLE_TOOLS]").words(as_json(listed)).marks("[/AVAILABLE_TOOLS]")
        if self.opens_turn:
            self._open_turn(scribe)
            scribe.words(system).marks("\n\n" * bool(system))

    def _open_turn(self, scribe: Scribe) -> None:
        scribe.marks(self._begin)

    def _user(self, scribe: Scribe, message: Message) -> None:
        if message.role is Role.SYSTEM or not self.opens_turn:
            scribe.marks(self._begin)
        if message.role is Role.USER:
            scribe.begin_content()
        scribe.words(message.content).marks("[/INST]")

    def _assistant(self, scribe: Scribe, message: Message, *, current: bool) -> None:
        del current
        scribe.words(message.content)
        if message.calls and self._dialect.arguments:
            for call in message.calls:
                scribe.marks(self.mark).words(call.name)
                if self._dialect.call_ids:
                    scribe.marks("[CALL_ID]").words(short_id(call.call_id))
                scribe.marks("[ARGS]").words(as_json(dict(call.arguments)))
        elif message.calls:
            listed = [
                {"name": call.name, "arguments": dict(call.arguments), "id": short_id(call.call_id)}
                for call in message.calls
            ]
            scribe.marks(self.mark).words(as_json(listed))
        scribe.marks("</s>")

    def _results(self, scribe: Scribe, messages: Sequence[Message], calls: Mapping[str, str]) -> None:
        del calls
        for message in messages:
            scribe.marks("[TOOL_RESULTS]")
            if not self._dialect.arguments:
                content, identity = _embedded(message.content), as_json(short_id(message.call_id))
                scribe.words(f'{{"content": {content}, "call_id": {identity}}}')
            elif self._dialect.call_ids:
                scribe.words(short_id(message.call_id)).marks("[TOOL_CONTENT]").words(message.content)
            else:
                scribe.words(message.content)
            scribe.marks("[/TOOL_RESULTS]")

    def _reply(self, scribe: Scribe, messages: Sequence[Message]) -> None:
        """Write nothing: the reply follows the last mark."""

    def _calls(self, rules: Rules, tools: Mapping[str, str]) -> str:
        if not self._dialect.arguments:
            one = joined('"{"', object_call(rules, tools), f'(", \\"id\\": \\"" {_ID} "\\"")? "}}"')
            return joined('"["', repeated(one, '", "', rules), '"]"')
        identity = f'("[CALL_ID]" {_ID})? "[ARGS]"' if self._dialect.call_ids else '"[ARGS]"'
        named = {name: rules.add(joined(identity, arguments)) for name, arguments in tools.items()}
        return repeated(choice(rules, named), literal(self.mark), rules)

    def _call_parser(self, request: ChatRequest) -> Parser:
        del request
        if self._dialect.arguments:
            return ArgumentsParser(calls=(self.mark,), thinking=self.thinking, silent=self._silent)
        return JsonCallParser({self.mark: ""}, thinking=self.thinking, silent=self._silent)


class ArgumentsParser(MarkParser):
    """Reads `name[ARGS]{…}`."""

    _head = re.compile(r"\s*([^\s\[{]+)\s*(?:\[CALL_ID\]\w*)?(?:\[ARGS\])?\s*(?=\{)")

    def _call(self, mark: str, text: str, *, ended: bool) -> tuple[list[Part], int]:
        del mark
        head = self._head.match(text)
        stop = object_end(text, head.end()) if head else -1
        if head and stop >= 0:
            return [named_call(head[1], text[head.end() : stop], text[:stop])], stop
        if ended:
            return [BrokenCall(text.strip())], len(text)
        raise Incomplete


def short_id(call_id: str) -> str:
    """Return an id as Mistral's models know it: nine letters and digits, always the same for the same id."""
    if re.fullmatch(_ID, call_id):
        return call_id
    return hashlib.blake2s(call_id.encode()).hexdigest()[:9]


def _embedded(content: str) -> str:
    """Return a result as JSON: itself if it is JSON already."""
    try:
        json.loads(content)
    except ValueError:
        return as_json(content)
    return content
