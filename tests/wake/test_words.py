"""What the wake stage publishes: its words, the folder that it watches, and the engine that it chooses."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from wyoming.client import AsyncTcpClient
from wyoming.info import Describe, Info
from wyoming.wake import Detect

from wyoming_servers.errors import EngineUnavailableError, SettingsError
from wyoming_servers.settings import Settings
from wyoming_servers.wake import server
from wyoming_servers.wake.server import WATCH_S, WakeService

Serve = Callable[..., Awaitable[int]]
Connect = Callable[[int], Awaitable[AsyncTcpClient]]
WAIT_S = 10.0


async def describe(client: AsyncTcpClient) -> Info:
    await client.write_event(Describe().event())
    event = await client.read_event()
    assert event is not None
    return Info.from_event(event)


async def loaded(client: AsyncTcpClient) -> None:
    """Wait until the engine is: a word that it does not know is an error only then."""
    await client.write_event(Detect(names=["unknown"]).event())
    event = await client.read_event()
    assert event is not None
    assert event.type == "error"


async def test_the_folder_is_looked_at_every_few_seconds_and_info_follows(
    engine: Any, serve: Serve, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL, logger=server.__name__)
    slept: list[float] = []
    ticks: asyncio.Queue[None] = asyncio.Queue()

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        arrived.set()
        await ticks.get()

    arrived = asyncio.Event()

    async def tick() -> None:
        """Let one look happen and end."""
        arrived.clear()
        ticks.put_nowait(None)
        await asyncio.wait_for(arrived.wait(), WAIT_S)

    client = await connect(await serve(WakeService(Settings(), [engine], sleep=sleep)))
    await loaded(client)
    await tick()  # the look fails: nothing is to be found
    engine.found = ("one", "computer_v2")
    await tick()
    (program,) = (await describe(client)).wake
    assert [model.name for model in program.models] == ["one", "computer_v2"]
    assert set(slept) == {WATCH_S}


async def test_info_is_what_home_assistant_lists() -> None:
    service = WakeService(Settings())
    (program,) = service.info.wake
    await service.stop()
    assert program.name == "sotto"
    assert program.installed
    nabu = next(model for model in program.models if model.name == "okay_nabu")
    assert (nabu.phrase, nabu.description, nabu.languages, nabu.installed) == ("okay nabu", "Okay Nabu", ["en"], True)


async def test_an_engine_that_does_not_exist_is_an_error(settings_with: Callable[..., Settings]) -> None:
    with pytest.raises(SettingsError, match="openwakeword"):
        WakeService(settings_with(engine="snowboy"))


async def test_without_any_engine_the_error_says_how_to_install_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wyoming_servers.registry.find_spec", lambda module: None)
    with pytest.raises(EngineUnavailableError, match=r"sotto\[wake\]"):
        WakeService(Settings())
