"""The tools that a model may call: which one a name means, and which parameter a value belongs to. Pure logic."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from ...home.targets import DOMAINS
from ..calls.words import KINDS
from ..engine import Tool, ToolCall
from .reader import Arguments, MalformedError, plain_value

_TELLING = re.compile(r"[a-z][A-Z]|[^\W_]_+[^\W_]")
"""What no word of speech has: HassTurnOn, get_time."""

_DOMAIN_WORDS = frozenset(KINDS) | {domain for domains in DOMAINS.values() for domain in domains}
_TEXT_SLOTS = ("name", "item", "query", "search_query")
_NUMBERS = frozenset({"integer", "number"})


def is_telling(name: str) -> bool:
    """Whether a name can be told from words of speech."""
    return _TELLING.search(name) is not None


def _squeezed(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.casefold())


class Offered:
    """The tools of one request, and what of their parameters this home narrows."""

    def __init__(self, tools: Collection[Tool], constraints: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        self._tools = {tool.name: tool for tool in tools}
        self._constraints = constraints or {}

    @cached_property
    def _by_suffix(self) -> Mapping[str, tuple[str, ...]]:
        """Names of tools by what may be written for them: `assist__HassTurnOn`, `HassTurnOn`, `hass_turn_on`."""
        found: dict[str, tuple[str, ...]] = {}
        for name in sorted(self._tools):
            for suffix in {_squeezed(suffix) for suffix in _suffixes(name)}:
                found[suffix] = (*found.get(suffix, ()), name)
        return found

    @cached_property
    def _parameter_names(self) -> frozenset[str]:
        return frozenset(name for tool in self._tools for name in self.properties(tool))

    def find(self, written: str) -> str | None:
        """Return the name of the one tool that is meant; None for none, or for several."""
        if written in self._tools:
            return written
        for suffix in _suffixes(written):
            if len(found := self._by_suffix.get(_squeezed(suffix), ())) == 1:
                return found[0]
        return None

    def properties(self, tool: str) -> Mapping[str, Any]:
        """Return the schemas of a tool's parameters, as narrow as they are known."""
        schema = self._tools[tool].parameters.get("properties")
        narrower = self._constraints.get(tool, {}).get("properties")
        return {**(schema or {}), **(narrower or {})}

    def knows_one_of(self, names: Iterable[str]) -> bool:
        """Whether any tool has a parameter of one of these names."""
        return not self._parameter_names.isdisjoint(names)

    def knows(self, tool: str, values: Iterable[Any]) -> bool:
        """Whether each of these values, and there is one, is one that a parameter of the tool is known to take."""
        properties = self.properties(tool)
        found = [any(_is_known(slot, schema, value) for slot, schema in properties.items()) for value in values]
        return bool(found) and all(found)

    def call(self, tool: str, arguments: Arguments) -> ToolCall:
        """Return the call of a tool, with each bare value at the parameter that it fits.

        Raises MalformedError for a value that fits nowhere: without it the call would reach more.
        """
        named: dict[str, Any] = {}
        for value in arguments.bare:
            self._place(named, value, tool, taken=arguments.named)
        merged = {**named, **arguments.named}
        schemas = self.properties(tool)
        return ToolCall(tool, {slot: _as_list(value, schemas.get(slot)) for slot, value in merged.items()})

    def read(self, tool: str, words: str) -> Arguments:
        """Return the arguments in a line such as `light Kitchen Light` or `domain: light name: Kitchen Light`."""
        words = words.strip().strip("`*\"'").strip().lstrip(":-").strip()
        parts = list(self._at_names(tool, words))
        named = {name: _unquoted(text) for name, text in parts if name}
        rest = next((text for name, text in parts if not name), "")
        return Arguments(named, tuple(self._runs(tool, rest)))

    def _at_names(self, tool: str, words: str) -> Iterator[tuple[str, str]]:
        """Yield each parameter's name and what stands after it; first, with an empty name, what stands before all."""
        names = "|".join(map(re.escape, sorted(self.properties(tool), key=len, reverse=True)))
        if not names:
            yield "", words
            return
        sign = r"\s+" if re.match(rf"(?:{names})\s+[^:=\s]", words) else r"\s*[:=]\s*"
        pieces = re.split(rf"(?:^|(?<=[\s,;]))({names}){sign}", words)
        yield "", pieces[0].strip(" ,;")
        for name, text in zip(pieces[1::2], pieces[2::2], strict=True):
            yield name, text.strip(" ,;")

    def _runs(self, tool: str, words: str) -> Iterator[Any]:
        """Yield runs of words: the longest that a parameter knows, and what is left between them."""
        left: list[str] = []
        rest = [word for word in re.split(r"[\s,;]+", words) if word]
        while rest:
            width = self._width(tool, rest, within=bool(left))
            if width and left:
                yield _unquoted(" ".join(left))
                left = []
            if width:
                yield _unquoted(" ".join(rest[:width]))
            else:
                left.append(rest[0])
            rest = rest[width or 1 :]
        if left:
            yield _unquoted(" ".join(left))

    def _width(self, tool: str, words: Sequence[str], *, within: bool) -> int:
        """Return how many of these words a parameter knows; a domain after other words is a part of a name."""
        widths = (width for width in range(len(words), 0, -1) if self.knows(tool, [_unquoted(" ".join(words[:width]))]))
        width = next(widths, 0)
        return 0 if within and width == 1 and words[0] in _DOMAIN_WORDS else width

    def _place(self, named: dict[str, Any], value: Any, tool: str, taken: Mapping[str, Any]) -> None:
        """Put a value where it is known, else where free text goes."""
        free = {slot: schema for slot, schema in self.properties(tool).items() if slot not in {*named, *taken}}
        parts = value if isinstance(value, list) else [value]
        known = next((slot for slot in free if all(_is_known(slot, free[slot], each) for each in parts)), None)
        slot = known or (_text_slot(free) if isinstance(value, str) else None)
        if slot is None:
            raise MalformedError
        named[slot] = value


