"""Telling Home Assistant on the local network where Sotto listens, by zeroconf.

Home Assistant ignores an announcement of 0.0.0.0, so the addresses of the interfaces are announced, of both
IP versions, and taken back at the end.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import socket
from collections.abc import Awaitable, Iterable
from typing import Self

import ifaddr
from zeroconf import Error as ZeroconfError
from zeroconf import IPVersion
from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

from .. import __version__

_LOGGER = logging.getLogger(__name__)

SERVICE_TYPE = "_wyoming._tcp.local."

_MOST_NAME_BYTES = 63
"""Of a DNS label."""

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


def announceable(addresses: Iterable[str], *, loopback: bool = False) -> list[IPAddress]:
    """Return the addresses that another machine can connect to, IPv4 first.

    Link-local IPv6 addresses mean nothing without an interface and are left out. `loopback` keeps only the
    machine's own, for a server that listens there alone.
    """
    parsed = {ipaddress.ip_address(address.partition("%")[0]) for address in addresses}
    chosen = [each for each in parsed if each.is_loopback == loopback and not each.is_unspecified]
    usable = [each for each in chosen if not (each.version == 6 and each.is_link_local) and not each.is_multicast]
    return sorted(usable, key=lambda each: (each.version, each.packed))


def addresses_for(host: str) -> list[IPAddress]:
    """Return what to announce for a server that listens on this host; all interfaces for 0.0.0.0, :: or none."""
    if host in {"", "0.0.0.0", "::", "*"}:  # noqa: S104 - compared, not bound
        return announceable(_interface_addresses())
    found = {str(info[4][0]) for info in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
    return announceable(found) or announceable(found, loopback=True)


def _interface_addresses() -> list[str]:
    return [
        address.ip if isinstance(address.ip, str) else address.ip[0]
        for adapter in ifaddr.get_adapters()
        for address in adapter.ips
    ]


class Announcement:
    """Announces the server while it is entered."""

    def __init__(self, name: str, port: int, addresses: list[IPAddress]) -> None:
        """`name` is cut to what a name on the network may be; its dots would be taken for other names."""
        name = name.replace(".", "-").encode()[:_MOST_NAME_BYTES].decode(errors="ignore").strip() or "sotto"
        self._info = AsyncServiceInfo(
            SERVICE_TYPE,
            f"{name}.{SERVICE_TYPE}",
            parsed_addresses=[str(address) for address in addresses],
            port=port,
            properties={"version": __version__},
            server=f"{name}.local.",
        )
        self._addresses = addresses
        self._zeroconf: AsyncZeroconf | None = None
        self._repeating: Awaitable[None] | None = None

    async def __aenter__(self) -> Self:
        """Announce; a network that does not allow it is a warning, since the address can be typed in too."""
        if not self._addresses:
            _LOGGER.warning("No network address to announce. Add Sotto to Home Assistant by host and port.")
            return self
        versions = {address.version for address in self._addresses}
        try:
            self._zeroconf = AsyncZeroconf(
                interfaces=[str(address) for address in self._addresses],
                ip_version=IPVersion.All if versions == {4, 6} else IPVersion.V6Only if versions == {6} else None,
            )
            # The announcement is repeated for a second; the task that does so is ours to end.
            self._repeating = await self._zeroconf.async_register_service(self._info, allow_name_change=True)
        except (OSError, ZeroconfError) as err:
            _LOGGER.warning(
                "Sotto cannot be discovered on this network (%s). Add it to Home Assistant by host and port.",
                type(err).__name__,
            )
            await self._close()
        else:
            _LOGGER.info("Announced as %s", self._info.name)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._repeating is not None:
            repeating = asyncio.ensure_future(self._repeating)
            repeating.cancel()
            await asyncio.gather(repeating, return_exceptions=True)
        if self._zeroconf is not None:
            with contextlib.suppress(OSError, ZeroconfError):  # the network may have gone before us
                goodbye = await self._zeroconf.async_unregister_service(self._info)
                await goodbye
        await self._close()

    async def _close(self) -> None:
        if self._zeroconf is not None:
            await self._zeroconf.async_close()
            self._zeroconf = None
