"""The manners of the assistant in the user's language, with a few examples from this home. Pure logic beside its files.

Examples are exchanges, not text: each model's template writes their calls in the form in which the model shall write
its own. A call that is shown as text is imitated as text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from ...home.model import Area, Entity, HomeSnapshot
from ..engine import Message, Role, Tool, ToolCall
from ..languages import FALLBACK, resolve_language
from .text import plain, shown

_FOLDER = Path(__file__).parent
_IDEOGRAPH = re.compile("[\u3400-\u9fff]")


@dataclass(frozen=True)
class Wording:
    """How time, place and states are told in a language."""

    now: str
    here: str
    between: str
    names_state: str
    joint: str
    weekdays: Sequence[str]
    months: Sequence[str]
    states: Mapping[str, str]
    details: Mapping[str, Mapping[str, str]]
    items: str
    nothing: str
    context: str
    """What holds for one conversation."""
    begun: str
    """Stands for the user's words where the assistant spoke first."""
    page: str
    """Where in a document a passage is, after its title."""
    under: str
    """The heading over it, after that."""
    quoted: str
    """A passage after its source."""


@dataclass(frozen=True)
class Example:
    """One exchange of the user and the assistant, before names of the home are put in."""

    user: str
    reply: str
    needs: str | None = None
    """The domain of which something must be there."""
    where: bool = False
    """Whether it must be in a room."""
    unless: str | None = None
    """A word that must be in no name."""
    about: str | None = None
    call: Mapping[str, Mapping[str, Any]] | None = None
    result: str = ""


@dataclass(frozen=True)
class Persona:
    """What a model is told of its task, in one language."""

    language: str
    rules: str
    rules_without_tools: str
    wishes: str
    """Stands above what the household wants."""
    heading: str
    example: str
    examples: tuple[Example, ...]
    """None where the language is another than that of the file: they would be answered in the wrong one."""
    wording: Wording

    def spoken(self, thing: Entity | Area) -> str:
        """Return the name by which somebody with this language calls a thing: in its script, else the name itself.

        Of several aliases the shortest one: a registry may give them in any order.
        """
        chinese = self.language.startswith("zh")
        fitting = [name for name in thing.names if name.strip() and bool(_IDEOGRAPH.search(name)) == chinese]
        if not fitting or thing.names[0] in fitting:
            return plain(thing.names[0])
        return plain(min(fitting, key=lambda name: (len(name), name)))


@lru_cache(maxsize=16)
def load_persona(language: str) -> Persona:
    """Return the persona that speaks a language, given by any tag. Reads files once: not on the event loop."""
    code = resolve_language(language) or FALLBACK
    file = "zh-CN" if code.startswith("zh") else "en"
    raw = _read(f"persona.{file}.yaml")
    answering = raw["answering"].replace("{language}", _read("languages.yaml")[file][code]).strip()
    return Persona(
        language=code,
        rules=f"{raw['acting'].strip()}\n\n{answering}",
        rules_without_tools=f"{raw['talking'].strip()}\n\n{answering}",
        wishes=raw["wishes"],
        heading=raw["heading"],
        example=raw["example"],
        examples=tuple(Example(**each) for each in raw["examples"]) if code == file else (),
        wording=_wording(raw),
    )


def _wording(raw: Mapping[str, Any]) -> Wording:
    renamed = {"names_state": raw["is"], "joint": raw["list"]}
    same = (field.name for field in fields(Wording) if field.name not in renamed)
    return Wording(**renamed, **{key: raw[key] for key in same})


def _read(name: str) -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load((_FOLDER / name).read_text(encoding="utf-8"))
    return data


def examples(home: HomeSnapshot, persona: Persona, tools: Iterable[Tool]) -> tuple[Message, ...]:
    """Return the examples that fit this home, always the same for the same naming."""
    described = {tool.name for tool in tools}
    messages: list[Message] = []
    for number, example in enumerate(persona.examples, 1):
        names = _names(example, home, persona)
        if names is not None and described.issuperset(example.call or ()):
            messages += _exchange(example, names, f"example{number:02}", persona)
    return tuple(messages)


def _names(example: Example, home: HomeSnapshot, persona: Persona) -> dict[str, str] | None:
    """Return what to put into an example; None if this home has nothing for it, or just what it says is not there."""
    if example.unless and any(example.unless in name.casefold() for each in home.entities for name in each.names):
        return None
    if example.needs is None:
        return {}
    fitting = [each for each in home.entities if each.domain == example.needs and _is_easy(each, persona)]
    areas = {area.area_id: area for area in home.areas if _is_easy(area, persona)}
    if example.where:
        fitting = [entity for entity in fitting if entity.area_id in areas]
    if not fitting:
        return None
    first = min(fitting, key=lambda entity: (persona.spoken(entity), entity.entity_id))
    names = {"thing": persona.spoken(first)}
    return names | ({"area": persona.spoken(areas[first.area_id])} if first.area_id in areas else {})


def _is_easy(thing: Entity | Area, persona: Persona) -> bool:
    """Whether a thing's name stands in the list as it is."""
    return shown(persona.spoken(thing)) in thing.names


def _exchange(example: Example, names: Mapping[str, str], call_id: str, persona: Persona) -> Iterable[Message]:
    lines = [persona.example, *([example.about] if example.about else ())]
    content = "\n".join((*(f"[{_filled(line, names)}]" for line in lines), _filled(example.user, names)))
    yield Message(Role.USER, content)
    if example.call:
        calls = tuple(ToolCall(tool, _filled(slots, names), call_id) for tool, slots in example.call.items())
        yield Message(Role.ASSISTANT, calls=calls)
        yield Message(Role.TOOL, _filled(example.result, names), call_id=call_id)
    yield Message(Role.ASSISTANT, _filled(example.reply, names))


def _filled(value: Any, names: Mapping[str, str]) -> Any:
    """Return the value with names in place of {thing} and {area}, wherever in it they stand."""
    if isinstance(value, Mapping):
        return {key: _filled(each, names) for key, each in value.items()}
    if not isinstance(value, str):
        return value
    return re.sub(r"\{(thing|area)\}", lambda found: names.get(found[1], found[0]), value)
