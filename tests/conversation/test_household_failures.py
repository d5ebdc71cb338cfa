"""What a household hears when the model fails: one humane sentence, with a code in the log; and the next turn works."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.conversation.household import Household, household, household_with
from tests.conversation.llama_engine import settings_for, until
from tests.conversation.scripted_endpoint import Break, Call, Finish, Hang, Raw, ScriptedEndpoint, Step, Text, calls
from wyoming_servers.conversation.engine import ModelState
from wyoming_servers.conversation.engines.llama_cpp import LlamaCpp
from wyoming_servers.conversation.llama.jobs import CHAT
from wyoming_servers.conversation.llama.watched import Limits

VAGUE = "it's too dark to read in here, do something about the bedroom"
PLAIN = "turn on the bedroom light"


@pytest.fixture
async def endpoint() -> AsyncIterator[ScriptedEndpoint]:
    async with ScriptedEndpoint() as served:
        yield served


@pytest.mark.parametrize(
    ("steps", "sentence", "code"),
    [
        ([Hang()], "isn't answering", "remote-failed"),
        ([Text("The bed"), Hang()], "isn't answering", "remote-failed"),
        ([Call("HassTurnOn", '{"area": "Bedr'), Finish("tool_calls")], "", ""),
        ([Raw(b'data: {"choices": [{"delta": {"con\n\n')], "", ""),
        ([Text("One mo"), Break()], "isn't answering", "remote-failed"),
    ],
    ids=["hangs", "hangs in the middle", "half a call", "half a JSON", "breaks off"],
)
async def test_an_endpoint_that_fails(
    endpoint: ScriptedEndpoint, steps: list[Step], sentence: str, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    endpoint.otherwise = steps
    async with household(endpoint, "en", llm_timeout_s=1) as house:
        answer = await house.says(VAGUE)
        assert answer.endswith(".")
        assert sentence in answer
        assert house.state("light.bedroom") == "off"
        assert code in caplog.text
        assert "did not answer (" in caplog.text
        assert "dark" not in caplog.text, "what was said is in no log"
        assert await house.says(PLAIN) == "Turned on the light"
        endpoint.otherwise = calls("HassTurnOff", area="Bedroom", domain="light")
        assert await house.says(VAGUE) == "Turned off the lights"


async def refused(house: Household, sentence: str, caplog: pytest.LogCaptureFixture, code: str) -> None:
    assert sentence in await house.says(VAGUE)
    assert f"did not answer ({code})" in caplog.text
    assert await house.says(PLAIN) == "Turned on the light"


async def test_a_truncated_file(gguf_models: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    whole = (gguf_models / "nano.gguf").read_bytes()
    half = tmp_path / "half.gguf"
    half.write_bytes(whole[: len(whole) // 2])
    settings = settings_for(tmp_path)
    async with household_with(LlamaCpp(settings, half), settings) as house:
        await refused(house, "I only understand simple commands.", caplog, "engine-unavailable")


async def test_a_model_larger_than_memory(gguf_models: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    settings = settings_for(tmp_path)
    model = LlamaCpp(settings, gguf_models / "nano.gguf", Limits(available_bytes=2**16))
    async with household_with(model, settings) as house:
        await refused(house, "more memory than there is", caplog, "no-memory")


async def test_a_process_that_is_killed_in_mid_sentence(
    gguf_models: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = settings_for(tmp_path, context=16_384, max_tokens=8000)
    model = LlamaCpp(settings, gguf_models / "nano.gguf", Limits(backoff_s=0.01))
    async with household_with(model, settings) as house:
        await until(lambda: model.status.state is ModelState.READY)
        pid = model.pid
        assert pid is not None
        answer = asyncio.create_task(house.says(VAGUE))
        await until(lambda: model._jobs.current is not None and model._jobs.current.kind == CHAT)
        os.kill(pid, signal.SIGKILL)
        assert await answer == "Sorry, that didn't work, so nothing has changed."
        assert "did not answer (engine-failed)" in caplog.text
        assert await house.says(PLAIN) == "Turned on the light"
        await until(lambda: model.pid not in {None, pid} and model.status.state is ModelState.READY)
