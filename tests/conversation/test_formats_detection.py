"""A model's family is told from its template, and without one from its vocabulary."""

from __future__ import annotations

import pytest

from wyoming_servers.conversation.formats.detection import detect
from wyoming_servers.conversation.formats.mistral import Dialect, Mistral
from wyoming_servers.errors import EngineUnavailableError

CHATML = "{{ '<|im_start|>' + message.role }} <tool_call> {% if add_generation_prompt %}<|im_start|>assistant\n"
MISTRAL = "[INST]{{ content }}[/INST][TOOL_CALLS]"


@pytest.mark.parametrize(
    ("template", "name", "thinks"),
    [
        (CHATML, "hermes", False),
        (CHATML + "{% if enable_thinking is false %}<think>\n\n</think>\n\n", "hermes", True),
        ("{{ content.split('</think>') }}" + CHATML, "hermes", False),
        (CHATML + "<think>\n", "hermes", True),
        ("<function=a>" + CHATML, "qwen-xml", False),
        ("<function=a>" + CHATML + "enable_thinking", "qwen-xml", True),
        ("<|start_header_id|>ipython<|end_header_id|>", "llama3", False),
        ("<|start_header_id|>{% if add_generation_prompt %}<think>\n", "llama3", True),
        ("<start_of_turn>model\n", "gemma3", False),
        ("<|turn>model\n{% if add_generation_prompt %}<|channel>thought\n<channel|>", "gemma4", True),
        (MISTRAL, "mistral", False),
        (MISTRAL + "[THINK]", "mistral", True),
    ],
)
def test_a_template_tells_the_family(template: str, name: str, thinks: bool) -> None:
    found = detect(template, ())
    assert (found.name, found.thinks) == (name, thinks)


@pytest.mark.parametrize(
    ("template", "dialect"),
    [
        (MISTRAL, Dialect(system_prompt=False, arguments=False, call_ids=False)),
        ("[SYSTEM_PROMPT]" + MISTRAL, Dialect(system_prompt=True, arguments=False, call_ids=False)),
        ("[SYSTEM_PROMPT][ARGS]" + MISTRAL, Dialect(system_prompt=True, arguments=True, call_ids=False)),
        ("[SYSTEM_PROMPT][CALL_ID][ARGS]" + MISTRAL, Dialect(system_prompt=True, arguments=True, call_ids=True)),
        ("[INST] [TOOL_CALLS]", Dialect(system_prompt=False, arguments=False, call_ids=False, space=" ")),
    ],
)
def test_a_template_tells_mistral_s_dialect(template: str, dialect: Dialect) -> None:
    found = detect(template, ())
    assert isinstance(found, Mistral)
    assert found._dialect == dialect


@pytest.mark.parametrize(
    ("tokens", "name"),
    [
        ({"<|im_start|>", "<|im_end|>"}, "hermes"),
        ({"<|start_header_id|>", "<|eot_id|>"}, "llama3"),
        ({"[INST]", "[/INST]", "[TOOL_CALLS]", "[ARGS]"}, "mistral"),
        ({"<start_of_turn>"}, "gemma3"),
        ({"<|turn>", "<|channel>"}, "gemma4"),
    ],
)
def test_without_a_template_the_vocabulary_tells(tokens: set[str], name: str) -> None:
    assert detect("", tokens).name == name


def test_an_unknown_template_is_chatml_where_the_vocabulary_has_its_tokens() -> None:
    assert detect("{{ messages }}", {"<|im_start|>"}).name == "hermes"


def test_the_vocabulary_tells_what_a_template_without_tools_leaves_out() -> None:
    found = detect("[INST]{{ content }}[/INST]", {"[TOOL_CALLS]", "[ARGS]"})
    assert isinstance(found, Mistral)
    assert found._dialect.arguments


@pytest.mark.parametrize(
    "template", ["", "{{ messages }}", "[INST] <<SYS>>\n{{ content }} [/INST]", "<|user|>\n<|end|>"]
)
def test_a_model_of_no_known_family_is_refused_with_a_remedy(template: str) -> None:
    with pytest.raises(EngineUnavailableError) as refused:
        detect(template, {"<s>", "</s>"})
    assert "Qwen" in refused.value.remedy
