"""Gemma 4: `<|tool_call>call:name{key:<|"|>text<|"|>}<tool_call|>`. Pure logic."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from ..engine import ChatRequest, Message, Role, Tool
from .calling import CallingFormat, repeated
from .format import Parser
from .gbnf import Rules, choice, joined, literal
from .gemma_values import CallParser, GemmaNotation
from .notation import Notation
from .turns import Scribe, sorted_keys

QUOTE = GemmaNotation.quote
NO_THOUGHT = "<|channel>thought\n<channel|>"
_END = "<turn|>\n"


class Gemma4(CallingFormat):
    """Turns of system, user and model; calls and their results stand within the model's turn."""

    name = "gemma4"
    mark = "<|tool_call>"
    end = "<tool_call|>"
    thinking: ClassVar[Mapping[str, str]] = {"<|channel>": "<channel|>"}
    silent = ("<|turn>", "<turn|>", "<|tool_response>", "<tool_response|>", "<tool_call|>")

    def __init__(self, *, empty_thought: bool = True) -> None:
        """Create the format of a model; some find an empty thought at the beginning of their reply."""
        super().__init__(thinks=True)
        self._thought = NO_THOUGHT if empty_thought else ""

    @property
    def _notation(self) -> Notation:
        return GemmaNotation()

    def _open(self, scribe: Scribe, system: str, tools: Sequence[Tool]) -> None:
        if not system and not tools:
            return
        scribe.marks("<|turn>system\n").words(system)
        for tool in tools:
            scribe.marks("<|tool>declaration:").words(tool.name).marks("{")
            scribe.marks("description:")
            _write(scribe, tool.description)
            scribe.marks(",parameters:")
            _write(scribe, _declared(sorted_keys(tool.parameters)))
            scribe.marks("}<tool|>")
        scribe.marks(_END)

    def _user(self, scribe: Scribe, message: Message) -> None:
        scribe.marks(f"<|turn>{'system' if message.role is Role.SYSTEM else 'user'}\n")
        if message.role is Role.USER:
            scribe.begin_content()
        scribe.words(message.content).marks(_END)

    def _assistant(self, scribe: Scribe, message: Message, *, current: bool) -> None:
        if not scribe.ends_with(RESPONSE_END):
            scribe.marks("<|turn>model\n" + self._thought * current)
        scribe.words(message.content)
        for call in message.calls:
            scribe.marks(f"{self.mark}call:").words(call.name)
            _write(scribe, dict(call.arguments))
            scribe.marks(self.end)
        if not message.calls:
            scribe.marks(_END)

    def _results(self, scribe: Scribe, messages: Sequence[Message], calls: Mapping[str, str]) -> None:
        for message in messages:
            scribe.marks("<|tool_response>response:").words(calls.get(message.call_id, "unknown"))
            _write(scribe, _result(message.content))
            scribe.marks(RESPONSE_END)

    def _reply(self, scribe: Scribe, messages: Sequence[Message]) -> None:
        del messages
        if not scribe.ends_with(RESPONSE_END):
            scribe.marks("<|turn>model\n" + self._thought)

    def _calls(self, rules: Rules, tools: Mapping[str, str]) -> str:
        call = joined(literal("call:"), choice(rules, tools), literal(self.end))
        return repeated(call, literal(self.mark), rules)

    def _call_parser(self, request: ChatRequest) -> Parser:
        del request
        return CallParser(self.mark, self.end, thinking=self.thinking, silent=self._silent)


RESPONSE_END = "<tool_response|>"


def _write(scribe: Scribe, value: Any) -> None:
    """Write a value in Gemma's notation: marks are the format's, strings are words."""
    if isinstance(value, str):
        scribe.marks(QUOTE).words(value).marks(QUOTE)
    elif isinstance(value, Mapping):
        for index, (key, each) in enumerate(value.items()):
            scribe.marks("," if index else "{").words(key).marks(":")
            _write(scribe, each)
        scribe.marks("}" if value else "{}")
    elif isinstance(value, list | tuple):
        for index, each in enumerate(value):
            scribe.marks("," if index else "[")
            _write(scribe, each)
        scribe.marks("]" if value else "[]")
    else:
        scribe.words(json.dumps(value))


def _declared(schema: Any) -> Any:
    """Return a schema as Gemma's template declares it: types in capitals, the description first, the type last."""
    if not isinstance(schema, Mapping):
        return schema
    rest = {key: value for key, value in schema.items() if key not in {"description", "type", "properties"}}
    found: dict[str, Any] = {key: schema[key] for key in ("description",) if key in schema}
    if "properties" in schema:
        found["properties"] = {name: _declared(each) for name, each in schema["properties"].items()}
    for key, value in rest.items():
        found[key] = [_declared(each) for each in value] if isinstance(value, list) else _declared(value)
    if "type" in schema:
        kinds = schema["type"]
        found["type"] = kinds.upper() if isinstance(kinds, str) else [kind.upper() for kind in kinds]
    return found


def _result(content: str) -> Mapping[str, Any]:
    """Return a result as an object, as Gemma reads one."""
    try:
        found = json.loads(content)
    except ValueError:
        found = content
    return found if isinstance(found, Mapping) else {"value": found}
