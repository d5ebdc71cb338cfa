"""Whether the models fit into the memory that everything here shares."""

from __future__ import annotations

from collections.abc import Mapping

from .finding import Finding, Verdict, Words
from .seen import Seen

LEAST_FREE_MB = 256
"""Below this a system begins to end programs."""

_SUBJECT = Words("Memory", "内存")
_FREE = Words("{free_mb} of {total_mb} MB are free", "{total_mb} MB 中还有 {free_mb} MB 可用")
_NOTED = Words("{free_mb} of {total_mb} MB are free; {note}", "{total_mb} MB 中还有 {free_mb} MB 可用；{note}")
_REMEDY = Words(
    "Choose smaller models, or a smaller --llm-context; --llm-idle-s 600 frees the language model when nobody speaks.",
    "请选用较小的模型或较小的 --llm-context；--llm-idle-s 600 会在无人说话时释放语言模型。",
)


def look(seen: Seen) -> Finding | None:
    """Look at what the server says of its memory; None if it says nothing."""
    memory = seen.status.get("memory")
    if not isinstance(memory, Mapping) or memory.get("free_mb") is None:
        return None
    values = {"free_mb": round(memory["free_mb"]), "total_mb": round(memory.get("total_mb") or 0)}
    if notes := memory.get("notes"):
        detail = _NOTED.filled(**values, note=notes[-1])
        return Finding("memory", Verdict.NOTE, _SUBJECT, detail, _REMEDY)
    if values["free_mb"] < LEAST_FREE_MB:
        return Finding("memory", Verdict.PROBLEM, _SUBJECT, _FREE.filled(**values), _REMEDY)
    return Finding("memory", Verdict.OK, _SUBJECT, _FREE.filled(**values))
