"""The homes that clients have sent: as snapshots, by a hash of what is said in them. Pure logic."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import voluptuous as vol

from ..conversation.engine import Tool
from ..conversation.learned import Learned
from ..home.model import Area, Entity, Floor, Home, HomeSnapshot
from .body import checked, list_of, mapping, optional, text, word
from .completion import MOST_TOOLS, TOOLS, sorted_tools
from .errors import FieldError, UnknownHomeError

MOST_HOMES = 8


class KnownHome:
    """A home as it was sent last, with every tool that was ever sent for it.

    Satellites differ in what they can do: one sends 30 tools, the next 37. A prompt that describes all 37 each time
    is evaluated once.
    """

    def __init__(self, snapshot: HomeSnapshot) -> None:
        self.snapshot = snapshot
        self._tools: dict[str, Tool] = {}
        self._learned: Learned | None = None

    def with_seen(self, tools: tuple[Tool, ...]) -> tuple[Tool, ...]:
        """Remember these tools, and return them with all that were seen before, sorted by name."""
        for tool in tools:
            self._tools.pop(tool.name, None)
            self._tools[tool.name] = tool
        while len(self._tools) > max(MOST_TOOLS, len(tools)):
            del self._tools[next(iter(self._tools))]
        return tuple(sorted(self._tools.values(), key=lambda tool: tool.name))

    @property
    def learned(self) -> Learned:
        """What follows from its names."""
        if self._learned is None or self._learned.naming != self.snapshot.naming:
            self._learned = Learned(self.snapshot)
        return self._learned


class Homes:
    """The server's own home, and those that were used last of the ones that clients have sent."""

    def __init__(self, own: Home) -> None:
        self._own_home = own
        self._own = KnownHome(own.snapshot)
        self._known: dict[str, KnownHome] = {}

    @property
    def own(self) -> KnownHome:
        """The server's own home, as it is now."""
        self._own.snapshot = self._own_home.snapshot
        return self._own

    def __len__(self) -> int:
        return len(self._known)

    def keep(self, snapshot: HomeSnapshot, tools: tuple[Tool, ...] = ()) -> str:
        """Keep a home and the tools that came with it; return its hash."""
        home_hash = hash_of(snapshot)
        home = self._known.pop(home_hash, None) or KnownHome(snapshot)
        home.snapshot = snapshot
        home.with_seen(tools)
        self._known[home_hash] = home
        while len(self._known) > MOST_HOMES:
            del self._known[next(iter(self._known))]
        return home_hash

    def find(self, home_hash: str) -> KnownHome:
        """Return a home; raises UnknownHomeError."""
        home = self._known.pop(home_hash, None)
        if home is None:
            raise UnknownHomeError(
                "No home with this hash is known here.", remedy="Send it to /api/home, and ask again."
            )
        self._known[home_hash] = home
        return home


def hash_of(snapshot: HomeSnapshot) -> str:
    """Return a hash of all that is said of a home and where it stands: no states, in no particular order."""
    canonical = {
        "floors": sorted([each.floor_id, each.name, sorted(each.aliases)] for each in snapshot.floors),
        "areas": sorted([each.area_id, each.name, sorted(each.aliases), each.floor_id] for each in snapshot.areas),
        "entities": sorted(
            [each.entity_id, each.name, sorted(each.aliases), each.area_id, each.device_class]
            for each in snapshot.entities
        ),
    }
    written = json.dumps(canonical, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(written.encode()).hexdigest()[:32]


def counts(snapshot: HomeSnapshot) -> dict[str, int]:
    """Return how much there is of what."""
    return {"floors": len(snapshot.floors), "areas": len(snapshot.areas), "entities": len(snapshot.entities)}


def parse_home(body: Mapping[str, Any]) -> tuple[HomeSnapshot, tuple[Tool, ...]]:
    """Return the home and the tools in a body; raises FieldError. docs/http.md says what it consists of."""
    fields = checked(_HOME, body)
    floors = _unique(fields["floors"], "floors", "floor_id")
    areas = _unique(fields["areas"], "areas", "area_id")
    _unique(fields["entities"], "entities", "entity_id")
    _refer(fields["areas"], "areas", "floor_id", floors)
    _refer(fields["entities"], "entities", "area_id", areas)
    for device, area in fields["device_areas"].items():
        if area not in areas:
            raise FieldError(f"device_areas.{device}", "there is no such area")
    snapshot = HomeSnapshot(
        floors=tuple(Floor(**each) for each in fields["floors"]),
        areas=tuple(Area(**each) for each in fields["areas"]),
        entities=tuple(Entity(**each) for each in fields["entities"]),
        device_areas=fields["device_areas"],
    )
    return snapshot, sorted_tools(fields["tools"])


def _unique(items: list[dict[str, Any]], kind: str, key: str) -> set[str]:
    seen: set[str] = set()
    for index, each in enumerate(items):
        if each[key] in seen:
            raise FieldError(f"{kind}[{index}].{key}", "it is there twice")
        seen.add(each[key])
    return seen


def _refer(items: list[dict[str, Any]], kind: str, key: str, known: set[str]) -> None:
    for index, each in enumerate(items):
        if each[key] is not None and each[key] not in known:
            raise FieldError(f"{kind}[{index}].{key}", "there is nothing with this id")


def _entity_id(value: Any) -> str:
    domain, _, name = word(value).partition(".")
    if not domain or not name:
        raise vol.Invalid("it must look like light.living_room")
    return word(value)


def _aliases(value: Any) -> tuple[str, ...]:
    return tuple(list_of(word, 256)(value))


_NAMES = {vol.Required("name"): word, vol.Optional("aliases", default=[]): _aliases}
_FLOOR = vol.Schema({vol.Required("floor_id"): word, **_NAMES})
_AREA = vol.Schema({vol.Required("area_id"): word, **optional("floor_id", word), **_NAMES})
_ENTITY = vol.Schema(
    {
        vol.Required("entity_id"): _entity_id,
        **optional("area_id", word),
        **optional("device_class", word),
        vol.Optional("state", default="unknown"): text,
        vol.Optional("attributes", default={}): mapping,
        **_NAMES,
    }
)
_HOME = vol.Schema(
    {
        vol.Optional("floors", default=[]): list_of(_FLOOR, 1000),
        vol.Optional("areas", default=[]): list_of(_AREA, 1000),
        vol.Required("entities"): list_of(_ENTITY, 10_000),
        vol.Optional("device_areas", default={}): vol.All(mapping, {word: word}),
        **optional("tools", TOOLS),
    }
)
