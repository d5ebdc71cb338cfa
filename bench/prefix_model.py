"""The model of `script/bench prefix`: the "0.5b" stand-in with a chat template that both sides can use.

llama-cpp-python's server runs the template as it is in the file, so it has to tell a model of its tools as the
templates of Qwen do; else there would be no tools in the other side's prompt at all.
"""

from __future__ import annotations

from pathlib import Path

from llama_cpp import Llama

from tests.stand_in_gguf import GGUF_SIZES, make_gguf

SIZES = tuple(GGUF_SIZES)

TEMPLATE = (
    "{%- if messages[0].role == 'system' %}{% set system = messages[0].content %}{% set said = messages[1:] %}"
    "{%- else %}{% set system = '' %}{% set said = messages %}{% endif %}"
    "<|im_start|>system\n{{ system }}"
    "{%- if tools %}\n\n# Tools\n\nThe functions that there are, within <tools></tools>:\n<tools>"
    "{%- for tool in tools %}\n{{ tool | tojson }}{% endfor %}\n</tools>\n\nA call is JSON in <tool_call></tool_call>:"
    '\n<tool_call>\n{"name": <function-name>, "arguments": <args-json-object>}\n</tool_call>{% endif %}<|im_end|>\n'
    "{%- for message in said %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{%- if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def make_model(size: str, path: Path) -> Path:
    """Write the model; returns its path."""
    return make_gguf(size, path, chat_template=TEMPLATE)


class Counter:
    """Counts tokens as the model does."""

    def __init__(self, path: Path) -> None:
        self._vocabulary = Llama(str(path), vocab_only=True, verbose=False)

    def tokens(self, text: str) -> int:
        """Return how many tokens a text has by itself."""
        return len(self._vocabulary.tokenize(text.encode(), add_bos=False, special=False))
