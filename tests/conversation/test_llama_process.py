"""What goes wrong in llama.cpp's process stays there: crashes, hangs, bad files, and a server that dies."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from pathlib import Path
from time import monotonic

import gguf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conversation.llama_engine import answer, asking, make_engine, settings_for, until, until_working
from wyoming_servers.conversation.engine import ModelState, TextDelta
from wyoming_servers.conversation.engines.llama_cpp import LlamaCpp, create
from wyoming_servers.conversation.llama.watched import Limits
from wyoming_servers.errors import EngineError, EngineLoadingError, EngineUnavailableError

__all__ = ["make_engine"]

Make = Callable[..., Awaitable[LlamaCpp]]

LONG = "A house has many rooms and lamps. " * 250
QUICK = Limits(backoff_s=0.01)


def exists(pid: int) -> bool:
    """Return whether a process runs; one that has ended and waits for its parent does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def loaded(engine: LlamaCpp) -> int:
    """Wait until the model answers; returns the number of its process."""
    await answer(engine, asking("Hello", max_tokens=1))
    assert engine.pid is not None
    return engine.pid


async def test_a_process_killed_in_mid_sentence_is_told_and_the_next_turn_works(make_engine: Make) -> None:
    engine = await make_engine()
    pid = await loaded(engine)
    events = engine.chat(asking("Tell me a story", max_tokens=2000))
    assert isinstance(await anext(events), TextDelta)
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(EngineError, match="SIGKILL") as caught:
        [event async for event in events]
    assert caught.value.code == "engine-failed"
    assert caught.value.remedy
    assert (await answer(engine, asking("Hello"))).text
    assert engine.status.restarts == 1
    assert not exists(pid)


async def test_a_process_killed_while_nobody_asks_is_started_again_unasked(make_engine: Make) -> None:
    engine = await make_engine()
    pid = await loaded(engine)
    os.kill(pid, signal.SIGKILL)
    await until(lambda: engine.pid not in {None, pid} and engine.status.state is ModelState.READY)
    assert engine.status.restarts == 1


async def test_a_process_that_hangs_is_ended_and_the_next_turn_works(make_engine: Make) -> None:
    engine = await make_engine(timeout_s=1.0)
    pid = await loaded(engine)
    os.kill(pid, signal.SIGSTOP)
    with pytest.raises(EngineError, match="no sign of life for 1 s"):
        await answer(engine, asking("Hello"))
    await until(lambda: engine.pid not in {None, pid} and engine.status.state is ModelState.READY)
    assert not exists(pid)
    assert (await answer(engine, asking("Hello"))).text


@given(backoff_s=st.floats(0.01, 10), most_backoff_s=st.floats(0.01, 100), crashes=st.integers(1, 5000))
def test_each_crash_without_an_answer_between_them_doubles_the_wait_up_to_a_limit(
    backoff_s: float, most_backoff_s: float, crashes: int
) -> None:
    limits = Limits(backoff_s=backoff_s, most_backoff_s=most_backoff_s)
    assert limits.wait_s(1) == min(backoff_s, most_backoff_s)
    assert limits.wait_s(crashes + 1) == min(2 * limits.wait_s(crashes), most_backoff_s)


async def test_it_is_started_again_after_each_crash_and_an_answer_makes_up_for_them_all(make_engine: Make) -> None:
    engine = await make_engine()
    pid = await loaded(engine)
    for crashes in (1, 2, 3):
        os.kill(pid, signal.SIGKILL)
        await until(lambda gone=pid: engine.pid not in {None, gone} and engine.status.state is ModelState.READY)  # type: ignore[misc]
        assert engine.pid is not None
        pid = engine.pid
        assert (engine.status.restarts, engine._watched._crashes) == (crashes, crashes)
    await loaded(engine)
    assert engine._watched._crashes == 0


