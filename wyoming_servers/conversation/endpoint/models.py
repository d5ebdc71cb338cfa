"""Which of an endpoint's models is meant, and what its list tells besides. Pure logic."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

AUTO = "auto"
_SILENT = re.compile("embed|rerank|whisper", re.IGNORECASE)
"""Models that cannot talk; servers list them beside those that can."""
_EMBEDS = re.compile(r"embed|bge|gte-|minilm|\be5\b", re.IGNORECASE)
_RANKS = re.compile("rerank", re.IGNORECASE)


@dataclass(frozen=True)
class Listed:
    """A model as an endpoint lists it."""

    name: str
    owner: str = ""
    """Mostly the kind of the server."""
    context_tokens: int = 0


def choose(listing: Mapping[str, Any], wanted: str) -> Listed | None:
    """Return the wanted model, or with `auto` the first that can talk; None if there is none.

    A model that is wanted by name need not be listed: servers have more than they show.
    """
    data = listing.get("data")
    models = [model for entry in data if (model := _read(entry))] if isinstance(data, list) else []
    if wanted != AUTO:
        owner = models[0].owner if models else ""
        return next((model for model in models if model.name == wanted), Listed(wanted, owner))
    talking = (model for model in models if not _SILENT.search(model.name))
    return next(talking, models[0] if models else None)


def choose_embedding(listing: Mapping[str, Any], wanted: str) -> str:
    """Return the name of the wanted model, or with `auto` of the first that embeds by its name, or of the only one.

    "" if there is none of that kind. Servers that have nothing else to offer may call it as they like.
    """
    if wanted != AUTO:
        return wanted
    data = listing.get("data")
    names = [model.name for entry in data if (model := _read(entry))] if isinstance(data, list) else []
    embedding = [name for name in names if _EMBEDS.search(name) and not _RANKS.search(name)]
    return (embedding or (names if len(names) == 1 else [""]))[0]


def _read(entry: Any) -> Listed | None:
    if not isinstance(entry, dict) or not isinstance(entry.get("id"), str) or not entry["id"]:
        return None
    owner, meta = entry.get("owned_by"), entry.get("meta")
    context = entry.get("max_model_len") or (meta.get("n_ctx") if isinstance(meta, dict) else 0)
    return Listed(entry["id"], owner if isinstance(owner, str) else "", context if isinstance(context, int) else 0)
