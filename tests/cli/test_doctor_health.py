"""What `sotto doctor` says of the server and the machine: the same that the web page lists."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.cli.conftest import RunSotto
from wyoming_servers.assembly import add_health
from wyoming_servers.cli.doctor_health import look_at_health
from wyoming_servers.health.finding import Verdict
from wyoming_servers.home.demo import DemoHome
from wyoming_servers.http.door import HttpDoor
from wyoming_servers.settings import build


async def test_a_server_that_runs_tells_what_it_knows_in_the_readers_language(tmp_path: Path) -> None:
    settings, home = build({"data_dir": tmp_path, "http_uri": "tcp://127.0.0.1:0"}), DemoHome()
    door = HttpDoor(settings, None, home)
    add_health(door, settings, home, {}, lambda: 12.0, list, None)
    await door.start()
    try:
        there = replace(settings, http=replace(settings.http, uri=f"tcp://127.0.0.1:{door.port}"))
        english, chinese = await look_at_health(there, "en"), await look_at_health(there, "zh-CN")
    finally:
        await door.stop()
    assert "a client asked what there is 12 s ago" in {each.detail for each in english}
    assert "12 秒前有客户端查询过服务" in {each.detail for each in chinese}


async def test_where_no_server_runs_the_machine_is_looked_at(tmp_path: Path) -> None:
    settings = build({"data_dir": tmp_path, "http_uri": "tcp://127.0.0.1:9"})
    found = await look_at_health(settings, "en")
    assert {each.subject for each in found} == {"GPU", "Disk", "Clock", "Ports"}
    assert {each.verdict for each in found} <= {Verdict.OK, Verdict.NOTE}


async def test_the_command_prints_it(sotto: RunSotto) -> None:
    done = await sotto("doctor", "--uri", "tcp://127.0.0.1:9", "--language", "zh")
    assert "磁盘" in done.output
