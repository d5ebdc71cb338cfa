"""Home Assistant is told of the app by the Supervisor: once, and whatever the Supervisor does meanwhile."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from wyoming.info import Attribution, Info, TtsProgram, TtsVoice

from addon.discovery import INSTALLED_EVERY_S, RETRY_MOST_S, RETRY_S, discover, retry_delays
from addon.health import ASK_EVERY_S
from tests.addon.conftest import StartApp
from tests.addon.fake_supervisor import TOKEN, FakeSupervisor, running
from tests.conftest import ServeFunction
from wyoming_servers.home.demo import DemoHome
from wyoming_servers.http.door import HttpDoor
from wyoming_servers.protocol.connection import Connection
from wyoming_servers.protocol.service import Service, Stage
from wyoming_servers.settings import Settings, build

OF_US = Attribution(name="Sotto", url="https://example.org")


class Voice(Service):
    """A stage that has something to offer, or not yet."""

    stage = Stage.TTS

    def __init__(self, *, installed: bool = True) -> None:
        self.installed = installed

    @property
    def info(self) -> Info:
        common = {"attribution": OF_US, "installed": True, "description": None, "version": None}
        voice = TtsVoice(name="v", languages=["en"], **common)  # type: ignore[arg-type] # as its base class takes them
        program = TtsProgram(name="p", voices=[voice], **common)  # type: ignore[arg-type]
        return Info(tts=[program]) if self.installed else Info()

    async def serve(self, connection: Connection, first: object) -> None:
        raise NotImplementedError


class Clock:
    """Sleeps for no time, and lets a test see and do what happens meanwhile."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self.meanwhile: Callable[[], Awaitable[None]] | None = None

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        assert len(self.slept) < 100, "it goes on for ever"
        if self.meanwhile is not None:
            await self.meanwhile()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def settings(serve: ServeFunction) -> Settings:
    """Return those of a server that answers, without the HTTP door."""
    return build({"uri": f"tcp://127.0.0.1:{await serve(Voice())}", "http_uri": ""})


def wyoming_of(settings: Settings) -> dict[str, object]:
    port = settings.server.uri.rpartition(":")[2]
    return {"service": "wyoming", "config": {"uri": f"tcp://{socket.gethostname()}:{port}"}}


async def test_wyoming_is_told_where_the_app_is_once(
    supervisor: FakeSupervisor, settings: Settings, clock: Clock
) -> None:
    await discover(settings, supervisor.environment, clock.sleep)
    assert supervisor.discovery == [wyoming_of(settings)]
    assert not clock.slept


async def test_nobody_is_told_before_there_is_something_to_offer(
    supervisor: FakeSupervisor, serve: ServeFunction, clock: Clock
) -> None:
    voice = Voice(installed=False)
    settings = build({"uri": f"tcp://127.0.0.1:{await serve(voice)}", "http_uri": ""})

    async def meanwhile() -> None:
        assert not supervisor.requests
        voice.installed = len(clock.slept) > 2

    clock.meanwhile = meanwhile
    await discover(settings, supervisor.environment, clock.sleep)
    assert clock.slept == [ASK_EVERY_S] * 3
    assert len(supervisor.discovery) == 1


