"""Telling Home Assistant on the local network where Sotto's doors are, by zeroconf.

Home Assistant ignores an announcement of 0.0.0.0, so the addresses of the interfaces are announced, of both
IP versions, and taken back at the end.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import socket
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import ifaddr
from zeroconf import Error as ZeroconfError
from zeroconf import IPVersion
from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

from ..addresses import is_everywhere

_LOGGER = logging.getLogger(__name__)

WYOMING = "_wyoming._tcp.local."
SOTTO = "_sotto._tcp.local."
"""The HTTP door: the integration's type."""

_MOST_NAME_BYTES = 60
"""Of the 63 of a DNS label; a number may have to follow."""

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
    if is_everywhere(host):
        return announceable(_interface_addresses())
    found = {str(info[4][0]) for info in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
    return announceable(found) or announceable(found, loopback=True)


def _interface_addresses() -> list[str]:
    return [
        address.ip if isinstance(address.ip, str) else address.ip[0]
        for adapter in ifaddr.get_adapters()
        for address in adapter.ips
    ]


@dataclass(frozen=True)
class Advertised:
    """A port that clients may find by themselves."""

    type: str
    port: int
    addresses: Sequence[IPAddress]
    properties: Mapping[str, str]
    """What is told of it before anybody connects."""


def worth_telling(services: Iterable[Advertised]) -> list[Advertised]:
    """Return the services with an address; those that only this machine can reach only if all are so.

    One announcement goes to all interfaces, and on the others such an address would be somebody else's.
    """
    found = [each for each in services if each.addresses]
    wide = [each for each in found if not all(address.is_loopback for address in each.addresses)]
    return wide or found


class Announcement:
    """Announces the server's ports, each of its type, while it is entered."""

    def __init__(self, name: str, services: Iterable[Advertised]) -> None:
        """`name` is cut to what a name on the network may be; its dots would be taken for other names."""
        self._name = name.replace(".", "-").encode()[:_MOST_NAME_BYTES].decode(errors="ignore").strip() or "sotto"
        told = worth_telling(services)
        hosts = {
            address: number for number, address in enumerate(dict.fromkeys(tuple(each.addresses) for each in told))
        }
        self._infos = [self._info(each, hosts[tuple(each.addresses)]) for each in told]
        self._addresses = sorted(
            {address for each in told for address in each.addresses}, key=lambda each: (each.version, each.packed)
        )
        self._zeroconf: AsyncZeroconf | None = None
        self._repeating: list[Awaitable[None]] = []

    def _info(self, service: Advertised, host: int) -> AsyncServiceInfo:
        """Return what is announced; services with the same addresses are on one `host`, all others on others."""
        return AsyncServiceInfo(
            service.type,
            f"{self._name}.{service.type}",
            parsed_addresses=[str(address) for address in service.addresses],
            port=service.port,
            properties=dict(service.properties),
            server=f"{self._name}-{host + 1}.local." if host else f"{self._name}.local.",
        )

    async def __aenter__(self) -> Self:
        """Announce; a network that does not allow it is a warning, since the address can be typed in too."""
        if not self._infos:
            _LOGGER.warning("No network address to announce. Add Sotto to Home Assistant by host and port.")
            return self
        try:
            await self._register()
        except (OSError, ZeroconfError) as err:
            _LOGGER.warning(
                "Sotto cannot be discovered on this network (%s). Add it to Home Assistant by host and port.",
                type(err).__name__,
            )
            await self.__aexit__()
        except BaseException:
            await self.__aexit__()
            raise
        else:
            _LOGGER.info("Announced as %s", ", ".join(info.name for info in self._infos))
        return self

    async def _register(self) -> None:
        versions = {address.version for address in self._addresses}
        self._zeroconf = AsyncZeroconf(
            interfaces=[str(address) for address in self._addresses],
            ip_version=IPVersion.All if versions == {4, 6} else IPVersion.V6Only if versions == {6} else None,
        )
        registering = [self._register_one(self._zeroconf, info) for info in self._infos]
        for error in await asyncio.gather(*registering, return_exceptions=True):
            if error is not None:
                raise error

    async def _register_one(self, zeroconf: AsyncZeroconf, info: AsyncServiceInfo) -> None:
        # The announcement is repeated for a second; the task that does so is ours to end.
        self._repeating.append(await zeroconf.async_register_service(info, allow_name_change=True))

    async def __aexit__(self, *_: object) -> None:
        repeating = [asyncio.ensure_future(each) for each in self._repeating]
        for task in repeating:
            task.cancel()
        await asyncio.gather(*repeating, return_exceptions=True)
        self._repeating.clear()
        if self._zeroconf is not None:
            with contextlib.suppress(OSError, ZeroconfError):  # the network may have gone before us
                await self._zeroconf.async_unregister_all_services()
            await self._zeroconf.async_close()
            self._zeroconf = None
