"""The household's documents as files of their formats, made from the text in household/: no binaries in the project.

`NAME.pdf.md` and `NAME.docx.md` become PDF and DOCX, `NAME.ENCODING.txt` text in that encoding; all else is as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from docx import Document as WordFile
from reportlab.lib.pagesizes import A5
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import Flowable, PageBreak, Paragraph, SimpleDocTemplate

SOURCES = Path(__file__).parent / "household"
CHINESE_FONT = "STSong-Light"
"""One of the fonts that every PDF reader brings; nothing of it is in the file."""
SIZES = (16, 12.5, 11)
"""Points of headings, from the outermost; text has 10."""

_HEADING = re.compile(r"(#{1,3}) (.+)")
_ITEM = re.compile(r"- (.+)")
_STEP = re.compile(r"\d+\. (.+)")
_CHINESE = re.compile("[\u3400-\u9fff]")


@dataclass(frozen=True)
class Block:
    """A heading of a level, an item of a list, a step, a page break, or a paragraph."""

    kind: str
    text: str = ""
    level: int = 0


def documents() -> list[Path]:
    """Return the sources, without the questions."""
    return sorted(path for path in SOURCES.iterdir() if path.suffix != ".yaml")


def name_of(source: Path) -> str:
    """Return the name of the file that is made of a source."""
    name, *between, last = source.name.split(".")
    if last == "md" and between:
        return f"{name}.{between[0]}"
    return f"{name}.{last}"


def make(source: Path, folder: Path) -> Path:
    """Write the file of a source into a folder; return its path."""
    made = folder / name_of(source)
    text = source.read_text(encoding="utf-8")
    if made.suffix == ".pdf":
        write_pdf(text, made)
    elif made.suffix == ".docx":
        write_docx(text, made)
    else:
        encoding = source.name.split(".")[1] if source.name.count(".") == 2 else "utf-8"
        made.write_bytes(text.encode(encoding))
    return made


def make_all(folder: Path) -> list[Path]:
    """Write all the household's files into a folder."""
    return [make(source, folder) for source in documents()]


def blocks_of(markdown: str) -> Iterator[Block]:
    """Yield the parts of the little Markdown that the sources of PDF and DOCX files are in."""
    for line in filter(None, map(str.strip, markdown.splitlines())):
        if line == "---":
            yield Block("break")
        elif heading := _HEADING.fullmatch(line):
            yield Block("heading", heading[2], len(heading[1]))
        elif item := _ITEM.fullmatch(line):
            yield Block("item", item[1])
        elif step := _STEP.fullmatch(line):
            yield Block("step", step[1])
        else:
            yield Block("text", line)


def write_pdf(markdown: str, path: Path) -> None:
    """Write a PDF of A5 pages, like a booklet that comes with a device."""
    blocks = list(blocks_of(markdown))
    if _CHINESE.search(markdown):
        pdfmetrics.registerFont(UnicodeCIDFont(CHINESE_FONT))
    title = next(block.text for block in blocks if block.kind == "heading")
    booklet = SimpleDocTemplate(str(path), pagesize=A5, title=title, author="Sotto's tests", invariant=1)
    booklet.build(list(_flowables(blocks)))


def _flowables(blocks: list[Block]) -> Iterator[Flowable]:
    step = 0
    for block in blocks:
        step = step + 1 if block.kind == "step" else 0
        if block.kind == "break":
            yield PageBreak()
            continue
        mark = {"item": "- ", "step": f"{step}. "}.get(block.kind, "")
        yield Paragraph(mark + escape(block.text), _style(block))


def _style(block: Block) -> ParagraphStyle:
    is_chinese = bool(_CHINESE.search(block.text))
    size = SIZES[block.level - 1] if block.kind == "heading" else 10.0
    bold = "Helvetica-Bold" if block.kind == "heading" else "Helvetica"
    return ParagraphStyle(
        f"{block.kind}{block.level}{is_chinese}",
        fontName=CHINESE_FONT if is_chinese else bold,
        fontSize=size,
        leading=size * 1.4,
        spaceBefore=size if block.kind == "heading" else 0,
        spaceAfter=5,
        leftIndent=10 if block.kind in {"item", "step"} else 0,
        wordWrap="CJK" if is_chinese else None,
    )


def write_docx(markdown: str, path: Path) -> None:
    """Write a Word file with styles for headings and lists."""
    written = WordFile()
    for block in blocks_of(markdown):
        if block.kind == "heading":
            written.add_heading(block.text, block.level)
        elif block.kind == "break":
            written.add_page_break()  # type: ignore[no-untyped-call]
        else:
            style = {"item": "List Bullet", "step": "List Number"}.get(block.kind)
            written.add_paragraph(block.text, style)
    written.core_properties.title = next(block.text for block in blocks_of(markdown) if block.kind == "heading")
    written.save(str(path))
