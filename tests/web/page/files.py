"""The page's files."""

from __future__ import annotations

from pathlib import Path

STATIC = Path(__file__).parents[3] / "wyoming_servers" / "web" / "static"


def modules() -> list[Path]:
    """Return the JavaScript."""
    return sorted(STATIC.rglob("*.js"))


def styles() -> list[Path]:
    """Return the style sheets."""
    return sorted(STATIC.rglob("*.css"))
