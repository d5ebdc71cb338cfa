"""What the integration may import, how large its parts are, and what it may not do, as for the servers' own code."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.package import FOLDER, modules, tree_of

FILE_LINES = 400
FUNCTION_LINES = 60


def imports(path: Path) -> Iterator[str]:
    """Yield the absolute names that a file imports."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module or ""


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.name)
def test_a_module_says_why_it_exists_and_fits_in_a_head(path: Path) -> None:
    assert ast.get_docstring(tree_of(path)), "the module's first line says why it exists"
    assert path.read_text().count("\n") <= FILE_LINES
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno
            assert length <= FUNCTION_LINES, f"{node.name} has {length} lines"


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.name)
def test_it_imports_nothing_of_the_servers_and_nothing_that_must_be_installed(path: Path) -> None:
    strangers = {name.partition(".")[0] for name in imports(path)} & {"addon", "wyoming_servers", "tests", "voluptuous"}
    assert not strangers


def test_the_client_knows_nothing_of_home_assistant() -> None:
    assert not [name for name in imports(FOLDER / "client.py") if name.startswith("homeassistant")]


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.name)
def test_logs_are_filled_in_only_where_they_are_written(path: Path) -> None:
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith(("LOGGER.", "_LOGGER.")):
            message = node.args[0]
            assert isinstance(message, ast.Constant), f"line {node.lineno}: {ast.unparse(message)}"


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.name)
def test_pure_logic_has_no_event_loop(path: Path) -> None:
    if "Pure logic" in (ast.get_docstring(tree_of(path)) or ""):
        assert not set(imports(path)) & {"asyncio", "aiohttp", "threading"}
