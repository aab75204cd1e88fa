"""The fluid against single requests: the same scenario and policy at both fidelities, whole runs with the controller.

Which of the two is right is not the question here: what single requests give is itself judged by the other checks.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
from scipy import stats

from autoscaler.model.policy import ScalingPolicy
from autoscaler.simulator.simulation import simulate
from tests.validity import worlds
from tests.validity.check import Check, Finding, Kind
from tests.validity.worlds import Traffic

_SEEDS: Final = 4
_OVERLOADED_SEEDS: Final = 24  #: where few pods are full, one request more or less decides over a pod more or less
_TARGET: Final = 60  #: cpu use that the policy keeps [percent]
_POLICIES: Final = 20
_QUICK_POLICIES: Final = 10
_LEAST_TAU: Final = 0.9
_POINT: Final = 0.01
_POINTS, _POINTS_IN_OVERLOAD = 0.1, 0.5


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run cost and how its users fared."""

    pod_hours: float
    bad: float  #: share of requests over the objective, or not served at all


def outcome(traffic: Traffic, balancing: str, fidelity: str, policy: ScalingPolicy, seed: int) -> Outcome:
    """Run once."""
    score = simulate(worlds.inputs(traffic, balancing, fidelity, seed), policy).score
    return Outcome(score.replica_hours, (score.late + score.failed) / score.requests)


def band(traffic: Traffic, balancing: str, hours_within: float, points: float, quick: bool) -> Finding:
    """Compare the means over seeds of one usual policy; ``points``: of late requests, in percent, they may differ by."""
    policy = worlds.policy(_TARGET)
    seeds = range(1 if quick else _OVERLOADED_SEEDS if traffic.overloads else _SEEDS)
    fluid, exact = (
        [outcome(traffic, balancing, fidelity, policy, seed) for seed in seeds] for fidelity in ("fluid", "request")
    )
    hours, true_hours = (float(np.mean([one.pod_hours for one in runs])) for runs in (fluid, exact))
    bad, true_bad = (float(np.mean([one.bad for one in runs])) for runs in (fluid, exact))
    off = hours / true_hours - 1.0
    return Finding(
        f"{true_hours:.1f} pod-hours, {true_bad:.2%} late",
        f"{off:+.2%}, {(bad - true_bad) / _POINT:+.2f} points",
        abs(off) <= hours_within and abs(bad - true_bad) <= points * _POINT,
    )


def ranking(traffic: Traffic, balancing: str, quick: bool) -> Finding:
    """Order random policies by cost and by late requests at both fidelities, and compare the orders (Kendall)."""
    policies = worlds.random_policies(_QUICK_POLICIES if quick else _POLICIES)
    fluid, exact = (
        [outcome(traffic, balancing, fidelity, policy, 1) for policy in policies] for fidelity in ("fluid", "request")
    )
    cost, bad = (
        float(stats.kendalltau([getattr(one, by) for one in fluid], [getattr(one, by) for one in exact]).statistic)
        for by in ("pod_hours", "bad")
    )
    return Finding("1", f"cost {cost:.3f}, late {bad:.3f}", min(cost, bad) >= _LEAST_TAU)


def _band_check(traffic: Traffic, balancing: str, hours_within: float, *, in_ci: bool = False) -> Check:
    points = _POINTS_IN_OVERLOAD if traffic.overloads else _POINTS
    return Check(
        f"fluid-{traffic.name.replace(' ', '-').lower()}-{balancing}",
        Kind.FLUID,
        f"{traffic.name}, {balancing.replace('_', ' ')}: "
        f"pod-hours and share of late requests, policy at {_TARGET} % cpu",
        f"{hours_within:.0%}, {points} points",
        partial(band, traffic, balancing, hours_within, points),
        in_ci,
    )


def _ranking_check(traffic: Traffic, balancing: str, in_ci: bool) -> Check:
    return Check(
        f"fluid-ranks-{traffic.name.replace(' ', '-').lower()}",
        Kind.FLUID,
        f"{traffic.name}, {balancing.replace('_', ' ')}: order of random policies by cost and by late requests (Kendall's tau)",
        f"at least {_LEAST_TAU}",
        partial(ranking, traffic, balancing),
        in_ci,
    )


_WITH_ROOM: Final = (worlds.BURSTY, worlds.MONGO, worlds.WORLD_CUP, worlds.RAMP, worlds.SINE)
_LEAST, _ROBIN, _RANDOM, _SHARED = "least_outstanding", "round_robin", "random", "shared"

CHECKS: Final = (
    *(
        _band_check(traffic, _LEAST, 0.01, in_ci=traffic is worlds.BURSTY)
        for traffic in (*_WITH_ROOM, worlds.STEP, worlds.CROWD)
    ),
    *(_band_check(traffic, _ROBIN, 0.03) for traffic in (*_WITH_ROOM, worlds.STEP, worlds.CROWD)),
    _band_check(worlds.CROWD, _RANDOM, 0.03),
    *(_band_check(traffic, _SHARED, 0.01) for traffic in (worlds.BURSTY, worlds.STEP, worlds.CROWD)),
    _ranking_check(worlds.BURSTY, _LEAST, in_ci=False),
    _ranking_check(worlds.CROWD, _LEAST, in_ci=True),
)
