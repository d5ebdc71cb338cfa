"""What the model has in its cache is what the list of tokens says, also after a computation was stopped half-way."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from tests.stand_in_gguf import make_recurrent_gguf
from wyoming_servers.conversation.llama.native import AbortedError, LoadOptions, NativeModel, StopSign
from wyoming_servers.conversation.llama.native_log import NativeLog
from wyoming_servers.conversation.llama.prefixes import PrefixStore
from wyoming_servers.conversation.llama.sequence import EvaluatedSequence
from wyoming_servers.errors import EngineError

PROMPT = list(range(300, 400))
OTHER = [*PROMPT[:60], *range(500, 530)]


class Interrupted(NativeModel):
    """Stops after some tokens, when it is told to."""

    left: int | None = None
    error: type[Exception] = AbortedError

    def evaluate(self, tokens: Sequence[int]) -> None:
        if self.left is None:
            return super().evaluate(tokens)
        if self.left:
            super().evaluate(tokens[: self.left])
        raise self.error("stopped")


@pytest.fixture(params=["attention", "recurrent"])
def model(request: pytest.FixtureRequest, gguf_models: Path, tmp_path: Path) -> Interrupted:
    recurrent = request.param == "recurrent"
    path = make_recurrent_gguf(tmp_path / "mamba.gguf") if recurrent else gguf_models / "nano.gguf"
    made = Interrupted(LoadOptions(path, 512, -1, 1), NativeLog(lambda _: None), StopSign())
    assert made.can_forget is not recurrent
    return made


@pytest.fixture
def sequence(model: Interrupted, tmp_path: Path) -> EvaluatedSequence:
    return EvaluatedSequence(model, PrefixStore(tmp_path / "prefixes", 4, "model", print), lambda: None)


def evaluate(sequence: EvaluatedSequence, prompt: Sequence[int], system: int = 0) -> int:
    """Evaluate a prompt; returns how many tokens were known."""
    known = sequence.reuse(prompt, system)
    for end in (system, len(prompt)):
        sequence.extend(prompt[sequence.length : end])
        sequence.remember_point()
    return known


def afresh(model: Interrupted, prompt: Sequence[int]) -> npt.NDArray[np.float32]:
    """Return what a model thinks after a prompt that never saw another."""
    model.clear()
    model.evaluate(prompt)
    logits = model.logits().copy()
    model.clear()
    return logits


def same(found: npt.NDArray[np.float32], expected: npt.NDArray[np.float32]) -> bool:
    """Return whether two are the same but for rounding, which depends on how many tokens are evaluated at once."""
    return bool(np.abs(found - expected).max() < 0.1 * expected.std())


@pytest.mark.parametrize("after", [0, 5, 20])
@pytest.mark.parametrize("following", [PROMPT, OTHER])
@pytest.mark.parametrize("error", [AbortedError, EngineError])
def test_after_a_computation_was_stopped_the_next_is_right(
    model: Interrupted, sequence: EvaluatedSequence, after: int, following: list[int], error: type[Exception]
) -> None:
    expected = afresh(model, following)
    evaluate(sequence, PROMPT[:50], system=30)
    model.left, model.error = after, error
    with pytest.raises(error):
        sequence.extend(PROMPT[50:])
    model.left = None
    evaluate(sequence, following, system=30)
    assert model.evaluated == sequence.length == len(following)
    assert same(model.logits(), expected)


def test_prompts_that_part_at_any_place_are_right(model: Interrupted, sequence: EvaluatedSequence) -> None:
    prompts = [PROMPT, [*PROMPT[:99], 7], [*PROMPT[:31], 8, 9], [*PROMPT[:30], 4], [*range(40)], PROMPT]
    expected = [afresh(model, prompt) for prompt in prompts]
    for prompt, logits in zip(prompts, expected, strict=True):
        evaluate(sequence, prompt, system=30)
        assert same(model.logits(), logits)


def test_a_saved_beginning_is_taken_by_the_next_process(
    model: Interrupted, sequence: EvaluatedSequence, tmp_path: Path
) -> None:
    evaluate(sequence, PROMPT, system=70)
    sequence.system = 70
    sequence.save()
    sequence.close()
    prompt = [*PROMPT[:70], *OTHER]
    expected = afresh(model, prompt)
    following = EvaluatedSequence(model, PrefixStore(tmp_path / "prefixes", 4, "model", print), lambda: None)
    assert evaluate(following, prompt, system=70) == 70
    assert same(model.logits(), expected)