async def test_who_leaves_while_a_long_prompt_is_evaluated_stops_it(make_engine: Make) -> None:
    engine = await make_engine("mid")
    await loaded(engine)
    start = monotonic()
    await answer(engine, asking("all", system=LONG[: len(LONG) // 3], max_tokens=1))
    whole_s = monotonic() - start
    took_s = []
    for attempt in range(3):
        request = asking(f"{attempt}", system=f"{attempt} {LONG[: len(LONG) // 3]}")
        listening = asyncio.ensure_future(anext(engine.chat(request)))
        await until_working(engine)
        start = monotonic()
        listening.cancel()
        await asyncio.wait([listening])
        await until(lambda: engine._jobs.current is None)
        took_s.append(monotonic() - start)
    assert min(took_s) < whole_s / 2
    assert (await answer(engine, asking("Hello", system="Short."))).text


async def test_who_leaves_while_it_speaks_stops_it(make_engine: Make) -> None:
    engine = await make_engine("mid")
    request = asking("Tell me a story", max_tokens=300)
    start = monotonic()
    await answer(engine, request)
    whole_s = monotonic() - start
    took_s = []
    for _ in range(3):
        async with aclosing(engine.chat(request)) as events:
            await anext(events)
            await anext(events)
            start = monotonic()
        await until(lambda: engine._jobs.current is None)
        took_s.append(monotonic() - start)
    assert min(took_s) < whole_s / 2


async def test_what_was_evaluated_before_somebody_left_is_reused_and_right(make_engine: Make) -> None:
    engine = await make_engine("mid")
    await loaded(engine)
    request = asking("Hello", system=LONG[: len(LONG) // 3], max_tokens=1)  # a random model comes to near ties
    for _ in range(4):  # on a busy machine little is evaluated until somebody leaves
        events = engine.chat(request)
        listening = asyncio.ensure_future(anext(events))
        await until_working(engine)
        await asyncio.sleep(0.6)
        listening.cancel()
        await asyncio.wait([listening])
        await events.aclose()
    said = await answer(engine, request)
    assert said.finished.reused_tokens >= 32
    assert said.text == (await answer(await make_engine("mid", prefixes=0), request)).text


async def test_a_request_nobody_waits_for_any_more_is_never_begun(make_engine: Make) -> None:
    engine = await make_engine("mid")
    await loaded(engine)
    first = asyncio.ensure_future(anext(engine.chat(asking("1", system=LONG))))
    second = asyncio.ensure_future(anext(engine.chat(asking("2", system=LONG))))
    await until_working(engine)
    second.cancel()
    first.cancel()
    await asyncio.wait([first, second])
    assert not engine._jobs
    assert (await answer(engine, asking("Hello", system="Short."))).finished.reused_tokens < 200


async def test_an_idle_model_gives_its_memory_back_and_wakes_with_the_next_request(make_engine: Make) -> None:
    engine = await make_engine(idle_s=0.2)
    pid = await loaded(engine)
    await until(lambda: engine.status.state is ModelState.ASLEEP and not exists(pid))
    assert "wakes" in engine.status.detail
    said = await answer(engine, asking("Hello"))
    assert said.evaluated < 20
    assert engine.status.restarts == 0


async def test_a_prefill_wakes_it_too(make_engine: Make) -> None:
    engine = await make_engine(idle_s=0.2)
    pid = await loaded(engine)
    await until(lambda: engine.status.state is ModelState.ASLEEP and not exists(pid))
    assert await engine.prefill(asking("", system="Something else. " * 20)) > 20


async def test_stopping_ends_the_process_and_what_it_was_asked(make_engine: Make) -> None:
    engine = await make_engine("mid")
    pid = await loaded(engine)
    listening = [asyncio.ensure_future(anext(engine.chat(asking("1", system=LONG)))) for _ in range(3)]
    await until_working(engine)
    await engine.stop()
    outcomes = await asyncio.gather(*listening, return_exceptions=True)
    assert all(isinstance(outcome, EngineError) for outcome in outcomes)
    assert not exists(pid)


async def test_it_can_be_stopped_while_it_loads(make_engine: Make) -> None:
    engine = await make_engine()
    await engine.stop()
    await engine.start()
    await until(lambda: engine.pid is not None)
    pid = engine.pid
    await engine.stop()
    assert pid is not None
    assert not exists(pid)


@pytest.mark.parametrize("busy", [True, False])
async def test_when_the_server_is_killed_the_process_ends_by_itself(
    gguf_models: Path, tmp_path: Path, busy: bool
) -> None:
    code = f"""
import asyncio
from pathlib import Path
from tests.conversation.llama_engine import asking, answer, settings_for
from wyoming_servers.conversation.engines.llama_cpp import LlamaCpp

async def main():
    engine = LlamaCpp(settings_for(Path({str(tmp_path)!r})), Path({str(gguf_models / "mid.gguf")!r}))
    await engine.start()
    await answer(engine, asking("Hello"))
    print(engine.pid, flush=True)
    while {busy}:
        await answer(engine, asking("Hello", system="A house has many rooms and lamps. " * 250))
    await asyncio.sleep(600)

asyncio.run(main())
"""
    server = await asyncio.to_thread(
        subprocess.Popen, [sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    assert server.stdout is not None
    pid = int(await asyncio.to_thread(server.stdout.readline))
    assert exists(pid)
    server.kill()
    await asyncio.to_thread(server.wait)
    server.stdout.close()
    await until(lambda: not exists(pid), within_s=5)


async def refusal(engine: LlamaCpp) -> EngineUnavailableError:
    with pytest.raises(EngineUnavailableError) as caught:
        await answer(engine, asking("Hello"))
    assert engine.status.state is ModelState.FAILED
    assert engine.status.detail == str(caught.value)
    assert caught.value.remedy
    assert await engine.prefill(asking("Hello")) == 0
    return caught.value


async def test_a_file_that_is_cut_off_is_told_with_both_sizes(
    make_engine: Make, gguf_models: Path, tmp_path: Path
) -> None:
    whole = (gguf_models / "nano.gguf").read_bytes()
    path = tmp_path / "half.gguf"
    path.write_bytes(whole[: len(whole) // 2])
    error = await refusal(await make_engine(path))
    assert "cut off" in error.message
    assert f"{len(whole) // 2:,} bytes" in error.message


async def test_a_file_that_is_cut_off_in_its_header_is_told(
    make_engine: Make, gguf_models: Path, tmp_path: Path
) -> None:
    path = tmp_path / "header.gguf"
    path.write_bytes((gguf_models / "nano.gguf").read_bytes()[:3000])
    assert "cut off" in (await refusal(await make_engine(path))).message


async def test_a_text_that_is_called_a_model_is_none(make_engine: Make, tmp_path: Path) -> None:
    path = tmp_path / "list.gguf"
    path.write_text("milk\nbread\n")
    assert "is no GGUF model" in (await refusal(await make_engine(path))).message


async def test_a_model_of_an_unknown_kind_is_told_with_its_kind(make_engine: Make, tmp_path: Path) -> None:
    path = tmp_path / "new.gguf"
    writer = gguf.GGUFWriter(str(path), "octopus9")
    writer.add_block_count(1)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    error = await refusal(await make_engine(path))
    assert "octopus9" in error.message
    assert "llama-cpp-python" in error.remedy


async def test_a_model_larger_than_memory_is_refused_before_it_is_loaded(make_engine: Make, gguf_models: Path) -> None:
    engine = await make_engine("mid", limits=Limits(available_bytes=40 * 2**20))
    error = await refusal(engine)
    assert "45." in error.message
    assert "40.0 MiB are available" in error.message
    assert "of weights" in error.message


async def test_what_failed_is_tried_again_after_a_while(make_engine: Make, gguf_models: Path, tmp_path: Path) -> None:
    path = tmp_path / "late.gguf"
    path.write_text("still being copied")
    engine = await make_engine(path, limits=Limits(retry_s=0))
    await until(lambda: engine.status.state is ModelState.FAILED)
    path.write_bytes((gguf_models / "nano.gguf").read_bytes())
    assert (await answer(engine, asking("Hello"))).text


def crash_by(signal_name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a program in Python's place that a signal ends when it has its orders; returns the list of its starts."""
    program, starts = tmp_path / "python", tmp_path / "starts"
    program.write_text(f'#!/bin/sh\nread order\necho started >> "{starts}"\nkill -{signal_name} $$\n')
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    return starts


@pytest.fixture
def crashing_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have each process crash; returns the list of its starts."""
    return crash_by("SEGV", tmp_path, monkeypatch)


@pytest.fixture
def unfit_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have each process end as one does that was compiled for another processor; returns the list of its starts."""
    return crash_by("ILL", tmp_path, monkeypatch)


async def test_a_model_that_crashes_llama_cpp_while_it_loads_is_given_up_after_some_tries(
    make_engine: Make, crashing_python: Path
) -> None:
    error = await refusal(await make_engine(limits=Limits(backoff_s=0.01, load_tries=3)))
    assert "SIGSEGV" in error.message
    assert "3 times" in error.message
    assert await asyncio.to_thread(crashing_python.read_text) == "started\n" * 3


async def test_a_processor_that_llama_cpp_was_not_compiled_for_is_told_and_not_tried_again(
    make_engine: Make, unfit_python: Path
) -> None:
    error = await refusal(await make_engine(limits=Limits(backoff_s=0.01, load_tries=3)))
    assert "this processor lacks instructions that this build of llama.cpp needs (SIGILL)" in error.message
    assert error.remedy.startswith("Compile it on this machine: pip install")
    assert await asyncio.to_thread(unfit_python.read_text) == "started\n"


async def test_who_asks_while_it_loads_for_long_is_told_so(make_engine: Make, crashing_python: Path) -> None:
    engine = await make_engine(limits=Limits(backoff_s=60), timeout_s=0.1)
    with pytest.raises(EngineLoadingError):
        await answer(engine, asking("Hello"))


async def test_before_it_was_started_it_says_so(tmp_path: Path, gguf_models: Path) -> None:
    engine = LlamaCpp(settings_for(tmp_path), gguf_models / "nano.gguf")
    with pytest.raises(EngineUnavailableError, match="not been started"):
        await answer(engine, asking("Hello"))
    assert await engine.prefill(asking("Hello")) == 0


async def test_nothing_that_is_said_is_logged(make_engine: Make, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(1)
    engine = await make_engine()
    said = await answer(engine, asking("Where is the xylophone?", max_tokens=30))
    await engine.stop()
    assert any("llama.cpp: " in record.getMessage() for record in caplog.records)
    ours = [record for record in caplog.records if record.name.startswith("wyoming_servers")]
    assert not [record for record in ours if "xylophone" in record.getMessage() or said.text in record.getMessage()]


def test_a_folder_without_a_model_is_told_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailableError, match=r"no GGUF file in .*/llm") as caught:
        create(settings_for(tmp_path))
    assert caught.value.remedy


def test_a_model_is_found_by_name(tmp_path: Path, gguf_models: Path) -> None:
    engine = create(settings_for(tmp_path, dir=gguf_models, model="nano"))
    assert engine.status.model == "nano"
    assert engine.status.state is ModelState.ASLEEP
