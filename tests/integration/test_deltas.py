"""From the server's events to Home Assistant's deltas: words at once, calls at the end, Chinese spoken early."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing

from hypothesis import given, strategies as st
import pytest

from custom_components.sotto.client import Call, CannotConnectError, Event, Figures, Text
from custom_components.sotto.deltas import PAUSE_S, STREAMED_CHARS, Deltas

PIECES = "好灯开着。!\uff1f aB.,"


async def _stream(events: Iterable[Event]) -> AsyncGenerator[Event]:
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


async def _paused(*pieces: str) -> tuple[list[str], str]:
    """Return what is yielded of pieces after each of which the model pauses, and the text."""
    deltas = Deltas()

    async def slowly() -> AsyncGenerator[Event]:
        for piece in pieces:
            yield Text(piece)
            await asyncio.sleep(2 * PAUSE_S)

    yielded = [str(delta["content"]) async for delta in deltas.of(slowly())]
    return yielded, deltas.text


async def test_a_chinese_sentence_after_which_the_model_pauses_is_long_enough_to_be_spoken() -> None:
    yielded, text = await _paused("客厅的灯开着。", "卧室的灯关着。")
    assert yielded[0] == "客厅的灯开着。"
    assert len(yielded[0]) + len(yielded[1]) == STREAMED_CHARS
    assert yielded[1].isspace()
    assert yielded[2:] == ["卧室的灯关着。"]
    assert text == "客厅的灯开着。卧室的灯关着。"


async def test_without_a_pause_nothing_is_added() -> None:
    _, yielded = await _read(Text("客厅的灯开着。"), Text("卧室的灯关着。"), Figures())
    assert [delta["content"] for delta in yielded] == ["客厅的灯开着。", "卧室的灯关着。"]


@pytest.mark.parametrize("pieces", [("The light is on. ", "The fan is off."), ("现在是", "二十一度"), ("",)])
async def test_nothing_is_added_to_half_a_sentence_or_to_english(pieces: tuple[str, ...]) -> None:
    yielded, _ = await _paused(*pieces)
    assert yielded == list(pieces)


async def test_a_reader_that_leaves_ends_the_answer() -> None:
    ended = asyncio.Event()

    async def endless() -> AsyncGenerator[Event]:
        try:
            while True:
                yield Text("On and on. ")
                await asyncio.sleep(0)
        finally:
            ended.set()

    async with aclosing(Deltas().of(endless())) as deltas:
        await anext(deltas)
    assert ended.is_set()


async def test_a_reader_that_leaves_when_the_server_has_just_gone_too_hears_nothing_of_it() -> None:
    """An error in place of the cancellation that made it leave would let the task go on."""
    gone = asyncio.Event()

    async def breaking_off() -> AsyncGenerator[Event]:
        yield Text("On and on. ")
        gone.set()
        raise CannotConnectError

    async with aclosing(Deltas().of(breaking_off())) as deltas:
        await anext(deltas)
        await gone.wait()
        await asyncio.sleep(0)


@given(st.lists(st.text(alphabet=PIECES, max_size=40), max_size=12))
def test_what_is_written_is_what_is_yielded(pieces: list[str]) -> None:
    async def read() -> str:
        _, yielded = await _read(*map(Text, pieces))
        return "".join(str(delta["content"]) for delta in yielded)

    assert asyncio.run(read()) == "".join(pieces)
