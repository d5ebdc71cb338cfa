"""Whether each stage has an engine that works."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from .finding import Finding, Verdict, Words
from .seen import Seen

_STAGES = {
    "wake": Words("Wake word", "唤醒词"),
    "stt": Words("Speech-to-text", "语音识别"),
    "conversation": Words("Conversation", "对话"),
    "tts": Words("Text-to-speech", "语音合成"),
    "llm": Words("Language model", "语言模型"),
}
_LOADING = Words("{name} is being loaded", "正在加载 {name}")
_RESTARTS = Words("{count} restarts", "已重启 {count} 次")
_FAILED = Words("{name} cannot be used: {reason}", "{name} 无法使用：{reason}")


def look(seen: Seen) -> list[Finding]:
    """Look at what the server says of its stages, and of its language model."""
    return list(_findings(seen.status))


def _findings(status: Mapping[str, Any]) -> Iterator[Finding]:
    for server in status.get("servers") or ():
        yield _of(str(server["stage"]), server, server.get("error") or {})
    model = status.get("model")
    if isinstance(model, Mapping):
        told = {"engine": model.get("engine"), "model": model.get("model"), "device": model.get("detail")}
        found = _of("llm", {**told, "state": model.get("state")}, {"message": model.get("detail")})
        restarts = model.get("restarts")
        yield replace(found, detail=found.detail.followed_by(_RESTARTS.filled(count=restarts))) if restarts else found


def _of(stage: str, server: Mapping[str, Any], error: Mapping[str, Any]) -> Finding:
    subject = _STAGES.get(stage, Words(stage, stage))
    name = " ".join(str(server[part]) for part in ("engine", "model") if server.get(part))
    if server.get("state") == "failed":
        remedy = str(error.get("remedy") or "")
        detail = _FAILED.filled(name=name, reason=error.get("message") or "")
        return Finding("servers", Verdict.PROBLEM, subject, detail, Words(remedy, remedy))
    if server.get("state") == "loading":
        return Finding("servers", Verdict.NOTE, subject, _LOADING.filled(name=name))
    where = server.get("remote") or server.get("device")
    told = ", ".join(str(part) for part in (name, where) if part)
    return Finding("servers", Verdict.OK, subject, Words(told, told))
