"""A turn whose prompt the server writes: prefix, history and tail around the client's bare messages. Pure logic.

Made of the same parts as at the Wyoming door (`conversation/prompt/`), so that a household with both has one prompt.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ..conversation.calls.before import said_before
from ..conversation.calls.call import Situation
from ..conversation.chatter import is_chatter
from ..conversation.confirming import confirmation, responses
from ..conversation.consulting import NO_EVIDENCE, Evidence
from ..conversation.engine import ChatRequest, Message, Role, Tool, ToolCall
from ..conversation.guard.sentences import Sentence, say
from ..conversation.knowledge.quoting import Quotation, quotations
from ..conversation.languages import FALLBACK, load_language, resolve_language
from ..conversation.learned import Ground
from ..conversation.prompt.moment import Moment, tail
from ..conversation.prompt.prompt import calling_nothing, opening_message
from ..conversation.prompt.tail import without_notes
from ..conversation.prompt.text import plain
from ..conversation.purpose import asks_how_it_is
from ..conversation.results import DONE, outcomes_of, told
from ..home.model import Area, HomeSnapshot
from .completion import Asked, said_last
from .evidence import asked_of_documents, long_ago, looked_up
from .homes import KnownHome
from .sotto_fields import HomeFields, PromptFields, with_states
from .tool_names import ToolNames
from .turn import Turn, must_be_possible, room


@dataclass(frozen=True)
class Around:
    """What there is around a client's messages."""

    home: KnownHome
    """Empty where the body names none."""
    seen: tuple[Tool, ...]
    """Every tool that was ever sent for this home."""
    recalled: tuple[str | None, ...]
    """How each of the user's messages was sent before, oldest first; None where nobody knows."""
    now: datetime
    context_tokens: int
    language: str
    evidence: Evidence = NO_EVIDENCE
    """What documents say to the user's latest words."""
    is_taken_back: bool = False
    """Whether these say that what was said before was not meant for us."""
    ignores_chatter: bool = False
    """Whether there is no answer to what a satellite heard that was said to nobody."""


def words_of(request: ChatRequest) -> list[str]:
    """Return what the user said, oldest first."""
    return [each.content for each in request.messages if each.role is Role.USER]


def prompted_turn(asked: Asked, around: Around) -> Turn:
    """Return the turn, with a message of the user's at its end whose words may still be to come.

    Reads the files of a language once, and learns the home: not on the event loop. Raises FieldError.
    """
    fields = asked.sotto or HomeFields()
    wanted = fields.prompt or PromptFields()
    code = resolve_language(fields.language or around.language) or FALLBACK
    home = with_states(around.home.snapshot, wanted.states)
    here = room(fields, home) if fields.home is not None else None
    names = ToolNames(asked.request.tools)
    learned = around.home.learned
    described = names.described(learned.tools, around.seen)
    if fields.home is None:
        described = tuple(tool for tool in described if tool.name in learned.constraints(described))
    ground = learned.ground(code, around.context_tokens, described, wanted.instructions)
    quoted = _quoted(around.evidence, said_last(asked.request), ground, here)
    notes = tuple(each.note for each in quoted)
    moment = Moment(wanted.now or around.now, here, notes, wanted.context)
    contents = _contents(asked.request, around.recalled, ground, home, moment)
    named = tuple(replace(each, calls=_named(each.calls, names)) for each in asked.request.messages)
    messages = _messages(named, contents, ground)
    if not _is_open(asked.request):
        messages += (opening_message(moment.opening(ground.prompt.persona)),)
    request = _request(asked.request, ground, messages, names)
    extract = around.evidence.extract if quoted else looked_up(asked.request)
    request = calling_nothing(request) if extract else request
    if described:
        load_language(code)  # now, so that nobody waits for it when the lamp is on already
    said, told_already = (None, "") if asked.request.schema is not None else _said(named, home, code)
    if around.is_taken_back:
        said = say(Sentence.NOT_MEANT, code)
    elif not quoted and fields.device and asked_of_documents(asked):
        said = "" if _is_for_nobody(around, said_last(asked.request), ground, here) else said
    situation = Situation(home, said_last(asked.request), here, said_before(asked.request.messages), extract)
    return Turn(request, situation, code, said, told_already, contents, names, quoted)


