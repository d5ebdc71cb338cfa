"""What is said between the server and the process that reads, in lines of JSON. Pure logic."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from ....errors import EngineUnavailableError, SottoError
from ...json_lines import Line
from ..document import Kind, Section
from .errors import Unreadable, UnreadableError
from .limits import Limits


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
