"""Where the door listens, and what becomes of addresses that cannot be."""

from __future__ import annotations

import socket

import aiohttp
import pytest

from tests.http.conftest import OpenDoor
from wyoming_servers.errors import SettingsError


async def health(url: str) -> int:
    async with aiohttp.ClientSession() as session, session.get(f"{url}/healthz") as response:
        return response.status


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="needs IPv6")
@pytest.mark.parametrize("uri", ["tcp://0.0.0.0:0", "tcp://[::]:0", "tcp://:0"])
async def test_everywhere_is_both_ip_versions_on_one_port(open_door: OpenDoor, uri: str) -> None:
    door = await open_door(http_uri=uri)
    assert await health(f"http://127.0.0.1:{door.port}") == 200
    assert await health(f"http://[::1]:{door.port}") == 200


@pytest.mark.skipif(not socket.has_ipv6, reason="needs IPv6")
async def test_an_ipv6_address_is_listened_on(open_door: OpenDoor) -> None:
    door = await open_door(http_uri="tcp://[::1]:0")
    assert await health(f"http://[::1]:{door.port}") == 200


async def test_localhost_is_loopback(open_door: OpenDoor) -> None:
    door = await open_door(http_uri="tcp://localhost:0")
    assert await health(f"http://127.0.0.1:{door.port}") == 200


async def test_without_ipv6_it_is_ipv4(open_door: OpenDoor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "has_dualstack_ipv6", lambda: False)
    door = await open_door(http_uri="tcp://0.0.0.0:0")
    assert await health(f"http://127.0.0.1:{door.port}") == 200


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
async def test_a_port_in_use_is_told_with_what_to_do(open_door: OpenDoor, host: str) -> None:
    door = await open_door(http_uri=f"tcp://{host}:0")
    with pytest.raises(SettingsError) as caught:
        await open_door(http_uri=f"tcp://{host}:{door.port}")
    assert "in use" in caught.value.message
    assert "--http-uri" in caught.value.remedy


@pytest.mark.parametrize(
    "uri",
    ["tcp://127.0.0.1", "http://127.0.0.1:1", "unix:///tmp/x", "nonsense", "tcp://127.0.0.1:99999", "tcp://a b:1"],
)
async def test_what_is_no_address_is_told(open_door: OpenDoor, uri: str) -> None:
    with pytest.raises(SettingsError, match="http-uri"):
        await open_door(http_uri=uri)


async def test_a_door_can_be_closed_twice_and_opened_again(open_door: OpenDoor) -> None:
    door = await open_door()
    await door.stop()
    await door.stop()
    await door.start()
    assert await health(f"http://127.0.0.1:{door.port}") == 200
