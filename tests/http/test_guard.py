"""Who is let in: the token, the open paths, and pages of other web sites."""

from __future__ import annotations

import aiohttp
import pytest

from tests.http.conftest import TOKEN, OpenDoor
from wyoming_servers.errors import SettingsError
from wyoming_servers.http.door import HttpDoor
from wyoming_servers.http.guard import is_loopback

PATHS = ["/v1/models", "/api/status", "/api/info/more", "/metrics", "/api/home/abc", "/v1/nothing"]


async def status(port: int | None, path: str = "/v1/models", /, host: str = "127.0.0.1", **headers: str) -> int:
    async with aiohttp.ClientSession() as session, session.get(f"http://{host}:{port}{path}", headers=headers) as got:
        return got.status


@pytest.mark.parametrize("path", PATHS)
async def test_everything_needs_the_token(door: HttpDoor, path: str) -> None:
    assert await status(door.port, path) == 401
    assert await status(door.port, path, Authorization=f"Bearer {TOKEN}") in {200, 404}


async def test_so_do_the_events(door: HttpDoor) -> None:
    assert await status(door.port, "/api/events") == 401


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/api/info"])
async def test_health_and_who_it_is_need_none(door: HttpDoor, path: str) -> None:
    assert await status(door.port, path) == 200


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (f"bearer {TOKEN}", 200),
        (f"Bearer  {TOKEN}", 200),
        (f"Basic {TOKEN}", 401),
        (TOKEN, 401),
        ("Bearer", 401),
        ("Bearer ", 401),
        ("Bearer ünïcode", 401),
    ],
)
async def test_only_the_right_header_opens(door: HttpDoor, header: str, expected: int) -> None:
    assert await status(door.port, Authorization=header) == expected


async def test_bound_to_loopback_no_token_is_needed_and_none_is_made(open_door: OpenDoor) -> None:
    door = await open_door()
    assert await status(door.port) == 200
    assert not (door._settings.server.data_dir / "token").exists()


async def test_bound_to_everything_the_token_of_the_data_folder_is_needed_on_loopback_too(open_door: OpenDoor) -> None:
    door = await open_door(http_uri="tcp://0.0.0.0:0")
    assert await status(door.port) == 401
    token = (door._settings.server.data_dir / "token").read_text().strip()
    assert await status(door.port, Authorization=f"Bearer {token}") == 200


async def test_a_token_in_the_settings_takes_the_place_of_the_file(open_door: OpenDoor) -> None:
    door = await open_door(http_uri="tcp://0.0.0.0:0", http_token="chosen")
    assert await status(door.port, Authorization="Bearer chosen") == 200
    assert not (door._settings.server.data_dir / "token").exists()


async def test_a_token_that_fits_into_no_header_is_no_setting(open_door: OpenDoor) -> None:
    with pytest.raises(SettingsError, match="SOTTO_HTTP_TOKEN"):
        await open_door(http_token="two words")


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", "file://", "http://["])
async def test_a_page_of_another_site_is_refused_even_with_the_token(door: HttpDoor, origin: str) -> None:
    assert await status(door.port, Origin=origin, Authorization=f"Bearer {TOKEN}") == 403


async def test_our_own_origin_is_let_in_and_no_other_is_invited(door: HttpDoor) -> None:
    headers = {"Origin": f"http://127.0.0.1:{door.port}", "Authorization": f"Bearer {TOKEN}"}
    assert await status(door.port, **headers) == 200
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.options(f"http://127.0.0.1:{door.port}/v1/models") as got,
    ):
        assert not [name for name in got.headers if name.lower().startswith("access-control")]


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", 200),
        ("LOCALHOST:10601", 200),
        ("127.0.0.1:5", 200),
        ("[::1]:5", 200),
        ("evil.example", 403),
        ("evil.example:10601", 403),
        ("localhost.evil.example", 403),
        ("127.0.0.1.evil.example", 403),
        ("[", 403),
    ],
)
async def test_on_loopback_only_our_names_are_answered(open_door: OpenDoor, host: str, expected: int) -> None:
    door = await open_door()
    assert await status(door.port, Host=host) == expected


async def test_elsewhere_any_name_is_answered_for_the_token_keeps_pages_out(open_door: OpenDoor) -> None:
    door = await open_door(http_uri="tcp://0.0.0.0:0", http_token=TOKEN)
    assert await status(door.port, Host="sotto.home.arpa", Authorization=f"Bearer {TOKEN}") == 200


@pytest.mark.parametrize(
    ("address", "expected"),
    [("127.0.0.1", True), ("127.8.9.1", True), ("::1", True), ("0.0.0.0", False), ("::", False), ("fe80::1%2", False)],
)
def test_loopback_is_what_no_other_machine_reaches(address: str, expected: bool) -> None:
    assert is_loopback(address) is expected
