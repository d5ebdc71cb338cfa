"""What a setting's value may be, and how it is read from a flag, a variable or options.json."""

from __future__ import annotations

import os
from dataclasses import field
from pathlib import Path
from typing import Any

import voluptuous as vol


def default_data_dir() -> Path:
    """Return where a user's data belongs."""
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "sotto"


def setting(default: Any, check: Any, description: str, *, secret: bool = False) -> Any:
    """Return the field of a setting: its default or what makes it, its check, and its meaning."""
    metadata = {"check": check, "description": description, "secret": secret}
    if callable(default):
        return field(default_factory=default, metadata=metadata)
    return field(default=default, metadata=metadata)


def number(kind: type, least: float, most: float) -> vol.All:
    """Return the check of a number within bounds."""
    return vol.All(vol.Coerce(kind), vol.Range(min=least, max=most))


def path(value: Any) -> Path:
    """Parse `~/models`."""
    return Path(str(value)).expanduser()


def optional_path(value: Any) -> Path | None:
    """Parse a path, or none."""
    return path(value) if value else None


def paths(value: Any) -> tuple[Path, ...]:
    """Parse `/srv/manuals:/home/me/notes`."""
    parts = value.split(os.pathsep) if isinstance(value, str) else value
    return tuple(path(part) for part in parts if str(part).strip())


def thresholds(value: Any) -> dict[str, float]:
    """Parse `okay_nabu=0.6,alexa=0.8`."""
    pairs = value.items() if isinstance(value, dict) else (part.split("=", 1) for part in str(value).split(",") if part)
    check = number(float, 0.0, 1.0)
    try:
        return {name.strip(): check(number) for name, number in pairs}
    except ValueError as err:
        raise vol.Invalid("expected WORD=NUMBER,WORD=NUMBER") from err


def words(value: Any) -> tuple[str, ...]:
    """Parse `en, zh-CN`."""
    parts = value.split(",") if isinstance(value, str) else value
    return tuple(str(part).strip() for part in parts if str(part).strip())


def optional_url(value: Any) -> str:
    """Parse `https://mirror.example`, or nothing."""
    url = str(value).strip()
    if url and not url.startswith(("http://", "https://")):
        raise vol.Invalid("expected http://HOST or https://HOST")
    return url
