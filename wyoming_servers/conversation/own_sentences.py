"""Sotto's own sentences beside those of `home-assistant-intents`: everyday wordings that it does not have.

They are `sentences/<language>.yaml`, in hassil's format, and give the same intents, slots and answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).with_name("sentences")


def with_own_sentences(code: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return a language's data with our own added, if there are any; where both have an answer, ours is said."""
    path = FOLDER / f"{code}.yaml"
    return merge(data, yaml.safe_load(path.read_text(encoding="utf-8"))) if path.is_file() else dict(data)


def merge(data: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Return both as one language; neither is changed."""
    intents = dict(data["intents"])
    for name, intent in own.get("intents", {}).items():
        intents[name] = {"data": [*intents.get(name, {}).get("data", ()), *intent["data"]]}
    answers = dict(data.get("responses", {}).get("intents", {}))
    for name, answer in own.get("responses", {}).get("intents", {}).items():
        answers[name] = {**answers.get(name, {}), **answer}
    return {
        **data,
        "intents": intents,
        "responses": {**data.get("responses", {}), "intents": answers},
        **{key: {**data.get(key, {}), **own.get(key, {})} for key in ("lists", "expansion_rules")},
    }
