"""Who may import whom; what pure logic may not import; and that engines are imported when they are chosen."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SERVERS = ROOT / "wyoming_servers"
STAGES = ("wake", "stt", "tts", "conversation")
HEAVY = (
    "faster_whisper",
    "sherpa_onnx",
    "ctranslate2",
    "piper",
    "onnx",
    "onnxruntime",
    "pocketsphinx",
    "pyopen_wakeword",
    "homeassistant_api",
    "llama_cpp",
    "openai",
    "aiohttp",
    "prometheus_client",
    "pypdfium2",
    "docx",
    "bs4",
    "lxml",
    "markdown_it",
    "faiss",
    "rjieba",
    "psycopg",
    "pgvector",
)
FILE_LINES = 400
FUNCTION_LINES = 60


def modules(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*.py") if "__pycache__" not in path.parts)


def imports(path: Path) -> Iterator[str]:
    """Yield the absolute names of the modules that a file imports at its top or inside."""
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            yield ".".join((*base, *((node.module,) if node.module else ())))


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_the_servers_know_nothing_of_the_app_or_the_integration() -> None:
    for path in modules(SERVERS):
        assert not [name for name in imports(path) if name.split(".")[0] in {"addon", "custom_components"}], path


def test_nobody_takes_anything_from_the_command_line() -> None:
    for path in modules(SERVERS):
        if path.parent.name != "cli" and path.name != "__main__.py":
            assert not [name for name in imports(path) if name.startswith("wyoming_servers.cli")], relative(path)


def test_no_modules_import_each_other_in_a_circle() -> None:
    paths = {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in modules(SERVERS)}
    graph = {name: {each for each in imports(path) if each in paths} for name, path in paths.items()}
    TopologicalSorter(graph).prepare()


@pytest.mark.parametrize("stage", STAGES)
def test_an_engine_knows_its_stage_and_little_else(stage: str) -> None:
    shared = {"errors", "settings", "worker", "home.model", ""}
    for path in modules(SERVERS / stage / "engines"):
        own = {name.removeprefix("wyoming_servers").strip(".") for name in imports(path) if "wyoming_servers" in name}
        strangers = {name for name in own if name not in shared and not name.startswith(f"{stage}.")}
        assert not strangers, f"{relative(path)} imports {strangers}"
        assert f"{stage}.server" not in own, relative(path)


def is_pure(path: Path) -> bool:
    """Return whether the module says of itself that it is pure logic."""
    return "Pure logic" in (ast.get_docstring(ast.parse(path.read_text())) or "")


def test_pure_logic_imports_no_event_loop_and_no_engine() -> None:
    pure = [path for path in modules(SERVERS) if is_pure(path)]
    assert len(pure) >= 5
    for path in pure:
        found = set(imports(path))
        assert not found & {"asyncio", "threading", "socket", *HEAVY}, relative(path)
        assert not [name for name in found if ".engines" in name or ".server" in name], relative(path)


@pytest.mark.parametrize("module", ["wyoming_servers.assembly", "wyoming_servers.cli.speak", "wyoming_servers.cli.run"])
def test_engines_are_not_imported_before_they_are_chosen(module: str) -> None:
    code = f"import sys, {module}; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("path", modules(SERVERS) + modules(ROOT / "addon"), ids=relative)
def test_a_file_and_its_functions_fit_in_a_head_and_it_says_why_it_exists(path: Path) -> None:
    source = path.read_text()
    tree = ast.parse(source)
    assert ast.get_docstring(tree), "the module's first line says why it exists"
    assert source.count("\n") <= FILE_LINES
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno
            assert length <= FUNCTION_LINES, f"{node.name} has {length} lines"


def test_nothing_logs_with_an_f_string() -> None:
    for path in modules(SERVERS):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("_LOGGER."):
                assert not any(isinstance(argument, ast.JoinedStr) for argument in node.args), relative(path)
