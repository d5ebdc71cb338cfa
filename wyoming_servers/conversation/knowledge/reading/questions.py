"""Questions with their answers, as people write them down.

A document of questions is one of these: a table (CSV, Markdown, DOCX, HTML) with a column of questions and a column of
answers; lines that begin with "Q:" and "A:", or "问：" and "答：", in any format; headings that are questions, with the
answer below. Pure logic.
"""

# ruff: noqa: RUF001, RUF002 - Chinese punctuation is meant

from __future__ import annotations

import re
from collections.abc import Sequence

from ..document import Section

_QUESTION = re.compile(r"(?:q|question|frage|问|問|问题|問題)\s?\d*\s?[:：]\s*(?P<text>.*)", re.IGNORECASE)
_ANSWER = re.compile(r"(?:a|answer|antwort|答|答案|回答)\s?\d*\s?[:：]\s*(?P<text>.*)", re.IGNORECASE)
_QUESTION_COLUMNS = frozenset({"q", "question", "questions", "问", "問", "问题", "問題", "提问"})
_ANSWER_COLUMNS = frozenset({"a", "answer", "answers", "reply", "答", "答案", "回答", "答复"})


def columns(names: Sequence[str]) -> tuple[int, int] | None:
    """Return which columns of a table are question and answer, if it has such."""
    plain = [name.casefold().strip(" *#:：") for name in names]
    question = next((place for place, name in enumerate(plain) if name in _QUESTION_COLUMNS), None)
    answer = next((place for place, name in enumerate(plain) if name in _ANSWER_COLUMNS), None)
    return None if question is None or answer is None else (question, answer)


def is_marked(line: str) -> bool:
    """Whether a line says of itself that it is a question or an answer."""
    return bool(_QUESTION.match(line) or _ANSWER.match(line))


def is_question(section: Section) -> bool:
    """Whether a section is an answer under a heading that asks."""
    return bool(section.text and section.headings and section.headings[-1].endswith(("?", "？")))


def pairs_of(section: Section) -> list[Section]:
    """Return a section for each pair of marked lines, under the question; nothing unless all of it is such pairs."""
    pairs = _read(section.text.split("\n"))
    if not all(question and answers for question, answers in pairs):
        return []
    return [Section("\n".join(answers), (*section.headings, question), section.page) for question, answers in pairs]


def _read(lines: Sequence[str]) -> list[tuple[str, list[str]]]:
    pairs: list[tuple[str, list[str]]] = []
    for line in lines:
        if question := _QUESTION.match(line):
            pairs.append((question["text"].strip(), []))
        elif not pairs:
            return []
        elif answer := _ANSWER.match(line):
            pairs[-1][1].append(answer["text"].strip())
        elif pairs[-1][1]:
            pairs[-1][1].append(line)
        else:
            pairs[-1] = (f"{pairs[-1][0]} {line}", [])
    return [(question, [line for line in answers if line]) for question, answers in pairs]
