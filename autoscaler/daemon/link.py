"""The link to the API server: is it up, does it know us, since when not, and why. Told of every request by the client."""

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
        self._rejected_since: float | None = None
        self._told_rejected = False

    def answered(self, subject: Subject, code: int) -> None:
        """The server answered: the link is up, whatever it said."""
        self._telemetry.answered(subject, code)
        self._telemetry.reachable.set(1)
        now = asyncio.get_running_loop().time()
        if self._down_since is not None:
            _log.info("API server reachable again", outage_seconds=round(now - self._down_since, 1))
        self._answered_at, self._down_since = now, None
        self._note_rejection(now, code == 401)

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
        """Say so if the server does not answer, or does not know us; a readiness check."""
        if self._told_rejected and self._rejected_since is not None:
            rejected = asyncio.get_running_loop().time() - self._rejected_since
            return f"the API server has rejected our credentials (401) for {rejected:.0f} s"
        if self._down_since is None:
            return "" if self._answered_at > float("-inf") else "the API server was not reached yet"
        down = asyncio.get_running_loop().time() - self._down_since
        return f"no answer from the API server for {down:.0f} s: {self._error}"

    def _note_rejection(self, now: float, rejected: bool) -> None:
        """A token that is being replaced may be rejected once; one that stays rejected is told."""
        if not rejected:
            if self._told_rejected:
                _log.info("credentials accepted again")
            self._rejected_since, self._told_rejected = None, False
        elif self._rejected_since is None:
            self._rejected_since = now
        elif now - self._rejected_since > TOLERATED and not self._told_rejected:
            self._told_rejected = True
            _log.error(
                "the API server rejects our credentials (401): nothing is scaled until it accepts them",
                hint="renew the token, or the kubeconfig's user; what is there is read again by itself",
            )
