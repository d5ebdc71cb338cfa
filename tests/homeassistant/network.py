"""Two hosts on a network of their own: network namespaces with a cable between them, which nothing leaves."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

_CLONE_NEWNET = 0x40000000


@dataclass(frozen=True)
class Host:
    """A network namespace with one interface besides loopback."""

    namespace: str
    interface: str
    address: str

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Open sockets and start processes there, in this thread."""
        here = os.open("/proc/self/ns/net", os.O_RDONLY)
        there = os.open(f"/run/netns/{self.namespace}", os.O_RDONLY)
        try:
            _enter(there)
            try:
                yield
            finally:
                _enter(here)
        finally:
            os.close(there)
            os.close(here)


@pytest.fixture
def two_hosts() -> Iterator[tuple[Host, Host]]:
    """Two hosts that reach each other, by multicast too, and nobody else; skips where that is not permitted."""
    _require_namespaces()
    hosts = tuple(Host(f"sotto-{os.getpid()}-{end}", f"eth{end}", f"10.99.0.{end}") for end in (1, 2))
    one, other = hosts
    try:
        for host in hosts:
            _ip("netns", "add", host.namespace)
        ends = (one.interface, "netns", one.namespace, "type", "veth", "peer", other.interface, "netns")
        _ip("link", "add", *ends, other.namespace)
        for host in hosts:
            _connect(host)
        yield one, other
    finally:
        for host in hosts:
            if Path(f"/run/netns/{host.namespace}").exists():
                _ip("netns", "delete", host.namespace)


def _connect(host: Host) -> None:
    inside = ("-n", host.namespace)
    _ip(*inside, "address", "add", f"{host.address}/24", "dev", host.interface)
    for interface in ("lo", host.interface):
        _ip(*inside, "link", "set", interface, "up")
    _ip(*inside, "route", "add", "default", "dev", host.interface)  # multicast needs a way out


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True)


def _require_namespaces() -> None:
    """Skip where no network namespace can be made; in CI that is a failure."""
    reason = ""
    if shutil.which("ip") is None:
        reason = "needs the command ip; on Debian and Ubuntu: apt install iproute2"
    else:
        name = f"sotto-{os.getpid()}-try"
        made = subprocess.run(["ip", "netns", "add", name], check=False, capture_output=True, text=True)
        if made.returncode:
            reason = f"needs to make network namespaces, as root may: {made.stderr.strip()}"
        else:
            _ip("netns", "delete", name)
    if reason:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)


def _enter(namespace: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)  # os.setns is new in Python 3.12
    if libc.setns(namespace, _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")
