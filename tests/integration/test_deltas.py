"""From the server's events to Home Assistant's deltas: words at once, calls at the end, Chinese spoken early."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable

from hypothesis import given, strategies as st
from hypothesis.strategies import SearchStrategy
import pytest

from custom_components.sotto.client import Call, Event, Figures, Text
from custom_components.sotto.deltas import STREAMED_CHARS, Deltas, Padding


async def _stream(events: Iterable[Event]) -> AsyncIterator[Event]:
    for event in events:
        yield event


async def _read(*events: Event) -> tuple[Deltas, list[dict[str, object]]]:
    deltas = Deltas()
    return deltas, [dict(delta) async for delta in deltas.of(_stream(events))]


async def test_the_first_words_begin_a_message_and_the_next_go_on_with_it() -> None:
    _, yielded = await _read(Text("It is "), Text("warm."), Figures())
    assert yielded == [{"role": "assistant", "content": "It is "}, {"content": "warm."}]


async def test_calls_are_kept_until_all_are_known() -> None:
    deltas, yielded = await _read(Text("Right. "), Call("c1", "intent__HassTurnOn", {"name": "Lamp"}), Figures())
    assert [call.tool_name for call in deltas.calls] == ["intent__HassTurnOn"]
    assert deltas.calls[0].tool_args == {"name": "Lamp"}
    assert deltas.calls[0].id == "c1"
    assert "tool_calls" not in {key for delta in yielded for key in delta}


async def test_the_end_brings_the_figures() -> None:
    figures = Figures(first_token_s=0.3, prompt_tokens=100, reused_tokens=98)
    deltas, _ = await _read(Text("Yes."), figures)
    assert deltas.figures is figures
    assert figures.reused_percent == 98.0


def _padded(*pieces: str) -> list[str]:
    padding = Padding()
    return [padding.of(piece) for piece in pieces]


def test_a_first_chinese_sentence_that_more_follows_is_long_enough_to_be_spoken() -> None:
    first, second = _padded("客厅的灯开着。", "卧室的灯关着。")
    assert first == "客厅的灯开着。"
    assert len(first) + second.index("卧") == STREAMED_CHARS


@pytest.mark.parametrize(
    "pieces",
    [
        ("好的。",),
        ("好的", "。"),
        ("The light is on. ", "The fan is off."),
        ("现在是", "二十一度"),
        ("",),
    ],
)
def test_nothing_is_added_to_one_sentence_or_to_english(pieces: tuple[str, ...]) -> None:
    assert "".join(_padded(*pieces)) == "".join(pieces)


PIECES = "好灯开着。!\uff1f aB.,"
TEXTS: SearchStrategy[list[str]] = st.lists(st.text(alphabet=f"{PIECES}\n", max_size=40), max_size=12)


@given(TEXTS)
def test_only_blanks_are_added_and_only_once(pieces: list[str]) -> None:
    padded = _padded(*pieces)
    assert "".join(padded).replace(" ", "") == "".join(pieces).replace(" ", "")
    assert sum(len(after) != len(before) for before, after in zip(pieces, padded, strict=True)) <= 1


@given(st.text(alphabet=PIECES, max_size=200))
def test_how_a_text_is_cut_does_not_change_what_is_heard(text: str) -> None:
    whole = "".join(_padded(text))
    assert "".join(_padded(*text)) == whole
