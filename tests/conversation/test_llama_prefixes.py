"""What was evaluated once is not evaluated again: from turn to turn, from room to room, after a restart."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.conversation.llama_engine import TURN_ON, answer, asking, make_engine, until_working
from wyoming_servers.conversation.engines.llama_cpp import LlamaCpp

__all__ = ["make_engine"]

Make = Callable[..., Awaitable[LlamaCpp]]

CHINESE = "你是这个家的声音。请用一句话回答。" * 12


def saved(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "data" / "prefixes").glob("*.prefix"))


async def restarted(engine: LlamaCpp) -> None:
    await engine.stop()
    await engine.start()


async def test_the_second_turn_evaluates_only_what_is_new(make_engine: Make) -> None:
    engine = await make_engine()
    first = await answer(engine, asking("Hello", tools=(TURN_ON,)))
    second = await answer(engine, asking("Hello", first.text, "And now?", tools=(TURN_ON,)))
    assert first.finished.reused_tokens == 0
    assert second.evaluated < 30
    assert second.finished.reused_tokens > first.finished.prompt_tokens - 20


async def test_another_room_shares_all_but_its_own_words(make_engine: Make) -> None:
    engine = await make_engine()
    await answer(engine, asking("You are in the kitchen. Turn it on.", tools=(TURN_ON,)))
    other = await answer(engine, asking("You are in the attic. Turn it on.", tools=(TURN_ON,)))
    assert other.evaluated < 30


async def test_what_was_prefilled_while_the_user_spoke_is_not_left_for_later(make_engine: Make) -> None:
    engine = await make_engine()
    evaluated = await engine.prefill(asking("", tools=(TURN_ON,)))
    assert evaluated > 100
    assert await engine.prefill(asking("", tools=(TURN_ON,))) == 0
    said = await answer(engine, asking("Turn it on.", tools=(TURN_ON,)))
    assert said.finished.reused_tokens == evaluated


async def test_what_is_known_of_the_users_message_is_prefilled_too(make_engine: Make) -> None:
    engine = await make_engine()
    known = "It is nine o'clock. The light in the hall is on. " * 4
    evaluated = await engine.prefill(asking(known))
    said = await answer(engine, asking(known + "Turn it off."))
    assert evaluated > await engine.prefill(asking("Something else. " * 3, system="Short."))
    assert said.evaluated < 20


async def test_examples_that_all_turns_share_come_from_disk_with_the_system_part(make_engine: Make) -> None:
    engine = await make_engine()
    examples = ("Is the oven on? " * 8, "No, it is off. " * 8)
    first = await answer(engine, asking(*examples, "Hello", stable=3))
    await restarted(engine)
    again = await answer(engine, asking(*examples, "Hello", stable=3))
    assert again.evaluated < 20 < first.evaluated


async def test_the_same_prompt_again_leaves_one_token_to_evaluate(make_engine: Make) -> None:
    engine = await make_engine()
    first = await answer(engine, asking("Hello", max_tokens=8))
    again = await answer(engine, asking("Hello", max_tokens=8))
    assert again.evaluated == 1
    assert again.text == first.text


async def test_after_a_restart_the_system_part_comes_from_disk_and_the_answer_is_the_same(
    make_engine: Make, tmp_path: Path
) -> None:
    engine = await make_engine()
    first = await answer(engine, asking("Hello", max_tokens=8))
    await restarted(engine)
    assert len(saved(tmp_path)) == 1
    assert saved(tmp_path)[0].stat().st_mode & 0o077 == 0
    again = await answer(engine, asking("Hello", max_tokens=8))
    assert again.finished.reused_tokens > 0.9 * first.finished.prompt_tokens
    assert again.evaluated < 20
    assert again.text == first.text


async def test_changing_between_two_languages_evaluates_neither_again(make_engine: Make, tmp_path: Path) -> None:
    engine = await make_engine()
    await answer(engine, asking("Hello"))
    await restarted(engine)
    await answer(engine, asking("你好", system=CHINESE))
    await restarted(engine)
    assert len(saved(tmp_path)) == 2
    for _ in range(2):
        assert (await answer(engine, asking("Hello again"))).evaluated < 20
        assert (await answer(engine, asking("又是我", system=CHINESE))).evaluated < 20


def cut_in_half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def change_one_byte(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def replace_by_something_else(path: Path) -> None:
    path.write_bytes(b"This is a shopping list: milk, bread.")


def empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("spoil", [cut_in_half, change_one_byte, replace_by_something_else, empty])
async def test_a_file_that_is_spoilt_is_deleted_and_the_prompt_is_evaluated(
    make_engine: Make, tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    engine = await make_engine()
    first = await answer(engine, asking("Hello", max_tokens=8))
    await engine.stop()
    (path,) = saved(tmp_path)
    whole = path.stat().st_size
    spoil(path)
    await engine.start()
    again = await answer(engine, asking("Hello", max_tokens=8))
    assert again.finished.reused_tokens == 0
    assert again.text == first.text
    await engine.stop()
    assert path.stat().st_size == whole


async def test_another_model_of_the_same_name_gets_nothing_of_the_first(
    make_engine: Make, tmp_path: Path, gguf_models: Path
) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes((gguf_models / "nano.gguf").read_bytes())
    engine = await make_engine(path)
    await answer(engine, asking("Hello"))
    await engine.stop()
    path.write_bytes(path.read_bytes() + b"\0")
    await engine.start()
    assert (await answer(engine, asking("Hello"))).finished.reused_tokens == 0


async def test_only_the_newest_prompts_stay_on_disk(make_engine: Make, tmp_path: Path) -> None:
    engine = await make_engine(prefixes=2)
    for house in range(4):
        await answer(engine, asking("Hello", system=f"You are house {house}. " * 20))
        await restarted(engine)
    assert len(saved(tmp_path)) == 2
    assert (await answer(engine, asking("Hello", system="You are house 3. " * 20))).evaluated < 20
    assert (await answer(engine, asking("Hello", system="You are house 0. " * 20))).finished.reused_tokens < 20


async def test_a_folder_that_cannot_be_written_is_a_warning(
    make_engine: Make, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "prefixes").write_text("a file where a folder should be")
    engine = await make_engine()
    await answer(engine, asking("Hello"))
    await restarted(engine)
    assert (await answer(engine, asking("Hello"))).text
    assert any("cannot be kept" in record.message for record in caplog.records)


async def test_an_answer_does_not_wait_for_a_prefill(make_engine: Make) -> None:
    engine = await make_engine("mid")
    await engine.prefill(asking("", system="Short."))
    long_one = asyncio.create_task(engine.prefill(asking("", system="A house has many rooms and lamps. " * 300)))
    await until_working(engine)
    said = await answer(engine, asking("Hello", system="Short.", max_tokens=1))
    assert said.finished
    assert long_one.done()
    assert await long_one < 1000
