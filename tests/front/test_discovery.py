"""What is announced on the network, and that Home Assistant's kind of browser finds it and sees it go."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from zeroconf import IPVersion, ServiceStateChange, Zeroconf
from zeroconf._services.info import AddressResolverIPv4, AddressResolverIPv6
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

from wyoming_servers.front.discovery import (
    SOTTO,
    WYOMING,
    Advertised,
    Announcement,
    addresses_for,
    announceable,
    worth_telling,
)


def test_addresses_of_both_versions_are_announced_ipv4_first() -> None:
    found = announceable(["fd00::2", "192.168.1.7", "10.0.0.1"])
    assert [str(address) for address in found] == ["10.0.0.1", "192.168.1.7", "fd00::2"]


@pytest.mark.parametrize("useless", ["127.0.0.1", "::1", "0.0.0.0", "::", "fe80::1%eth0", "224.0.0.251"])
def test_addresses_that_nobody_else_can_reach_are_not_announced(useless: str) -> None:
    assert announceable([useless]) == []


def test_a_server_that_listens_on_loopback_alone_is_announced_there() -> None:
    assert addresses_for("127.0.0.1") == [ipaddress.ip_address("127.0.0.1")]


def test_a_server_that_listens_everywhere_announces_no_wildcard() -> None:
    assert all(not address.is_unspecified for address in addresses_for("0.0.0.0"))


def advertised(kind: str, *addresses: str, port: int = 10600) -> Advertised:
    return Advertised(kind, port, [ipaddress.ip_address(each) for each in addresses], {"version": "1"})


def test_what_only_this_machine_reaches_is_not_told_beside_what_others_reach() -> None:
    here, there = advertised(SOTTO, "127.0.0.1"), advertised(WYOMING, "192.168.1.7", "fd00::2")
    assert worth_telling([here, there]) == [there]
    assert worth_telling([here, advertised(WYOMING, "::1")]) == [here, advertised(WYOMING, "::1")]
    assert worth_telling([advertised(SOTTO)]) == []


@dataclass
class Browser:
    """A browser like Home Assistant's, for both types."""

    zeroconf: AsyncZeroconf
    seen: asyncio.Queue[tuple[ServiceStateChange, str]] = field(default_factory=asyncio.Queue)

    def changed(self, zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange) -> None:
        self.seen.put_nowait((state_change, name))

    async def next(self, count: int) -> set[tuple[ServiceStateChange, str]]:
        return {await self.seen.get() for _ in range(count)}

    async def ask(self, kind: str) -> AsyncServiceInfo:
        info = AsyncServiceInfo(kind, f"sotto-test.{kind}")
        assert await info.async_request(self.zeroconf.zeroconf, 3000)
        return info


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    browser = Browser(AsyncZeroconf(interfaces=["127.0.0.1"]))
    looking = AsyncServiceBrowser(browser.zeroconf.zeroconf, [WYOMING, SOTTO], handlers=[browser.changed])
    yield browser
    await looking.async_cancel()
    await browser.zeroconf.async_close()


async def test_a_browser_finds_both_doors_of_the_server_and_sees_them_go(browser: Browser) -> None:
    names = {f"sotto-test.{WYOMING}", f"sotto-test.{SOTTO}"}
    properties = {"id": "0" * 32, "version": "0.1.0", "api": "1"}
    http = Advertised(SOTTO, 10601, [ipaddress.ip_address("127.0.0.1")], properties)
    async with Announcement("sotto-test", [advertised(WYOMING, "127.0.0.1"), http]):
        assert await browser.next(2) == {(ServiceStateChange.Added, name) for name in names}
        for kind, port in ((WYOMING, 10600), (SOTTO, 10601)):
            info = await browser.ask(kind)
            assert info.parsed_addresses(IPVersion.All) == ["127.0.0.1"]
            assert (info.port, info.server) == (port, "sotto-test.local.")
        assert (await browser.ask(SOTTO)).decoded_properties == properties
    assert await browser.next(2) == {(ServiceStateChange.Removed, name) for name in names}


async def test_addresses_of_both_ip_versions_are_found(browser: Browser) -> None:
    doors = [advertised(kind, "127.0.0.1", "::1") for kind in (WYOMING, SOTTO)]
    async with Announcement("sotto-test", doors):
        for kind in (WYOMING, SOTTO):
            assert (await browser.ask(kind)).server == "sotto-test.local."
        for resolver, address in ((AddressResolverIPv4, "127.0.0.1"), (AddressResolverIPv6, "::1")):
            found = resolver("sotto-test.local.")
            assert await found.async_request(browser.zeroconf.zeroconf, 3000)
            assert address in found.parsed_addresses()


async def test_doors_with_other_addresses_are_on_hosts_of_their_own(browser: Browser) -> None:
    wyoming, http = advertised(WYOMING, "127.0.0.1"), advertised(SOTTO, "127.0.0.1", "127.0.0.2")
    async with Announcement("sotto-test", [wyoming, http]):
        both, one = await browser.ask(SOTTO), await browser.ask(WYOMING)
        assert one.parsed_addresses() == ["127.0.0.1"]
        assert one.server != both.server


async def test_a_start_that_is_called_off_leaves_nothing_behind() -> None:
    announcement = Announcement("sotto-test", [advertised(WYOMING, "127.0.0.1"), advertised(SOTTO, "127.0.0.1")])
    starting = asyncio.create_task(announcement.__aenter__())
    await asyncio.sleep(0)
    assert announcement._zeroconf is not None
    sockets = announcement._zeroconf.zeroconf
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert sockets.done


@pytest.mark.parametrize("name", ["x" * 80, "kitchen.example.org", "厨房" * 30, "."])
async def test_a_name_that_the_network_does_not_take_is_made_one(name: str) -> None:
    async with Announcement(name, [advertised(WYOMING, "127.0.0.1")]):
        pass


async def test_without_an_address_nothing_is_announced_and_nothing_fails() -> None:
    async with Announcement("sotto-test", [advertised(WYOMING), advertised(SOTTO)]):
        pass
