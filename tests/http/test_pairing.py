"""Pairing: the first client of the house gets the token, in time and once, and nobody from elsewhere."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import json
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import make_mocked_request
from hypothesis import given
from hypothesis import strategies as st

from tests.http.clock import Clock
from tests.http.conftest import OpenDoor
from tests.http.event_stream import following
from wyoming_servers.http import events, pairing
from wyoming_servers.http.errors import TooManyTriesError
from wyoming_servers.http.paired import Paired, PairingFiles
from wyoming_servers.http.pairing import MOST_TRIES, TRIES_WITHIN_S, Tries, is_near, peer_of

EVERYWHERE = "tcp://0.0.0.0:0"
ASKING = {"client": "Home Assistant"}

Knock = Callable[..., Awaitable[aiohttp.ClientSession]]


@pytest.fixture
async def knock(open_door: OpenDoor) -> AsyncIterator[Knock]:
    """Open a door to all networks, and return a client of it without the token: `http = await knock(clock=...)`."""
    async with AsyncExitStack() as stack:

        async def open_it(**settings: Any) -> aiohttp.ClientSession:
            door = await open_door(**{"http_uri": EVERYWHERE, **settings})
            return await stack.enter_async_context(aiohttp.ClientSession(f"http://127.0.0.1:{door.port}"))

        yield open_it


async def pair(http: aiohttp.ClientSession, body: Any = ASKING, /, **headers: str) -> tuple[int, dict[str, Any]]:
    """Return the status of the answer, and what is in it; of an error, that."""
    async with http.post("/api/pair", json=body, headers=headers) as response:
        answer = await response.json()
        return response.status, answer.get("error", answer)


async def info(http: aiohttp.ClientSession) -> dict[str, Any]:
    async with http.get("/api/info") as response:
        assert response.status == 200
        answer: dict[str, Any] = await response.json()
        return answer


def names_in(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


async def test_the_first_client_gets_the_token_and_the_second_does_not(knock: Knock, tmp_path: Path) -> None:
    http = await knock()
    before = await info(http)
    assert (before["token_needed"], before["pairing"], before["api"]) == (True, True, 1)
    status, answer = await pair(http)
    assert (status, answer) == (200, {"token": (tmp_path / "token").read_text().strip(), "id": before["id"]})
    async with http.get("/api/status", headers={"Authorization": f"Bearer {answer['token']}"}) as response:
        assert response.status == 200
    assert await info(http) == {**before, "pairing": False}
    status, error = await pair(http)
    assert (status, error["code"]) == (403, "pairing-closed")
    assert "sotto pair" in error["message"]
    assert "token" not in error


async def test_the_token_of_the_settings_is_given_out_too_and_kept_by_nobody(knock: Knock) -> None:
    http = await knock(http_token="chosen")
    async with http.post("/api/pair", json=ASKING) as response:
        assert (await response.json())["token"] == "chosen"
        assert response.headers["Cache-Control"] == "no-store"


async def test_where_no_token_is_needed_everybody_is_let_in_and_nothing_noted(knock: Knock, tmp_path: Path) -> None:
    http = await knock(http_uri="tcp://127.0.0.1:0")
    about = await info(http)
    assert (about["token_needed"], about["pairing"]) == (False, True)
    for _ in range(2):
        assert await pair(http) == (200, {"token": "", "id": about["id"]})
    assert not (tmp_path / "paired").exists()


async def test_the_mark_survives_a_restart_and_says_who_was_paired(open_door: OpenDoor, knock: Knock) -> None:
    http = await knock()
    assert (await pair(http))[0] == 200
    door = await open_door(http_uri=EVERYWHERE)
    async with aiohttp.ClientSession(f"http://127.0.0.1:{door.port}") as after:
        assert not (await info(after))["pairing"]
        assert (await pair(after))[1]["code"] == "pairing-closed"
    found = await asyncio.to_thread(PairingFiles(door._settings.server.data_dir).paired)
    assert found is not None
    assert (found.client, found.address) == ("Home Assistant", "127.0.0.1")


async def test_the_window_closes_by_itself(knock: Knock, tmp_path: Path) -> None:
    clock = Clock()
    http = await knock(clock=clock, http_pairing_s=900)
    clock.now_s = 899.9
    assert (await info(http))["pairing"]
    clock.now_s = 900.0
    assert not (await info(http))["pairing"]
    status, error = await pair(http)
    assert (status, error["code"]) == (403, "pairing-closed")
    assert "time for pairing is over" in error["message"]
    assert not (tmp_path / "paired").exists()


async def test_a_server_that_pairs_with_nobody_says_so_and_leaves_sotto_pair_unanswered(
    knock: Knock, tmp_path: Path
) -> None:
    await asyncio.to_thread(PairingFiles(tmp_path).ask)
    http = await knock(http_pairing_s=0)
    assert (tmp_path / "pairing").exists()
    assert not (await info(http))["pairing"]
    status, error = await pair(http)
    assert (status, error["code"]) == (403, "pairing-closed")
    assert "--http-pairing-s 0" in error["message"]


async def test_of_two_that_ask_at_once_one_is_paired(knock: Knock) -> None:
    http = await knock()
    answers = await asyncio.gather(*(pair(http) for _ in range(MOST_TRIES)))
    assert sorted(status for status, _ in answers) == [200] + [403] * (MOST_TRIES - 1)


async def test_of_two_servers_with_one_data_folder_one_pairs(knock: Knock) -> None:
    one, other = await knock(), await knock()
    assert (await pair(one))[0] == 200
    assert (await info(other))["pairing"], "it cannot know yet"
    assert (await pair(other))[0] == 403
    assert not (await info(other))["pairing"]


@pytest.mark.parametrize("address", ["203.0.113.7", "2001:db8::1", "100.64.0.1"])
async def test_a_client_with_a_public_address_is_refused_while_the_window_is_open(
    knock: Knock, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    http = await knock()
    with monkeypatch.context() as patched:
        patched.setattr(pairing, "peer_of", lambda _: ipaddress.ip_address(address))
        assert not (await info(http))["pairing"]
        for _ in range(MOST_TRIES + 1):
            status, error = await pair(http)
            assert (status, error["code"]) == (403, "pairing-closed")
            assert "private network" in error["message"]
    assert (await pair(http))[0] == 200, "it took no try away from the house"


@pytest.mark.parametrize("header", ["Forwarded", "X-Forwarded-For", "X-Real-IP", "Via"])
async def test_whoever_comes_through_a_proxy_is_refused(knock: Knock, header: str) -> None:
    http = await knock()
    status, error = await pair(http, **{header: "192.168.1.5"})
    assert (status, error["code"]) == (403, "pairing-closed")
    assert "proxy" in error["message"]


@pytest.mark.parametrize("own", [True, False])
async def test_a_web_page_is_refused_also_under_a_name_that_points_here(knock: Knock, *, own: bool) -> None:
    http = await knock()
    headers = {"Host": "evil.example:10601"} if own else {}
    status, error = await pair(http, Origin="http://evil.example:10601", **headers)
    assert (status, error["code"]) == (403, "forbidden")
    assert (await pair(http))[0] == 200


async def test_it_can_be_tried_a_few_times_a_minute(knock: Knock) -> None:
    clock = Clock()
    http = await knock(clock=clock)
    for _ in range(MOST_TRIES):
        assert (await pair(http, {}))[0] == 400
    async with http.post("/api/pair", json=ASKING) as response:
        assert (response.status, response.headers["Retry-After"]) == (429, "60")
        assert (await response.json())["error"]["code"] == "too-many-tries"
    clock.now_s = TRIES_WITHIN_S
    assert (await pair(http))[0] == 200


@pytest.mark.parametrize("body", [{}, {"client": ""}, {"client": 5}, {"client": "a\x1b[2Jb"}, {"client": "x", "y": 1}])
async def test_a_client_says_what_it_is_called(knock: Knock, body: Any) -> None:
    http = await knock()
    status, error = await pair(http, body)
    assert (status, error["code"]) == (400, "bad-request")
    assert (await info(http))["pairing"]


async def test_a_body_that_is_no_json_is_refused(knock: Knock) -> None:
    http = await knock()
    async with http.post("/api/pair", data=json.dumps(ASKING)) as response:
        assert response.status == 415


@pytest.mark.parametrize("was_paired", [True, False])
async def test_sotto_pair_opens_it_again_and_whoever_follows_sees_it(
    knock: Knock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, was_paired: bool
) -> None:
    monkeypatch.setattr(pairing, "LOOK_EVERY_S", 0.01)
    monkeypatch.setattr(events, "LOOK_EVERY_S", 0.01)
    clock = Clock()
    http = await knock(clock=clock, http_token="chosen")
    if was_paired:
        assert (await pair(http))[0] == 200
    clock.now_s = 2000.0
    http.headers["Authorization"] = "Bearer chosen"
    async with following(http) as stream:
        assert not (await stream.next())["pairing"]
        await asyncio.to_thread(PairingFiles(tmp_path).ask)
        assert (await stream.next())["pairing"]
        assert not (tmp_path / "pairing").exists()
        clock.now_s = 2899.0
        assert (await pair(http))[0] == 200
        assert not (await stream.next())["pairing"]


async def test_a_request_to_pair_from_before_the_start_opens_no_second_time(
    knock: Knock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await asyncio.to_thread(PairingFiles(tmp_path).ask)
    http = await knock()
    assert not (tmp_path / "pairing").exists()
    assert (await pair(http))[0] == 200


async def test_on_a_full_disk_the_token_is_not_given_out(
    knock: Knock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    http = await knock()

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        status, error = await pair(http)
        assert (status, error["code"]) == (507, "storage-failed")
        assert "No space left" in error["message"]
    assert names_in(tmp_path) == ["id", "token"]
    assert (await pair(http))[0] == 200


@pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b"{}", b'{"client": 1}'])
async def test_a_broken_mark_is_a_mark(knock: Knock, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "paired").write_bytes(content)
    http = await knock()
    assert (await pair(http))[1]["code"] == "pairing-closed"
    assert await asyncio.to_thread(PairingFiles(tmp_path).paired) is None


async def test_a_request_that_cannot_be_taken_opens_nothing_and_is_told_once(
    knock: Knock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(pairing, "LOOK_EVERY_S", 0.0)
    tried = asyncio.Event()
    http = await knock()
    assert (await pair(http))[0] == 200
    refused = 0
    loop = asyncio.get_running_loop()

    def read_only(_: PairingFiles) -> bool:
        nonlocal refused
        refused += 1
        if refused == 3:
            loop.call_soon_threadsafe(tried.set)
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(PairingFiles, "take_request", read_only)
    await tried.wait()
    assert not (await info(http))["pairing"]
    assert [record.levelname for record in caplog.records].count("WARNING") == 1


async def test_nothing_of_pairing_is_in_the_log(knock: Knock, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    http = await knock(http_token="chosen")
    await pair(http)
    await pair(http)
    assert any(record.levelname == "INFO" and "paired" in record.message for record in caplog.records)
    assert not [text for text in ("chosen", "Home Assistant", "127.0.0.1") if text in caplog.text]


PRIVATE = st.sampled_from(
    ["127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "fc00::/7", "fe80::/10"]
)


@given(PRIVATE.flatmap(lambda network: st.ip_addresses(network=network)))
def test_private_addresses_are_near_also_as_ipv6(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    seen = f"::ffff:{address}" if address.version == 4 else f"{address}%eth0"
    for written in (str(address), seen):
        assert is_near(_peer(written))


@given(st.ip_addresses())
def test_what_the_internet_routes_is_not_near(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    if address.is_global:
        assert not is_near(_peer(str(address)))


@pytest.mark.parametrize("address", [None, "::", "0.0.0.0", "::ffff:8.8.8.8", "100.64.0.1", "192.0.2.1", "224.0.0.1"])
def test_nobody_and_everybody_else_is_far(address: str | None) -> None:
    assert not is_near(_peer(address))


def _peer(address: str | None) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    request = make_mocked_request("POST", "/api/pair").clone(remote=address or "")
    return peer_of(request)


@given(st.lists(st.floats(0, 100), max_size=60))
def test_never_more_tries_than_allowed_within_the_time(pauses_s: list[float]) -> None:
    clock = Clock()
    tries = Tries(clock)
    counted: list[float] = []
    for pause_s in pauses_s:
        clock.now_s += pause_s
        try:
            tries.count()
        except TooManyTriesError:
            assert len([each for each in counted if clock.now_s - each < TRIES_WITHIN_S]) == MOST_TRIES
        else:
            counted.append(clock.now_s)
            assert len([each for each in counted if clock.now_s - each < TRIES_WITHIN_S]) <= MOST_TRIES


def test_who_was_paired_is_noted_once_and_forgotten_when_asked(tmp_path: Path) -> None:
    files = PairingFiles(tmp_path)
    first = Paired("Home Assistant", "192.168.1.5", "2026-11-29T20:15:00+00:00")
    assert not files.is_marked()
    assert files.mark(first)
    assert not files.mark(Paired("Another", "192.168.1.6", ""))
    assert (files.is_marked(), files.paired()) == (True, first)
    assert not files.take_request()
    files.ask()
    assert (files.is_marked(), files.paired(), files.is_asked()) == (False, None, True)
    files.ask()
    assert files.take_request()
    assert not files.take_request()
