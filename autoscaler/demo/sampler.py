"""Looks at the emulated world a few times a second and tells the page. The controller sees none of this."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from autoscaler.control.messages import Record
from autoscaler.demo.feed import MetricFigure, Point
from autoscaler.emulator.errors import ApiError
from autoscaler.emulator.scene import Scene
from autoscaler.engine.explain import short_figure
from autoscaler.model.decision import Proposal
from autoscaler.model.time import SECOND, as_seconds

INTERVAL: Final = 0.25  #: between two points [real s], where simulated time runs fast
SLOW_INTERVAL: Final = SECOND  #: and at least this much simulated time


@dataclass(frozen=True, slots=True)
class Replicas:
    """Replicas of the target as its object in the API says."""

    desired: int
    current: int
    ready: int


class Sampler:
    """Makes points. ``saw`` is told each record, because the page shows metrics as the controller last read them."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._metrics: tuple[MetricFigure | None, ...] = ()

    @property
    def interval(self) -> float:
        """How long to wait between two points [real s]."""
        return max(INTERVAL, self._scene.clock.wait_for(SLOW_INTERVAL))

    def saw(self, record: Record) -> None:
        """Remember the metrics of a pass."""
        self._metrics = tuple(_figure(proposal) for proposal in record.decision.proposals)

    def point(self) -> Point:
        """Look now."""
        probe = self._scene.workload.probe()
        replicas = self.replicas()
        median, _, high = probe.latency
        has_answer = probe.demand > 0 and probe.ready > 0
        return Point(
            at=as_seconds(probe.at),
            demand=probe.demand,
            capacity=probe.capacity,
            desired=replicas.desired,
            current=replicas.current,
            ready=replicas.ready,
            p50=median if has_answer else None,
            p99=high if has_answer else None,
            lost=self.lost_share(),
            metrics=self._metrics,
        )

    def replicas(self) -> Replicas:
        """Read the target's replicas; zeros when somebody has deleted it."""
        try:
            target = self._scene.target()
        except ApiError:
            return Replicas(0, 0, 0)
        status = target.get("status") or {}
        return Replicas(target["spec"]["replicas"], status.get("replicas", 0), status.get("readyReplicas", 0))

    def lost_share(self) -> float:
        """Give the share of all requests so far that were rejected, gave up or died with their pod."""
        ledger = self._scene.workload.ledger
        seen = slice(0, ledger.seconds)
        arrived = float(ledger.arrived[seen].sum())
        lost = float(ledger.rejected[seen].sum() + ledger.timed_out[seen].sum() + ledger.lost[seen].sum())
        return lost / arrived if arrived else 0.0


def _figure(proposal: Proposal) -> MetricFigure | None:
    if proposal.ratio is None or not proposal.observed:
        return None
    return MetricFigure(short_figure(proposal.observed), proposal.ratio)
