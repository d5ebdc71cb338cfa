"""What `sotto doctor` says of the server and the machine: the same that the web page lists."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cli.conftest import RunSotto
from tests.http.scripted_model import ScriptedModel, saying
from wyoming_servers.assembly import add_health
from wyoming_servers.cli.doctor import _around_server
from wyoming_servers.cli.doctor_health import look_at_machine, told_by_server
from wyoming_servers.conversation.mind import Mind
from wyoming_servers.health.finding import Verdict
from wyoming_servers.home.demo import DemoHome
from wyoming_servers.http.door import HttpDoor
from wyoming_servers.settings import Settings, build

NOBODY = "tcp://127.0.0.1:9"


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Settings]:
    """A server with a model that was restarted; the settings with its port."""
    settings, home = build({"data_dir": tmp_path, "http_uri": "tcp://127.0.0.1:0"}), DemoHome()
    model = ScriptedModel(saying("Hi"))
    model.be(model.status.state, restarts=3)
    door = HttpDoor(settings, Mind(model), home)
    add_health(door, settings, home, {}, lambda: 12.0, list, None)
    await door.start()
    try:
        yield replace(settings, http=replace(settings.http, uri=f"tcp://127.0.0.1:{door.port}"))
    finally:
        await door.stop()


async def test_a_server_that_runs_tells_what_it_knows_in_the_readers_language(running: Settings) -> None:
    english, chinese = await told_by_server(running, "en"), await told_by_server(running, "zh-CN")
    assert english is not None
    assert chinese is not None
    assert "a client asked what there is 12 s ago" in {each.detail for each in english}
    assert "12 秒前有客户端查询过服务" in {each.detail for each in chinese}
    assert "scripted parrot; 3 restarts" in {each.detail for each in english}
    assert any("已重启 3 次" in each.detail for each in chinese)


async def test_home_token_and_model_are_told_once_by_the_server_where_one_runs(running: Settings) -> None:
    subjects = Counter(each.subject for each in await _around_server(running, NOBODY, "en"))
    assert {subjects[each] for each in ("Home Assistant", "Ports", "Language model", "HTTP door")} == {1}
    assert not subjects.keys() & {"home", "HTTP token", "language model"}


async def test_where_no_server_runs_all_of_it_is_looked_at(tmp_path: Path) -> None:
    settings = build({"data_dir": tmp_path, "http_uri": NOBODY})
    assert await told_by_server(settings, "en") is None
    subjects = Counter(each.subject for each in await _around_server(settings, NOBODY, "en"))
    assert {subjects[each] for each in ("home", "HTTP token", "language model", "HTTP door")} == {1}
    assert not subjects.keys() & {"Home Assistant", "Ports", "Language model"}


async def test_where_no_server_runs_the_machine_is_looked_at(tmp_path: Path) -> None:
    settings = build({"data_dir": tmp_path, "http_uri": NOBODY})
    found = await look_at_machine(settings, "en")
    assert {each.subject for each in found} == {"GPU", "Disk", "Clock"}
    assert {each.verdict for each in found} <= {Verdict.OK, Verdict.NOTE}


async def test_the_command_prints_it(sotto: RunSotto) -> None:
    done = await sotto("doctor", "--uri", NOBODY, "--language", "zh")
    assert "磁盘" in done.output
