"""`/api/turns`: the latest turns; the same to `/api/events`, and how long they took to Prometheus."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from ..turns.log import TurnLog
from ..turns.turn import Exchange, Timing, Turn
from .events import Events
from .metrics import Metrics


class ToldTurns:
    """Tells of turns."""

    def __init__(self, log: TurnLog, metrics: Metrics, events: Events) -> None:
        self._log = log
        self._metrics = metrics
        self._events = events
        log.listen(self._heard)

    def routes(self) -> list[web.RouteDef]:
        """Return what is answered where."""
        return [web.get("/api/turns", self._turns)]

    async def _turns(self, _: web.Request) -> web.Response:
        return web.json_response({"turns": [turn_object(each) for each in self._log.turns]})

    def _heard(self, turn: Turn, exchange: Exchange) -> None:
        for each in exchange.timings:
            self._metrics.passed(each.phase, each.to_s - each.from_s)
        self._events.publish("turn", turn_object(turn))


def turn_object(turn: Turn) -> dict[str, Any]:
    """Return a turn as clients read it; its seconds count from its beginning."""
    return {
        "id": turn.id,
        "started": turn.started.isoformat(timespec="milliseconds"),
        "kind": turn.kind,
        "said": turn.said,
        "answered": turn.answered,
        "language": turn.language,
        "outcome": turn.outcome,
        "stages": [_stage(turn, each) for each in turn.timings],
    }


def _stage(turn: Turn, timing: Timing) -> dict[str, Any]:
    def since(clock_s: float) -> float:
        return round(clock_s - turn.began_s, 3)

    return {
        "stage": timing.phase,
        "from_s": since(timing.from_s),
        "to_s": since(timing.to_s),
        "first_s": None if timing.first_s is None else since(timing.first_s),
        "engine": timing.engine,
        "note": timing.note,
    }
