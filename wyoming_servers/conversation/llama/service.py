"""The process's work: orders come in on one thread, and are carried out on another, one after the other."""

from __future__ import annotations

import traceback
from collections.abc import Iterable

from ...errors import EngineError, SottoError
from ..json_lines import Line
from .lines import Inbox, Outlet
from .native import AbortedError, StopSign
from .wire import LOAD_EMBEDDER, EmbedderOrder, LoadOrder, error_to_json
from .work import Work

_QUIET_S = 0.5
"""Time without an order after which what is worth keeping is written to disk."""


class Service:
    """Carries out orders until it is told to stop."""

    def __init__(self, lines: Iterable[bytes], outlet: Outlet) -> None:
        self._outlet = outlet
        self._stop_sign = StopSign()
        self._inbox = Inbox(lines, self._stop_sign)

    def run(self) -> int:
        """Load the model and serve; returns the process's exit code."""
        self._inbox.start()
        try:
            work = self._load(self._inbox.next() or {})
        except SottoError as err:
            self._outlet.send({"failed": error_to_json(err)})
            return 0
        self._outlet.send({"ready": work.ready})
        self._serve(work)
        return 0

    def _load(self, order: Line) -> Work:
        """Load what the first order wants; its code alone is imported."""
        if order["op"] == LOAD_EMBEDDER:
            from .embedding import Embedding  # noqa: PLC0415

            return Embedding(EmbedderOrder.from_line(order), self._outlet, self._stop_sign)
        from .talking import Talking  # noqa: PLC0415

        return Talking(LoadOrder.from_line(order), self._outlet, self._stop_sign)

    def _serve(self, work: Work) -> None:
        while (order := self._inbox.next(_QUIET_S if work.unsaved else None)) != {"op": "stop"}:
            if order is None:
                work.save()
                continue
            number = order["id"]
            last = self._carry_out(order, work) if self._inbox.begin(number) else {"end": 0}
            self._inbox.end()
            self._outlet.send({"id": number, **last})
        if work.unsaved:
            work.save()
        work.close()

    def _carry_out(self, order: Line, work: Work) -> Line:
        """Carry out an order; returns the last line about it."""
        number = order["id"]
        try:
            return {"end": work.carry_out(order["op"], order["request"], lambda line: self._say(number, line))}
        except AbortedError:
            return {"end": 0}
        except SottoError as err:
            return {"error": error_to_json(err)}
        except Exception as err:  # noqa: BLE001 - a request must not end the process
            traceback.print_exc()
            return {"error": error_to_json(EngineError(f"The model failed: {type(err).__name__}."))}

    def _say(self, number: int, line: Line) -> None:
        self._outlet.send({"id": number, **line})
