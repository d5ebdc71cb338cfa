"""PDF: the lines of every page with their places, by PDFium; `pdf_layout` makes a text of them."""

from __future__ import annotations

import contextlib
import ctypes
import math
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pypdfium2 as pdfium
from pypdfium2 import raw

from ..document import Reading
from .characters import clean
from .errors import Unreadable, UnreadableError, broken, encrypted
from .limits import Limits
from .names import stem
from .outline import Outline
from .pdf_layout import add_pages
from .pdf_page import Bookmark, Line, Page

_HYPHEN = "\ufffe"
"""PDFium writes it for a hyphen at the end of a line, and leaves the end of the line out."""
_LINE = re.compile(rf"[^\r\n{_HYPHEN}]+{_HYPHEN}?")
_FIRST_WORD = re.compile("[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]|[^\\s\u2e80-\u9fff]+")
_LITTLE_TEXT = 200
_PICTURE_SHARE = 0.3
"""Of a page; what covers less is an ornament."""
_MOST_BOOKMARKS = 20_000
_NO_TITLE = re.compile(
    r"^untitled|^\(?anonymous\)?$|microsoft |powerpoint|\.(?:docx?|pptx?|pdf|indd|odt|pages|qxd|fm|ai|tex|dvi|html?)$",
    re.IGNORECASE,
)


def read(path: Path, name: str, limits: Limits, progress: Callable[[int, int], None]) -> Reading:
    """Read a PDF; raises UnreadableError for one that is broken, encrypted, too long, or only pictures of text."""
    with contextlib.closing(_open(path)) as document:
        if len(document) > limits.pages:
            raise UnreadableError(
                Unreadable.TOO_MANY_PAGES,
                f"The document has {len(document)} pages; {limits.pages} are read.",
                remedy="Add only the part of it that is needed.",
            )
        pages = []
        for index in range(len(document)):
            progress(index, len(document))
            pages.append(_page(document, index))
        bookmarks = list(_bookmarks(document))
        title = _title(document)
    outline = Outline(limits)
    warnings = add_pages(outline, pages, bookmarks)
    progress(len(pages), len(pages))
    return outline.finish(title or stem(name), warnings)


def _open(path: Path) -> pdfium.PdfDocument:
    try:
        return pdfium.PdfDocument(path)
    except pdfium.PdfiumError as err:
        if err.err_code in {raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY}:
            raise encrypted() from err
        raise broken("a PDF") from err


def _title(document: pdfium.PdfDocument) -> str:
    """Return the title that the file gives itself, unless a program has made one up from a file's name."""
    title = clean(document.get_metadata_value("Title"))
    return "" if _NO_TITLE.search(title) else title


def _bookmarks(document: pdfium.PdfDocument) -> Iterator[Bookmark]:
    for count, entry in enumerate(document.get_toc()):
        destination = entry.get_dest()
        page = None if destination is None else destination.get_index()
        if destination is None or page is None or count >= _MOST_BOOKMARKS:
            continue
        mode, places = destination.get_view()
        top = places[1] if mode == raw.PDFDEST_VIEW_XYZ and len(places) > 1 else None
        yield Bookmark(clean(entry.get_title()), entry.level + 1, page + 1, top)


def _page(document: pdfium.PdfDocument, index: int) -> Page:
    try:
        page = document[index]
    except pdfium.PdfiumError:
        return Page(index + 1, is_broken=True)
    with contextlib.closing(page), contextlib.closing(page.get_textpage()) as text_page:
        lines = tuple(_lines(text_page))
        is_sparse = sum(len(line.text) for line in lines) < _LITTLE_TEXT
        return Page(index + 1, page.get_height(), lines, has_picture=is_sparse and _has_picture(page))


def _has_picture(page: pdfium.PdfPage) -> bool:
    width, height = page.get_size()
    covered = 0.0
    for picture in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=3):
        left, bottom, right, top = picture.get_bounds()
        covered += abs((right - left) * (top - bottom))
    return bool(covered > _PICTURE_SHARE * width * height)


def _lines(page: pdfium.PdfTextPage) -> Iterator[Line]:
    text = page.get_text_range()
    is_plain = text.isascii() or max(text, default="") <= "\uffff"
    for found in _LINE.finditer(text):
        start = found.start() if is_plain else len(text[: found.start()].encode("utf-16-le")) // 2
        line = _line(page, found[0], start)
        if line is not None:
            yield line


def _line(page: pdfium.PdfTextPage, written: str, start: int) -> Line | None:
    """Return a line whose first letter is number `start` of the page's text."""
    shown = written.rstrip(f"{_HYPHEN} \xa0")
    text = clean(shown)
    word = _FIRST_WORD.search(shown)
    if not text or word is None:
        return None
    first = _Letter(page, start + word.start())
    after_word = _Letter(page, start + word.end() - 1)
    last = _Letter(page, start + len(shown) - 1)
    return Line(
        text=text,
        left=first.left,
        right=last.right,
        baseline=first.baseline,
        size=first.size(),
        first_word=after_word.right - first.left,
        is_hyphenated=written.endswith(_HYPHEN),
    )


class _Letter:
    """Where a letter stands."""

    def __init__(self, page: pdfium.PdfTextPage, place: int) -> None:
        self._page = page
        self._index: int = raw.FPDFText_GetCharIndexFromTextIndex(page, place)
        box = raw.FS_RECTF()
        raw.FPDFText_GetLooseCharBox(page, self._index, box)
        self.left: float = box.left
        self.right: float = box.right

    @property
    def baseline(self) -> float:
        x, y = ctypes.c_double(), ctypes.c_double()
        raw.FPDFText_GetCharOrigin(self._page, self._index, x, y)
        return y.value

    def size(self) -> float:
        """Return the size that is seen: that of the font, times what the page enlarges it by."""
        matrix = raw.FS_MATRIX()
        enlarged = raw.FPDFText_GetMatrix(self._page, self._index, matrix)
        size: float = raw.FPDFText_GetFontSize(self._page, self._index)
        return size * math.hypot(matrix.c, matrix.d) if enlarged else size
