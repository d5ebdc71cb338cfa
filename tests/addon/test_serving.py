"""The app's servers: with the user's options, Home Assistant's language and names, and without any of these."""

from __future__ import annotations

import json
import logging
import re
from asyncio.subprocess import Process
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from addon.options import choose
from addon.serving import serve, settings_for
from tests.addon.conftest import StartApp
from tests.addon.fake_supervisor import TOKEN, FakeSupervisor
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


async def settings_with(environment: Mapping[str, str], **options: Any) -> Settings:
    return await settings_for(choose(options).settings, environment)


class TestTheLanguage:
    async def test_is_home_assistants_where_the_user_left_it_empty(self, supervisor: FakeSupervisor) -> None:
        settings = await settings_with(supervisor.environment)
        assert settings.server.language == "zh-CN"

    async def test_is_the_users_where_there_is_one_and_nobody_is_asked(self, supervisor: FakeSupervisor) -> None:
        settings = await settings_with(supervisor.environment, language="de")
        assert settings.server.language == "de"
        assert not supervisor.requests

    @pytest.mark.parametrize("trouble", ["refused", "down", "nonsense", "absent", "slow"])
    async def test_is_english_and_that_is_said_where_home_assistant_does_not_tell(
        self,
        supervisor: FakeSupervisor,
        trouble: str,
        caplog: pytest.LogCaptureFixture,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        environment = supervisor.environment
        if trouble == "refused":
            supervisor.token = "another"
        elif trouble == "down":
            supervisor.home_config = None
        elif trouble == "nonsense":
            supervisor.home_config = ["no object"]
        elif trouble == "absent":
            environment["SUPERVISOR_API"] = "http://127.0.0.1:1"
        else:
            monkeypatch.setattr("addon.supervisor.ANSWER_WITHIN_S", 0.05)
            supervisor.silent = True
        settings = await settings_with(environment)
        assert settings.server.language == "en"
        warnings = [record for record in caplog.records if record.levelno == logging.WARNING]
        assert len(warnings) == 1
        assert 'the option "Language"' in warnings[0].getMessage()
        assert TOKEN not in caplog.text


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
    async def level_of_root(_settings: Settings) -> int:
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


async def listening_at(app: Process) -> str:
    """Wait for the port, and return its URI."""
    assert app.stdout is not None
    log = []
    while line := (await app.stdout.readline()).decode():
        log.append(line)
        if found := re.search(r"listens on (\S+?): ", line):
            return found[1]
    pytest.fail(f"it did not start:\n{''.join(log)}")


async def output_of(app: Process) -> bytes:
    assert app.stdout is not None
    return await app.stdout.read()
