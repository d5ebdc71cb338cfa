"""Whether the models fit into the memory that everything here shares."""

from __future__ import annotations

from collections.abc import Mapping

from .finding import Finding, Verdict, Words
from .seen import Seen

_SUBJECT = Words("Memory", "内存")
_FREE = Words("{free_mb} of {total_mb} MB are free for models", "{total_mb} MB 中还有 {free_mb} MB 可供模型使用")
_SHORT = Words("hardly any is left for the system itself", "留给系统本身的内存已所剩无几")
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
    if memory.get("short"):
        return Finding("memory", Verdict.PROBLEM, _SUBJECT, _SHORT, _REMEDY)
    free = _FREE.filled(**values)
    if notes := memory.get("notes"):
        return Finding("memory", Verdict.NOTE, _SUBJECT, free.with_note(notes[-1]), _REMEDY)
    return Finding("memory", Verdict.OK, _SUBJECT, free)
