"""`/api/settings`: what this server runs with, and what each setting means. No secret is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from aiohttp import web

from ..settings import Option, Settings, options


class ToldSettings:
    """Tells of settings."""

    def __init__(self, settings: Settings) -> None:
        self._objects = [_object(option, settings) for option in options()]

    def routes(self) -> list[web.RouteDef]:
        """Return what is answered where."""
        return [web.get("/api/settings", self._settings)]

    async def _settings(self, _: web.Request) -> web.Response:
        return web.json_response({"settings": self._objects})


def _object(option: Option, settings: Settings) -> dict[str, Any]:
    value = getattr(getattr(settings, option.section), option.name)
    return {
        "key": option.key,
        "section": option.section,
        "value": _told(value) if not option.secret else "(set)" if value else "",
        "default": "" if option.secret else _told(option.default),
        "description": option.description,
        "flag": "" if option.secret else option.flag,
        "variable": option.variable,
        "changed": value != option.default,
    }


def _told(value: Any) -> Any:
    """Return a value as JSON has it."""
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, tuple):
        return [_told(each) for each in value]
    return value
