"""The link to the API server: is it up, since when not, and why. Told of every request by the client."""

from __future__ import annotations

import asyncio

import structlog

from autoscaler.adapters.kubernetes.errors import Subject
from autoscaler.daemon.telemetry import Telemetry

#: One request without an answer is no outage: only silence on every request for this long [s] is.
TOLERATED = 5.0

_log = structlog.get_logger("autoscaler.link")


class Link:
    """Watches the answers. An outage is logged when it begins and when it ends."""

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry
        self._answered_at = float("-inf")
        self._down_since: float | None = None
        self._error = ""

    def answered(self, subject: Subject, code: int) -> None:
        """The server answered: the link is up, whatever it said."""
        self._telemetry.answered(subject, code)
        self._telemetry.reachable.set(1)
        now = asyncio.get_running_loop().time()
        if self._down_since is not None:
            _log.info("API server reachable again", outage_seconds=round(now - self._down_since, 1))
        self._answered_at, self._down_since = now, None

    def unanswered(self, subject: Subject, error: str) -> None:
        """A request got no usable answer."""
        self._telemetry.unanswered(subject, error)
        now = asyncio.get_running_loop().time()
        self._error = error
        if self._down_since is None and now - self._answered_at > TOLERATED:
            self._down_since = now
            self._telemetry.reachable.set(0)
            _log.error("API server unreachable: nothing is scaled until it answers", error=error)

    def throttled(self, subject: Subject, seconds: float) -> None:
        """A request waited for its turn, or because the server asked for it."""
        self._telemetry.throttled(subject, seconds)

    def check(self) -> str:
        """Say so if the server does not answer; a readiness check."""
        if self._down_since is None:
            return "" if self._answered_at > float("-inf") else "the API server was not reached yet"
        down = asyncio.get_running_loop().time() - self._down_since
        return f"no answer from the API server for {down:.0f} s: {self._error}"
