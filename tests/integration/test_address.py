"""What people type as an address."""

from __future__ import annotations

from ipaddress import ip_address

from hypothesis import given, strategies as st
import pytest

from custom_components.sotto.address import completed, is_encrypted, url_of


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("jetson", "http://jetson:10601"),
        ("  jetson.local  ", "http://jetson.local:10601"),
        ("192.0.2.7", "http://192.0.2.7:10601"),
        ("192.0.2.7:8080", "http://192.0.2.7:8080"),
        ("fd00::5", "http://[fd00::5]:10601"),
        ("[fd00::5]:8080", "http://[fd00::5]:8080"),
        ("语音.local", "http://语音.local:10601"),
        ("http://jetson", "http://jetson:10601"),
        ("HTTP://Jetson/", "http://jetson:10601"),
        ("http://jetson:80", "http://jetson:80"),
        ("http://jetson:10601/v1", "http://jetson:10601"),
        ("https://sotto.example", "https://sotto.example"),
        ("https://example:8443/sotto/", "https://example:8443/sotto"),
    ],
)
def test_what_is_missing_is_added(typed: str, meant: str) -> None:
    assert completed(typed) == meant


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "   ",
        "my jetson",
        "ftp://jetson",
        "http://",
        "jetson:99999",
        "jetson:port",
        ":10601",
        "http://[fd00::5",
        "[]@",
        "http://me:secret@jetson",
        "jetson?token=secret",
        "jetson#x",
        "jetson..local",
        "x" * 64,
    ],
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(ValueError):
        completed(typed)


PIECES = ("http://", "https://", "h", ".", ":", "80", "/", "v1", "[", "]", "::1", " ", "语", "%20", "@", "?", "#")


@given(st.text() | st.lists(st.sampled_from(PIECES)).map("".join))
def test_an_address_is_refused_or_needs_nothing_more(typed: str) -> None:
    try:
        url = completed(typed)
    except ValueError:
        return
    assert completed(url) == url


def test_addresses_of_both_kinds_become_urls() -> None:
    assert url_of(ip_address("192.0.2.7"), 10601) == "http://192.0.2.7:10601"
    assert url_of(ip_address("fd00::5"), 10601) == "http://[fd00::5]:10601"
    assert url_of("local-sotto", 10601) == "http://local-sotto:10601"


def test_only_https_is_encrypted() -> None:
    assert is_encrypted("https://jetson")
    assert not is_encrypted("http://jetson")
