"""What a body asks for, made right for the home and the room in which it was said. Pure logic."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..conversation.calls.before import said_before
from ..conversation.calls.call import Situation
from ..conversation.engine import ChatEvent, ChatRequest, ToolCall, ToolChoice
from ..conversation.knowledge.quoting import Quotation, Source, sources_of
from ..home.model import Area, HomeSnapshot
from .completion import Asked, said_last
from .errors import FieldError
from .homes import Homes, KnownHome
from .sotto_fields import HomeFields
from .tool_names import ToolNames


@dataclass(frozen=True)
class Turn:
    """What the mind is given, or what is said without it."""

    request: ChatRequest
    situation: Situation | None
    language: str
    said: str | None = None
    """The answer, where no model is needed for it."""
    responses: str = ""
    """Home Assistant's words for the calls of this turn that succeeded."""
    contents: tuple[str, ...] = ()
    """The user's messages as they are sent, where the server writes the prompt."""
    names: ToolNames | None = None
    """None: the client wrote the prompt, and its tools are called as it calls them."""
    quoted: tuple[Quotation, ...] = ()
    """What of the household's documents stands in the prompt, best first."""

    @property
    def extract(self) -> str:
        """What documents say in answer: it is said where there is no model, or it fails."""
        return self.situation.extract if self.situation is not None else ""

    def sources_of(self, answer: str) -> tuple[Source, ...]:
        """Return where an answer is from; nothing where no document was quoted."""
        return sources_of(answer, self.quoted) if answer else ()

    @property
    def is_prompted(self) -> bool:
        """Whether the server wrote the prompt, for a home of the client's."""
        return self.names is not None

    def outward(self, event: ChatEvent) -> ChatEvent:
        """Return an event of the answer as the client understands it."""
        if self.names is None or not isinstance(event, ToolCall):
            return event
        return replace(event, name=self.names.outward(event))


def make_turn(asked: Asked, homes: Homes, language: str) -> Turn:
    """Return the turn; `language` stands where the body names none. Raises UnknownHomeError and FieldError.

    Without Sotto's own part in the body there is no home in it, and the calls are the model's own.
    """
    fields = asked.sotto
    if fields is None:
        return Turn(asked.request, None, language)
    home = homes.own if fields.home is None else homes.find(fields.home)
    before = said_before(asked.request.messages)
    situation = Situation(home.snapshot, said_last(asked.request), room(fields, home.snapshot), before)
    return Turn(_with_tools_of(home, asked.request), situation, fields.language or language)


def room(fields: HomeFields, home: HomeSnapshot) -> Area | None:
    """Return where something was said; raises FieldError for an area that the home does not have."""
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
    must_be_possible(request, possible)
    return replace(request, tools=home.with_seen(request.tools), callable=possible, constraints=constraints)


def must_be_possible(request: ChatRequest, possible: frozenset[str]) -> None:
    """Raise FieldError if a tool must be called and none can be."""
    if request.choice is ToolChoice.REQUIRED and not possible:
        raise FieldError("tool_choice", "there is nothing in this home that these tools could act on")
