"""Qwen 3.5 and Qwen 3 Coder: ChatML whose calls are `<function=name>` with a tag for each argument. Pure logic."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..engine import BrokenCall, ChatRequest, Message, Tool, ToolCall
from .calling import repeated
from .format import Parser, Part
from .gbnf import Rules, choice, either, joined, literal, others
from .hermes import ChatML
from .members import Members
from .notation import CONTROLS, Json
from .parsing import Incomplete, MarkParser
from .schema import Schema, SchemaGrammar
from .turns import Scribe, as_json, function_json

_TOOLS = """# Tools

You have access to the following functions:

<tools>"""
_CALLS = """
</tools>

If you choose to call a function ONLY reply in the following format with NO suffix:

<tool_call>
<function=example_function_name>
<parameter=example_parameter_1>
value_1
</parameter>
<parameter=example_parameter_2>
value_2
</parameter>
</function>
</tool_call>"""
_PARAMETER_END = "\n</parameter>\n"


class QwenXml(ChatML):
    """`<tool_call><function=name><parameter=key>value</parameter></function></tool_call>`."""

    name = "qwen-xml"
    mark = "<tool_call>"
    end = "</tool_call>"

    def _open(self, scribe: Scribe, system: str, tools: Sequence[Tool]) -> None:
        if not system and not tools:
            return
        scribe.marks("<|im_start|>system\n")
        if tools:
            scribe.marks(_TOOLS)
            for tool in tools:
                scribe.words("\n" + function_json(tool))
            scribe.marks(_CALLS + "\n\n" * bool(system))
        scribe.words(system).marks("<|im_end|>\n")

    def _assistant(self, scribe: Scribe, message: Message, *, current: bool) -> None:
        scribe.marks("<|im_start|>assistant\n" + self._thought(current=current)).words(message.content)
        for index, call in enumerate(message.calls):
            between = "\n" if index else "\n\n" * bool(message.content)
            scribe.marks(f"{between}{self.mark}\n<function=").words(call.name).marks(">\n")
            for key, value in call.arguments.items():
                scribe.marks("<parameter=").words(key).marks(">\n")
                scribe.words(value if isinstance(value, str) else as_json(value)).marks(_PARAMETER_END)
            scribe.marks(f"</function>\n{self.end}")
        scribe.marks("<|im_end|>\n")

    def _tool(self, rules: Rules, parameters: Mapping[str, Any]) -> str:
        return _Parameters(rules, Raw(), parameters).tags(parameters)

    def _calls(self, rules: Rules, tools: Mapping[str, str]) -> str:
        named = {f"{name}>\n": arguments for name, arguments in tools.items()}
        call = joined(literal("\n<function="), choice(rules, named), literal(f"</function>\n{self.end}"))
        return repeated(call, literal("\n" + self.mark), rules)

    def _call_parser(self, request: ChatRequest) -> Parser:
        schemas = {tool.name: tool.parameters for tool in request.tools}
        return XmlParser(self.mark, self.end, schemas, thinking=self.thinking, silent=(*self._silent, self.end))


class Raw(Json):
    """Strings stand as they are, up to the tag that ends them."""

    def constant(self, value: Any) -> str:
        """Return the text of a value."""
        return value if isinstance(value, str) else super().constant(value)

    def writes(self, value: Any) -> bool:
        """Whether a string doesn't end its tag."""
        return not isinstance(value, str) or _PARAMETER_END.strip() not in value

    def words(self, rules: Rules, least: int, most: int) -> str:
        """Return the expression of a string; without `<`, with which its end begins."""
        char = rules.add(others(CONTROLS + "<"))
        return rules.add(f"{char}{{{least},{most}}}")

    def text(self, expression: str) -> str:
        """Return the expression of a string with this content."""
        return expression


