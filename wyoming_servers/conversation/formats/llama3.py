"""Llama 3.1 and later, whose calls are bare JSON. Pure logic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..engine import ChatRequest, Message, Role, Tool
from .calling import CallingFormat, object_call, repeated
from .format import Parser
from .gbnf import Rules, joined, literal
from .parsing import JsonCallParser
from .speech import speech
from .turns import Scribe, call_json, function_json

FENCE = "```"


class BareCalls(CallingFormat):
    """`{"name": …, "parameters": …}` without a mark: a brace begins a call, for nobody speaks one."""

    mark = "{"
    between = "; "
    fences = f"{FENCE}json"

    def _calls(self, rules: Rules, tools: Mapping[str, str]) -> str:
        call = joined(object_call(rules, tools, "parameters"), '"}"')
        return repeated(call, literal(self.between + "{"), rules)

    def _call_parser(self, request: ChatRequest) -> Parser:
        del request
        return JsonCallParser({self.fences: FENCE}, bare=True, thinking=self.thinking, silent=self._silent)

    def _written(self, message: Message) -> str:
        """Return an assistant's calls."""
        return self.between.join(call_json(call, "parameters") for call in message.calls)


class Llama3(BareCalls):
    """Headers, and calls that may follow `<|python_tag|>`."""

    name = "llama3"
    tag = "<|python_tag|>"
    silent = ("<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>", "<|eom_id|>")

    def _speech(self, rules: Rules, calls: str) -> str:
        unwritten = dict.fromkeys(self._unwritten, "")
        tagged = joined('"{"', calls) if calls else ""
        return speech(rules, {**unwritten, self.tag: tagged, self.mark: calls})

    def _call_parser(self, request: ChatRequest) -> Parser:
        del request
        return JsonCallParser(
            {self.tag: "", self.fences: FENCE}, bare=True, thinking=self.thinking, silent=self._silent
        )

    def _open(self, scribe: Scribe, system: str, tools: Sequence[Tool]) -> None:
        if not system and not tools:
            return
        scribe.marks(_header("system"))
        if tools:
            scribe.marks("Environment: ipython\n\n" + _TOOLS)
            for tool in tools:
                scribe.words(function_json(tool)).marks("\n\n")
        scribe.words(system).marks("<|eot_id|>")

    def _user(self, scribe: Scribe, message: Message) -> None:
        scribe.marks(_header("system" if message.role is Role.SYSTEM else "user"))
        if message.role is Role.USER:
            scribe.begin_content()
        scribe.words(message.content).marks("<|eot_id|>")

    def _assistant(self, scribe: Scribe, message: Message, *, current: bool) -> None:
        del current
        scribe.marks(_header("assistant")).words(message.content)
        if message.calls:
            scribe.marks("\n" * bool(message.content)).words(self._written(message))
        scribe.marks("<|eot_id|>")

    def _results(self, scribe: Scribe, messages: Sequence[Message], calls: Mapping[str, str]) -> None:
        del calls
        for message in messages:
            scribe.marks(_header("ipython")).words(message.content).marks("<|eot_id|>")

    def _reply(self, scribe: Scribe, messages: Sequence[Message]) -> None:
        del messages
        scribe.marks(_header("assistant"))


_TOOLS = (
    "You have access to the following functions. To call a function, please respond with JSON for a function call. "
    'Respond in the format {"name": function name, "parameters": dictionary of argument name and its value}. '
    "Do not use variables.\n\n"
)


def _header(role: str) -> str:
    return f"<|start_header_id|>{role}<|end_header_id|>\n\n"
