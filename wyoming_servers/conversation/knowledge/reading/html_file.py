"""HTML: what a reader of the page reads, by its headings, without scripts and navigation."""

from __future__ import annotations

import re
import warnings

from bs4 import BeautifulSoup, MarkupResemblesLocatorWarning, XMLParsedAsHTMLWarning
from bs4.element import NavigableString, PreformattedString, Tag

from ..document import Reading
from .characters import unbroken
from .limits import Limits
from .names import stem
from .outline import Outline
from .tables import add_table

_LEFT_OUT_NAMES = "head script style template noscript nav iframe object svg canvas select button form dialog"
_LEFT_OUT = frozenset(_LEFT_OUT_NAMES.split())
_LEFT_OUT_ROLES = frozenset({"navigation", "search", "banner", "contentinfo"})
_LEFT_OUT_CLASSES = frozenset({"navheader", "navfooter"})
"""DocBook's, around every page of a book."""
_AROUND = frozenset({"header", "footer"})
"""Of the page, if they are directly in its body; of an article otherwise."""
_CONTENT = ("main", "article")
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
    for name in _CONTENT:
        found = page.find_all(name, limit=2)
        if len(found) == 1:
            return found[0]
    return page


def _is_left_out(element: Tag) -> bool:
    """Whether somebody who reads the page does not read this."""
    if element.name in _LEFT_OUT or (element.name in _AROUND and _name(element.parent) == "body"):
        return True
    attributes = element.attrs
    return bool(attributes) and (
        "hidden" in attributes
        or attributes.get("aria-hidden") == "true"
        or attributes.get("role") in _LEFT_OUT_ROLES
        or not _LEFT_OUT_CLASSES.isdisjoint(element.get_attribute_list("class"))
    )


def _name(element: Tag | None) -> str:
    return "" if element is None else element.name


class _Reader:
    def __init__(self, outline: Outline) -> None:
        self.outline = outline
        self._parts: list[str] = []
        """Of the line that is being read."""
        self._code = 0
        """How many elements are open in which lines are kept."""
        self._numbers: dict[int, int] = {}
        """Of lists with numbers, the last one."""

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
        lines = text.splitlines() if self._code else [unbroken(text)]
        for number, line in enumerate(lines):
            if number:
                self._end_line()
            self._parts.append(line)
        if self._code and text.endswith("\n"):
            self._end_line()

    def _enter(self, element: Tag) -> bool:
        """Begin an element; return whether what is in it is to be read."""
        if _is_left_out(element):
            return False
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
            self._parts.append(self._marker(element))
        self._code += name == "pre"
        return True

    def _marker(self, item: Tag) -> str:
        """Return the number of an item in a list with numbers."""
        around = item.parent
        if around is None or around.name != "ol":
            return ""
        start = str(around.get("start", "1"))
        first = int(start) if start.isdecimal() and len(start) < 10 else 1
        number = self._numbers[id(around)] = self._numbers.get(id(around), first - 1) + 1
        return f"{number}. "

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
