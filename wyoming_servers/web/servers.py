"""`servers` in `/api/status`: each stage with what does it, where that computes, and how it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..conversation.engine import ModelState, ModelStatus
from ..conversation.mind import Mind
from ..host import EngineReport
from ..protocol.service import Service, Stage

LLM = "llm"


class Servers:
    """Asks the stages whenever somebody looks."""

    def __init__(self, services: Mapping[Stage, Service], mind: Mind | None) -> None:
        self._services = services
        self._mind = mind

    def objects(self) -> list[dict[str, Any]]:
        """Return them in the order of an utterance."""
        told = [_object(stage, each) for stage, service in self._services.items() for each in _relevant(service)]
        if self._mind is not None and self._mind.is_there:
            told.append(_model(self._mind.status))
        return told


def _relevant(service: Service) -> Iterable[EngineReport]:
    """Return what does a stage; engines that cannot be used only where nothing else can."""
    reports = service.reports
    return [each for each in reports if each.error is None] or reports


def _object(stage: str, report: EngineReport) -> dict[str, Any]:
    error = report.error
    return {
        "stage": stage,
        "engine": report.engine,
        "model": report.model,
        "state": report.state,
        "device": report.device,
        "remote": report.remote,
        "error": error and {"code": error.code, "message": error.message, "remedy": error.remedy},
    }


def _model(status: ModelStatus) -> dict[str, Any]:
    """Return the language model, which tells of itself in one sentence where it computes or why it does not."""
    failed = status.state is ModelState.FAILED
    error = {"code": "engine-unavailable", "message": status.detail, "remedy": ""} if failed else None
    return {
        "stage": LLM,
        "engine": status.engine,
        "model": status.model,
        "state": status.state,
        "device": "" if failed else status.detail,
        "remote": None,
        "error": error,
    }
