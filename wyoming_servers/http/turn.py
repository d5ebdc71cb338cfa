"""What a body asks for, made right for the home and the room in which it was said. Pure logic."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..conversation.calls.call import Situation
from ..conversation.engine import ChatRequest, ToolChoice
from ..home.model import Area, HomeSnapshot
from .completion import Asked, HomeFields, said_last
from .errors import FieldError
from .homes import Homes, KnownHome


@dataclass(frozen=True)
class Turn:
    """What the mind is given."""

    request: ChatRequest
    situation: Situation | None
    language: str


def make_turn(asked: Asked, homes: Homes, language: str) -> Turn:
    """Return the turn; `language` stands where the body names none. Raises UnknownHomeError and FieldError.

    Without Sotto's own part in the body there is no home in it, and the calls are the model's own.
    """
    fields = asked.sotto
    if fields is None:
        return Turn(asked.request, None, language)
    home = homes.own if fields.home is None else homes.find(fields.home)
    situation = Situation(home.snapshot, said_last(asked.request), _here(fields, home.snapshot))
    return Turn(_with_tools_of(home, asked.request), situation, fields.language or language)


def _here(fields: HomeFields, home: HomeSnapshot) -> Area | None:
    if fields.area is None:
        return home.area(home.device_areas.get(fields.device or ""))
    area = home.area(fields.area)
    if area is None:
        raise FieldError("sotto.area", "there is no such area in this home")
    return area


def _with_tools_of(home: KnownHome, request: ChatRequest) -> ChatRequest:
    """Describe all tools of the home in the prompt; let those be called that were sent and have something to act on."""
    if not request.tools:
        return request
    constraints = home.learned.constraints(request.tools)
    possible = frozenset(constraints) if request.callable is None else request.callable & constraints.keys()
    if request.choice is ToolChoice.REQUIRED and not possible:
        raise FieldError("tool_choice", "there is nothing in this home that these tools could act on")
    return replace(request, tools=home.with_seen(request.tools), callable=possible, constraints=constraints)