def _suffixes(name: str) -> list[str]:
    """Return the name, and what is left of it without one prefix and another."""
    parts = re.split(r"__|\.", name)
    return ["__".join(parts[start:]) for start in range(len(parts))]


def _unquoted(text: str) -> Any:
    text = text.strip()
    if text[:1] == "[" and text[-1:] == "]":
        return [_unquoted(part) for part in text[1:-1].split(",") if part.strip()]
    return plain_value(text.strip("\"'`*"))


def _options(schema: Any) -> Sequence[Any]:
    """Return the values that a schema allows, where it lists them."""
    if not isinstance(schema, Mapping):
        return ()
    listed = list(schema.get("enum") or ()) + ([schema["const"]] if "const" in schema else [])
    inner = [schema.get("items"), *(schema.get("anyOf") or ()), *(schema.get("oneOf") or ())]
    return [*listed, *(option for each in inner if each for option in _options(each))]


def _types(schema: Any) -> frozenset[str]:
    if not isinstance(schema, Mapping):
        return frozenset()
    said = schema.get("type", ())
    own = frozenset({said} if isinstance(said, str) else said)
    return own.union(*(_types(each) for each in (schema.get("anyOf") or ())))


def _as_list(value: Any, schema: Any) -> Any:
    """Return a list of one where a parameter takes lists only."""
    return [value] if _types(schema) == {"array"} and not isinstance(value, list) else value


def _is_known(slot: str, schema: Any, value: Any) -> bool:
    """Whether a value is one of those of a parameter, or the only kind that it takes."""
    if isinstance(value, bool):
        return "boolean" in _types(schema)
    if isinstance(value, int | float):
        return bool(_types(schema) & _NUMBERS)
    if slot in {"domain", "device_class"}:
        return str(value) in (_options(schema) or (_DOMAIN_WORDS if slot == "domain" else ()))  # Light is a name
    return str(value).casefold() in {str(option).casefold() for option in _options(schema)}


def _text_slot(free: Mapping[str, Any]) -> str | None:
    """Return the parameter that takes any words: a name first, then the only text there is."""
    if slot := next((slot for slot in _TEXT_SLOTS if slot in free), None):
        return slot
    texts = [slot for slot, schema in free.items() if "string" in _types(schema) and not _options(schema)]
    return texts[0] if texts else None
