"""Metrics of single policies, which can be switched off, and how often decisions turn round.

The label is ``target_namespace``: plain ``namespace`` collides with the scrape's own.
"""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge

from autoscaler.control.messages import Record
from autoscaler.model.decision import Action, Stage, WriteResult
from autoscaler.model.observation import NoReading
from autoscaler.model.policy import PolicyKey

_PER_POLICY = ("target_namespace", "policy")
#: Outcomes of a decision that counts as a move: one that was made, or would have been.
_MOVES = (WriteResult.WRITTEN, WriteResult.WITHHELD)


class PolicyMetrics:
    """Gauges of each policy's last decision."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def gauge(name: str, words: str, *more: str) -> Gauge:
            return Gauge(f"autoscaler_{name}", words, (*_PER_POLICY, *more), registry=registry)

        self._desired = gauge("desired_replicas", "Replicas last decided on.")
        self._current = gauge("current_replicas", "Replicas the target asks for.")
        self._recommended = gauge("recommended_replicas", "Replicas after each stage of the last decision.", "stage")
        self._unread = gauge("unread_metrics", "Metrics of the policy that could not be read in the last pass.")

    def note(self, record: Record) -> None:
        """Show a pass."""
        decision, policy = record.decision, _labels(record.key)
        self._desired.labels(*policy).set(decision.desired)
        if decision.current is not None:
            self._current.labels(*policy).set(decision.current)
        for stage in _last_of_each(decision.stages):
            self._recommended.labels(*policy, stage.stage).set(stage.after)
        unread = sum(isinstance(reading, NoReading) for reading in record.observation.readings)
        self._unread.labels(*policy).set(unread)

    def forget(self, key: PolicyKey) -> None:
        """Drop a policy that is gone."""
        for gauge in (self._desired, self._current, self._recommended, self._unread):
            gauge.remove_by_labels(dict(zip(_PER_POLICY, _labels(key), strict=True)))


class Directions:
    """Counts turns: a growth after a shrinking, or the other way round, whenever the last one was."""

    def __init__(self, registry: CollectorRegistry, *, per_policy: bool) -> None:
        self._last: dict[PolicyKey, Action] = {}
        self._all = Counter(
            "autoscaler_direction_flips", "Moves in the direction opposite to the move before.", registry=registry
        )
        self._each = (
            Counter(
                "autoscaler_policy_direction_flips",
                "Moves of the policy in the direction opposite to its move before.",
                _PER_POLICY,
                registry=registry,
            )
            if per_policy
            else None
        )

    def note(self, record: Record) -> None:
        """Take a pass; what was only held back by observing counts too, once for as long as it lasts."""
        action = record.decision.action
        if action is Action.NONE or record.outcome.result not in _MOVES:
            return
        before = self._last.get(record.key)
        self._last[record.key] = action
        if before is not None and before is not action:
            self._all.inc()
            if self._each is not None:
                self._each.labels(*_labels(record.key)).inc()

    def forget(self, key: PolicyKey) -> None:
        """Drop a policy that is gone."""
        self._last.pop(key, None)
        if self._each is not None:
            self._each.remove_by_labels(dict(zip(_PER_POLICY, _labels(key), strict=True)))


def _labels(key: PolicyKey) -> tuple[str, str]:
    return key.namespace, key.name


def _last_of_each(stages: tuple[Stage, ...]) -> list[Stage]:
    return list({stage.stage: stage for stage in stages}.values())
