"""HTML: what a reader of the page reads, by its headings, without scripts and navigation."""

from __future__ import annotations

import re
import warnings

from bs4 import BeautifulSoup, MarkupResemblesLocatorWarning, XMLParsedAsHTMLWarning
from bs4.element import NavigableString, PreformattedString, Tag

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
    """Read a page."""
    page = parsed(text)
    title = page.title.get_text() if page.title else ""
    for element in page.select(_LEFT_OUT):
        element.decompose()
    reader = _Reader(Outline(limits))
    reader.walk(_content(page))
    return reader.outline.finish(title.strip() or stem(name))


def parsed(text: str) -> BeautifulSoup:
    """Parse a page with libxml2's parser for HTML, which opens no other file and takes no entities from the page."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", XMLParsedAsHTMLWarning)
        warnings.simplefilter("ignore", MarkupResemblesLocatorWarning)
        return BeautifulSoup(text, "lxml")


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
        self._code = 0
        """How many elements are open in which lines are kept."""

    def walk(self, root: Tag) -> None:
        """Read what is in an element, in the order of the page; it may be nested deeper than Python's stack."""
        open_elements = [(root, iter(root.children))]
        while open_elements:
            element, children = open_elements[-1]
            child = next(children, None)
            if child is None:
                open_elements.pop()
                self._leave(element)
            elif isinstance(child, Tag):
                if self._enter(child):
                    open_elements.append((child, iter(child.children)))
            elif isinstance(child, NavigableString) and not isinstance(child, PreformattedString):
                self._text(str(child))

    def _text(self, text: str) -> None:
        lines = text.splitlines() if self._code else [text.replace("\n", " ")]
        for number, line in enumerate(lines):
            if number:
                self._end_line()
            self._parts.append(line)
        if self._code and text.endswith("\n"):
            self._end_line()

    def _enter(self, element: Tag) -> bool:
        """Begin an element; return whether what is in it is to be read."""
        name = element.name
        if name == "br" or name in _BLOCKS or _HEADING.fullmatch(name):
            self._end_line()
        if _HEADING.fullmatch(name):
            self.outline.heading(int(name[1]), element.get_text(" "))
            return False
        if name == "table" and _is_of_data(element):
            self._table(element)
            return False
        if name == "li":
            self._parts.append(_marker(element))
        self._code += name == "pre"
        return True

    def _leave(self, element: Tag) -> None:
        self._code -= element.name == "pre"
        if element.name in _BLOCKS or element.parent is None:
            self._end_line()

    def _end_line(self) -> None:
        self.outline.line("".join(self._parts))
        self._parts = []

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
