"""Who in the network may use this server's ports."""

from __future__ import annotations

import stat
from urllib.parse import urlsplit

from ..front.discovery import addresses_for
from .finding import Finding, Verdict, Words
from .seen import Seen

_SUBJECT = Words("Ports", "端口")
_FINE = Words("speech at {uri}, HTTP at {http}", "语音 {uri}，HTTP {http}")
_READABLE = Words("others on this machine can read {path}", "本机其他用户可以读取 {path}")
_RENEW = Words(
    "Whoever may have read it has it: rm {path}, and the next start makes another.",
    "它可能已被他人读取：请执行 rm {path}，下次启动时会生成新的令牌。",
)
OTHERS_MAY = stat.S_IRWXG | stat.S_IRWXO
"""Bits of a mode by which others than its owner may use a file."""


def look(seen: Seen) -> Finding:
    """Look at where the ports listen, and at the token that keeps strangers out of the HTTP door."""
    settings = seen.settings
    path = settings.server.data_dir / "token"
    try:
        readable = bool(path.stat().st_mode & OTHERS_MAY)
    except OSError:
        readable = False
    if readable and not settings.http.token and not _is_local(settings.http.uri):
        return Finding("ports", Verdict.NOTE, _SUBJECT, _READABLE.filled(path=path), _RENEW.filled(path=path))
    detail = _FINE.filled(uri=settings.server.uri, http=settings.http.uri or "-")
    return Finding("ports", Verdict.OK, _SUBJECT, detail)


def _is_local(uri: str) -> bool:
    host = urlsplit(uri).hostname or ""
    addresses = addresses_for(host)
    return bool(addresses) and all(address.is_loopback for address in addresses)
