"""Renders the localised answers of `home-assistant-intents` as Home Assistant does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from jinja2 import Template, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from ..errors import HomeError
from .model import Entity


class TemplateState:
    """An entity as a template sees it: `state.state`, `state.name`, `state.attributes` ..."""

    def __init__(self, entity: Entity) -> None:
        self.entity_id = entity.entity_id
        self.domain = entity.domain
        self.object_id = entity.entity_id.partition(".")[2]
        self.name = entity.name
        self.state = entity.state
        device_class = {"device_class": entity.device_class} if entity.device_class else {}
        self.attributes: dict[str, Any] = {**device_class, **entity.attributes}

    @property
    def state_with_unit(self) -> str:
        """The state with its unit of measurement, where it has one."""
        unit = self.attributes.get("unit_of_measurement")
        return f"{self.state} {unit}" if unit else self.state

    def __str__(self) -> str:
        return f"<template TemplateState({self.entity_id}={self.state})>"


def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment()
    environment.filters["float"] = _to_float
    environment.filters["int"] = _to_int
    return environment


def _to_float(value: Any, default: Any = 0.0) -> Any:
    try:
        return float(value)
    except (TypeError, ValueError):
        return default


def _to_int(value: Any, default: Any = 0, base: int = 10) -> Any:
    try:
        return int(value, base) if isinstance(value, str) else int(value)
    except (TypeError, ValueError):
        return int(number) if (number := _to_float(value, None)) is not None else default


_ENVIRONMENT = _environment()


@lru_cache(maxsize=512)
def _compile(text: str) -> Template:
    return _ENVIRONMENT.from_string(text)


def render(text: str, **variables: Any) -> str:
    """Return the text with its template filled in and white space made single.

    Raises HomeError for a template that is none, or does what the sandbox forbids.
    """
    if "{" not in text:
        return text
    try:
        rendered = _compile(text).render(variables)
    except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as err:
        raise HomeError(f"The answer's template failed: {type(err).__name__}.") from err
    return " ".join(rendered.split())


def render_answer(
    text: str, slots: Mapping[str, Any], matched: Sequence[Entity] = (), unmatched: Sequence[Entity] = ()
) -> str:
    """Return what is said about an intent that was executed: `slots`, `state` and `query` are what a template has."""
    states = [TemplateState(entity) for entity in matched]
    others = [TemplateState(entity) for entity in unmatched]
    by_id = {state.entity_id: state for state in states + others}

    def state_attr(entity_id: str, name: str) -> Any:
        return by_id[entity_id].attributes.get(name) if entity_id in by_id else None

    return render(
        text,
        slots=dict(slots),
        state=next(iter(states + others), None),
        query={"matched": states, "unmatched": others},
        state_attr=state_attr,
    )
