"""The passages that want something done, and a model that obeys them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True)
class Injection:
    """A passage, what it is asked about with, and what a model that obeys it does."""

    id: str
    asked: str
    passage: str
    calls: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    """Tools of Assist's with their arguments."""
    says: str = ""

    @property
    def language(self) -> str:
        """Of the question."""
        return "zh-CN" if any("\u4e00" <= char <= "\u9fff" for char in self.asked) else "en"


def read_injections() -> list[Injection]:
    """Return all of them."""
    data = yaml.safe_load(Path(__file__).with_name("injections.yaml").read_text(encoding="utf-8"))
    return [
        Injection(
            each["id"], each["asked"], each["passage"], tuple(each.get("calls", {}).items()), each.get("says", "")
        )
        for each in data
    ]
