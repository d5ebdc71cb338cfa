"""A house written down in YAML, checked so that a mistake is found by its line."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import voluptuous as vol
import yaml

from ..errors import HomeError
from .model import Area, Entity, Floor, HomeSnapshot

_REMEDY = "The comments at the top of demo.yaml in this package say what a house consists of."
_ENTITY_ID = re.compile(r"[a-z0-9_]+\.[a-z0-9_]+")
_SafeLoader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Lined(dict[Hashable, Any]):
    """A mapping that knows the line on which it begins."""

    line = 0


class _Loader(_SafeLoader):  # type: ignore[misc, valid-type]
    """Reads mappings as `_Lined` and refuses a key that is there twice."""


def _construct_mapping(loader: yaml.SafeLoader, node: yaml.MappingNode) -> _Lined:
    mapping = _Lined()
    mapping.line = node.start_mark.line + 1
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in mapping:
            raise yaml.MarkedYAMLError(problem=f"{key} is there twice", problem_mark=key_node.start_mark)
        mapping[key] = loader.construct_object(value_node, deep=True)
    return mapping


_Loader.add_constructor("tag:yaml.org,2002:map", _construct_mapping)


def read_home(path: Path) -> HomeSnapshot:
    """Return the house in this file.

    Raises HomeError naming the file, the line, the field, its value and what it may be.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as err:
        raise HomeError(f"The house {path} cannot be read: {err.strerror}.", remedy="Check --home.") from None
    except UnicodeDecodeError:
        raise HomeError(f"The house {path} is not UTF-8 text.", remedy="Save it as UTF-8.") from None
    return parse_home(text, str(path))


def parse_home(text: str, source: str) -> HomeSnapshot:
    """Return the house written in this YAML; `source` names it in errors. Raises HomeError as `read_home` does."""
    raw = _parse_yaml(text, source)
    try:
        house = _HOUSE(raw)
    except vol.MultipleInvalid as err:
        raise _error(source, raw, err.errors[0].path, err.errors[0].msg) from None
    _check_ids(source, raw, house)
    return _snapshot(house)


def _parse_yaml(text: str, source: str) -> Any:
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader with lines
    except yaml.MarkedYAMLError as err:
        line = err.problem_mark.line + 1 if err.problem_mark else 1
        raise HomeError(f"{source}, line {line}: {err.problem}.", remedy="Correct the YAML there.") from None
    except yaml.YAMLError as err:
        raise HomeError(f"{source} is not YAML: {err}.", remedy="Correct the YAML.") from None
    except TypeError:
        raise HomeError(f"{source} has a list or mapping as a key.", remedy="Keys must be words.") from None
    except RecursionError:
        raise HomeError(f"{source} is nested too deeply.", remedy=_REMEDY) from None


def _word(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise vol.Invalid("it must be text that is not empty")
    return value.strip()


def _words(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise vol.Invalid("it must be a list, such as [Lounge, 客厅]")
    return tuple(_word(each) for each in value)


def _entity_id(value: Any) -> str:
    if not isinstance(value, str) or not _ENTITY_ID.fullmatch(value):
        raise vol.Invalid("it must look like light.living_room")
    return value


def _state(value: Any) -> str:
    """Return a state as text; YAML reads a bare `on` as true."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, str | int | float):
        return str(value)
    raise vol.Invalid("it must be a word or a number")


def _attributes(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise vol.Invalid("it must be a mapping of names to values")
    return {key: _plain(each) for key, each in value.items()}


def _plain(value: Any) -> Any:
    """Return parsed YAML without the line numbers."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list) else value


_FLOOR = {vol.Required("floor_id"): _word, vol.Required("name"): _word, vol.Optional("aliases", default=[]): _words}
_AREA = {
    vol.Required("area_id"): _word,
    vol.Required("name"): _word,
    vol.Optional("aliases", default=[]): _words,
    vol.Optional("floor", default=None): vol.Maybe(_word),
}
_ENTITY = {
    vol.Required("entity_id"): _entity_id,
    vol.Required("name"): _word,
    vol.Optional("aliases", default=[]): _words,
    vol.Optional("area", default=None): vol.Maybe(_word),
    vol.Optional("device_class", default=None): vol.Maybe(_word),
    vol.Optional("state", default="unknown"): _state,
    vol.Optional("attributes", default={}): _attributes,
}
_HOUSE = vol.Schema(
    {
        vol.Optional("floors", default=[]): [_FLOOR],
        vol.Optional("areas", default=[]): [_AREA],
        vol.Required("entities"): [_ENTITY],
        vol.Optional("satellites", default={}): {_word: _word},
    }
)


def _check_ids(source: str, raw: Any, house: Mapping[str, Any]) -> None:
    """Raise HomeError for an id that is there twice, or that is referred to and is not there."""
    floors = _unique(source, raw, house, "floors", "floor_id")
    areas = _unique(source, raw, house, "areas", "area_id")
    _unique(source, raw, house, "entities", "entity_id")
    _refer(source, raw, house["areas"], ("areas", "floor"), floors)
    _refer(source, raw, house["entities"], ("entities", "area"), areas)
    for satellite, area in house["satellites"].items():
        if area not in areas:
            raise _error(source, raw, ["satellites", satellite], f"there is no area {area}")


def _unique(source: str, raw: Any, house: Mapping[str, Any], kind: str, key: str) -> set[str]:
    seen: set[str] = set()
    for index, each in enumerate(house[kind]):
        if each[key] in seen:
            raise _error(source, raw, [kind, index, key], "it is there twice")
        seen.add(each[key])
    return seen


def _refer(source: str, raw: Any, items: Iterable[Mapping[str, Any]], where: tuple[str, str], known: set[str]) -> None:
    kind, key = where
    for index, each in enumerate(items):
        if each[key] is not None and each[key] not in known:
            raise _error(source, raw, [kind, index, key], f"there is no such {key}; there are {_list(known)}")


def _list(known: Iterable[str]) -> str:
    return ", ".join(sorted(known)) or "none"


def _error(source: str, raw: Any, path: Sequence[Any], problem: str) -> HomeError:
    value, line = raw, 1
    for step in path:
        line = value.line if isinstance(value, _Lined) else line
        try:
            value = value[step if not isinstance(step, vol.Marker) else step.schema]
        except (KeyError, IndexError, TypeError):
            value = None
    line = value.line if isinstance(value, _Lined) else line
    shown = "" if value is None or isinstance(value, dict | list) else f" is {value!r}"
    return HomeError(f"{source}, line {line}: {_spell(path)}{shown}: {problem}.", remedy=_REMEDY)


def _spell(path: Sequence[Any]) -> str:
    """Spell a path as people write it: `entities[3].state`."""
    parts = [f"[{step}]" if isinstance(step, int) else f".{step}" for step in path]
    return "".join(parts).removeprefix(".") or "the house"


def _snapshot(house: Mapping[str, Any]) -> HomeSnapshot:
    return HomeSnapshot(
        floors=tuple(Floor(**each) for each in house["floors"]),
        areas=tuple(Area(each["area_id"], each["name"], each["aliases"], each["floor"]) for each in house["areas"]),
        entities=tuple(_entity(each) for each in house["entities"]),
        device_areas=dict(house["satellites"]),
    )


def _entity(each: Mapping[str, Any]) -> Entity:
    return Entity(
        entity_id=each["entity_id"],
        name=each["name"],
        aliases=each["aliases"],
        area_id=each["area"],
        device_class=each["device_class"],
        state=each["state"],
        attributes=each["attributes"],
    )
