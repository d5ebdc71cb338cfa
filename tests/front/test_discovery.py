"""What is announced on the network, and that Home Assistant's kind of browser finds it and sees it go."""

from __future__ import annotations

import asyncio
import ipaddress

import pytest
from zeroconf import IPVersion, ServiceStateChange, Zeroconf
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

from wyoming_servers.front.discovery import SERVICE_TYPE, Announcement, addresses_for, announceable


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


async def test_a_browser_finds_the_server_and_sees_it_go() -> None:
    found: asyncio.Queue[tuple[ServiceStateChange, str]] = asyncio.Queue()

    def on_change(zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange) -> None:
        found.put_nowait((state_change, name))

    browser_zeroconf = AsyncZeroconf(interfaces=["127.0.0.1"])
    browser = AsyncServiceBrowser(browser_zeroconf.zeroconf, SERVICE_TYPE, handlers=[on_change])
    name = f"sotto-test.{SERVICE_TYPE}"
    try:
        async with Announcement("sotto-test", 10600, [ipaddress.ip_address("127.0.0.1")]):
            assert await found.get() == (ServiceStateChange.Added, name)
            info = AsyncServiceInfo(SERVICE_TYPE, name)
            assert await info.async_request(browser_zeroconf.zeroconf, 3000)
            assert info.parsed_addresses(IPVersion.All) == ["127.0.0.1"]
            assert info.port == 10600
            assert info.decoded_properties["version"]
        assert await found.get() == (ServiceStateChange.Removed, name)
    finally:
        await browser.async_cancel()
        await browser_zeroconf.async_close()


@pytest.mark.parametrize("name", ["x" * 80, "kitchen.example.org", "厨房" * 30, "."])
async def test_a_name_that_the_network_does_not_take_is_made_one(name: str) -> None:
    async with Announcement(name, 10600, [ipaddress.ip_address("127.0.0.1")]):
        pass


async def test_without_an_address_nothing_is_announced_and_nothing_fails() -> None:
    async with Announcement("sotto-test", 10600, []):
        pass
