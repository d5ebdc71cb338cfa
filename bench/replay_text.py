"""The recorded runs in which a model wrote its call as plain text: found, resolved, and held against the task.

Without Home Assistant: whom the call reaches, by its rules for targets, and not what it does to them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from wyoming_servers.conversation.calls.call import Call, Question, Situation
from wyoming_servers.conversation.calls.resolver import resolve
from wyoming_servers.conversation.engine import Tool
from wyoming_servers.conversation.guard.spoken_calls import Spoken, find_calls
from wyoming_servers.home.model import HomeSnapshot
from wyoming_servers.home.targets import ANY_DOMAIN, DOMAINS

from .replay_data import Recordings, Run, home_file, snapshot

_TEXT = {"type": "string"}
_TEXTS = {"type": "array", "items": _TEXT}
_TARGET = {"name": _TEXT, "area": _TEXT, "floor": _TEXT, "domain": _TEXTS, "device_class": _TEXTS}
_AMOUNTS = ("brightness", "percentage", "position", "volume_level", "temperature")


def report(recordings: Recordings) -> None:
    """Print in how many runs without a call one is found in the text, and how many of those reach what is expected."""
    homes = {path: snapshot(path) for path in {home_file(run.home) for run in recordings.runs}}
    tools = offered(recordings)
    silent = [run for run in recordings.runs if not run.calls]
    found = {id(run): find_calls(run.response, tools) for run in silent}
    written = [run for run in silent if found[id(run)].calls]
    unknown = [run for run in silent if found[id(run)].broken]
    hits = [
        run
        for run in written
        if _reached(found[id(run)], situation_of(recordings, run, homes[home_file(run.home)])) == set(run.expected)
    ]
    print(
        f"\nWritten as text: of {len(silent)} runs without a call, {len(written)} have one in what was said; resolved,"
    )
    print(
        f"{len(hits)} of these reach exactly what the task expects. {len(unknown)} more call tools that do not exist."
    )


def offered(recordings: Recordings) -> tuple[Tool, ...]:
    """Return the intents that act on entities, and what else was ever called, as tools."""
    seen = {call[0].rpartition("__")[2] for run in recordings.known for call in run.calls}
    names = sorted(seen | set(DOMAINS) | ANY_DOMAIN)
    amounts = {slot: {"type": "integer"} for slot in _AMOUNTS}
    schema = {"type": "object", "properties": {**_TARGET, **amounts, "item": _TEXT}}
    return tuple(Tool(name, parameters=schema) for name in names)


def situation_of(recordings: Recordings, run: Run, home: HomeSnapshot) -> Situation:
    """Return the home as it stood before a run, what was said, and where."""
    before = recordings.before(run)
    entities = (replace(each, state=before.get(each.entity_id, {}).get("state", each.state)) for each in home.entities)
    here = home.area(home.device_areas.get(recordings.context_device(run) or ""))
    return Situation(replace(home, entities=tuple(entities)), run.utterance, here)


def _reached(spoken: Spoken, situation: Situation) -> set[str]:
    return {entity_id for call in spoken.calls for entity_id in _targets(Call(call.name, call.arguments), situation)}


def _targets(call: Call, situation: Situation) -> Iterator[str]:
    resolved = resolve(call, situation)
    match = None if isinstance(resolved, Question) else situation.targets(resolved)
    if match is not None and match.problem is None:
        yield from (entity.entity_id for entity in match.entities)
