"""Which format a model has, from its file's metadata. Pure logic."""

from __future__ import annotations

from collections.abc import Collection

from ...errors import EngineUnavailableError
from .format import Format
from .gemma3 import Gemma3
from .gemma4 import Gemma4
from .hermes import Hermes
from .llama3 import Llama3
from .mistral import Dialect, Mistral
from .qwen_xml import QwenXml

CALLS = Mistral.mark
_REPLY = "add_generation_prompt"
"""What follows it in a template is how a reply begins."""


def detect(chat_template: str, special_tokens: Collection[str]) -> Format:
    """Return the format of a model with this `tokenizer.chat_template` and these special tokens.

    Special tokens are those whose type is control or user-defined. Without a template they alone decide. A template
    of no known family is taken for ChatML where the vocabulary has ChatML's tokens.
    Raises EngineUnavailableError for a model of no family that is known here.
    """
    marks = chat_template or " ".join(special_tokens)
    if "<|turn>" in marks:
        return Gemma4(empty_thought="<channel|>" in chat_template.rpartition(_REPLY)[2] or not chat_template)
    if "<start_of_turn>" in marks:
        return Gemma3()
    if "<|im_start|>" in marks:
        return _chatml(chat_template)
    if "<|start_header_id|>" in marks:
        return Llama3(thinks=_thinks(chat_template))
    if "[INST]" in marks:
        return _mistral(chat_template, special_tokens)
    if "<|im_start|>" in special_tokens:
        return _chatml(chat_template)
    raise _unknown()


def _chatml(chat_template: str) -> Format:
    family = QwenXml if "<function=" in chat_template else Hermes
    return family(thinks=_thinks(chat_template))


def _mistral(chat_template: str, special_tokens: Collection[str]) -> Format:
    marks = chat_template if CALLS in chat_template else " ".join((chat_template, *special_tokens))
    if CALLS not in marks:
        raise _unknown()
    dialect = Dialect(
        system_prompt="[SYSTEM_PROMPT]" in marks,
        arguments="[ARGS]" in marks,
        call_ids="[CALL_ID]" in marks,
        space=" " if "[INST] " in chat_template else "",
    )
    return Mistral(dialect, thinks="[THINK]" in chat_template)


def _unknown() -> EngineUnavailableError:
    return EngineUnavailableError(
        "The model's chat template is of no family that is known here.",
        remedy="Choose an instruction-tuned GGUF of the Qwen, Llama 3, Mistral or Gemma family.",
    )


def _thinks(chat_template: str) -> bool:
    """Whether a template has a thought at the beginning of a reply, or a switch for it."""
    return "enable_thinking" in chat_template or "<think>" in chat_template.rpartition(_REPLY)[2]
