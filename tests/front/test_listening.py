"""Where the server listens, and what it leaves to others."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from wyoming.event import Event
from wyoming.info import Info

from wyoming_servers.errors import SettingsError
from wyoming_servers.front.server import Server
from wyoming_servers.protocol.connection import Connection
from wyoming_servers.protocol.service import Service, Stage


class Silent(Service):
    """Offers nothing."""

    stage = Stage.TTS

    @property
    def info(self) -> Info:
        return Info()

    async def serve(self, connection: Connection, first: Event) -> None:
        """Never asked."""


SERVICES = {Stage.TTS: Silent()}


async def is_served(path: Path) -> bool:
    try:
        reader, writer = await asyncio.open_unix_connection(path)
    except OSError:
        return False
    writer.write(b'{"type": "ping"}\n')
    answer = await reader.readline()
    writer.close()
    await writer.wait_closed()
    return b"pong" in answer


async def test_one_free_port_is_chosen_for_both_ip_versions() -> None:
    async with Server("tcp://0.0.0.0:0", SERVICES) as server:
        assert server._server is not None
        ports = {each.getsockname()[1] for each in server._server.sockets}
        assert ports == {server.port}


@pytest.mark.skipif(not socket.has_ipv6, reason="needs IPv6")
async def test_an_ipv6_address_is_listened_on() -> None:
    async with Server("tcp://[::1]:0", SERVICES) as server:
        _, writer = await asyncio.open_connection("::1", server.port)
        writer.close()
        assert server.uri == f"tcp://[::1]:{server.port}"


async def test_a_unix_socket_on_which_somebody_listens_is_left_to_them(tmp_path: Path) -> None:
    path = tmp_path / "sotto.socket"
    async with Server(f"unix://{path}", SERVICES):
        with pytest.raises(SettingsError, match="in use"):
            await Server(f"unix://{path}", SERVICES).__aenter__()
        assert await is_served(path)
    assert not path.exists()


async def test_a_unix_socket_that_an_earlier_run_left_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "sotto.socket"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    async with Server(f"unix://{path}", SERVICES):
        assert await is_served(path)


async def test_at_the_end_a_unix_socket_that_is_another_servers_stays(tmp_path: Path) -> None:
    path = tmp_path / "sotto.socket"
    async with Server(f"unix://{path}", SERVICES):
        path.rename(tmp_path / "moved.socket")
        other = await asyncio.start_unix_server(lambda _, writer: writer.close(), path)
    assert path.is_socket()
    other.close()


@pytest.mark.parametrize(
    ("peer", "counts"),
    [
        (("192.0.2.7", 5), True),
        (("fe80::1%eth0", 5, 0, 2), True),
        (("127.0.0.1", 5), False),
        (("::1", 5), False),
        ("", False),
    ],
)
async def test_who_asked_from_another_machine_is_remembered(peer: object, *, counts: bool) -> None:
    writer = cast(asyncio.StreamWriter, SimpleNamespace(get_extra_info=lambda _: peer))
    server = Server("tcp://127.0.0.1:0", {})
    assert server.asked_s is None
    assert server._description_for(writer)().type == "info"
    assert (server.asked_s is not None) is counts
