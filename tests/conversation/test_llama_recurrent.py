"""A model that cannot take back what it has read answers as if it had read each prompt afresh."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.conversation.llama_engine import answer, asking, make_engine, until_working
from tests.stand_in_gguf import make_recurrent_gguf
from wyoming_servers.conversation.engines.llama_cpp import LlamaCpp

__all__ = ["make_engine"]

Make = Callable[..., Awaitable[LlamaCpp]]

TURNS = (
    ("Turn on the light in the kitchen.",),
    ("Turn on the light in the attic.",),
    ("Turn on the light in the attic.", "Done.", "And the hall?"),
    ("你好",),
)
LONG = " ".join(f"Lamp {number * 7919 % 1000} is on." for number in range(300))
"""Reading any part of it twice makes a difference."""


@pytest.fixture
def recurrent(tmp_path: Path) -> Path:
    return make_recurrent_gguf(tmp_path / "mamba.gguf")


async def afresh(make_engine: Make, path: Path, *said: str) -> str:
    """Return what a model that has never been asked answers."""
    engine = await make_engine(path, prefixes=0)
    text = (await answer(engine, asking(*said, max_tokens=12))).text
    await engine.stop()
    return text


async def test_it_goes_back_to_what_all_prompts_begin_with(make_engine: Make, recurrent: Path) -> None:
    engine = await make_engine(recurrent)
    expected = [await afresh(make_engine, recurrent, *said) for said in TURNS]
    assert len(set(expected)) == len(expected)
    for number, (said, text) in enumerate(zip(TURNS, expected, strict=True)):
        got = await answer(engine, asking(*said, max_tokens=12))
        assert got.text == text
        assert number == 0 or got.finished.reused_tokens > 100


async def test_after_a_restart_it_begins_with_what_was_saved(make_engine: Make, recurrent: Path) -> None:
    engine = await make_engine(recurrent)
    first = await answer(engine, asking("Hello", max_tokens=12))
    await engine.stop()
    await engine.start()
    again = await answer(engine, asking("Hello", max_tokens=12))
    assert again.finished.reused_tokens > 100
    assert again.text == first.text


async def test_after_somebody_left_it_answers_the_same_prompt_as_if_never_asked(
    make_engine: Make, recurrent: Path
) -> None:
    engine = await make_engine(recurrent)
    await answer(engine, asking("Hello"))
    for _ in range(3):
        left = asyncio.ensure_future(anext(engine.chat(asking(LONG, max_tokens=12))))
        await until_working(engine)
        await asyncio.sleep(0.1)
        left.cancel()
        await asyncio.wait([left])
    expected = await afresh(make_engine, recurrent, LONG)
    assert (await answer(engine, asking(LONG, max_tokens=12))).text == expected
