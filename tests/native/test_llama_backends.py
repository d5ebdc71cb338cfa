"""llama.cpp computes with the code for this processor: what it was built with, or the best of what lies beside it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from wyoming_servers.conversation.llama.backends import FOLDER, kind_of_cpu, kinds_of_cpu, load_backends
from wyoming_servers.conversation.llama.native import LoadOptions, NativeModel, StopSign
from wyoming_servers.conversation.llama.native_log import NativeLog

LOADS = """
from wyoming_servers.conversation.llama.backends import load_backends
from wyoming_servers.errors import EngineUnavailableError
try:
    load_backends()
except EngineUnavailableError as err:
    print(err)
"""


@pytest.fixture
def several_kinds() -> frozenset[str]:
    """Return the kinds of processor of this build; skips where it was compiled for one, as by script/setup."""
    return kinds_of_cpu() or pytest.skip("llama.cpp was compiled for one kind of processor; see script/image-install")


def test_a_build_of_either_kind_computes(gguf_models: Path) -> None:
    """`script/setup` builds for this processor alone, an image for all."""
    model = NativeModel(LoadOptions(gguf_models / "nano.gguf", 64, 0, 1), NativeLog(lambda _: None), StopSign())
    model.evaluate(model.tokenize("Hello", special=False))
    kind = kind_of_cpu()
    assert bool(kind) is bool(kinds_of_cpu())
    assert model.place == (f"cpu ({kind}), 1 thread" if kind else "cpu, 1 thread")


def test_the_kind_in_use_is_one_of_those_that_lie_beside_the_package(several_kinds: frozenset[str]) -> None:
    load_backends()
    assert kind_of_cpu() in several_kinds


def test_what_has_no_code_for_this_processor_says_so_and_takes_none_from_where_it_runs(
    several_kinds: frozenset[str], tmp_path: Path
) -> None:
    """ggml by itself would load what lies in the folder in which a process happens to run."""
    beside, running_in = tmp_path / "beside", tmp_path / "running_in"
    for folder in (beside, running_in):
        folder.mkdir()
    for path in FOLDER.iterdir():
        (running_in if path.name.startswith("libggml-cpu") else beside).joinpath(path.name).symlink_to(path)
    done = subprocess.run(
        [sys.executable, "-c", LOADS], cwd=running_in, capture_output=True, text=True, check=True,
        env={"PYTHONPATH": str(Path(__file__).parents[2]), "LLAMA_CPP_LIB_PATH": str(beside)},
    )  # fmt: skip
    assert f"llama.cpp has no code for this processor in {beside}; it has it for: none." in done.stdout
    assert several_kinds
