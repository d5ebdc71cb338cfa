"""DOCX: headings by their styles, paragraphs and tables in the order of the text."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any

import docx
from docx.document import Document
from docx.opc.exceptions import OpcError
from docx.oxml.ns import qn
from docx.styles.style import ParagraphStyle
from lxml import etree

from ..document import Reading
from .errors import broken
from .limits import Limits
from .names import stem
from .outline import Outline
from .tables import add_table

_HEADING = re.compile(r"heading (\d)", re.IGNORECASE)
"""Word keeps the names of its own styles in English in every language."""
_CONTENTS = re.compile(r"(?:toc|table of figures|index) ?\d*(?: heading)?", re.IGNORECASE)
_TEXT_LEVEL = 99
_LEFT_OUT_LEVEL = -1
_TITLE_LEVEL = 0

_PARAGRAPH, _TABLE, _ROW, _CELL = qn("w:p"), qn("w:tbl"), qn("w:tr"), qn("w:tc")
_TEXT, _TAB = qn("w:t"), qn("w:tab")
_BREAKS = frozenset({qn("w:br"), qn("w:cr"), _PARAGRAPH})
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_LEFT_OUT = frozenset({qn("w:del"), qn("w:moveFrom"), qn("w:pPr"), qn("w:rPr"), _FALLBACK})
"""Deleted, or no text, or said a second time for older programs."""


def read(data: bytes, name: str, limits: Limits) -> Reading:
    """Read a document that `archive.check` has let pass; raises UnreadableError if it is none."""
    try:
        document = docx.Document(io.BytesIO(data))
    except (OpcError, zipfile.BadZipFile, KeyError, ValueError, etree.XMLSyntaxError) as err:
        raise broken("a Word document (DOCX)") from err
    body = getattr(document.element, "body", None)
    if body is None:
        raise broken("a Word document (DOCX)")
    reader = _Reader(document, Outline(limits))
    reader.walk(body)
    return reader.outline.finish(document.core_properties.title or stem(name))


class _Reader:
    def __init__(self, document: Document, outline: Outline) -> None:
        self.outline = outline
        self._document = document
        self._levels: dict[str | None, int] = {}
        """Of the styles seen so far, by id."""

    def walk(self, container: Any) -> None:
        """Read what is in the body, or in a frame around a part of it."""
        for element in container.iterchildren(etree.Element):
            if element.tag == _PARAGRAPH:
                self._paragraph(element)
            elif element.tag == _TABLE:
                add_table(self.outline, _rows(element))
            elif element.tag not in _LEFT_OUT:
                self.walk(element)

    def _paragraph(self, element: Any) -> None:
        level = self._level(element)
        text = "".join(_parts(element))
        if level == _LEFT_OUT_LEVEL:
            return
        if level == _TEXT_LEVEL:
            for line in text.split("\n"):
                self.outline.line(line)
        else:
            self.outline.heading(level, text)

    def _level(self, element: Any) -> int:
        own = element.find(f"{qn('w:pPr')}/{qn('w:outlineLvl')}")
        if own is not None:
            return _outline_level(own)
        style_id: str | None = element.style
        if style_id not in self._levels:
            self._levels[style_id] = self._level_of_style(style_id)
        return self._levels[style_id]

    def _level_of_style(self, style_id: str | None) -> int:
        style = next((each for each in self._document.styles if each.style_id == style_id), None)
        for _ in range(10):  # styles may go round in circles
            if not isinstance(style, ParagraphStyle):
                break
            name = style.name or ""
            if name.casefold() == "title":
                return _TITLE_LEVEL
            if found := _HEADING.fullmatch(name):
                return int(found[1])
            if _CONTENTS.fullmatch(name):
                return _LEFT_OUT_LEVEL
            if (own := style.element.find(f"{qn('w:pPr')}/{qn('w:outlineLvl')}")) is not None:
                return _outline_level(own)
            style = style.base_style
        return _TEXT_LEVEL


def _outline_level(element: Any) -> int:
    value = element.get(qn("w:val"), "")
    return int(value) + 1 if value.isdecimal() and int(value) < 9 else _TEXT_LEVEL


def _rows(table: Any) -> Iterator[list[str]]:
    for row in table.iterchildren(_ROW):
        yield [" ".join("".join(_parts(cell)).split()) for cell in row.iterchildren(_CELL)]


def _parts(element: Any) -> Iterator[str]:
    for child in element.iterchildren(etree.Element):
        if child.tag == _TEXT:
            yield child.text or ""
        elif child.tag == _TAB:
            yield " "
        elif child.tag not in _LEFT_OUT:
            if child.tag in _BREAKS:
                yield "\n"
            yield from _parts(child)
