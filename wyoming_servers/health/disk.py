"""Whether models and documents have room."""

from __future__ import annotations

import shutil

from .finding import Finding, Verdict, Words
from .seen import Seen

LEAST_FREE_BYTES = 1024**3
"""A Whisper "small" and two Piper voices need about 0.7 GB."""
NEARLY_FULL_BYTES = 64 * 1024**2
"""Below this a document or a setting may not be kept any more."""

_SUBJECT = Words("Disk", "磁盘")
_DETAIL = Words("{free:.1f} GB are free for {folder}", "{folder} 还剩 {free:.1f} GB")
_UNKNOWN = Words("{folder} cannot be looked at: {reason}", "无法查看 {folder}：{reason}")
_REMEDY = Words(
    "Free some space: `sotto models list` shows what takes it; or choose another folder with --data-dir.",
    "请清理空间：`sotto models list` 列出占用空间的模型；也可以用 --data-dir 换一个文件夹。",
)


def look(seen: Seen) -> Finding:
    """Look at the file system of the data folder, or of what will be its parent."""
    folder = seen.settings.server.data_dir
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    try:
        free = shutil.disk_usage(existing).free
    except OSError as err:
        detail = _UNKNOWN.filled(folder=folder, reason=err.strerror)
        return Finding("disk", Verdict.PROBLEM, _SUBJECT, detail, _REMEDY)
    detail = _DETAIL.filled(free=free / 1024**3, folder=folder)
    if free >= LEAST_FREE_BYTES:
        return Finding("disk", Verdict.OK, _SUBJECT, detail)
    verdict = Verdict.NOTE if free >= NEARLY_FULL_BYTES else Verdict.PROBLEM
    return Finding("disk", verdict, _SUBJECT, detail, _REMEDY)
