"""Sentences of documents, in any script, without losing a sign."""

# ruff: noqa: RUF001 - Chinese punctuation is meant

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wyoming_servers.conversation.knowledge.sentences import parts, pieces, sentences
from wyoming_servers.conversation.prompt.text import estimate_tokens


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("Close the tap. Then wait.", ["Close the tap.", "Then wait."]),
        ("E24 是排水故障。请清洗滤网！好了吗？好了", ["E24 是排水故障。", "请清洗滤网！", "好了吗？", "好了"]),
        ("他说：“关掉。”然后走了。", ["他说：“关掉。”", "然后走了。"]),
        (
            "Use 2.5 bar, e.g. in front. See Dr. Celik, Fig. 3.",
            ["Use 2.5 bar, e.g. in front.", "See Dr. Celik, Fig. 3."],
        ),
        ("1. Open the door. 2. Close it.", ["1. Open the door.", "2. Close it."]),
        ('Press "Start." Wait (one minute). Done!', ['Press "Start."', "Wait (one minute).", "Done!"]),
        ("See /etc/hosts.deny or sotto.example.org now", ["See /etc/hosts.deny or sotto.example.org now"]),
        ("Code: E24; Meaning: blocked", ["Code: E24; Meaning: blocked"]),
        ("按 ON.然后等。", ["按 ON.", "然后等。"]),
        ("", []),
        ("   ", []),
    ],
)
def test_where_sentences_end(line: str, found: list[str]) -> None:
    assert sentences(line) == found


@given(st.text())
def test_the_parts_are_the_line(line: str) -> None:
    assert "".join(parts(line)) == line


@given(st.text(), st.integers(10, 200))
def test_the_pieces_are_the_sentence_and_small_enough(sentence: str, tokens: int) -> None:
    found = list(pieces(sentence, tokens))
    assert "".join(found) == sentence
    assert all(piece and estimate_tokens(piece) <= tokens for piece in found)
