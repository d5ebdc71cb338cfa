"""Plain text: paragraphs between empty lines, and lines that stand alone as headings. Pure logic."""

# ruff: noqa: RUF001 - Chinese punctuation is meant

from __future__ import annotations

import re
from collections.abc import Iterator

from ..document import Reading
from .limits import Limits
from .names import stem
from .outline import Outline
from .wrapping import columns, is_item, margin, paragraphs

_HEADING_COLUMNS = 60
_UNDERLINE = re.compile(r"\s*(?:(?P<double>={3,}|\*{3,}|#{3,})|-{3,}|~{3,}|_{3,})\s*")
_CHAPTER = re.compile(
    r"\s*(?:第\s?[一二三四五六七八九十百零〇\d]+\s?[章节節篇部回]|chapter\s+[\divxlc]+\b)", re.IGNORECASE
)
_NUMBER = re.compile(r"\s*(?P<number>\d{1,2}(?:\.\d{1,2})*)\.?\s+\D")
_TITLE_LEVEL = 0
_UNNUMBERED_LEVEL = 6
_HEADED_COLUMNS = 40
_LEAST_HEADED = 2
_SENTENCE_ENDS = tuple(".!?。！？")
_ENDS = tuple(".,;:!?。，；：！？、…")


def read(text: str, name: str, limits: Limits) -> Reading:
    """Read plain text."""
    outline = Outline(limits)
    blocks = list(_blocks(text))
    broken_at = margin(line for block in blocks for line in block)
    blocks = _apart(blocks)
    alone = [_stands_alone(block) for block in blocks]
    for place, block in enumerate(blocks):
        lines = _underlined(outline, block)
        precedes_text = alone[place + 1 : place + 2] == [False]
        if lines == block and alone[place] and (precedes_text or _CHAPTER.match(block[0])):
            outline.heading(_level(block[0]), block[0])
            continue
        if place == 0 and alone[:3] == [True, True, False]:
            outline.heading(_TITLE_LEVEL, block[0])
            continue
        for paragraph in paragraphs(lines, broken_at):
            outline.line(paragraph)
    return outline.finish(stem(name))


def _blocks(text: str) -> Iterator[list[str]]:
    block: list[str] = []
    for line in text.splitlines():
        if line.strip():
            block.append(line.rstrip())
        elif block:
            yield block
            block = []
    if block:
        yield block


def _apart(blocks: list[list[str]]) -> list[list[str]]:
    """Set headings apart from the text right below them, in a text that has several such."""
    headed = [_is_headed(block) for block in blocks]
    longer = sum(len(block) > 1 for block in blocks)
    if sum(headed) < _LEAST_HEADED or 2 * sum(headed) < longer:
        return blocks
    return [
        part
        for block, is_headed in zip(blocks, headed, strict=True)
        for part in ([block[:1], block[1:]] if is_headed else [block])
    ]


def _is_headed(block: list[str]) -> bool:
    """Whether a block begins with a short line without an end, and goes on with sentences."""
    if len(block) < 2 or columns(block[0]) > _HEADED_COLUMNS or not _stands_alone(block[:1]):
        return False
    return block[-1].endswith(_SENTENCE_ENDS) and columns(block[1]) > columns(block[0])


def _underlined(outline: Outline, block: list[str]) -> list[str]:
    """Take a heading with a line of signs below it; return what is left of the block."""
    if len(block) < 2 or not (sign := _UNDERLINE.fullmatch(block[1])) or _UNDERLINE.fullmatch(block[0]):
        return [line for line in block if not _UNDERLINE.fullmatch(line)] if len(block) > 1 else block
    outline.heading(1 if sign["double"] else 2, block[0])
    return block[2:]


def _stands_alone(block: list[str]) -> bool:
    """Whether a block looks like a heading."""
    line = block[0].strip()
    if len(block) > 1 or columns(line) > _HEADING_COLUMNS or not any(map(str.isalpha, line)):
        return False
    return not line.endswith(_ENDS) and not (is_item(line) and not _NUMBER.match(line))


def _level(line: str) -> int:
    if _CHAPTER.match(line):
        return 1
    numbered = _NUMBER.match(line)
    return numbered["number"].count(".") + 1 if numbered else _UNNUMBERED_LEVEL
