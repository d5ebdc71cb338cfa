"""The app's servers: with the user's options, Home Assistant's language and names, and without any of these."""

from __future__ import annotations

import asyncio
import json
import logging
from asyncio.subprocess import Process
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from addon.language import HomeLanguage
from addon.options import choose
from addon.serving import serve, settings_for
from tests.addon.conftest import StartApp, listening_at
from tests.addon.fake_supervisor import FakeSupervisor
from tests.home.fake_home_assistant import TOKEN as HOME_TOKEN
from tests.home.fake_home_assistant import FakeHomeAssistant
from wyoming_servers import assembly
from wyoming_servers.home.home_assistant import HomeAssistantHome
from wyoming_servers.settings import Settings

ON_LOOPBACK = {"SOTTO_URI": "tcp://127.0.0.1:0", "SOTTO_HTTP_URI": "", "SOTTO_WEB_URI": ""}


def write_options(folder: Path, **options: Any) -> Path:
    path = folder / "options.json"
    path.write_text(json.dumps(options))
    return path


async def settings_with(environment: Mapping[str, str], folder: Path = Path("/nowhere"), **options: Any) -> Settings:
    return await settings_for(choose(options).settings, environment, HomeLanguage(environment, folder))


class TestTheHouse:
    async def test_is_followed_through_the_supervisor(self, supervisor: FakeSupervisor) -> None:
        async with FakeHomeAssistant() as house:
            supervisor.home_url, supervisor.home_token = house.url, HOME_TOKEN
            home = assembly.make_home(await settings_with(supervisor.environment, language="en"))
            assert isinstance(home, HomeAssistantHome)
            await home.start()
            try:
                await home.settled()
                assert [entity.entity_id for entity in home.snapshot.entities] == ["light.lamp", "switch.pump"]
            finally:
                await home.stop()

    async def test_may_be_another_for_those_who_say_so_in_the_environment(self, supervisor: FakeSupervisor) -> None:
        environment = {**supervisor.environment, "SOTTO_HOME": "demo"}
        assert (await settings_with(environment, language="en")).home.source == "demo"


async def test_an_option_wins_over_the_environment(supervisor: FakeSupervisor) -> None:
    environment = {**supervisor.environment, "SOTTO_TTS": "espeak", "SOTTO_DATA_DIR": "/elsewhere"}
    settings = await settings_with(environment, language="en", tts="piper")
    assert settings.tts.engine == "piper"
    assert settings.server.data_dir == Path("/elsewhere")


async def test_the_log_level_is_the_users(
    tmp_path: Path, supervisor: FakeSupervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def level_of_root(_settings: Settings, again: asyncio.Event) -> int:
        assert not again.is_set()
        return logging.getLogger().level

    monkeypatch.setattr("addon.serving.serve_until_stopped", level_of_root)
    before = logging.getLogger().level
    try:
        options = write_options(tmp_path, language="en", log_level="error")
        assert await serve(options, supervisor.environment) == logging.ERROR
    finally:
        logging.getLogger().setLevel(before)


class TestTheService:
    async def test_serves_with_the_options_answers_the_health_check_and_stops_when_told(
        self, tmp_path: Path, supervisor: FakeSupervisor, start_app: StartApp
    ) -> None:
        options = str(write_options(tmp_path, language="en"))
        app = await start_app("serve", "--options", options, environment={**supervisor.environment, **ON_LOOPBACK})
        uri = await listening_at(app)
        health = await start_app("health", environment={"SOTTO_URI": uri})
        assert await health.wait() == 0
        app.terminate()
        assert await app.wait() == 0
        unhealthy = await start_app("health", environment={"SOTTO_URI": uri})
        assert await unhealthy.wait() == 1
        assert b"No server answers" in await output_of(unhealthy)

    async def test_ends_with_2_and_the_reason_for_options_that_are_wrong(
        self, tmp_path: Path, supervisor: FakeSupervisor, start_app: StartApp
    ) -> None:
        options = str(write_options(tmp_path, stt="wisper"))
        app = await start_app("serve", "--options", options, environment={**supervisor.environment, **ON_LOOPBACK})
        assert await app.wait() == 2
        assert b'option "Speech-to-text" (stt) is' in await output_of(app)

    async def test_runs_on_a_box_that_knows_no_supervisor(self, start_app: StartApp) -> None:
        app = await start_app("serve", environment={**ON_LOOPBACK, "SOTTO_ZEROCONF": "no"})
        assert app.stdout is not None
        assert b"no Home Assistant app" in await app.stdout.readline()
        assert await listening_at(app)


async def output_of(app: Process) -> bytes:
    assert app.stdout is not None
    return await app.stdout.read()
