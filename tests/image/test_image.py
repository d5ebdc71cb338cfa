"""The Dockerfile carried out, and its services started by a real s6: what a household would have, short of Docker."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from . import container, dockerfile
from .container import Container
from .layers import Builder, Image, run_over

pytestmark = pytest.mark.timeout(900)

SERVICE_USER = 10600
VIDEO = 44
WRONG = r"compiled for the CPU|no code for sm_110"
PYTHON = "/opt/sotto/bin/python3"


def test_both_ports_answer(started: Container) -> None:
    _, info = started.describe()
    assert json.loads(info)["type"] == "info"
    assert '"status": "ok"' in started.healthz()


def test_the_page_answers_this_machine_and_asks_others_who_they_are(started: Container) -> None:
    words = r"GET /api/status HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    _, answer = started.ask(8099, words.replace("{host}", "localhost"))
    assert answer.startswith("HTTP/1.1 200")
    _, answer = started.ask(8099, words.replace("{host}", container.ADDRESS), host=container.ADDRESS)
    assert answer.startswith("HTTP/1.1 401"), answer


def test_docker_would_call_it_healthy(started: Container, stages: list[dockerfile.Stage]) -> None:
    done = started.run(*stages[-1].healthcheck)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def test_only_what_supervises_runs_as_root(started: Container) -> None:
    others = [process for process in started.processes if not process.command.startswith(("s6-", "/command/s6-"))]
    assert {process.user_id for process in others} == {SERVICE_USER}
    assert VIDEO in started.server().groups, "the GPU of a Jetson belongs to this group"


def test_the_servers_cannot_change_themselves(started: Container) -> None:
    done = started.run("s6-setuidgid", "sotto", "find", "/opt/sotto", "/etc", "-writable", "-not", "-type", "l")
    assert not done.stdout


def test_nothing_that_compiles_is_left(started: Container) -> None:
    tools = ("gcc", "cc", "c++", "cmake", "ninja", "git", "uv", "pip")
    assert [tool for tool in tools if started.run("which", tool).returncode == 0] == []


@pytest.mark.usefixtures("image")
def test_every_file_of_the_packages_is_installed(builder: Builder, tmp_path: Path) -> None:
    files = run_over(builder.stage("build").lower, tmp_path, """
        cd "$merged/usr/src/sotto"
        find addon wyoming_servers -type f | sort
        echo
        cd "$merged"/opt/sotto/lib/python3*/site-packages
        find addon wyoming_servers -type f | sort
    """)  # fmt: skip
    sources, installed = (set(part.split()) for part in files.split("\n\n"))
    assert len(sources) > 100
    assert sources - installed == set()


def test_data_belongs_to_the_service(started: Container) -> None:
    owners = started.run("stat", "--format", "%u %a", "/data", "/data/token").stdout.split("\n")[:2]
    assert [line.split()[0] for line in owners] == [str(SERVICE_USER)] * 2
    assert owners[1].endswith("600")


def test_killed_servers_come_back(started: Container, record_property: Callable[[str, object], None]) -> None:
    killed = started.server()
    began = started.describe()[0]
    os.kill(killed.pid, signal.SIGKILL)
    back, _ = started.describe(within_s=120)
    record_property("back_after_s", back - began)
    assert started.server().pid != killed.pid
    assert '"status": "ok"' in started.healthz()


def test_it_stops_in_peace(image: Image, tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    with container.running(image, tmp_path) as running:
        running.describe(within_s=120)
        inside = {process.pid for process in running.processes}
        code, seconds = running.stop(within_s=60)
    record_property("stopped_after_s", seconds)
    assert code == 0
    assert "Stopping" in running.log.read_text()
    assert not [pid for pid in inside if Path(f"/proc/{pid}").exists()]


def test_a_wrong_setting_stops_the_container_with_its_exit_code(image: Image, tmp_path: Path) -> None:
    with container.running(image, tmp_path, {"SOTTO_TTS_SPEED": "quick"}) as running:
        code = running.outer.wait(timeout=120)
    assert code == 2
    assert "tts-speed" in running.log.read_text()


def test_as_an_app_it_takes_its_options_and_works_on_without_a_supervisor(image: Image, tmp_path: Path) -> None:
    app = {"SUPERVISOR_TOKEN": "not-a-secret", "SUPERVISOR_API": "http://127.0.0.1:9"}
    with container.running(image, tmp_path, app, {"stt": "phrases", "tts": "espeak", "documents": []}) as running:
        _, info = running.describe(within_s=120)
        assert json.loads(info)["type"] == "info"
        commands = {
            process.command.rpartition(" ")[2] for process in running.processes if process.user_id == SERVICE_USER
        }
        assert commands == {"serve", "discover"}
        code, _ = running.stop(within_s=60)
    log = running.log.read_text()
    assert code == 0, log
    assert "The Supervisor" in log
    assert "not-a-secret" not in log


@pytest.mark.usefixtures("image")
def test_a_build_for_the_cpu_that_claims_cuda_is_refused(builder: Builder, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=WRONG):
        run_over(builder.stage("build").lower, tmp_path, """
            mount -t proc proc "$merged/proc"
            cd "$merged/opt/sotto/share/sotto"
            echo '{"variant": "jp7", "cuda": true, "chips": [87, 110], "llama": false, "any_cpu": false}' >image.json
            chroot "$merged" /usr/src/sotto/script/image-install check
        """)  # fmt: skip
