"""The image, made once; its tests skip where it cannot be made."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from . import container, dockerfile
from .container import Container
from .layers import BASE, CACHE, Builder, Image

ARGUMENTS = {"LLAMA": "no"}
"""llama.cpp takes minutes to compile; that step is all that these tests leave out."""


_DEFAULT = re.compile(r"\$\{\w+:-([^}]*)\}")


def composed(service: str) -> dict[str, str]:
    """Return the variables that compose.yaml gives a service where nobody says otherwise."""
    variables = yaml.safe_load((dockerfile.ROOT / "compose.yaml").read_text())["services"][service]["environment"]
    return {name: _DEFAULT.sub(r"\1", str(value)) for name, value in variables.items()}


@pytest.fixture(scope="session")
def stages() -> list[dockerfile.Stage]:
    return dockerfile.read(ARGUMENTS)


_TRIAL = (
    "cd $1; mkdir lower upper work merged; mount -t overlay trial -o lowerdir=lower,upperdir=upper,workdir=work merged"
)


def can_layer(folder: Path) -> bool:
    """Whether this machine lets its root mount layers in a namespace; many containers do not."""
    if os.geteuid() != 0 or not shutil.which("unshare") or not shutil.which("nsenter"):
        return False
    command = ["unshare", "--mount", "--pid", "--net", "--fork", "bash", "-ec", _TRIAL, "bash", str(folder)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.fixture(scope="session")
def builder() -> Builder:
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:  # layers over some file systems are refused
        if not can_layer(Path(folder)):
            pytest.skip("only root can make chroots and namespaces, and not in every container")
    if not (BASE / ".made-of").is_file():
        pytest.skip("needs what script/rootfs makes")
    return Builder()


@pytest.fixture(scope="session")
def image(builder: Builder, stages: list[dockerfile.Stage]) -> Image:
    made = builder.build(stages)
    builder.forget_the_rest()
    return made


@pytest.fixture(scope="module")
def started(image: Image, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Container]:
    work: Path = tmp_path_factory.mktemp("container")
    with container.running(image, work, composed("sotto")) as running:
        running.describe(within_s=120)
        yield running
