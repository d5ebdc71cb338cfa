"""Hosts on which a server listens, and how this machine reaches them."""

from __future__ import annotations

import pytest

from wyoming_servers.addresses import in_url, is_everywhere, reached, reached_at


@pytest.mark.parametrize(
    ("uri", "near"),
    [
        ("tcp://0.0.0.0:10600", "tcp://127.0.0.1:10600"),
        ("tcp://:10600", "tcp://127.0.0.1:10600"),
        ("tcp://*:10600", "tcp://127.0.0.1:10600"),
        ("tcp://[::]:10600", "tcp://127.0.0.1:10600"),
        ("tcp://192.0.2.7:10600", "tcp://192.0.2.7:10600"),
        ("tcp://[::1]:10600", "tcp://[::1]:10600"),
        ("unix:///run/sotto.sock", "unix:///run/sotto.sock"),
    ],
)
def test_a_port_is_reached_where_it_listens(uri: str, near: str) -> None:
    assert reached(uri) == near


@pytest.mark.parametrize("host", ["", "0.0.0.0", "::", "*"])
def test_who_listens_everywhere_is_reached_on_this_machine(host: str) -> None:
    assert is_everywhere(host)
    assert reached_at(host) == "127.0.0.1"


@pytest.mark.parametrize(
    ("host", "written"), [("fe80::1", "[fe80::1]"), ("192.0.2.7", "192.0.2.7"), ("sotto", "sotto")]
)
def test_a_host_that_is_one_is_left_as_it_is_and_in_brackets_where_a_url_wants_them(host: str, written: str) -> None:
    assert (is_everywhere(host), reached_at(host), in_url(host)) == (False, host, written)