async def test_the_token_that_is_refused_is_said_and_not_tried_again(
    supervisor: FakeSupervisor, settings: Settings, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    supervisor.token = "another"
    await discover(settings, supervisor.environment, clock.sleep)
    assert len(supervisor.requests) == 1
    assert [record.levelname for record in caplog.records if record.levelno > logging.INFO] == ["ERROR"]
    assert "Restart the app" in caplog.text
    assert TOKEN not in caplog.text


async def test_a_supervisor_that_is_absent_is_said_once_and_told_when_it_is_back(
    settings: Settings, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(FakeSupervisor()) as supervisor:
        pass
    back = asyncio.Event()

    async def serve_again() -> None:
        async with running(supervisor):
            back.set()
            await asyncio.Event().wait()

    serving: list[asyncio.Task[None]] = []

    async def meanwhile() -> None:
        if len(clock.slept) == 3:
            serving.append(asyncio.create_task(serve_again()))
            await back.wait()

    clock.meanwhile = meanwhile
    await discover(settings, supervisor.environment, clock.sleep)
    assert supervisor.discovery == [wyoming_of(settings)]
    assert clock.slept == [RETRY_S, 2 * RETRY_S, 4 * RETRY_S]
    assert [record.levelname for record in caplog.records if record.levelno > logging.INFO] == ["WARNING"]
    serving[0].cancel()
    await asyncio.gather(*serving, return_exceptions=True)


async def test_a_slow_supervisor_is_not_waited_for(
    supervisor: FakeSupervisor,
    settings: Settings,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("addon.supervisor.ANSWER_WITHIN_S", 0.05)
    supervisor.silent = True

    async def meanwhile() -> None:
        supervisor.silent = False
        monkeypatch.setattr("addon.supervisor.ANSWER_WITHIN_S", 5.0)

    clock.meanwhile = meanwhile
    await discover(settings, supervisor.environment, clock.sleep)
    assert len(supervisor.discovery) == 1
    assert "does not answer /discovery in time" in caplog.text


async def test_what_the_supervisor_says_went_wrong_is_passed_on(
    supervisor: FakeSupervisor, settings: Settings, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    supervisor.failures = [400, 500]
    await discover(settings, supervisor.environment, clock.sleep)
    assert "answers /discovery with 400: It is busy." in caplog.text
    assert "500" not in caplog.text
    assert len(supervisor.discovery) == 1


async def test_attempts_become_rare_and_never_end() -> None:
    delays = retry_delays()
    first = [next(delays) for _ in range(20)]
    assert first == sorted(first)
    assert first[0] == RETRY_S
    assert first[-1] == RETRY_MOST_S


async def test_without_a_supervisor_nobody_is_told(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        await discover(settings, {})
    assert "no Home Assistant app" in caplog.text


class TestTheIntegration:
    @asynccontextmanager
    async def door(self, settings: Settings, folder: Path) -> AsyncIterator[Settings]:
        """Open the HTTP door beside the Wyoming port."""
        values = {"uri": settings.server.uri, "http_uri": "tcp://127.0.0.1:0", "data_dir": str(folder)}
        at_any_port = build({**values, "http_token": "a-token"})
        door = HttpDoor(at_any_port, None, DemoHome())
        await door.start()
        try:
            port = door.port
            yield replace(at_any_port, http=replace(at_any_port.http, uri=f"tcp://127.0.0.1:{port}"))
        finally:
            await door.stop()

    async def test_is_told_with_what_it_needs_to_come_in_once_it_is_installed(
        self, supervisor: FakeSupervisor, settings: Settings, clock: Clock, tmp_path: Path
    ) -> None:
        async def meanwhile() -> None:
            assert [message["service"] for message in supervisor.discovery] == ["wyoming"]
            if len(clock.slept) == 2:
                supervisor.integrations.add("sotto")

        clock.meanwhile = meanwhile
        async with self.door(settings, tmp_path) as with_door:
            await discover(with_door, supervisor.environment, clock.sleep)
        assert clock.slept == [INSTALLED_EVERY_S] * 2
        message = supervisor.discovery[1]
        assert message["service"] == "sotto"
        assert message["config"] == {
            "id": (tmp_path / "id").read_text().strip(),
            "host": socket.gethostname(),
            "port": int(with_door.http.uri.rpartition(":")[2]),
            "token": "a-token",
        }

    async def test_is_asked_for_again_while_home_assistant_is_down(
        self, supervisor: FakeSupervisor, settings: Settings, clock: Clock, tmp_path: Path
    ) -> None:
        supervisor.integrations.add("sotto")
        supervisor.home_config = None

        async def meanwhile() -> None:
            supervisor.home_config = {}

        clock.meanwhile = meanwhile
        async with self.door(settings, tmp_path) as with_door:
            await discover(with_door, supervisor.environment, clock.sleep)
        assert clock.slept == [RETRY_S]
        assert [message["service"] for message in supervisor.discovery] == ["wyoming", "sotto"]


async def test_the_command_ends_well_when_it_has_told_and_when_it_is_stopped(
    supervisor: FakeSupervisor, settings: Settings, start_app: StartApp
) -> None:
    where = {"SOTTO_URI": settings.server.uri, "SOTTO_HTTP_URI": ""}
    told = await start_app("discover", environment={**supervisor.environment, **where})
    assert await asyncio.wait_for(told.wait(), 30) == 0
    assert supervisor.discovery == [wyoming_of(settings)]
    waiting = await start_app("discover", environment={**supervisor.environment, "SOTTO_URI": "tcp://127.0.0.1:1"})
    assert waiting.stdout is not None
    waiting.terminate()
    assert await asyncio.wait_for(waiting.wait(), 30) in {0, -15}
