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
from wyoming_servers.cli.doctor_http import look_at_http
from wyoming_servers.cli.finding import Finding
from wyoming_servers.conversation.mind import Mind
from wyoming_servers.health.finding import Verdict
from wyoming_servers.home.demo import DemoHome
from wyoming_servers.http.door import HttpDoor
from wyoming_servers.settings import Settings, build


def about(token: Finding | None) -> Finding:
    assert token is not None
    return token


def settings_of(tmp_path: Path, uri: str, token: str = "") -> Settings:
    return build({"data_dir": tmp_path, "http_uri": uri, "http_token": token})


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


async def test_a_server_that_runs_is_asked_whether_it_has_a_model(tmp_path: Path) -> None:
    async with opened(settings_of(tmp_path, "tcp://127.0.0.1:0"), ScriptedModel(saying("Hi"))) as settings:
        look = await look_at_http(settings)
    assert look.door.verdict is Verdict.OK
    assert "Sotto " in look.door.detail
    assert look.has_model
    async with opened(settings_of(tmp_path, "tcp://127.0.0.1:0")) as settings:
        assert not (await look_at_http(settings)).has_model


async def test_the_servers_token_is_read_from_its_file_and_used(tmp_path: Path) -> None:
    async with opened(settings_of(tmp_path, "tcp://0.0.0.0:0"), ScriptedModel(saying("Hi"))) as settings:
        look = await look_at_http(settings)
    assert about(look.token).detail == f"in {tmp_path / 'token'}, which only its owner can read"
    assert look.has_model


async def test_a_server_with_another_token_is_told_apart_from_another_program(tmp_path: Path) -> None:
    async with opened(settings_of(tmp_path, "tcp://127.0.0.1:0", "theirs")) as settings:
        look = await look_at_http(replace(settings, http=replace(settings.http, token="ours")))
    assert look.door.verdict is Verdict.NOTE
    assert "wants another token" in look.door.detail
    assert "ours" not in "".join(f"{each.detail}{each.remedy}" for each in (look.door, about(look.token)))


async def test_a_port_that_nobody_has_is_free_and_stays_so(tmp_path: Path) -> None:
    async with opened(settings_of(tmp_path, "tcp://127.0.0.1:0")) as settings:
        pass
    looks = [await look_at_http(settings), await look_at_http(settings)]
    for look in looks:
        assert look.door.detail == f"{settings.http.uri} is free; nobody answers there yet"
        assert about(look.token).detail == "none is needed: only this machine can connect"


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
    found = (await look_at_http(settings_of(tmp_path, uri, "t0ken"))).door
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
    assert (await look_at_http(settings_of(tmp_path, uri))).door.verdict is Verdict.PROBLEM


@pytest.mark.parametrize("uri", ["nonsense", "tcp://127.0.0.1:99999", "tcp://192.0.2.1:80"])
async def test_an_address_that_cannot_be_listened_on_is_a_problem(tmp_path: Path, uri: str) -> None:
    found = (await look_at_http(settings_of(tmp_path, uri))).door
    assert found.verdict is Verdict.PROBLEM
    assert uri in found.detail
    assert found.remedy


async def test_a_door_that_is_not_wanted_is_off(tmp_path: Path) -> None:
    found = (await look_at_http(settings_of(tmp_path, ""))).door
    assert (found.verdict, found.detail) == (Verdict.OK, "off, with an empty --http-uri")


async def test_missing_packages_are_named_with_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_http, "_PACKAGES", ("no_such_package",))
    found = (await look_at_http(settings_of(tmp_path, "tcp://127.0.0.1:0"))).door
    assert found.verdict is Verdict.NOTE
    assert "no_such_package" in found.detail
    assert "sotto[http]" in found.remedy


async def test_a_token_that_others_can_read_is_noted(tmp_path: Path) -> None:
    path = tmp_path / "token"
    await asyncio.to_thread(path.write_text, "abc\n")
    await asyncio.to_thread(path.chmod, 0o644)
    found = about((await look_at_http(settings_of(tmp_path, "tcp://0.0.0.0:0"))).token)
    assert (found.verdict, found.detail) == (Verdict.NOTE, f"others can read {path}")


async def test_a_token_that_is_not_made_yet_is_no_problem(tmp_path: Path) -> None:
    found = about((await look_at_http(settings_of(tmp_path, "tcp://0.0.0.0:0"))).token)
    assert (found.verdict, found.detail) == (Verdict.OK, f"is made at the first start, in {tmp_path / 'token'}")
    assert not await asyncio.to_thread(os.path.exists, tmp_path / "token")


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
async def test_a_token_file_that_cannot_be_used_is_a_problem(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "token"
    await asyncio.to_thread(path.mkdir if content is None else lambda: path.write_bytes(content or b""))
    found = about((await look_at_http(settings_of(tmp_path, "tcp://0.0.0.0:0"))).token)
    assert found.verdict is Verdict.PROBLEM
    assert "SOTTO_HTTP_TOKEN" in found.remedy


async def test_the_command_fails_when_the_port_is_taken(sotto: RunSotto, other_program: OtherProgram) -> None:
    uri = f"tcp://127.0.0.1:{await other_program(b'')}"
    done = await sotto("doctor", "--uri", "tcp://127.0.0.1:9", "--http-uri", uri)
    assert done.code == 1
    assert f"problem HTTP door             Cannot listen on {uri}: Address already in use." in done.output
