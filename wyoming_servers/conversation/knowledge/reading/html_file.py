"""HTML: what a reader of the page reads, by its headings, without scripts and navigation."""

from __future__ import annotations

import re

from bs4 import BeautifulSoup
from bs4.element import NavigableString, PageElement, PreformattedString, Tag

from ..document import Reading
from .limits import Limits
from .names import stem
from .outline import Outline
from .tables import add_table

_LEFT_OUT = (
    "script, style, template, noscript, nav, iframe, object, svg, canvas, select, button, form, dialog, head > *, "
    "[hidden], [aria-hidden=true], [role=navigation], [role=search], [role=banner], [role=contentinfo], "
    "body > footer, body > header, .navheader, .navfooter"
)
_CONTENT = ("main", "[role=main]", "article")
"""Where a page says that its own text is, if it says so once."""
_HEADING = re.compile(r"h[1-6]")
_BLOCK_NAMES = """
address article aside blockquote body caption center dd details div dl dt fieldset figcaption figure footer header hr
html legend li main ol p pre section summary table td th tr ul
"""
_BLOCKS = frozenset(_BLOCK_NAMES.split())


def read(text: str, name: str, limits: Limits) -> Reading:
    """Read a page. The parser, libxml2's for HTML, opens no other file and knows no entities of the page's own."""
    page = BeautifulSoup(text, "lxml")
    title = page.title.get_text() if page.title else ""
    for element in page.select(_LEFT_OUT):
        element.decompose()
    reader = _Reader(Outline(limits))
    reader.walk(_content(page))
    reader.end_line()
    return reader.outline.finish(title.strip() or stem(name))


def _content(page: BeautifulSoup) -> Tag:
    for selector in _CONTENT:
        found = page.select(selector)
        if len(found) == 1:
            return found[0]
    return page


class _Reader:
    def __init__(self, outline: Outline) -> None:
        self.outline = outline
        self._parts: list[str] = []
        """Of the line that is being read."""

    def end_line(self) -> None:
        """Hand over the line that is being read."""
        self.outline.line("".join(self._parts))
        self._parts = []

    def walk(self, element: Tag) -> None:
        """Read what is in an element, in the order of the page."""
        for child in element.children:
            self._take(child, element)

    def _take(self, child: PageElement, parent: Tag) -> None:
        if isinstance(child, Tag):
            self._element(child)
        elif isinstance(child, NavigableString) and not isinstance(child, PreformattedString):
            is_code = parent.name == "pre" or parent.find_parent("pre") is not None
            lines = str(child).splitlines() if is_code else [str(child).replace("\n", " ")]
            for number, line in enumerate(lines):
                if number:
                    self.end_line()
                self._parts.append(line)

    def _element(self, element: Tag) -> None:
        name = element.name
        if _HEADING.fullmatch(name):
            self.end_line()
            self.outline.heading(int(name[1]), element.get_text(" "))
        elif name == "table" and _is_of_data(element):
            self.end_line()
            self._table(element)
        elif name == "br":
            self.end_line()
        elif name in _BLOCKS:
            self.end_line()
            if name == "li":
                self._parts.append(_marker(element))
            self.walk(element)
            self.end_line()
        else:
            self.walk(element)

    def _table(self, table: Tag) -> None:
        if table.caption:
            self.outline.line(table.caption.get_text(" "))
        rows = [row.find_all(["td", "th"], recursive=False) for row in table.find_all("tr")]
        texts = [[cell.get_text(" ") for cell in row] for row in rows]
        is_named = bool(rows) and bool(rows[0]) and all(cell.name == "th" for cell in rows[0])
        add_table(self.outline, texts[1:] if is_named else texts, names=texts[0] if is_named else ())


def _is_of_data(table: Tag) -> bool:
    """Whether a table is one, and not the page's layout."""
    return table.find(["table", "h1", "h2", "h3", "ul", "ol", "pre"]) is None


def _marker(item: Tag) -> str:
    """Return the number of an item in a list with numbers."""
    parent = item.parent
    if parent is None or parent.name != "ol":
        return ""
    start = str(parent.get("start", "1"))
    before = sum(isinstance(each, Tag) and each.name == "li" for each in item.previous_siblings)
    return f"{(int(start) if start.isdecimal() else 1) + before}. "
