"""ChatML with calls as Hermes writes them, which Qwen 2.5, Qwen 3 and most models with ChatML learnt. Pure logic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..engine import ChatRequest, Message, Role, Tool
from .calling import CallingFormat, object_call, repeated
from .format import Parser
from .gbnf import Rules, joined, literal
from .parsing import JsonCallParser
from .turns import Scribe, call_json, function_json

NO_THOUGHT = "<think>\n\n</think>\n\n"
_TOOLS = """# Tools

You may call one or more functions to assist with the user query.

You are provided with function signatures within <tools></tools> XML tags:
<tools>"""
_CALLS = """
</tools>

For each function call, return a json object with function name and arguments within <tool_call></tool_call> XML tags:
<tool_call>
{"name": <function-name>, "arguments": <args-json-object>}
</tool_call>"""


class ChatML(CallingFormat):
    """The turns of ChatML. A model that thinks finds an empty thought at the beginning of its reply."""

    silent = ("<|im_start|>", "<|im_end|>", "<tool_response>", "</tool_response>")

    def _user(self, scribe: Scribe, message: Message) -> None:
        scribe.marks(f"<|im_start|>{'system' if message.role is Role.SYSTEM else 'user'}\n")
        if message.role is Role.USER:
            scribe.begin_content()
        scribe.words(message.content).marks("<|im_end|>\n")

    def _results(self, scribe: Scribe, messages: Sequence[Message], calls: Mapping[str, str]) -> None:
        del calls
        scribe.marks("<|im_start|>user")
        for message in messages:
            scribe.marks("\n<tool_response>\n").words(message.content).marks("\n</tool_response>")
        scribe.marks("<|im_end|>\n")

    def _reply(self, scribe: Scribe, messages: Sequence[Message]) -> None:
        del messages
        scribe.marks("<|im_start|>assistant\n" + self._thought(current=True))

    def _thought(self, *, current: bool) -> str:
        """Return the empty thought that stands before what the model wrote since the last user message."""
        return NO_THOUGHT if self.thinks and current else ""


class Hermes(ChatML):
    """`<tool_call>{"name": …, "arguments": …}</tool_call>`."""

    name = "hermes"
    mark = "<tool_call>"
    end = "</tool_call>"

    def _open(self, scribe: Scribe, system: str, tools: Sequence[Tool]) -> None:
        if not system and not tools:
            return
        scribe.marks("<|im_start|>system\n").words(system)
        if tools:
            scribe.marks("\n\n" * bool(system) + _TOOLS)
            for tool in tools:
                scribe.words("\n" + function_json(tool))
            scribe.marks(_CALLS)
        scribe.marks("<|im_end|>\n")

    def _assistant(self, scribe: Scribe, message: Message, *, current: bool) -> None:
        scribe.marks("<|im_start|>assistant\n" + self._thought(current=current)).words(message.content)
        for index, call in enumerate(message.calls):
            between = "\n" if index or message.content else ""
            scribe.marks(f"{between}{self.mark}\n").words(call_json(call)).marks(f"\n{self.end}")
        scribe.marks("<|im_end|>\n")

    def _calls(self, rules: Rules, tools: Mapping[str, str]) -> str:
        call = joined(literal("\n{"), object_call(rules, tools), literal("}\n" + self.end))
        return repeated(call, literal("\n" + self.mark), rules)

    def _call_parser(self, request: ChatRequest) -> Parser:
        del request
        return JsonCallParser({self.mark: self.end}, thinking=self.thinking, silent=(*self._silent, self.end))
