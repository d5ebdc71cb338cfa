"""When the user stops speaking, next to nothing is left to evaluate: in any room, after a restart, whatever changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, Protocol

import pytest

pytest.importorskip("llama_cpp")
pytest.importorskip("aiohttp")

from bench import prefix_sotto
from bench.prefix_house import TURNS_IN, Turn, home
from bench.prefix_model import Counter
from bench.prefix_report import LEAST_REUSED, MOST_LEFT, Measured
from bench.prefix_sotto import Client, Sotto, sotto
from wyoming_servers.conversation.prompt.tools import NEED_RINGING, tools


class Door(Protocol):
    async def turn(self, turn: Turn) -> Measured: ...


Tools = Mapping[str, Mapping[str, Any]]

pytestmark = pytest.mark.parametrize("language", ["en", "zh-CN"])


@pytest.fixture
def told(language: str) -> Tools:
    """Return the tools that each device sends through HTTP: only one that shows timers sends those for timers."""
    every = [
        {"name": tool.name, "description": tool.description, "parameters": tool.parameters}
        for tool in tools(home(language))
    ]
    few = [tool for tool in every if tool["name"] not in NEED_RINGING]
    assert len(few) < len(every)
    return {"satellite": {"tools": few}, "satellite_2": {"tools": few}, "timers": {"tools": every}}


@pytest.fixture(scope="session")
def words(gguf_models: Path) -> Counter:
    return Counter(gguf_models / "nano.gguf")


class House:
    """Starts Sotto, again and again, with the same folder."""

    def __init__(self, folder: Path, model: Path, language: str) -> None:
        self._about = folder, model, home(language), language

    def started(self) -> AbstractAsyncContextManager[Sotto]:
        return sotto(*self._about)


@pytest.fixture
def house(tmp_path: Path, gguf_models: Path, language: str, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setattr(prefix_sotto, "QUIET_S", 0.0)
    return House(tmp_path, gguf_models / "nano.gguf", language)


async def spoken(door: Door, language: str, words: Counter) -> None:
    """Say everything, and look at what was left to evaluate each time, also while it was said."""
    for number, turn in enumerate(TURNS_IN[language]):
        measured = await door.turn(turn)
        assert measured.left <= MOST_LEFT + words.tokens(turn.words), turn.name
        assert measured.reuse > LEAST_REUSED, turn.name
        assert number == 0 or measured.known_before > LEAST_REUSED, turn.name


async def test_only_words_and_what_they_need_are_left_at_the_wyoming_door_and_a_restart_evaluates_nothing_again(
    house: House, language: str, words: Counter
) -> None:
    async with house.started() as server:
        await spoken(server, language, words)
        evaluated = server.model.prefills[0][0]
    async with house.started() as server:
        assert server.model.prefills[0][0] < (1 - LEAST_REUSED) * evaluated
        again = await server.turn(TURNS_IN[language][0])
        assert again.left <= MOST_LEFT + words.tokens(TURNS_IN[language][0].words)


async def test_satellites_with_and_without_timers_share_a_prompt_at_the_http_door_also_after_a_restart(
    house: House, language: str, words: Counter, told: Tools
) -> None:
    async with house.started() as server:
        await spoken(Client(server, told), language, words)
    async with house.started() as server:
        again = await Client(server, told).turn(TURNS_IN[language][0])
        assert again.known_before > LEAST_REUSED
        assert again.left <= MOST_LEFT + words.tokens(TURNS_IN[language][0].words)


async def test_an_action_at_the_http_door_costs_one_answer_and_leaves_little_to_the_next_turn(
    house: House, language: str, words: Counter, told: Tools
) -> None:
    first, second = TURNS_IN[language][:2]
    async with house.started() as server:
        client = Client(server, _as_home_assistant_calls_them(told))
        await client.turn(first)
        answers = len(server.model.answers)
        lamp = next(each for each in server.home.snapshot.entities if each.domain == "light")
        function = {"name": "intent__HassTurnOn", "arguments": json.dumps({"name": lamp.name})}
        call = {"id": "a", "type": "function", "function": function}
        done = [{"name": lamp.name, "type": "entity", "id": lamp.entity_id}]
        data = {"speech": {}, "response_type": "action_done", "data": {"success": done, "failed": []}}
        result = json.dumps({"data": data, "error": False})
        said = await client.ask(
            first,
            [
                *client.history[:-1],
                {"role": "assistant", "content": None, "tool_calls": [call]},
                {"role": "tool", "tool_call_id": "a", "content": result},
            ],
        )
        assert said
        assert len(server.model.answers) == answers, "Home Assistant's words need no model"
        measured = await client.turn(second)
        assert measured.left <= MOST_LEFT + words.tokens(second.words)
        assert measured.ahead_tokens <= 2 * MOST_LEFT, "the call, its result, what was said, and the time"


def _as_home_assistant_calls_them(told: Tools) -> Tools:
    return {
        device: {"tools": [{**tool, "name": f"intent__{tool['name']}"} for tool in each["tools"]]}
        for device, each in told.items()
    }


async def test_the_doors_do_not_put_out_each_others_prompt_while_only_one_is_in_use(
    house: House, language: str, told: Tools
) -> None:
    first, second = TURNS_IN[language][:2]
    async with house.started() as server:
        await Client(server, told).turn(first)
        evaluated = len(server.model.prefills)
        await server.thinking.prepare(language)
        assert len(server.model.prefills) == evaluated
        await server.answer(second, evaluated)
        await server.thinking.prepare(language)
        assert len(server.model.prefills) == evaluated + 1
