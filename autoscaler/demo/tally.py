"""What came of a demo: the controller's part counted as its records come, the users' part from the world's books."""

from __future__ import annotations

from dataclasses import dataclass

from autoscaler.control.messages import Record
from autoscaler.emulator.scene import WARM_UP, Scene
from autoscaler.model.controller_config import DEFAULT_CONFIG
from autoscaler.model.decision import Action, WriteResult
from autoscaler.model.time import SECOND, Nanoseconds, as_seconds
from autoscaler.simulator.scoring import Scorer


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """One demo in numbers. Requests are expected numbers, so they need not be whole."""

    simulated_seconds: float
    evaluations: int
    evaluations_due: int  #: more than were made where the machine is too slow for the speed
    errors: int  #: passes in which the target or a metric could not be read, or a write failed
    scale_ups: int
    scale_downs: int
    replicas_first: int
    replicas_peak: int
    replicas_last: int
    requests: float
    served: float
    lost_share: float  #: of requests: rejected, given up, or lost with their pod
    slo_minutes_violated: int
    minutes: int
    latency_p50: float  #: [s]
    latency_p99: float  #: [s]


class Tally:
    """Counts passes."""

    def __init__(self, replicas: int, period: Nanoseconds = DEFAULT_CONFIG.sync_period) -> None:
        """``replicas``: how many the workload begins with. ``period``: between two evaluations."""
        self._period = period
        self._first = self._peak = self._last = replicas
        self._evaluations = self._errors = self._ups = self._downs = 0

    def add(self, record: Record) -> None:
        """Count one pass."""
        decision, result = record.decision, record.outcome.result
        self._evaluations += 1
        self._errors += bool(decision.error or record.settlement.error or result is WriteResult.FAILED)
        if decision.current is None:
            return
        wrote = result is WriteResult.WRITTEN
        self._ups += wrote and decision.action is Action.SCALE_UP
        self._downs += wrote and decision.action is Action.SCALE_DOWN
        self._last = decision.desired if wrote else decision.current
        self._peak = max(self._peak, self._last)

    def summary(self, scene: Scene) -> Summary:
        """Sum up, at the scene's present."""
        workload = scene.workload
        scorer = Scorer(workload.scenario, workload.ledger, workload.latencies())
        scores = scorer.score(workload.history(), (), scene.began_at - WARM_UP)
        return Summary(
            simulated_seconds=as_seconds((scene.clock.now() - scene.began_at) // SECOND * SECOND),
            evaluations=self._evaluations,
            evaluations_due=(scene.clock.now() - scene.began_at) // self._period,
            errors=self._errors,
            scale_ups=self._ups,
            scale_downs=self._downs,
            replicas_first=self._first,
            replicas_peak=self._peak,
            replicas_last=self._last,
            requests=scores.requests,
            served=scores.served,
            lost_share=scores.unserved_share,
            slo_minutes_violated=scores.slo_minutes_violated,
            minutes=scores.minutes,
            latency_p50=scores.latency_p50,
            latency_p99=scores.latency_p99,
        )
