"""The answer to `describe`: what all stages offer, made anew only for a stage whose offer has changed.

Making the event of some 250 voices takes several milliseconds, and Home Assistant asks every 30 s per client.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wyoming.event import Event
from wyoming.info import Info

from ..protocol.service import Service, Stage


class Description:
    """Remembers each stage's part of the answer for as long as its Info is the same."""

    def __init__(self, services: Mapping[Stage, Service]) -> None:
        self._services = services
        self._parts: dict[Stage, tuple[Info, dict[str, Any]]] = {}

    def event(self) -> Event:
        """Return the programs of all stages as one `info` event."""
        data: dict[str, Any] = dict(_NOTHING)
        for stage in self._services:
            for kind, programs in self._part(stage).items():
                if isinstance(programs, list):
                    data[kind] = [*data.get(kind, []), *programs]
        return Event(_INFO.type, data)

    def _part(self, stage: Stage) -> dict[str, Any]:
        info = self._services[stage].info
        known = self._parts.get(stage)
        if known is None or (known[0] is not info and known[0] != info):
            known = self._parts[stage] = (info, info.event().data)
        return known[1]


_INFO = Info().event()
_NOTHING = _INFO.data
