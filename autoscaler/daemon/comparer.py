"""Counts how our passes and the built-in controller's compare, and keeps the counts on disk."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge

from autoscaler.adapters.comparison_log import ComparisonLog
from autoscaler.control.messages import Record
from autoscaler.control.shadowing import Shadowing
from autoscaler.control.tallies import Tallies
from autoscaler.model.comparison import Comparison, Tally, Verdict
from autoscaler.model.controller_config import ControllerConfig
from autoscaler.model.decision import PolicyStatus
from autoscaler.model.policy import PolicyKey, ScalingPolicy
from autoscaler.model.time import Instant

#: Rows waiting for a disk that does not answer; beyond this the oldest are dropped.
_WAITING = 100_000
_PER_POLICY = ("target_namespace", "policy")

_log = structlog.get_logger("autoscaler.shadow")


class AgreementMetrics:
    """How well the two agree, for Prometheus."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._agreed = Counter(
            "autoscaler_shadow_agreements",
            "Passes in which we and the built-in controller said the same.",
            _PER_POLICY,
            registry=registry,
        )
        self._differed = Counter(
            "autoscaler_shadow_disagreements",
            "Passes in which we and the built-in controller differed; `replicas` and `conditions` need a look.",
            (*_PER_POLICY, "reason"),
            registry=registry,
        )
        self._silent = Counter(
            "autoscaler_shadow_uncompared",
            "Passes of ours that nothing of the built-in controller could be held against.",
            _PER_POLICY,
            registry=registry,
        )
        self._distance = Gauge(
            "autoscaler_shadow_replicas_difference",
            "Our replicas minus theirs in the last pass that was compared.",
            _PER_POLICY,
            registry=registry,
        )
        self.unwritten = Counter(
            "autoscaler_shadow_unwritten_rows",
            "Rows of the comparison log that could not be written.",
            registry=registry,
        )
        self._reasons: dict[PolicyKey, set[str]] = {}

    def count(self, comparison: Comparison) -> None:
        """Take one verdict."""
        policy = (comparison.key.namespace, comparison.key.name)
        reasons = self._reasons.setdefault(comparison.key, set())
        match comparison.verdict:
            case Verdict.AGREED:
                self._agreed.labels(*policy).inc()
            case Verdict.SILENT:
                self._silent.labels(*policy).inc()
            case verdict:
                reasons.add(verdict.value)
                self._differed.labels(*policy, verdict.value).inc()
        if comparison.theirs is not None:
            self._distance.labels(*policy).set(comparison.ours.desired - comparison.theirs.desired)

    def forget(self, key: PolicyKey) -> None:
        """Drop the series of a policy that is gone."""
        named = {"target_namespace": key.namespace, "policy": key.name}
        for metric in (self._agreed, self._silent, self._distance):
            metric.remove_by_labels(named)
        for reason in self._reasons.pop(key, ()):
            self._differed.remove_by_labels(named | {"reason": reason})


class Comparer:
    """Told of our passes and of their statuses. Run ``run`` as a task; it writes the log, if there is one."""

    def __init__(self, config: ControllerConfig, metrics: AgreementMetrics, log: ComparisonLog | None) -> None:
        self._shadowing = Shadowing(config)
        self._tallies = Tallies()
        self._metrics = metrics
        self._log = log
        self._differing: dict[PolicyKey, Verdict] = {}
        self._waiting: list[Tally] = []
        self._arrived = asyncio.Event()
        self._writing = asyncio.Lock()
        self.is_current: Callable[[], bool] = lambda: True  #: whether the copy of their statuses is fresh

    def follow(self, policy: ScalingPolicy, at: Instant) -> None:
        """Begin with a policy, or go on with a new version of it."""
        self._shadowing.follow(policy, at)

    def seen(self, key: PolicyKey, status: PolicyStatus, at: Instant) -> None:
        """Take their status of a policy."""
        self._shadowing.seen(key, status, at)

    def forget(self, key: PolicyKey) -> None:
        """Compare a policy no longer."""
        self._shadowing.forget(key)
        self._keep(self._tallies.close(key))
        self._metrics.forget(key)
        self._differing.pop(key, None)

    def record(self, record: Record) -> None:
        """Take a pass of ours."""
        for comparison in self._shadowing.decided(record, is_current=self.is_current()):
            self._metrics.count(comparison)
            self._tell(comparison)
            self._keep(self._tallies.add(comparison))

    async def run(self) -> None:
        """Write what was counted, as it is full, until cancelled."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            await self._write()

    async def close(self) -> None:
        """Write all that was counted so far."""
        self._keep(self._tallies.close_all())
        await self._write()

    def _keep(self, tallies: Sequence[Tally]) -> None:
        if tallies and self._log is not None:
            self._waiting.extend(tallies)
            self._arrived.set()

    async def _write(self) -> None:
        """Append all that waits; what cannot be written now is tried again with the next."""
        async with self._writing:
            rows, self._waiting = self._waiting, []
            if self._log is None or not rows:
                return
            try:
                await asyncio.to_thread(self._log.append, rows)
            except OSError as error:
                _log.error("comparisons not written; they are kept and tried again", error=str(error))
                self._waiting = [*rows, *self._waiting]
                self._metrics.unwritten.inc(max(0, len(self._waiting) - _WAITING))
                del self._waiting[:-_WAITING]

    def _tell(self, comparison: Comparison) -> None:
        """Log where a difference that needs a look begins, changes its kind, and ends."""
        before = self._differing.get(comparison.key)
        if comparison.verdict.is_explained:
            if before is not None and comparison.verdict is Verdict.AGREED:
                del self._differing[comparison.key]
                _log.info("agrees again", **_of(comparison.key))
            return
        if before is comparison.verdict or comparison.theirs is None:
            return
        self._differing[comparison.key] = comparison.verdict
        _log.warning(
            "differs from the built-in controller",
            kind=comparison.verdict.value,
            ours=comparison.ours.desired,
            theirs=comparison.theirs.desired,
            our_reason=comparison.ours.why,
            their_reason=comparison.theirs.why,
            **_of(comparison.key),
        )


def _of(key: PolicyKey) -> dict[str, str]:
    return {"namespace": key.namespace, "policy": key.name}
