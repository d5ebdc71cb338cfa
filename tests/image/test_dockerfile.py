"""What the Dockerfile says, without carrying it out."""

from __future__ import annotations

import re
import subprocess

import pytest

from . import dockerfile
from .dockerfile import ROOT


def test_the_base_is_home_assistants_and_of_one_day() -> None:
    for stage in dockerfile.read():
        assert re.fullmatch(r"ghcr\.io/home-assistant/base-debian:trixie-\d{4}\.\d\d\.\d", stage.base)


def test_no_command_is_longer_than_its_steps() -> None:
    for stage in dockerfile.read():
        for run in stage.of("RUN"):
            assert re.fullmatch(r"(/usr/src/sotto/)?script/image-install( [a-z0-9-]+)+", run.text)


def test_the_last_stage_brings_no_compiler() -> None:
    steps = " ".join(run.text for run in dockerfile.read()[-1].of("RUN"))
    assert "build-packages" not in steps
    assert "check" in steps


def test_the_supervisor_sees_what_it_is() -> None:
    stage = dockerfile.read({"BUILD_ARCH": "aarch64", "BUILD_VERSION": "1.2.3"})[-1]
    assert stage.labels["io.hass.type"] == "app"
    assert stage.labels["io.hass.arch"] == "aarch64"
    assert stage.labels["io.hass.version"] == "1.2.3"


def test_there_is_no_build_yaml() -> None:
    assert not (ROOT / "build.yaml").exists()


def test_what_is_copied_is_let_into_the_build() -> None:
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = {
        word
        for stage in dockerfile.read()
        for each in stage.of("COPY")
        if not each.text.startswith("--from")
        for word in each.words[:-1]
    }
    assert copied == let_in


@pytest.mark.parametrize(
    ("variant", "step", "said"),
    [("cpu", "everything", "there is no step everything"), ("jp5", "check", "VARIANT is jp5; choose cpu, jp6 or jp7")],
)
def test_a_step_or_variant_that_does_not_exist_is_named(variant: str, step: str, said: str) -> None:
    done = subprocess.run(
        [ROOT / "script" / "image-install", step],
        env={"VARIANT": variant, "PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert said in done.stderr
