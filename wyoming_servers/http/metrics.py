"""What Prometheus is told: how many requests, how soon, how much was generated and reused. No words are in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from ..conversation.engine import ChatEvent, Finished, ModelState, ModelStatus

_STAGE_S = (0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30)
_FIRST_TOKEN_S = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30)


class Metrics:
    """The metrics of one door."""

    def __init__(self, status: Callable[[], ModelStatus | None]) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter("sotto_http_requests", "HTTP requests", ["route", "status"], registry=self._registry)
        self._errors = Counter("sotto_http_errors", "Errors that clients were told", ["code"], registry=self._registry)
        self._first_token = Histogram(
            "sotto_first_token_seconds",
            "From a request to the first word or call of its answer",
            buckets=_FIRST_TOKEN_S,
            registry=self._registry,
        )
        self._generated = Counter("sotto_generated_tokens", "Tokens of answers", registry=self._registry)
        self._prompt = Counter("sotto_prompt_tokens", "Tokens of prompts", registry=self._registry)
        self._reused = Counter(
            "sotto_reused_tokens", "Tokens of prompts that were evaluated before", registry=self._registry
        )
        self._stages = Histogram(
            "sotto_stage_seconds",
            "What a stage of a turn took; of speech-to-text, from the end of speech to the transcript",
            ["stage"],
            buckets=_STAGE_S,
            registry=self._registry,
        )
        self._registry.register(_Model(status))

    def answered(self, route: str, status: int) -> None:
        """Count a request; `route` is a pattern, not the address that was asked for."""
        self._requests.labels(route, str(status)).inc()

    def failed(self, code: str) -> None:
        """Count an error."""
        self._errors.labels(code).inc()

    def passed(self, stage: str, seconds: float) -> None:
        """Count what a stage of a turn took."""
        self._stages.labels(stage).observe(seconds)

    def began(self, seconds: float) -> None:
        """Count the time to an answer's first word or call."""
        self._first_token.observe(seconds)

    def finished(self, finished: Finished) -> None:
        """Count what an answer cost."""
        self._generated.inc(finished.completion_tokens)
        self._prompt.inc(finished.prompt_tokens)
        self._reused.inc(finished.reused_tokens)

    def text(self) -> bytes:
        """Return all of them in Prometheus' text format."""
        return generate_latest(self._registry)


class _Model(Collector):
    """Asks the model how it is whenever somebody reads the metrics."""

    def __init__(self, status: Callable[[], ModelStatus | None]) -> None:
        self._status = status

    def collect(self) -> Iterable[Metric]:
        status = self._status()
        if status is None:
            return
        yield CounterMetricFamily("sotto_model_restarts", "Times the model's process ended", value=status.restarts)
        states = GaugeMetricFamily("sotto_model_state", "1 for the state the model is in", labels=["state"])
        for state in ModelState:
            states.add_metric([state.value], float(status.state is state))
        yield states


class Timing:
    """Tells the metrics of one answer."""

    def __init__(self, metrics: Metrics, clock: Callable[[], float]) -> None:
        self._metrics = metrics
        self._clock = clock
        self._started: float | None = clock()

    def saw(self, event: ChatEvent) -> None:
        """Take the next event of the answer."""
        if isinstance(event, Finished):
            self._metrics.finished(event)
        elif self._started is not None:
            self._metrics.began(self._clock() - self._started)
            self._started = None
