"""What documents need is one extra; without it the doctor and every reading say which command installs it."""

from __future__ import annotations

import re
import tomllib
from importlib.machinery import ModuleSpec
from importlib.metadata import packages_distributions
from importlib.util import find_spec
from pathlib import Path

import pytest

from wyoming_servers.cli import doctor
from wyoming_servers.conversation.json_lines import decode, encode
from wyoming_servers.conversation.knowledge import packages
from wyoming_servers.conversation.knowledge.reading.wire import error_from_json, error_to_json
from wyoming_servers.errors import EngineUnavailableError
from wyoming_servers.health.finding import Verdict

PROJECT = Path(__file__).parents[2] / "pyproject.toml"


@pytest.fixture
def without_pdf(monkeypatch: pytest.MonkeyPatch) -> None:
    def found(module: str) -> ModuleSpec | None:
        return None if module == "pypdfium2" else find_spec(module)

    monkeypatch.setattr(packages, "find_spec", found)


def test_the_extra_has_the_modules_that_are_looked_for() -> None:
    extras = tomllib.loads(PROJECT.read_text())["project"]["optional-dependencies"]
    assert "sotto[resolver]" in extras["knowledge"]
    required = [*extras["knowledge"], *extras["resolver"]]
    names = {re.split(r"[>=]", requirement)[0] for requirement in required}
    owners = packages_distributions()
    missing = {module for module in packages.MODULES if names.isdisjoint(map(str.lower, owners[module]))}
    assert missing == set()
    assert "knowledge" in extras["all"][0]
    of_postgres = {re.split(r"[\[>=]", requirement)[0] for requirement in extras["postgres"]}
    assert of_postgres | {"psycopg-pool"} >= {owners[module][0] for module in packages.POSTGRES_MODULES}


def test_the_doctor_says_whether_documents_can_be_read() -> None:
    assert doctor._documents().verdict is Verdict.OK


@pytest.mark.usefixtures("without_pdf")
def test_the_doctor_names_what_is_missing_and_the_command() -> None:
    finding = doctor._documents()
    assert finding.verdict is Verdict.NOTE
    assert "pypdfium2" in finding.detail
    assert "pip install 'sotto[knowledge]'" in finding.remedy


@pytest.mark.usefixtures("without_pdf")
def test_a_reading_names_it_too_across_the_processes() -> None:
    with pytest.raises(EngineUnavailableError) as caught:
        packages.require()
    told = error_from_json(decode(encode(error_to_json(caught.value))))
    assert isinstance(told, EngineUnavailableError)
    assert "pypdfium2" in told.message
    assert "sotto[knowledge]" in told.remedy


def test_a_database_without_its_packages_is_told_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    packages.require_postgres()
    monkeypatch.setattr(packages, "find_spec", lambda _: None)
    with pytest.raises(EngineUnavailableError, match="pgvector, psycopg") as caught:
        packages.require_postgres()
    assert "sotto[postgres]" in caught.value.remedy
