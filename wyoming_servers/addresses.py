"""Hosts on which a server listens, and how this machine reaches them. Pure logic."""

from __future__ import annotations

from urllib.parse import urlsplit

_EVERYWHERE = frozenset({"", "0.0.0.0", "::", "*"})  # noqa: S104 - the user asks for it
_NEAR = "127.0.0.1"


def is_everywhere(host: str) -> bool:
    """Return whether who listens on a host does so on all interfaces of this machine, by IPv4 and IPv6."""
    return host in _EVERYWHERE


def reached_at(host: str) -> str:
    """Return the host at which this machine reaches who listens on one."""
    return _NEAR if is_everywhere(host) else host


def in_url(host: str) -> str:
    """Return a host as a URL has it: IPv6 in brackets."""
    return f"[{host}]" if ":" in host else host


def reached(uri: str) -> str:
    """Return the URI at which this machine reaches who listens on one; raises ValueError for a port that is none."""
    parts = urlsplit(uri)
    host = parts.hostname or ""
    return f"{parts.scheme}://{_NEAR}:{parts.port}" if parts.scheme == "tcp" and is_everywhere(host) else uri
