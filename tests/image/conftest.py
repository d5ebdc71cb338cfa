"""The image, made once; its tests skip where it cannot be made."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from . import container, dockerfile
from .container import Container
from .layers import BASE, Builder, Image

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


@pytest.fixture(scope="session")
def builder() -> Builder:
    if os.geteuid() != 0 or not shutil.which("unshare") or not shutil.which("nsenter"):
        pytest.skip("only root can make chroots and namespaces")
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
