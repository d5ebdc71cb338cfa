"""What script/image-install asks of compilers and package managers for each variant; these only write it down here."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from wyoming_servers.acceleration.image import read_image

from .dockerfile import ROOT

TOOLS = ("apt-get", "cmake", "curl", "dpkg", "git", "rm")
WRITES_DOWN = """#!/bin/sh
printf '%s' "${0##*/}" >>"$ASKED"
for word in "$@"; do printf '\\t%s' "$word" >>"$ASKED"; done
printf '\\tCMAKE_ARGS=%s\\tCTRANSLATE2_ROOT=%s\\n' "$CMAKE_ARGS" "$CTRANSLATE2_ROOT" >>"$ASKED"
"""

Install = Callable[..., list[list[str]]]


@pytest.fixture
def install(tmp_path: Path) -> Install:
    """Return a function that runs steps for a variant and returns the commands."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in (*TOOLS, "uv", "pip"):
        (tools / name).write_text(WRITES_DOWN)
        (tools / name).chmod(0o755)
    asked = tmp_path / "asked"

    def run(variant: str, *steps: str, **more: str) -> list[list[str]]:
        environment = {
            "PATH": f"{tools}:{os.environ['PATH']}",
            "VARIANT": variant,
            "TOOLS": str(tmp_path),
            "PREFIX": str(tmp_path / "sotto"),
            "SOURCE": str(ROOT),
            "ASKED": str(asked),
            **more,
        }
        subprocess.run([ROOT / "script" / "image-install", *steps], env=environment, check=True, capture_output=True)
        return [line.split("\t") for line in asked.read_text().splitlines()] if asked.exists() else []

    return run


def only(commands: list[list[str]], *beginning: str) -> list[str]:
    (found,) = (command for command in commands if command[: len(beginning)] == list(beginning))
    return found


@pytest.mark.parametrize(("variant", "chips"), [("jp6", "87"), ("jp7", "87;110")])
def test_llama_is_compiled_for_the_chips_of_a_jetson_and_needs_no_driver_to_be_loaded(
    install: Install, variant: str, chips: str
) -> None:
    flags = only(install(variant, "llama"), "uv", "pip", "install")[-2].removeprefix("CMAKE_ARGS=").split()
    assert {"-DGGML_CUDA=ON", "-DGGML_CUDA_NO_VMM=ON", "-DGGML_NATIVE=OFF"} <= set(flags)
    assert f"-DCMAKE_CUDA_ARCHITECTURES={chips}" in flags


def test_llama_is_compiled_for_every_kind_of_processor_where_there_is_no_jetson(install: Install) -> None:
    command = only(install("cpu", "llama"), "uv", "pip", "install")
    flags = command[-2].removeprefix("CMAKE_ARGS=").split()
    assert {"-DGGML_NATIVE=OFF", "-DGGML_BACKEND_DL=ON", "-DGGML_CPU_ALL_VARIANTS=ON"} <= set(flags)
    assert "-DCMAKE_INSTALL_BINDIR=llama_cpp/lib" in flags, "where it is told to look"
    assert "--no-cache" in command, "what is cached may be compiled for the machine that builds"


@pytest.mark.parametrize("variant", ["jp6", "jp7"])
def test_a_jetson_has_one_kind_of_processor_and_everything_is_loaded_with_llama(install: Install, variant: str) -> None:
    flags = only(install(variant, "llama"), "uv", "pip", "install")[-2].split()
    assert "-DGGML_CPU_ARM_ARCH=armv8.2-a+dotprod+fp16" in flags
    assert not [flag for flag in flags if "BACKEND_DL" in flag or "ALL_VARIANTS" in flag]


@pytest.mark.parametrize(("variant", "any_cpu"), [("cpu", True), ("jp6", False), ("jp7", False)])
def test_an_image_says_whether_it_is_for_any_processor(
    install: Install, tmp_path: Path, variant: str, *, any_cpu: bool
) -> None:
    install(variant, "sotto")
    image = read_image(tmp_path / "sotto")
    assert image is not None
    assert (image.variant, image.any_cpu, image.cuda) == (variant, any_cpu, not any_cpu)


def test_llama_can_be_left_out(install: Install) -> None:
    assert install("jp7", "llama", LLAMA="no") == []


@pytest.mark.parametrize(("variant", "chips"), [("jp6", "8.7"), ("jp7", "8.7;11.0")])
def test_ctranslate2_is_compiled_for_the_chips_of_a_jetson(install: Install, variant: str, chips: str) -> None:
    commands = install(variant, "ctranslate2")
    (version,) = (
        line.partition("==")[2]
        for line in (ROOT / "constraints.txt").read_text().splitlines()
        if line.startswith("ctranslate2==")
    )
    assert f"v{version}" in only(commands, "git", "clone")
    configured = only(commands, "cmake", "-S")
    assert {"-DWITH_CUDA=ON", "-DWITH_CUDNN=ON", f"-DCUDA_ARCH_LIST={chips}"} <= set(configured)
    installed = only(commands, "uv", "pip", "install")
    assert installed[-1].startswith("CTRANSLATE2_ROOT=/")


def test_ctranslate2_comes_from_pypi_where_there_is_no_jetson(install: Install) -> None:
    assert install("cpu", "ctranslate2") == []


@pytest.mark.parametrize(
    ("variant", "repository", "cuda", "cudnn"),
    [("jp6", "ubuntu2204/aarch64", "12-6", "cuda-12"), ("jp7", "ubuntu2404/sbsa", "13-2", "cuda-13")],
)
def test_cuda_comes_from_the_repository_of_the_jetpack_without_its_compiler(
    install: Install, variant: str, repository: str, cuda: str, cudnn: str
) -> None:
    commands = install(variant, "runtime-packages")
    assert any(f"/repos/{repository}/cuda-keyring" in word for word in only(commands, "curl"))
    packages = {word for command in commands if command[0] == "apt-get" for word in command}
    assert {f"cuda-cudart-{cuda}", f"libcublas-{cuda}", f"libcudnn9-{cudnn}"} <= packages
    assert not [word for word in packages if "nvcc" in word or "-dev" in word]


@pytest.mark.parametrize("variant", ["cpu", "jp7"])
def test_no_other_index_is_asked_beside_the_one(install: Install, variant: str) -> None:
    """A second index would let PyPI's wheels for the CPU win over those for CUDA."""
    words = [word for command in install(variant, "llama", "ctranslate2", "dependencies") for word in command]
    assert "--extra-index-url" not in words
    assert "--index" not in words
