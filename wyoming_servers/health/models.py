"""Whether what is fetched arrives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .finding import Finding, Verdict, Words
from .seen import Seen

_SUBJECT = Words("Models", "模型")
_FETCHED = Words("{names} is being fetched: {percent} %", "正在下载 {names}：{percent} %")
_FAILED = Words("{name} could not be fetched: {reason}", "{name} 下载失败：{reason}")
_OFFERED = Words("{name} would be better for this household", "{name} 更适合这个家")
_TERMS = Words(
    "It has a licence of its own ({licence}): read {terms}, and if you agree, fetch it on the page or with: "
    "sotto models fetch {id}. Not wanted: sotto models cancel {id}",
    "它有自己的许可协议（{licence}）：请阅读 {terms}；如果同意，请在页面上下载，或运行 "
    "sotto models fetch {id}。不需要则运行 sotto models cancel {id}",
)
_FINE = Words("{count} on this machine", "本机有 {count} 个")
_UNDER_WAY = frozenset({"queued", "downloading", "verifying"})


def look(seen: Seen) -> list[Finding]:
    """Look at what the server says of its models; nothing if it says nothing."""
    if not seen.models:
        return []
    told = [_failed(model) for model in seen.models if model.get("state") == "failed"]
    told += [_offered(model) for model in seen.models if model.get("offered")]
    under_way = [model for model in seen.models if model.get("state") in _UNDER_WAY]
    if under_way:
        done = sum(int(model.get("done_bytes") or 0) for model in under_way)
        total = sum(int(model.get("total_bytes") or 0) for model in under_way)
        names = ", ".join(str(model.get("title") or model["id"]) for model in under_way)
        detail = _FETCHED.filled(names=names, percent=100 * done // max(1, total))
        return [*told, Finding("models", Verdict.NOTE, _SUBJECT, detail)]
    count = sum(model.get("state") == "installed" for model in seen.models)
    return told or [Finding("models", Verdict.OK, _SUBJECT, _FINE.filled(count=count))]


def _offered(model: Mapping[str, Any]) -> Finding:
    detail = _OFFERED.filled(name=model.get("title") or model["id"])
    remedy = _TERMS.filled(licence=model["licence"], terms=model["terms"], id=model["id"])
    return Finding("models", Verdict.NOTE, _SUBJECT, detail, remedy)


def _failed(model: object) -> Finding:
    assert isinstance(model, dict)  # noqa: S101 - as `/api/models` tells them
    error = model.get("error") or {}
    detail = _FAILED.filled(name=model.get("title") or model["id"], reason=error.get("message") or "")
    remedy = str(error.get("remedy") or "")
    return Finding("models", Verdict.PROBLEM, _SUBJECT, detail, Words(remedy, remedy))
