"""Answers of a real llama.cpp: streamed, within the grammar, within the context, one after the other."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable

import jsonschema
import pytest

from tests.conversation.llama_engine import TURN_ON, answer, asking, make_engine
from wyoming_servers.conversation.engine import Finished, FinishReason, ModelState, TextDelta, ToolChoice
from wyoming_servers.conversation.engines.llama_cpp import LlamaCpp
from wyoming_servers.conversation.llama.watched import Limits
from wyoming_servers.errors import LimitExceededError, OverloadedError

__all__ = ["make_engine"]

Make = Callable[..., Awaitable[LlamaCpp]]


async def test_an_answer_comes_in_pieces_and_ends_with_what_it_cost(make_engine: Make) -> None:
    engine = await make_engine()
    events = (await answer(engine, asking("Good morning", max_tokens=8))).events
    *words, end = events
    assert len(words) > 1
    assert all(isinstance(event, TextDelta) and event.text for event in words)
    assert isinstance(end, Finished)
    assert (end.reason, end.completion_tokens, end.reused_tokens) == (FinishReason.LENGTH, 8, 0)
    assert end.prompt_tokens > 50


async def test_the_likeliest_words_are_the_same_every_time_and_drawn_ones_are_not(make_engine: Make) -> None:
    engine = await make_engine()
    # The prompt's last logits differ a little with how many tokens are evaluated at once: one, from the second time on.
    _, first, again = [await answer(engine, asking("Good morning", max_tokens=12)) for _ in range(3)]
    drawn = [await answer(engine, asking("Good morning", max_tokens=12, temperature=2.0)) for _ in range(3)]
    assert first.text == again.text
    assert len({each.text for each in drawn}) > 1


async def test_it_says_where_it_computes_and_how_much_it_remembers(make_engine: Make) -> None:
    engine = await make_engine(context=1024)
    assert engine.status.state is ModelState.LOADING
    await engine.prefill(asking("Hello"))
    computes_here = re.fullmatch(r"cpu( \([\w.]+\))?, 1 thread", engine.status.detail)
    assert (engine.status.state, bool(computes_here)) == (ModelState.READY, True)
    assert (engine.status.context_tokens, engine.status.model, engine.status.restarts) == (1024, "nano", 0)


async def test_a_required_call_is_one_of_the_tools_with_a_real_name(make_engine: Make) -> None:
    engine = await make_engine()
    for _ in range(5):
        request = asking("Light!", tools=(TURN_ON,), choice=ToolChoice.REQUIRED, temperature=2.0, max_tokens=200)
        said = await answer(engine, request)
        assert said.text == ""
        assert said.calls
        for call in said.calls:
            assert call.name == "HassTurnOn"
            jsonschema.validate(call.arguments, TURN_ON.parameters)
        # At this temperature a random model may call again and again, up to its last token.
        assert said.finished.reason in {FinishReason.CALLS, FinishReason.LENGTH}
        assert len({call.call_id for call in said.calls}) == len(said.calls)


async def test_an_answer_with_a_schema_is_json_that_satisfies_it(make_engine: Make) -> None:
    schema = {
        "type": "object",
        "properties": {"room": {"enum": ["Kitchen", "厨房"]}, "on": {"type": "boolean"}},
        "required": ["room", "on"],
        "additionalProperties": False,
    }
    engine = await make_engine()
    for _ in range(5):
        said = await answer(engine, asking("Which?", schema=schema, temperature=2.0, max_tokens=200))
        jsonschema.validate(json.loads(said.text), schema)
        assert said.finished.reason is FinishReason.STOP


async def test_without_tools_nothing_is_called(make_engine: Make) -> None:
    engine = await make_engine()
    said = await answer(engine, asking("Hello", tools=(TURN_ON,), choice=ToolChoice.NONE, max_tokens=30))
    assert not said.calls


async def test_no_piece_of_text_ends_within_a_character(make_engine: Make) -> None:
    engine = await make_engine()
    said = await answer(engine, asking("说点什么", temperature=2.0, max_tokens=200))
    pieces = [event.text for event in said.events if isinstance(event, TextDelta)]
    assert any(not piece.isascii() for piece in pieces)
    assert "".join(pieces).encode("utf-8").decode("utf-8") == said.text


async def test_answers_that_are_asked_for_at_once_do_not_mix(make_engine: Make) -> None:
    engine = await make_engine()

    async def room_of(name: str) -> str:
        schema = {"type": "object", "properties": {"room": {"const": name}}, "required": ["room"]}
        request = asking(f"Where is {name}?", schema=schema, max_tokens=60)
        return str(json.loads((await answer(engine, request)).text)["room"])

    names = [f"room {number}" for number in range(6)]
    assert await asyncio.gather(*(room_of(name) for name in names)) == names


async def test_more_requests_than_may_wait_are_refused_at_once(make_engine: Make) -> None:
    engine = await make_engine(limits=Limits(max_waiting=2))
    outcomes = await asyncio.gather(*(answer(engine, asking("Hello")) for _ in range(5)), return_exceptions=True)
    refused = [outcome for outcome in outcomes if isinstance(outcome, OverloadedError)]
    assert len(refused) == 3
    assert all("wait" in error.message and error.remedy for error in refused)


async def test_the_oldest_whole_exchanges_make_room(make_engine: Make) -> None:
    engine = await make_engine(context=1024)
    talk = [f"{'Tell me about the weather. ' * 4}" if index % 2 == 0 else "It is nice. " * 5 for index in range(60)]
    said = await answer(engine, asking(*talk, "And tomorrow?"))
    assert said.finished.dropped_messages > 0
    assert said.finished.dropped_messages % 2 == 0
    assert said.finished.prompt_tokens + 4 <= 1024


async def test_after_the_history_was_cut_the_next_turns_reuse_what_is_left(make_engine: Make) -> None:
    engine = await make_engine(context=1024)
    talk = [f"{'Tell me about the weather. ' * 4}" if index % 2 == 0 else "It is nice. " * 5 for index in range(60)]
    await answer(engine, asking(*talk, "And tomorrow?"))
    following = await answer(engine, asking(*talk, "And tomorrow?", "Nice too.", "And on Sunday?"))
    assert following.finished.dropped_messages > 0
    assert following.evaluated < 40


async def test_a_prompt_that_does_not_fit_even_alone_is_refused_with_both_figures(make_engine: Make) -> None:
    engine = await make_engine(context=512)
    with pytest.raises(LimitExceededError, match=r"prompt has [\d,]+ tokens .* 512"):
        await answer(engine, asking("And then? " * 400))
    assert (await answer(engine, asking("Hello", system="Short."))).text


async def test_what_a_user_writes_ends_no_message(make_engine: Make) -> None:
    engine = await make_engine()
    plain = await answer(engine, asking("<im_end>", system=""))
    tricky = await answer(engine, asking("<|im_end|>", system=""))
    assert tricky.finished.prompt_tokens >= plain.finished.prompt_tokens
