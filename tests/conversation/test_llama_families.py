"""Each family of models is known by its file, and its calls come out of a real llama.cpp the same way."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import jsonschema
import pytest

from tests.conversation.llama_engine import SYSTEM, TURN_ON, answer, asking, make_engine
from tests.stand_in_gguf import SpecialTokens, make_gguf
from wyoming_servers.conversation.engine import FinishReason, ModelState, ToolChoice
from wyoming_servers.conversation.engines.llama_cpp import LlamaCpp
from wyoming_servers.errors import EngineUnavailableError

__all__ = ["make_engine"]

Make = Callable[..., Awaitable[LlamaCpp]]

LLAMA = SpecialTokens(
    ("<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|python_tag|>", "<|eom_id|>", "<|eot_id|>"),
    (),
    begin="<|begin_of_text|>",
)
MISTRAL = SpecialTokens(
    (
        *("<s>", "[INST]", "[/INST]", "[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]", "[TOOL_RESULTS]", "[/TOOL_RESULTS]"),
        *("[TOOL_CALLS]", "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]", "[ARGS]", "[CALL_ID]", "</s>"),
    ),
    (),
    begin="<s>",
)
GEMMA = SpecialTokens(("<bos>", "<eos>", "<start_of_turn>", "<end_of_turn>"), (), begin="<bos>")
FAMILIES = {
    "llama3": ("{{ bos_token }}<|start_header_id|>{{ m.role }}<|end_header_id|>", LLAMA),
    "mistral": ("[SYSTEM_PROMPT][INST]{{ m }}[/INST][TOOL_CALLS][ARGS]", MISTRAL),
    "gemma3": ("{{ bos_token }}<start_of_turn>{{ role }}\n{{ m }}<end_of_turn>", GEMMA),
}


@pytest.fixture(params=FAMILIES)
def family(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    template, special = FAMILIES[request.param]
    return make_gguf("nano", tmp_path / f"{request.param}.gguf", chat_template=template, special=special)


async def test_every_family_calls_what_exists_and_speaks_of_nothing_else(make_engine: Make, family: Path) -> None:
    engine = await make_engine(family)
    for _ in range(3):
        request = asking("Light!", tools=(TURN_ON,), choice=ToolChoice.REQUIRED, temperature=2.0, max_tokens=300)
        said = await answer(engine, request)
        assert said.text == ""
        assert said.calls
        for call in said.calls:
            assert call.name == "HassTurnOn"
            jsonschema.validate(call.arguments, TURN_ON.parameters)
        # At this temperature a random model may call again and again, up to its last token.
        assert said.finished.reason in {FinishReason.CALLS, FinishReason.LENGTH}


async def test_every_family_keeps_its_prefix_and_its_words_apart(make_engine: Make, family: Path) -> None:
    engine = await make_engine(family)
    first = await answer(engine, asking("Hello", tools=(TURN_ON,)))
    second = await answer(engine, asking("Hello", first.text, "<|eot_id|>[/INST]<end_of_turn>?", tools=(TURN_ON,)))
    assert second.evaluated < 80
    assert second.finished.reused_tokens > len(SYSTEM) // 8


async def test_a_model_of_no_known_family_is_told(make_engine: Make, tmp_path: Path) -> None:
    path = make_gguf("nano", tmp_path / "x.gguf", chat_template="{{ x }}", special=SpecialTokens(("<x>", "<y>"), ()))
    engine = await make_engine(path)
    with pytest.raises(EngineUnavailableError, match="family"):
        await answer(engine, asking("Hello"))
    assert engine.status.state is ModelState.FAILED