class _Parameters(SchemaGrammar):
    """Arguments as tags; what is within an array or an object is JSON."""

    def tags(self, schema: Schema) -> str:
        """Return the expression of all the tags of a call."""
        return self.rules.add(either([self._tags(each) for each in self.variants(schema)]) or '""')

    def _tags(self, schema: Schema) -> str:
        values = {name: joined(value, literal(_PARAMETER_END)) for name, value in self.properties(schema).items()}
        required = set(schema.get("required") or ())
        return Members(
            self.rules,
            texts=tuple(f"<parameter={name}>\n" for name in values),
            values=tuple(values.values()),
            separator="",
            required=frozenset(index for index, name in enumerate(values) if name in required),
            least=int(schema.get("minProperties", 0)),
            most=schema.get("maxProperties"),
        ).expression()

    def _of_type(self, kind: str, schema: Schema) -> str:
        if kind in {"object", "array"}:
            return SchemaGrammar(self.rules, Json(), self.root, self.limits).expression({**schema, "type": kind})
        return super()._of_type(kind, schema)


class XmlParser(MarkParser):
    """Reads the tags of a call; the tools' schemas tell which values are strings."""

    _parameter = re.compile(r"<parameter=([^>\n]+)>\n?(.*?)\n?</parameter>\s*(?=<parameter=|</function>|$)", re.DOTALL)
    _function = re.compile(rf"\s*<function=([^>\n]+)>\s*((?:{_parameter.pattern})*)</function>\s*", re.DOTALL)

    def __init__(
        self,
        mark: str,
        end: str,
        schemas: Mapping[str, Schema],
        *,
        thinking: Mapping[str, str],
        silent: Iterable[str],
    ) -> None:
        """Create a parser; the schemas of arguments are by name of the tool."""
        super().__init__(calls=(mark,), thinking=thinking, silent=silent)
        self._end = end
        self._schemas = schemas

    def _call(self, mark: str, text: str, *, ended: bool) -> tuple[list[Part], int]:
        """Return a call when its tags are complete: the mark that ends it may stand within a value, too."""
        del mark
        if self._end in text and (function := self._function.match(text)) is not None:
            rest = text[function.end() :]
            if rest.startswith(self._end):
                return [self._read_call(function[1], function[2])], function.end() + len(self._end)
        if ended:
            return [BrokenCall(text.removesuffix(self._end).strip())], len(text)
        raise Incomplete

    def _read_call(self, name: str, tags: str) -> Part:
        properties = self._schemas.get(name, {}).get("properties") or {}
        found = {tag[1]: value_of(tag[2], properties.get(tag[1], {})) for tag in self._parameter.finditer(tags)}
        return ToolCall(name, found)


def value_of(text: str, schema: Schema | bool) -> Any:
    """Return the value that a tag has: JSON where the schema wants something else than a string."""
    listed = [each for option in _options(schema) for each in option.get("enum", (option.get("const", ""),))]
    if text in listed and text:
        return text
    kinds = {kind for option in _options(schema) for kind in _kinds(option)}
    try:
        found = json.loads(text)
    except ValueError:
        return text
    return text if kinds <= {"string"} and kinds else _typed(found, text, kinds)


def _typed(found: Any, text: str, kinds: set[str]) -> Any:
    """Return a value if it is of one of these kinds, its text if not."""
    of = {str: "string", bool: "boolean", int: "integer", float: "number", dict: "object", list: "array"}
    kind = of.get(type(found), "null")
    return found if not kinds or kind in kinds or (kind == "integer" and "number" in kinds) else text


def _options(schema: Schema | bool) -> Iterator[Schema]:
    """Yield a schema, or the alternatives that it has."""
    if isinstance(schema, bool):
        return
    nested = [option for key in ("anyOf", "oneOf", "allOf") for option in schema.get(key, ())]
    if not nested:
        yield schema
    for option in nested:
        yield from _options(option)


def _kinds(schema: Schema) -> Iterator[str]:
    kinds = schema.get("type")
    if isinstance(kinds, str):
        yield kinds
    elif kinds:
        yield from kinds
    else:
        names = {str: "string", bool: "boolean", int: "integer", float: "number"}
        values = schema.get("enum", [schema["const"]] if "const" in schema else [])
        yield from (names.get(type(value), "null") for value in values)
