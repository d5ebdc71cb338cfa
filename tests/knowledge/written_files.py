"""Files of many formats, written by other programs than those that read them, and what the reader makes of them."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from PIL import Image
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, PageBreak, Paragraph, SimpleDocTemplate

from wyoming_servers.conversation.knowledge.document import Reading
from wyoming_servers.conversation.knowledge.reading.errors import Unreadable, UnreadableError
from wyoming_servers.conversation.knowledge.reading.limits import Limits
from wyoming_servers.conversation.knowledge.reading.reader import read

CHINESE_FONT = "STSong-Light"
"""Every PDF reader has it; nothing of it is in the file."""

Draw = Callable[[Canvas], None]


def reading_of(path: Path, name: str = "", limits: Limits | None = None) -> Reading:
    """Read a file in this process."""
    return read(path, name or path.name, limits or Limits(), lambda done, total: None)


def reading_of_text(tmp_path: Path, name: str, text: str | bytes) -> Reading:
    """Write a file and read it."""
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return reading_of(path)


def why_not(path: Path, name: str = "", limits: Limits | None = None) -> Unreadable:
    """Return why a file cannot be read; what is to be done is always said."""
    with pytest.raises(UnreadableError) as caught:
        reading_of(path, name, limits)
    assert caught.value.message
    assert caught.value.remedy
    return Unreadable(caught.value.code)


def style(size: float = 10, font: str = "Helvetica", *, chinese: bool = False) -> ParagraphStyle:
    """Return how a paragraph is set."""
    if chinese:
        pdfmetrics.registerFont(UnicodeCIDFont(CHINESE_FONT))
    return ParagraphStyle(
        f"{font}{size}{chinese}",
        fontName=CHINESE_FONT if chinese else font,
        fontSize=size,
        leading=size * 1.3,
        spaceAfter=size * 0.8,
        wordWrap="CJK" if chinese else None,
    )


Part = Flowable | tuple[str, ParagraphStyle]


def pdf(path: Path, parts: Sequence[Part], on_page: Draw | None = None) -> Path:
    """Write a PDF of paragraphs, with what is drawn on every page."""

    def decorate(canvas: Canvas, _: object) -> None:
        if on_page is not None:
            on_page(canvas)

    flowables = [Paragraph(*part) if isinstance(part, tuple) else part for part in parts]
    SimpleDocTemplate(str(path), pagesize=A4).build(flowables, onFirstPage=decorate, onLaterPages=decorate)
    return path


def drawn_pdf(path: Path, pages: Sequence[Draw], encrypt: str | None = None) -> Path:
    """Write a PDF page by page."""
    canvas = Canvas(str(path), pagesize=A4, encrypt=encrypt)
    for draw in pages:
        draw(canvas)
        canvas.showPage()
    canvas.save()
    return path


def picture(tmp_path: Path) -> Draw:
    """Return how a page is drawn that a scanner has made."""
    path = tmp_path / "scan.png"
    Image.new("L", (200, 280), 230).save(path)

    def draw(canvas: Canvas) -> None:
        canvas.drawImage(str(path), 0, 0, *A4)

    return draw


def words(*lines: str) -> Draw:
    """Return how a page with these lines is drawn."""

    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 11)
        for place, line in enumerate(lines):
            canvas.drawString(72, 700 - 15 * place, line)

    return draw


def package(path: Path, files: dict[str, bytes]) -> Path:
    """Write a ZIP file."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


__all__ = ["PageBreak"]
