"""A client's events as the wyoming package's classes, with a clear error for fields that are missing or odd."""

from __future__ import annotations

from typing import TypeVar

from wyoming.event import Event, Eventable

from ..errors import BadRequestError

E = TypeVar("E", bound=Eventable)


def parse(kind: type[E], event: Event) -> E:
    """Return the event as `kind`; raises BadRequestError when a field is missing or of the wrong type."""
    try:
        return kind.from_event(event)  # type: ignore[return-value]
    except (KeyError, TypeError, ValueError, AttributeError) as err:
        raise BadRequestError(f"The {event.type} event is incomplete: {type(err).__name__} {err}.") from None


def require_text(text: object, what: str) -> str:
    """Return a text field as it is; raises BadRequestError for anything that is no text."""
    if not isinstance(text, str):
        raise BadRequestError(f"The {what} must be text.")
    return text
