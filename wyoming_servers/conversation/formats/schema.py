"""A JSON schema as a grammar: what is generated under it satisfies it. Pure logic.

Covered is what tools of Home Assistant and clients of OpenAI's API use: objects with required and optional members,
additional ones, arrays with bounds or without repeats, enum, const, numbers with bounds or steps, lengths, dates,
nullable, lists of types, anyOf, oneOf, allOf, and references within the schema. What is not (pattern, not, if) is
ignored: then more can be written than the schema allows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from .gbnf import Rules, UnsatisfiableError, either, joined, literal
from .members import ANY_ORDER, Members
from .notation import Notation
from .numbers import integer, number

Schema = Mapping[str, Any]

_DATE = '[0-9]{4} "-" ("0" [1-9] | "1" [0-2]) "-" ("0" [1-9] | [1-2] [0-9] | "3" [0-1])'
_TIME = '([0-1] [0-9] | "2" [0-3]) ":" [0-5] [0-9] ":" [0-5] [0-9]'
FORMATS = {"date": _DATE, "time": f'{_TIME} "Z"', "date-time": f'{_DATE} "T" {_TIME} "Z"'}
SEVERAL = 3
"""Items of an array without repeats of which there are too many to come in any order."""
_TYPES = ("string", "number", "boolean", "null", "object", "array")
_NUMERIC = ("integer", "number")
_BY_KEYWORD = {
    "properties": "object",
    "additionalProperties": "object",
    "items": "array",
    "prefixItems": "array",
    "minLength": "string",
    "maxLength": "string",
    "minimum": "number",
    "maximum": "number",
}


@dataclass(frozen=True)
class Limits:
    """How much may be written where the schema sets no limit, so that a model cannot run on for ever."""

    characters: int = 200
    items: int = 16
    ordered: bool = False
    """Whether members come in the schema's order; otherwise in any, as long as they are few."""


