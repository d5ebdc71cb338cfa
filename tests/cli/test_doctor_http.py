"""What `sotto doctor` says of the HTTP door: its token, who has the port, and the server that runs."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cli.conftest import OtherProgram, RunSotto
from tests.http.scripted_model import ScriptedModel, saying
from wyoming_servers.cli import doctor_http
from wyoming_servers.cli.doctor_http import HttpLook, look_at_http
from wyoming_servers.cli.finding import Finding
from wyoming_servers.conversation.engine import ModelState
from wyoming_servers.conversation.mind import Mind
from wyoming_servers.health.finding import Verdict
from wyoming_servers.home.demo import DemoHome
from wyoming_servers.http.door import HttpDoor
from wyoming_servers.settings import Settings, build


def settings_of(tmp_path: Path, uri: str, token: str = "") -> Settings:
    return build({"data_dir": tmp_path, "http_uri": uri, "http_token": token})


def only(look: HttpLook, subject: str) -> Finding:
    (found,) = [finding for finding in look.findings if finding.subject == subject]
    return found


@asynccontextmanager
async def opened(settings: Settings, model: ScriptedModel | None = None) -> AsyncIterator[Settings]:
    """Open a door; gives the settings with the port that it got."""
    door = HttpDoor(settings, Mind(model) if model else None, DemoHome())
    await door.start()
    try:
        host = settings.http.uri.rpartition(":")[0]
        yield replace(settings, http=replace(settings.http, uri=f"{host}:{door.port}"))
    finally:
        await door.stop()


async def test_a_server_that_runs_is_asked_how_its_model_is(tmp_path: Path) -> None:
    async with opened(settings_of(tmp_path, "tcp://127.0.0.1:0"), ScriptedModel(saying("Hi"))) as settings:
        look = await look_at_http(settings)
    assert only(look, "HTTP door").verdict is Verdict.OK
    assert "Sotto " in only(look, "HTTP door").detail
    told = Finding(Verdict.OK, "server: llm", "parrot (scripted): ready, cpu; 4096 tokens of context")
    assert only(look, "server: llm") == told
    assert look.loaded_model == "parrot"


async def test_a_model_that_failed_is_a_problem_with_its_reason(tmp_path: Path) -> None:
    model = ScriptedModel(saying("Hi"))
    model.be(ModelState.FAILED, "nano.gguf is cut off", restarts=3)
    async with opened(settings_of(tmp_path, "tcp://127.0.0.1:0"), model) as settings:
        look = await look_at_http(settings)
    found = only(look, "server: llm")
    assert found.verdict is Verdict.PROBLEM
    assert "failed, nano.gguf is cut off" in found.detail
    assert "3 restarts" in found.detail
    assert not look.loaded_model


async def test_a_server_without_a_model_is_noted(tmp_path: Path) -> None:
    async with opened(settings_of(tmp_path, "tcp://127.0.0.1:0")) as settings:
        look = await look_at_http(settings)
    assert only(look, "server: llm") == Finding(Verdict.NOTE, "server: llm", "no language model")


async def test_the_servers_token_is_read_from_its_file_and_used(tmp_path: Path) -> None:
    async with opened(settings_of(tmp_path, "tcp://0.0.0.0:0"), ScriptedModel(saying("Hi"))) as settings:
        look = await look_at_http(settings)
    assert only(look, "HTTP token").detail == f"in {tmp_path / 'token'}, which only its owner can read"
    assert only(look, "server: llm").verdict is Verdict.OK


async def test_a_server_with_another_token_is_told_apart_from_another_program(tmp_path: Path) -> None:
    async with opened(settings_of(tmp_path, "tcp://127.0.0.1:0", "theirs")) as settings:
        look = await look_at_http(replace(settings, http=replace(settings.http, token="ours")))
    assert only(look, "HTTP door").verdict is Verdict.NOTE
    assert "wants another token" in only(look, "HTTP door").detail
    assert "ours" not in "".join(f"{each.detail}{each.remedy}" for each in look.findings)


async def test_a_port_that_nobody_has_is_free_and_stays_so(tmp_path: Path) -> None:
    async with opened(settings_of(tmp_path, "tcp://127.0.0.1:0")) as settings:
        pass
    looks = [await look_at_http(settings), await look_at_http(settings)]
    for look in looks:
        assert only(look, "HTTP door").detail == f"{settings.http.uri} is free; nobody answers there yet"
        assert only(look, "HTTP token").detail == "none is needed: only this machine can connect"


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n[[]]",
        b'HTTP/1.1 401 No\r\nContent-Length: 26\r\n\r\n{"error":{"code":"login"}}',
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"",
    ],
)
async def test_another_program_on_the_port_is_a_problem_and_never_sees_the_token(
    tmp_path: Path, other_program: OtherProgram, answer: bytes
) -> None:
    heard = bytearray()
    uri = f"tcp://127.0.0.1:{await other_program(answer, heard)}"
    found = only(await look_at_http(settings_of(tmp_path, uri, "t0ken")), "HTTP door")
    assert found.verdict is Verdict.PROBLEM
    assert "already in use" in found.detail
    assert "--http-uri" in found.remedy
    assert b"GET /api/status" in heard
    assert b"t0ken" not in heard


async def test_a_silent_program_on_the_port_does_not_hold_the_doctor_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, other_program: OtherProgram
) -> None:
    monkeypatch.setattr(doctor_http, "ANSWER_WITHIN_S", 0.2)
    uri = f"tcp://127.0.0.1:{await other_program()}"
    assert only(await look_at_http(settings_of(tmp_path, uri)), "HTTP door").verdict is Verdict.PROBLEM


@pytest.mark.parametrize("uri", ["nonsense", "tcp://127.0.0.1:99999", "tcp://192.0.2.1:80"])
async def test_an_address_that_cannot_be_listened_on_is_a_problem(tmp_path: Path, uri: str) -> None:
    found = only(await look_at_http(settings_of(tmp_path, uri)), "HTTP door")
    assert found.verdict is Verdict.PROBLEM
    assert uri in found.detail
    assert found.remedy


async def test_a_door_that_is_not_wanted_is_off(tmp_path: Path) -> None:
    (found,) = (await look_at_http(settings_of(tmp_path, ""))).findings
    assert (found.verdict, found.detail) == (Verdict.OK, "off, with an empty --http-uri")


async def test_missing_packages_are_named_with_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_http, "_PACKAGES", ("no_such_package",))
    (found,) = (await look_at_http(settings_of(tmp_path, "tcp://127.0.0.1:0"))).findings
    assert found.verdict is Verdict.NOTE
    assert "no_such_package" in found.detail
    assert "sotto[http]" in found.remedy


async def test_a_token_that_others_can_read_is_noted(tmp_path: Path) -> None:
    path = tmp_path / "token"
    await asyncio.to_thread(path.write_text, "abc\n")
    await asyncio.to_thread(path.chmod, 0o644)
    found = only(await look_at_http(settings_of(tmp_path, "tcp://0.0.0.0:0")), "HTTP token")
    assert (found.verdict, found.detail) == (Verdict.NOTE, f"others can read {path}")


async def test_a_token_that_is_not_made_yet_is_no_problem(tmp_path: Path) -> None:
    found = only(await look_at_http(settings_of(tmp_path, "tcp://0.0.0.0:0")), "HTTP token")
    assert (found.verdict, found.detail) == (Verdict.OK, f"is made at the first start, in {tmp_path / 'token'}")
    assert not await asyncio.to_thread(os.path.exists, tmp_path / "token")


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
async def test_a_token_file_that_cannot_be_used_is_a_problem(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "token"
    await asyncio.to_thread(path.mkdir if content is None else lambda: path.write_bytes(content or b""))
    found = only(await look_at_http(settings_of(tmp_path, "tcp://0.0.0.0:0")), "HTTP token")
    assert found.verdict is Verdict.PROBLEM
    assert "SOTTO_HTTP_TOKEN" in found.remedy


async def test_the_command_fails_when_the_port_is_taken(sotto: RunSotto, other_program: OtherProgram) -> None:
    uri = f"tcp://127.0.0.1:{await other_program(b'')}"
    done = await sotto("doctor", "--uri", "tcp://127.0.0.1:9", "--http-uri", uri)
    assert done.code == 1
    assert f"problem HTTP door             Cannot listen on {uri}: Address already in use." in done.output
