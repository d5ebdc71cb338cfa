"""Whether every document in the household's folders could be read."""

from __future__ import annotations

from .finding import Finding, Verdict, Words
from .seen import Seen

_SUBJECT = Words("Documents", "文档")
_ALL = Words("{count} can be asked", "可查询 {count} 份")
_UNREADABLE = Words("{names} cannot be read", "无法读取 {names}")
_REMEDY = Words("`sotto documents status` says why.", "`sotto documents status` 会说明原因。")
_MOST_NAMES = 3


def look(seen: Seen) -> Finding | None:
    """Look at what is in the library, and at what could not be taken into it; None without documents."""
    count = seen.status.get("documents")
    if seen.unreadable:
        more = ", …" if len(seen.unreadable) > _MOST_NAMES else ""
        names = ", ".join(seen.unreadable[:_MOST_NAMES]) + more
        return Finding("documents", Verdict.NOTE, _SUBJECT, _UNREADABLE.filled(names=names), _REMEDY)
    return Finding("documents", Verdict.OK, _SUBJECT, _ALL.filled(count=count)) if count else None
