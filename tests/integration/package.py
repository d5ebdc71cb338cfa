"""The integration's own files, as the tests of its declarations read them."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from enum import Enum
from functools import cache
from importlib import import_module
from itertools import chain
import json
from pathlib import Path
import string
from typing import Any

from homeassistant.util.yaml import load_yaml_dict

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "custom_components" / "sotto"

Json = dict[str, Any]


def modules() -> list[Path]:
    """Return the modules of the integration."""
    return sorted(FOLDER.rglob("*.py"))


@cache
def tree_of(path: Path) -> ast.Module:
    """Return a module's syntax."""
    return ast.parse(path.read_text())


def read_json(name: str) -> Json:
    """Return a JSON file of the integration."""
    read: Json = json.loads((FOLDER / name).read_text())
    return read


def read_yaml(name: str) -> Json:
    """Return a YAML file of the integration."""
    return dict(load_yaml_dict(str(FOLDER / name)))


def texts_of(node: Any, *path: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the texts of translations, each with where it stands."""
    if isinstance(node, Mapping):
        for key, value in node.items():
            yield from texts_of(value, *path, key)
    else:
        yield path, node


def placeholders_of(text: str) -> set[str]:
    """Return what is filled into a text."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def names_in(path: Path) -> set[str]:
    """Return the functions and assigned names of a module, also within its classes."""
    nodes = list(ast.walk(tree_of(path)))
    functions = (node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    targets = chain.from_iterable(node.targets for node in nodes if isinstance(node, ast.Assign))
    return {*functions, *(target.id for target in targets if isinstance(target, ast.Name))}


@cache
def words() -> frozenset[str]:
    """Return every text that stands in the code, or that a constant or an enumeration in it has as its value."""
    return frozenset(_words())


def _words() -> Iterator[str]:
    for path in modules():
        yield from (
            node.value
            for node in ast.walk(tree_of(path))
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        )
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for value in vars(import_module(name)).values():
            if isinstance(value, str):
                yield value
            elif isinstance(value, type) and issubclass(value, Enum):
                yield from (member.value for member in value if isinstance(member.value, str))
