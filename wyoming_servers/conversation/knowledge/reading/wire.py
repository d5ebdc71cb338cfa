"""What is said between the server and the process that reads: JSON, one object in a line. Pure logic."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ....errors import EngineUnavailableError, SottoError
from ..document import Kind, Section
from .errors import Unreadable, UnreadableError
from .limits import Limits

Line = Mapping[str, Any]


def encode(line: Line) -> bytes:
    """Write one object as a line."""
    return json.dumps(line, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"


def decode(data: bytes) -> Line:
    """Read a line; raises ValueError if it is none."""
    found = json.loads(data)
    if not isinstance(found, dict):
        raise ValueError("no object")  # noqa: TRY004 - the same error as for no JSON
    return found


@dataclass(frozen=True, slots=True)
class Order:
    """The one line that the process gets."""

    path: str
    name: str
    limits: Limits

    def to_line(self) -> Line:
        """Write it."""
        return asdict(self)

    @classmethod
    def from_line(cls, line: Line) -> Order:
        """Read it."""
        return cls(line["path"], line["name"], Limits(**line["limits"]))


def section_to_json(section: Section) -> list[Any]:
    """Write a section."""
    return [section.text, section.headings, section.page]


def section_from_json(found: list[Any]) -> Section:
    """Read a section."""
    text, headings, page = found
    return Section(text, tuple(headings), page)


def kind_from_json(found: str) -> Kind:
    """Read the kind of a document."""
    return Kind(found)


def error_to_json(error: SottoError) -> Line:
    """Write an error."""
    return {"code": error.code, "message": error.message, "remedy": error.remedy}


def error_from_json(found: Line) -> SottoError:
    """Read an error that `error_to_json` wrote."""
    if found["code"] == EngineUnavailableError.code:
        return EngineUnavailableError(found["message"], remedy=found["remedy"])
    return UnreadableError(Unreadable(found["code"]), found["message"], remedy=found["remedy"])
