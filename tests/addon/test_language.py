"""The language of a household that left it to Home Assistant, which may be down when the app starts."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from addon.discovery import RETRY_S
from addon.language import HomeLanguage
from addon.options import choose
from addon.serving import settings_for
from tests.addon.conftest import StartCommand, listening_at
from tests.addon.fake_supervisor import TOKEN, FakeSupervisor
from wyoming_servers.settings import Settings

WITHOUT_WAITING = """
import addon.discovery, wyoming_servers.cli.run
addon.discovery.RETRY_S = 0.05
wyoming_servers.cli.run.QUIET_S = 0.05
from addon.__main__ import main
raise SystemExit(main())
"""


class Clock:
    """Sleeps for no time; what Home Assistant says changes after some of it."""

    def __init__(self, supervisor: FakeSupervisor, *configs: Any) -> None:
        self.slept: list[float] = []
        self._supervisor = supervisor
        self._configs = list(configs)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self._supervisor.home_config = self._configs.pop(0)


async def settings_with(environment: Mapping[str, str], home: HomeLanguage, **options: Any) -> Settings:
    return await settings_for(choose(options).settings, environment, home)


async def test_it_is_home_assistants_where_the_user_left_it_empty(supervisor: FakeSupervisor, tmp_path: Path) -> None:
    language = HomeLanguage(supervisor.environment, tmp_path)
    assert (await settings_with(supervisor.environment, language)).server.language == "zh-CN"
    changed = asyncio.Event()
    await language.ask_on(changed)
    assert not changed.is_set()
    assert len(supervisor.requests) == 1


async def test_it_is_the_users_where_there_is_one_and_nobody_is_asked(
    supervisor: FakeSupervisor, tmp_path: Path
) -> None:
    language = HomeLanguage(supervisor.environment, tmp_path)
    assert (await settings_with(supervisor.environment, language, language="de")).server.language == "de"
    await language.ask_on(asyncio.Event())
    assert not supervisor.requests


@pytest.mark.parametrize("trouble", ["refused", "down", "nonsense", "absent", "slow"])
async def test_it_is_english_and_that_is_said_where_home_assistant_does_not_tell(
    supervisor: FakeSupervisor,
    trouble: str,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
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
    settings = await settings_with(environment, HomeLanguage(environment, tmp_path))
    assert settings.server.language == "en"
    warnings = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warnings) == 1
    assert 'the option "Language"' in warnings[0].getMessage()
    assert TOKEN not in caplog.text


async def test_it_is_the_one_that_was_told_last_while_home_assistant_is_down(
    supervisor: FakeSupervisor, tmp_path: Path
) -> None:
    await HomeLanguage(supervisor.environment, tmp_path).ask()
    supervisor.home_config = None
    assert await HomeLanguage(supervisor.environment, tmp_path).ask() == "zh-CN"


@pytest.mark.parametrize("content", [b"", b"\xff", b"x" * 100_000])
async def test_a_file_that_keeps_no_language_is_no_harm(
    supervisor: FakeSupervisor, tmp_path: Path, content: bytes
) -> None:
    await asyncio.to_thread((tmp_path / "home-language").write_bytes, content)
    supervisor.home_config = None
    assert len(await HomeLanguage(supervisor.environment, tmp_path).ask()) <= 35


async def test_home_assistant_is_asked_on_more_and_more_seldom_until_it_tells(
    supervisor: FakeSupervisor, tmp_path: Path
) -> None:
    supervisor.home_config = None
    clock = Clock(supervisor, None, None, {"language": "de"})
    language = HomeLanguage(supervisor.environment, tmp_path, clock.sleep)
    await language.ask()
    changed = asyncio.Event()
    await language.ask_on(changed)
    assert changed.is_set()
    assert clock.slept == [RETRY_S, 2 * RETRY_S, 4 * RETRY_S]
    assert (tmp_path / "home-language").read_text() == "de\n"


@pytest.mark.parametrize("config", [{"language": "en"}, {"language": None}])
async def test_nothing_changes_if_it_is_the_one_that_is_spoken(
    supervisor: FakeSupervisor, tmp_path: Path, config: dict[str, Any]
) -> None:
    supervisor.home_config = None
    language = HomeLanguage(supervisor.environment, tmp_path, Clock(supervisor, config).sleep)
    await language.ask()
    changed = asyncio.Event()
    await language.ask_on(changed)
    assert not changed.is_set()


async def test_a_token_that_is_refused_ends_the_asking(
    supervisor: FakeSupervisor, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    supervisor.home_config, supervisor.token = None, "another"
    language = HomeLanguage(supervisor.environment, tmp_path, Clock(supervisor, None).sleep)
    await language.ask()
    await language.ask_on(asyncio.Event())
    assert "Restart the app" in caplog.text


@pytest.mark.timeout(120)
async def test_the_servers_take_it_up_when_home_assistant_is_there_with_the_same_process(
    supervisor: FakeSupervisor, tmp_path: Path, start_command: StartCommand
) -> None:
    options = tmp_path / "options.json"
    await asyncio.to_thread(options.write_text, json.dumps({"tts": "espeak", "stt": "phrases"}))
    on_loopback = {"SOTTO_URI": "tcp://127.0.0.1:0", "SOTTO_HTTP_URI": "", "SOTTO_WEB_URI": ""}
    supervisor.home_config = None
    command = ["-c", WITHOUT_WAITING, "serve", "--options", str(options)]
    app = await start_command(*command, environment={**supervisor.environment, **on_loopback})
    await listening_at(app)
    supervisor.home_config = {"language": "zh-Hans"}
    again = await listening_at(app)
    assert app.returncode is None
    assert (tmp_path / "data" / "home-language").read_text() == "zh-CN\n"
    assert supervisor.requests.count("GET /core/api/config") >= 3  # in vain, told, and told to the one that began anew
    app.terminate()
    assert await app.wait() == 0
    assert again
