"""The list of health says that an image for CUDA runs on the CPU, and what helps."""

from __future__ import annotations

from pathlib import Path

import pytest

from wyoming_servers.health import gpu
from wyoming_servers.health.finding import Finding, Verdict
from wyoming_servers.health.seen import Seen
from wyoming_servers.home.demo import DemoHome
from wyoming_servers.settings import build

WITHOUT_DRIVER = "this process finds no libcuda.so.1"


def look(root: Path, *obstacles: str) -> Finding:
    image = {"variant": "jp6", "chips": ["sm_87"], "gpus": [], "obstacles": list(obstacles)}
    return gpu.look(Seen(settings=build({}), status={"image": image}, home=DemoHome(), root=root))


def test_it_is_a_problem_with_why_in_both_languages(tmp_path: Path) -> None:
    finding = look(tmp_path, WITHOUT_DRIVER)
    assert finding.verdict is Verdict.PROBLEM
    assert finding.detail.en == f"this image was built for CUDA and runs on the CPU: {WITHOUT_DRIVER}"
    assert WITHOUT_DRIVER in finding.detail.zh


@pytest.mark.parametrize(("there", "remedy"), [(False, "runtime: nvidia"), (True, "docs/jetson.md")])
def test_the_remedy_is_the_containers_or_the_builds(tmp_path: Path, there: bool, remedy: str) -> None:
    if there:
        (tmp_path / "dev").mkdir()
        (tmp_path / "dev" / "nvhost-gpu").touch()
    assert remedy in look(tmp_path, WITHOUT_DRIVER).remedy.en


def test_an_image_that_uses_the_gpu_is_no_problem(tmp_path: Path) -> None:
    assert look(tmp_path).verdict is Verdict.OK
