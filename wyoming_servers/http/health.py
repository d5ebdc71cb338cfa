"""`/api/health`: what is wrong, or could be better, each with what helps."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from aiohttp import web

from ..health.checks import look
from ..health.seen import Seen
from ..home.model import Home
from ..settings import Settings

if TYPE_CHECKING:  # it needs packages that are not there without documents
    from ..conversation.knowledge.library import Library


class Health:
    """Looks at what the server knows, and at the machine."""

    def __init__(
        self,
        settings: Settings,
        home: Home,
        status: Callable[[web.Request], dict[str, Any]],
        asked_s: Callable[[], float | None],
        models: Callable[[], list[dict[str, Any]]],
        library: Library | None,
    ) -> None:
        """Look at what `/api/status` and `/api/models` tell; `asked_s()`: see `Server.asked_s`."""
        self._settings = settings
        self._home = home
        self._status = status
        self._asked_s = asked_s
        self._models = models
        self._library = library

    def routes(self) -> list[web.RouteDef]:
        """Return what is answered where."""
        return [web.get("/api/health", self._look)]

    async def _look(self, request: web.Request) -> web.Response:
        seen = Seen(
            settings=self._settings,
            status=self._status(request),
            home=self._home,
            models=tuple(self._models()),
            unreadable=await self._unreadable(),
            asked_s=self._asked_s(),
        )
        findings = await asyncio.to_thread(look, seen)
        language = request.query.get("lang", "en")
        return web.json_response({"findings": [each.told(language) for each in findings]})

    async def _unreadable(self) -> tuple[str, ...]:
        if self._library is None:
            return ()
        return tuple(PurePath(each.source).name for each in (await self._library.status()).failures)
