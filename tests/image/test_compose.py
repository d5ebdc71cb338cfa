"""compose.yaml: what it names exists, and it says the same as the Dockerfile and the settings."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from wyoming_servers.settings import options

from . import dockerfile
from .dockerfile import ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
VARIANTS = re.findall(r"^  (\w+)\) CUDA=", (ROOT / "script" / "image-install").read_text(), re.MULTILINE)


def test_every_variant_of_the_image_has_a_service() -> None:
    assert [service["build"].get("args", {}).get("VARIANT", "cpu") for service in OURS.values()] == VARIANTS


@pytest.mark.parametrize("service", OURS.values(), ids=OURS)
def test_its_variables_are_settings(service: dict[str, Any]) -> None:
    known = {option.variable for option in options()}
    assert {name for name in service["environment"] if name.startswith("SOTTO_")} <= known


@pytest.mark.parametrize("service", OURS.values(), ids=OURS)
def test_it_is_healthy_as_the_image_says(service: dict[str, Any]) -> None:
    assert service["healthcheck"]["test"] == ["CMD", *dockerfile.read()[-1].healthcheck]


@pytest.mark.parametrize("service", OURS.values(), ids=OURS)
def test_only_a_jetson_asks_for_its_driver(service: dict[str, Any]) -> None:
    assert (service.get("runtime") == "nvidia") is (service["build"].get("args") is not None)


def test_nothing_starts_that_was_not_asked_for() -> None:
    assert all(service["profiles"] for service in SERVICES.values())
    assert len({service["profiles"][0] for service in SERVICES.values()}) == len(SERVICES)


def test_data_lies_where_the_image_has_it() -> None:
    assert dockerfile.read()[-1].environment["SOTTO_DATA_DIR"] == "/data"
    for service in OURS.values():
        assert "data:/data" in service["volumes"]
    assert set(COMPOSE["volumes"]) == {"data", "homeassistant"}


def test_its_arguments_are_the_dockerfiles() -> None:
    for service in OURS.values():
        arguments = service["build"].get("args", {})
        stages = dockerfile.read(arguments)
        assert all(stage.base == arguments.get("BASE", stage.base) for stage in stages)
        assert {"VARIANT", "BASE"} >= arguments.keys()
