"""Whether Home Assistant can find this server, and has."""

from __future__ import annotations

from urllib.parse import urlsplit

from ..front.discovery import addresses_for
from .finding import Finding, Verdict, Words
from .seen import Seen

ASKS_EVERY_S = 30.0
"""As Home Assistant does, once it has the entry."""
_LATE = 4

_SUBJECT = Words("Discovery", "发现")
_ASKED = Words("a client asked what there is {seconds:.0f} s ago", "{seconds:.0f} 秒前有客户端查询过服务")
_NOBODY = Words("{addresses}; no client has asked yet", "{addresses}；尚无客户端查询")
_ADD = Words(
    "In Home Assistant: Settings, Devices & services, Add integration, Wyoming Protocol; the address, and port {port}.",
    "在 Home Assistant 中：设置 → 设备与服务 → 添加集成 → Wyoming Protocol，填入地址和端口 {port}。",
)
_ALONE = Words("only this machine can connect to {uri}", "只有本机能连接 {uri}")
_OPEN = Words(
    "To let Home Assistant on another machine in: --uri tcp://0.0.0.0:10600.",
    "要让其他机器上的 Home Assistant 连接：--uri tcp://0.0.0.0:10600。",
)
_GONE = Words("no client has asked for {minutes:.0f} minutes", "已有 {minutes:.0f} 分钟没有客户端查询")
_SEE = Words(
    "See whether Home Assistant runs and reaches this machine.", "请检查 Home Assistant 是否运行、能否连到本机。"
)


def look(seen: Seen) -> Finding:
    """Look at when somebody asked last, and at the addresses that are told."""
    server = seen.settings.server
    if seen.asked_s is not None and seen.asked_s > _LATE * ASKS_EVERY_S:
        return Finding("discovery", Verdict.NOTE, _SUBJECT, _GONE.filled(minutes=seen.asked_s / 60), _SEE)
    if seen.asked_s is not None:
        return Finding("discovery", Verdict.OK, _SUBJECT, _ASKED.filled(seconds=seen.asked_s))
    parts = urlsplit(server.uri)
    addresses = addresses_for(parts.hostname or "") if parts.scheme == "tcp" else []
    if not addresses or all(address.is_loopback for address in addresses):
        return Finding("discovery", Verdict.NOTE, _SUBJECT, _ALONE.filled(uri=server.uri), _OPEN)
    told = ", ".join(str(address) for address in addresses)
    return Finding("discovery", Verdict.NOTE, _SUBJECT, _NOBODY.filled(addresses=told), _ADD.filled(port=parts.port))
