"""Which format a model has, from its file's metadata. Pure logic."""

from __future__ import annotations

from collections.abc import Collection

from ...errors import EngineUnavailableError
from .format import Format
from .hermes import Hermes

GENERATION = "add_generation_prompt"


def detect(chat_template: str, special_tokens: Collection[str]) -> Format:
    """Return the format of a model with this `tokenizer.chat_template` and these special tokens.

    A template that is not recognised, or none, is taken for ChatML where the vocabulary has its tokens.
    Raises EngineUnavailableError for a model of no family that is known here.
    """
    seen = chat_template or " ".join(special_tokens)
    if "<|im_start|>" in seen or "<|im_start|>" in special_tokens:
        return Hermes(thinks=_thinks(chat_template))
    raise EngineUnavailableError(
        "The model's chat template is of no family that is known here.",
        remedy="Choose an instruction-tuned GGUF of the Qwen, Llama 3, Mistral or Gemma family.",
    )


def _thinks(chat_template: str) -> bool:
    """Whether a template has a thought at the beginning of a reply, or a switch for it."""
    return "enable_thinking" in chat_template or "<think>" in chat_template.rpartition(GENERATION)[2]
