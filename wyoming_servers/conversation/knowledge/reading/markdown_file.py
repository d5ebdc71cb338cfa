"""Markdown: its headings, lists and tables, without its signs."""

from __future__ import annotations

import re
from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

from ..document import Reading
from .characters import glue
from .html_file import parsed
from .limits import Limits
from .names import stem
from .outline import Outline
from .tables import add_table
from .wrapping import is_item

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n.*?\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
"""What programs write at the top for themselves."""


def read(text: str, name: str, limits: Limits) -> Reading:
    """Read CommonMark with tables."""
    reader = _Reader(Outline(limits))
    tokens = MarkdownIt("commonmark").enable("table").parse(_FRONT_MATTER.sub("", text))
    for place, token in enumerate(tokens):
        reader.take(token, tokens[place - 1] if place else token)
    return reader.outline.finish(stem(name))


class _Reader:
    def __init__(self, outline: Outline) -> None:
        self.outline = outline
        self._numbers: list[int | None] = []
        """Of the lists around this place, the number of the next item; None without numbers."""
        self._marker = ""
        self._rows: list[list[str]] = []

    def take(self, token: Token, before: Token) -> None:
        """Take the next token of the document."""
        match token.type:
            case "inline" if before.type == "heading_open":
                self.outline.heading(int(before.tag[1]), " ".join(_lines(token.children or ())))
            case "inline" if before.type in {"th_open", "td_open"}:
                self._rows[-1].append(" ".join(_lines(token.children or ())))
            case "inline":
                self._add(_lines(token.children or ()))
            case "fence" | "code_block":
                self._add(token.content.splitlines())
            case "html_block":
                self._add(parsed(token.content).get_text("\n").splitlines())
            case "tr_open":
                self._rows.append([])
            case "table_close":
                add_table(self.outline, self._rows[1:], names=self._rows[0])
                self._rows = []
            case _:
                self._list(token)

    def _list(self, token: Token) -> None:
        match token.type:
            case "ordered_list_open":
                self._numbers.append(int(token.attrs.get("start", 1)))
            case "bullet_list_open":
                self._numbers.append(None)
            case "ordered_list_close" | "bullet_list_close":
                self._numbers.pop()
            case "list_item_open" if (number := self._numbers[-1]) is not None:
                self._marker = f"{number}. "
                self._numbers[-1] = number + 1
            case _:
                pass

    def _add(self, lines: Sequence[str]) -> None:
        for line in lines:
            if line.strip():
                self.outline.line(self._marker + line)
                self._marker = ""


def _lines(children: Sequence[Token]) -> list[str]:
    """Return the text of a paragraph: one line, unless a break is meant."""
    lines = [""]
    breaks = False
    for token in children:
        match token.type:
            case "softbreak":
                breaks = True
            case "hardbreak":
                lines.append("")
            case "image":
                lines[-1] += token.content
            case "text" | "code_inline" if token.content:
                if breaks and is_item(token.content):
                    lines.append("")
                elif breaks:
                    lines[-1] = lines[-1].rstrip() + glue(lines[-1].rstrip(), token.content)
                lines[-1] += token.content
                breaks = False
            case "html_inline" if token.content.casefold().startswith("<br"):
                lines.append("")
            case _:
                pass
    return lines