def _is_for_nobody(around: Around, words: str, ground: Ground, here: Area | None) -> bool:
    """Whether nothing is to be said to what a satellite has heard."""
    return around.evidence.is_dismissed or (around.ignores_chatter and is_chatter(words, ground.index, here))


def _quoted(evidence: Evidence, words: str, ground: Ground, here: Area | None) -> tuple[Quotation, ...]:
    """Return what is quoted for the user's latest words: nothing where the home itself knows the answer."""
    if not evidence.found or (asks_how_it_is(words) and ground.index.knows(words, here)):
        return ()
    return quotations(evidence.found, ground.prompt.persona.wording)


def _is_open(request: ChatRequest) -> bool:
    """Whether an answer to what is there already is wanted."""
    return bool(request.messages) and request.messages[-1].role in {Role.USER, Role.TOOL}


def _contents(
    request: ChatRequest, recalled: Sequence[str | None], ground: Ground, home: HomeSnapshot, moment: Moment
) -> tuple[str, ...]:
    """Return the user's messages as they are sent: as they were, and the latest with what is true now before it.

    What was quoted before is in none of them any more.
    """
    words = words_of(request)
    contents = [
        plain(said) if known is None else without_notes(known) for said, known in zip(words, recalled, strict=True)
    ]
    is_new = _is_open(request) and (request.messages[-1].role is Role.USER or recalled[-1:] == (None,))
    if words and is_new:
        contents[-1] = tail(ground.prompt, home, ground.index, words[-1], moment).before(words[-1])
    return tuple(contents)


def _named(calls: Iterable[ToolCall], names: ToolNames) -> tuple[ToolCall, ...]:
    return tuple(replace(call, name=names.in_prompt(call.name)) for call in calls)


def _messages(messages: Sequence[Message], contents: Sequence[str], ground: Ground) -> tuple[Message, ...]:
    """Return the client's messages as the prompt has them; the user's come first in it, whoever spoke first."""
    sent = iter(contents)
    past = long_ago(messages)
    begun = f"[{ground.prompt.persona.wording.begun}]"
    first = (Message(Role.USER, begun),) if messages and messages[0].role is not Role.USER else ()
    return (*first, *(replace(each, content=_content(each, sent, past)) for each in messages))


def _content(message: Message, sent: Iterator[str], past: frozenset[str]) -> str:
    if message.role is Role.USER:
        return next(sent)
    if message.role is Role.TOOL and message.call_id in past:
        return DONE
    return told(message.content) if message.role is Role.TOOL else message.content


def _request(request: ChatRequest, ground: Ground, messages: tuple[Message, ...], names: ToolNames) -> ChatRequest:
    """Describe all tools of the home in the prompt; let those be called that were sent and have something to act on."""
    prompt = ground.prompt
    offered = names.shown if request.callable is None else frozenset(map(names.in_prompt, request.callable))
    possible = offered & ground.constraints.keys()
    must_be_possible(request, possible)
    return replace(
        request,
        messages=(*prompt.prefix, *messages),
        stable=len(prompt.prefix),
        tools=prompt.tools,
        callable=possible if prompt.tools else None,
        constraints=ground.constraints,
    )


def _said(messages: Sequence[Message], home: HomeSnapshot, language: str) -> tuple[str | None, str]:
    """Return what is said of the turn's calls without a model, and what of it where one is asked after all."""
    if not messages or messages[-1].role is not Role.TOOL:
        return None, ""
    outcomes = outcomes_of(messages)
    said = confirmation(outcomes, home, language)
    return said, "" if said is not None else responses(outcomes, home, language)
