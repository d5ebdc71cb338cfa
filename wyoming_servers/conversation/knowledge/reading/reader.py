"""A file to its text: what it is, whether it is small enough, and who reads it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ..document import Reading
from . import archive, detection
from .decoding import decode
from .errors import Unreadable, UnreadableError, empty
from .limits import MIB, Format, Limits
from .names import file_name

Progress = Callable[[int, int], None]
"""Is told how much is done, of how much: pages of a PDF, else the whole in one."""


def read(path: Path, name: str, limits: Limits, progress: Progress) -> Reading:
    """Read a document; raises UnreadableError.

    Blocks, takes memory, and may crash: to be called in a process of its own. `name` is as somebody sent it.
    """
    name = file_name(name)
    with path.open("rb") as file:
        head = file.read(detection.HEAD_BYTES)
        size = path.stat().st_size
        if not head:
            raise empty()
        container = detection.container_of(head)
        _require_size(size, container or Format.PLAIN, limits)
        if container is Format.PDF:
            from . import pdf_file  # noqa: PLC0415 - a format's library is imported when there is a file of that format

            return pdf_file.read(path, name, limits, progress)
        data = head + file.read()
    progress(0, 1)
    reading = _docx(data, name, limits) if container is Format.DOCX else _text(data, name, limits)
    progress(1, 1)
    return reading


def _docx(data: bytes, name: str, limits: Limits) -> Reading:
    from . import docx_file  # noqa: PLC0415 - see above

    detection.require_docx(data)
    archive.check(data, limits)
    return docx_file.read(data, name, limits)


def _text(data: bytes, name: str, limits: Limits) -> Reading:
    declares = detection.may_declare(data, name)
    text = decode(data, declares=declares)
    if text is None or detection.is_binary(text):
        raise detection.unknown("no text")
    if not text.strip():
        raise empty()
    match detection.format_of_text(text, name):
        case Format.HTML:
            from . import html_file  # noqa: PLC0415 - see above

            _require_size(len(data), Format.HTML, limits)
            return html_file.read(text, name, limits)
        case Format.MARKDOWN:
            from . import markdown_file  # noqa: PLC0415 - see above

            return markdown_file.read(text, name, limits)
        case Format.CSV:
            from . import csv_file  # noqa: PLC0415 - see above

            return csv_file.read(text, name, limits)
        case _:
            from . import plain_file  # noqa: PLC0415 - see above

            return plain_file.read(text, name, limits)


def _require_size(size: int, kind: Format, limits: Limits) -> None:
    most = limits.bytes_of(kind)
    if size > most:
        raise UnreadableError(
            Unreadable.TOO_LARGE,
            f"The file has {size / MIB:.0f} MB; of {kind}, {most / MIB:.0f} MB are read.",
            remedy="Add only the part of it that is needed.",
        )
