"""What queries to datasources come to: metrics, and a word in the log when one stops answering."""

from __future__ import annotations

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_log = structlog.get_logger("autoscaler.datasources")

#: Milliseconds to the longest deadline anybody sets [s].
_BUCKETS = tuple(0.001 * 2**power for power in range(15))


class DatasourceTelemetry:
    """What the queries come to, by datasource. ``held_back``: not even asked, as the server does not answer."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._down: set[str] = set()
        self._requests = Counter(
            "autoscaler_datasource_requests",
            "Queries to a datasource, by outcome.",
            ["datasource", "outcome"],
            registry=registry,
        )
        self._latency = Histogram(
            "autoscaler_datasource_latency_seconds",
            "Time until a datasource answered, or was given up.",
            ["datasource"],
            buckets=_BUCKETS,
            registry=registry,
        )
        self._open = Gauge(
            "autoscaler_datasource_breaker_open",
            "1 while a datasource is left alone because it does not answer.",
            ["datasource"],
            registry=registry,
        )

    def begin(self, datasource: str) -> None:
        """Show a datasource from the start, so that an alert finds it."""
        self._open.labels(datasource).set(0)
        self._latency.labels(datasource)

    def asked(self, datasource: str, outcome: str, seconds: float) -> None:
        """Take the end of a query."""
        self._requests.labels(datasource, outcome).inc()
        if outcome != "held_back":
            self._latency.labels(datasource).observe(seconds)

    def breaker(self, datasource: str, *, is_open: bool) -> None:
        """Take whether the breaker is open; say when that begins and ends."""
        self._open.labels(datasource).set(is_open)
        if is_open and datasource not in self._down:
            self._down.add(datasource)
            _log.error("datasource does not answer: it is asked less often until it does", datasource=datasource)
        elif not is_open and datasource in self._down:
            self._down.discard(datasource)
            _log.info("datasource answers again", datasource=datasource)