@dataclass
class SchemaGrammar:
    """Turns a schema into an expression, adding rules."""

    rules: Rules
    notation: Notation
    root: Schema
    limits: Limits = Limits()
    _references: dict[str, str] = field(default_factory=dict)

    def expression(self, schema: Schema | bool) -> str:
        """Return the expression of the values that satisfy a schema. Raises UnsatisfiableError."""
        if schema is False:
            raise UnsatisfiableError
        if schema is True or not schema:
            return self._anything()
        writer = next((self._writers[key] for key in self._writers if key in schema), self._of_types)
        return writer(schema)

    @cached_property
    def _writers(self) -> Mapping[str, Callable[[Schema], str]]:
        """What writes a schema that has a keyword; the first one counts."""
        return {
            "$ref": lambda schema: self._reference(schema["$ref"]),
            "allOf": lambda schema: self.expression(self._merged(schema)),
            "const": lambda schema: self._constants([schema["const"]]),
            "enum": lambda schema: self._constants(
                [each for each in schema["enum"] if _has_type(each, schema.get("type"))]
            ),
            "anyOf": lambda schema: self._alternatives(schema, "anyOf"),
            "oneOf": lambda schema: self._alternatives(schema, "oneOf"),
        }

    def _of_types(self, schema: Schema) -> str:
        types = schema.get("type") or next((kind for key, kind in _BY_KEYWORD.items() if key in schema), None)
        if types is None:
            return self._anything()
        found = [types] if isinstance(types, str) else list(types)
        if schema.get("nullable") and "null" not in found:
            found.append("null")
        return either([self._of_type(kind, schema) for kind in found])

    def _of_type(self, kind: str, schema: Schema) -> str:
        if kind == "string":
            return self._string(schema)
        if kind in _NUMERIC:
            return self.rules.add((integer if kind == "integer" else number)(self.rules, schema))
        if kind == "boolean":
            return '("true" | "false")'
        if kind == "object":
            return self.rules.add(joined('"{"', self.members(schema), '"}"'))
        if kind == "array":
            return self.rules.add(joined('"["', self._items(schema), '"]"'))
        return '"null"'

    def _constants(self, values: Sequence[Any]) -> str:
        texts = [self.notation.constant(each) for each in values if self.notation.writes(each)]
        if not texts:
            raise UnsatisfiableError
        return self.rules.one_of(texts)

    def _string(self, schema: Schema) -> str:
        if schema.get("format") in FORMATS:
            return self.rules.add(self.notation.text(FORMATS[schema["format"]]))
        least = int(schema.get("minLength", 0))
        most = min(int(schema.get("maxLength", self.limits.characters)), max(self.limits.characters, least))
        return self.notation.words(self.rules, least, most)

    def _alternatives(self, schema: Schema, keyword: str) -> str:
        besides = {key: value for key, value in schema.items() if key != keyword}
        return either(self._possible([_merge(besides, option) for option in schema[keyword]]))

    def _possible(self, schemas: Sequence[Schema | bool]) -> list[str]:
        found = []
        for schema in schemas:
            try:
                found.append(self.expression(schema))
            except UnsatisfiableError:
                continue
        if not found:
            raise UnsatisfiableError
        return found

    def _merged(self, schema: Schema) -> Schema | bool:
        whole: Schema | bool = {key: value for key, value in schema.items() if key != "allOf"}
        for part in schema["allOf"]:
            resolved = self._resolved(part["$ref"]) if isinstance(part, Mapping) and "$ref" in part else part
            whole = _merge(whole, resolved)
        return whole

    def _reference(self, reference: str) -> str:
        """Return the rule of a reference; a schema may refer to itself."""
        if reference not in self._references:
            self._references[reference] = self.rules.reserve()
            self.rules.define(self._references[reference], self.expression(self._resolved(reference)))
        return self._references[reference]

    def _resolved(self, reference: str) -> Schema:
        found: Any = self.root
        for step in reference.removeprefix("#").strip("/").split("/"):
            key = step.replace("~1", "/").replace("~0", "~")
            if key:
                found = found[int(key)] if isinstance(found, list) else found.get(key, {})
        return found if isinstance(found, Mapping) else {}

    def _anything(self) -> str:
        """Return the expression of any JSON value."""
        if "" not in self._references:
            self._references[""] = self.rules.reserve()
            kinds = [self._of_type(kind, {}) for kind in _TYPES]
            self.rules.define(self._references[""], either(kinds))
        return self._references[""]

    def arguments(self, schema: Schema) -> str:
        """Return the expression of a call's arguments: an object, whatever else the schema says."""
        return either([self._of_type("object", {"properties": {}, **each}) for each in self.variants(schema)])

    def variants(self, schema: Schema | bool) -> list[Schema]:
        """Return the alternatives of an object's schema, each without alternatives or references at its top."""
        if isinstance(schema, bool):
            return [{}] if schema else []
        if "$ref" in schema:
            return self.variants(self._resolved(schema["$ref"]))
        if "allOf" in schema:
            return self.variants(self._merged(schema))
        for keyword in ("anyOf", "oneOf"):
            if keyword in schema:
                besides = {key: value for key, value in schema.items() if key != keyword}
                return [found for option in schema[keyword] for found in self.variants(_merge(besides, option))]
        return [schema]

    def members(self, schema: Schema) -> str:
        """Return the expression of all that stands between an object's braces."""
        values = self.properties(schema)
        if values or not schema.get("additionalProperties", "properties" not in schema):
            return self._known(schema, values)
        return self._unknown(schema)

    def properties(self, schema: Schema) -> dict[str, str]:
        """Return the expressions of an object's properties; those that nothing satisfies are left out.

        Raises UnsatisfiableError if a required one is among them.
        """
        found = {}
        required = schema.get("required") or ()
        given = schema.get("properties") or {}
        for name in [*given, *(name for name in required if name not in given)]:
            try:
                found[name] = self.expression(given.get(name, True))
            except UnsatisfiableError:
                if name in required:
                    raise
        return found

    def _known(self, schema: Schema, values: Mapping[str, str]) -> str:
        required = set(schema.get("required") or ())
        return Members(
            self.rules,
            texts=tuple(map(self.notation.key, values)),
            values=tuple(values.values()),
            separator=self.notation.comma,
            required=frozenset(index for index, name in enumerate(values) if name in required),
            least=int(schema.get("minProperties", 0)),
            most=schema.get("maxProperties"),
            ordered=self.limits.ordered,
        ).expression()

    def _unknown(self, schema: Schema) -> str:
        extra = schema.get("additionalProperties", True)
        name = self.notation.name(self.rules)
        pair = self.rules.add(joined(name, self.expression(extra)))
        most = min(int(schema.get("maxProperties", self.limits.items)), self.limits.items)
        return self._repeated(pair, int(schema.get("minProperties", 0)), most)

    def _items(self, schema: Schema) -> str:
        if "prefixItems" in schema:
            return f" {literal(self.notation.comma)} ".join(map(self.expression, schema["prefixItems"]))
        items = schema.get("items", True)
        least = int(schema.get("minItems", 0))
        most = max(least, min(int(schema.get("maxItems", self.limits.items)), self.limits.items))
        if schema.get("uniqueItems") and isinstance(items, Mapping) and "enum" in items:
            return self._distinct(items["enum"], least, most)
        try:
            return self._repeated(self.expression(items), least, most)
        except UnsatisfiableError:
            if least:
                raise
            return ""

    def _distinct(self, values: Sequence[Any], least: int, most: int) -> str:
        texts = tuple(dict.fromkeys(self.notation.constant(each) for each in values if self.notation.writes(each)))
        if len(texts) < least:
            raise UnsatisfiableError
        most = min(most, len(texts) if len(texts) <= ANY_ORDER else max(least, SEVERAL))
        return Members(
            self.rules, texts=texts, values=("",) * len(texts), separator=self.notation.comma, least=least, most=most
        ).expression()

    def _repeated(self, item: str, least: int, most: int) -> str:
        if most < max(least, 1):
            return ""
        item = self.rules.add(item)
        more = f"({literal(self.notation.comma)} {item}){{{max(least, 1) - 1},{most - 1}}}"
        return f"{item} {more}" if least else f"({item} {more})?"


def _merge(one: Schema | bool, other: Schema | bool) -> Schema | bool:
    """Return a schema that both are in; a keyword of the second counts where both have it, but for members."""
    if isinstance(one, bool):
        return other if one else False
    if isinstance(other, bool):
        return one if other else False
    whole = {**one, **other}
    if "properties" in one and "properties" in other:
        whole["properties"] = {**one["properties"], **other["properties"]}
    if "required" in one and "required" in other:
        whole["required"] = [*one["required"], *other["required"]]
    if "allOf" in one and "allOf" in other:
        whole["allOf"] = [*one["allOf"], *other["allOf"]]
    return whole


def _has_type(value: Any, types: Any) -> bool:
    if types is None:
        return True
    names = {
        bool: ("boolean",),
        str: ("string",),
        int: ("integer", "number"),
        float: ("number",),
        type(None): ("null",),
        dict: ("object",),
        list: ("array",),
    }.get(type(value), ())
    return bool(set(names) & ({types} if isinstance(types, str) else set(types)))
