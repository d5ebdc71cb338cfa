"""JSON that can be trusted to be what it seems, and checks that name the field that is wrong. Pure logic."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import voluptuous as vol

from .errors import FieldError

DEPTH = 64
"""Lists and objects within each other; whoever walks through them later may recurse."""


_PLAINER = {"required key not provided": "it is missing", "extra keys not allowed": "there is no such field"}


def parse_object(raw: bytes) -> dict[str, Any]:
    """Return a JSON object; raises FieldError for anything else."""
    try:
        parsed = json.loads(raw.decode(), parse_constant=_no_number)
        if b"\\ud" in raw.lower():  # half of a surrogate pair is text that cannot be sent on
            json.dumps(parsed, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise FieldError(None, "it is not JSON in UTF-8") from None
    if not isinstance(parsed, dict):
        raise FieldError(None, "it must be a JSON object")
    if _deeper_than(parsed, DEPTH):
        raise FieldError(None, f"it is nested more than {DEPTH} levels deep")
    return parsed


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


def _deeper_than(value: Any, depth: int) -> bool:
    level = [value]
    for _ in range(depth):
        level = [child for each in level for child in _children(each)]
        if not level:
            return False
    return True


def _children(value: Any) -> Sequence[Any]:
    if isinstance(value, dict):
        return [*value.values()]
    return value if isinstance(value, list) else ()


def checked(schema: Callable[[Any], Any], value: Any) -> Any:
    """Return the value as the schema gives it back; raises FieldError with the path of the field that is wrong."""
    try:
        return schema(value)
    except vol.MultipleInvalid as err:
        first = err.errors[0]
        raise FieldError(_spelled(first.path), _PLAINER.get(first.error_message, first.error_message)) from None


def _spelled(path: Sequence[Any]) -> str | None:
    """Spell a path as people write it: `messages[3].content`."""
    parts = [f"[{step}]" if isinstance(step, int) else f".{step}" for step in path]
    return "".join(parts).removeprefix(".") or None


def text(value: Any) -> str:
    """Check text."""
    if not isinstance(value, str):
        raise vol.Invalid("it must be text")
    return value


def longer_text(most: int) -> Callable[[Any], str]:
    """Return a check for text of at most so many characters."""

    def check(value: Any) -> str:
        if len(text(value)) > most:
            raise vol.Invalid(f"it must have at most {most} characters")
        return str(value)

    return check


def word(value: Any) -> str:
    """Check text of 1 to 256 characters; blanks around it go."""
    if not isinstance(value, str) or not 0 < len(value.strip()) <= 256:
        raise vol.Invalid("it must be text of 1 to 256 characters")
    return value.strip()


def switch(value: Any) -> bool:
    """Check true or false."""
    if not isinstance(value, bool):
        raise vol.Invalid("it must be true or false")
    return value


def mapping(value: Any) -> dict[str, Any]:
    """Check an object of any content."""
    if not isinstance(value, dict):
        raise vol.Invalid("it must be an object")
    return value


def number(least: float, most: float, kind: type[int | float] = float) -> Callable[[Any], Any]:
    """Return a check for a number in this range; only whole ones with `kind` int."""
    accepted = int if kind is int else (int, float)
    wanted = f"it must be a {'whole ' if kind is int else ''}number from {least:g} to {most:g}"

    def check(value: Any) -> Any:
        if not isinstance(value, accepted) or isinstance(value, bool) or not least <= value <= most:
            raise vol.Invalid(wanted)
        return kind(value)

    return check


def optional(name: str, check: Callable[[Any], Any]) -> dict[Any, Any]:
    """Return the entry of a schema for a field that may be null or missing, and is None then."""
    return {vol.Optional(name, default=None): lambda value: None if value is None else check(value)}


def list_of(check: Any, most: int) -> Callable[[Any], list[Any]]:
    """Return a check for a list of at most so many."""
    each = vol.Schema([check])

    def check_list(value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise vol.Invalid("it must be a list")
        if len(value) > most:
            raise vol.Invalid(f"it must have at most {most} items")
        return list(each(value))

    return check_list


def one_of(*values: str) -> Callable[[Any], str]:
    """Return a check for one of these words."""

    def check(value: Any) -> str:
        if not isinstance(value, str) or value not in values:
            raise vol.Invalid(f"it must be one of {', '.join(values)}")
        return value

    return check
