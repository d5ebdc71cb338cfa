"""What `sotto doctor` says of the house that is configured."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from tests.home.fake_home_assistant import TOKEN, FakeHomeAssistant
from wyoming_servers.cli import doctor
from wyoming_servers.health.finding import Verdict
from wyoming_servers.settings import HomeSettings, Settings


def settings(source: str, token: str = TOKEN) -> Settings:
    return replace(Settings(), home=HomeSettings(source=source, token=token))


async def test_a_home_assistant_that_answers_is_counted() -> None:
    async with FakeHomeAssistant() as house:
        finding = await doctor._home(settings(house.url))
    assert (finding.verdict, finding.detail) == (Verdict.OK, f"{house.url}: 2 entities in 2 areas")


async def test_a_token_that_is_refused_is_a_problem_with_a_remedy() -> None:
    async with FakeHomeAssistant() as house:
        finding = await doctor._home(settings(house.url, "wrong"))
    assert finding.verdict is Verdict.PROBLEM
    assert "refuses the access token" in finding.detail
    assert "SOTTO_HOME_TOKEN" in finding.remedy


async def test_a_home_assistant_that_exposes_nothing_is_noted() -> None:
    async with FakeHomeAssistant() as house:
        house.exposed = set()
        finding = await doctor._home(settings(house.url))
    assert finding.verdict is Verdict.NOTE
    assert "Expose" in finding.remedy


async def test_a_home_assistant_that_is_silent_or_absent_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "HOME_WITHIN_S", 0.2)
    async with FakeHomeAssistant() as house:
        house.silent = True
        silent = await doctor._home(settings(house.url))
    absent = await doctor._home(settings(house.url))
    assert {silent.verdict, absent.verdict} == {Verdict.PROBLEM}


async def test_no_token_and_no_file_are_problems(tmp_path: Path) -> None:
    no_token = await doctor._home(settings("http://127.0.0.1:1", ""))
    no_file = await doctor._home(settings(str(tmp_path / "house.yaml")))
    assert {no_token.verdict, no_file.verdict} == {Verdict.PROBLEM}
    assert no_token.remedy


async def test_a_house_of_ones_own_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "house.yaml"
    await asyncio.to_thread(path.write_text, "entities: [{entity_id: light.desk, name: Desk Lamp}]")
    finding = await doctor._home(settings(str(path)))
    assert (finding.verdict, finding.detail) == (Verdict.OK, f"{path}: 1 entities in 0 areas")
