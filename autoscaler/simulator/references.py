"""Two policies that nobody can have, to measure the others by: as many pods as the peak needs, and a clairvoyant.

Both know the traffic. The clairvoyant asks for each pod one start-up time before it is needed, and keeps it over a gap only
where the gap is shorter than that, because stopping and starting it would be paid for as long: the cheapest plan that is
never short, up to the length of a tick.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from autoscaler.config.scenario import Fidelity, Objective, Scenario, Service
from autoscaler.model.decision import Reason
from autoscaler.model.time import SECOND, Nanoseconds, as_seconds, seconds
from autoscaler.simulator.demand import due
from autoscaler.simulator.inputs import Inputs
from autoscaler.simulator.nodes.autoscaler import SCAN_INTERVAL
from autoscaler.simulator.progress import TOLD_EVERY, Progress
from autoscaler.simulator.result import Result, ScaleAction
from autoscaler.simulator.service_times import beyond
from autoscaler.simulator.stage import set_up
from autoscaler.simulator.traffic import arrivals
from autoscaler.simulator.waiting import exceeds, stationary

Floats = NDArray[np.float64]
Plan = NDArray[np.int64]

STATIC_PEAK: Final = "static peak"
CLAIRVOYANT: Final = "clairvoyant"
_NODE_SCAN: Final = as_seconds(SCAN_INTERVAL)
_MOST_PODS: Final = 100_000
_HALVINGS: Final = 40


def references(inputs: Inputs, progress: Progress | None = None) -> tuple[Result, ...]:
    """Run both in the scenario's world; they have no controller, so no metrics and no reasons.

    ``progress`` is told the share of both that is done; where it stops them, what has been played comes back.
    """
    need = needed_pods(inputs)
    plans = {STATIC_PEAK: np.full(len(need), need.max()), CLAIRVOYANT: _foreseen(inputs.scenario, need)}
    results: list[Result] = []
    for half, (name, plan) in enumerate(plans.items()):
        results.append(_run(inputs, plan, name, _half(progress, half)))
        if not results[-1].is_complete:
            break
    return tuple(results)


def _half(progress: Progress | None, half: int) -> Progress | None:
    """Report the first or second half of the work as a share of all of it."""
    return None if progress is None else lambda share: progress((half + share) / 2)


def needed_pods(inputs: Inputs) -> Plan:
    """Give how many ready pods the objective takes in each period between evaluations, shape ``(periods,)``; 1 at least."""
    period = max(1, round(inputs.scenario.control.sync_period))
    came = due(inputs.scenario.workers, arrivals(inputs.traffic, 0, inputs.duration))
    highest = np.maximum.reduceat(came, np.arange(0, inputs.duration, period))
    service, slo = inputs.scenario.service, inputs.scenario.slo
    most = min(int(np.ceil(2.0 * highest.max() / service.pod_rate)) + 10, _MOST_PODS)
    return 1 + np.searchsorted(_bearable(service, slo, np.arange(1.0, most)), highest).astype(np.int64)


def _bearable(service: Service, slo: Objective, pods: Floats) -> Floats:
    """Give the highest rate [requests/s] at which so many ``pods`` keep the objective, by halving.

    Where the objective cannot be kept even without waiting, it is nine tenths of what they can serve.
    """
    low, high = np.zeros_like(pods), pods * service.pod_rate * (1.0 - 1e-9)
    alone = float(beyond(service.spread, np.array([slo.latency / service.mean_service_time]))[0])
    if alone >= 1.0 - slo.share:
        return 0.9 * high
    limit = np.array([slo.latency])
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        late = exceeds(stationary(service, middle, pods * service.slots), service, limit)[:, 0]
        low, high = np.where(late <= 1.0 - slo.share, middle, low), np.where(late <= 1.0 - slo.share, high, middle)
    return low


def _foreseen(scenario: Scenario, need: Plan) -> Plan:
    """Give the highest need from now to one start-up time ahead.

    That is the cheapest plan, pod by pod: the i-th is on while at least i are needed, and from one start-up time earlier;
    a gap no longer than that is bridged by itself, since asking anew would have to begin before the pod was let go.
    """
    pods = scenario.pods
    startup = pods.image_pull + (pods.startup + pods.readiness) * (1.0 + pods.jitter)
    startup += pods.warmup.span if pods.warmup is not None else 0.0
    startup += max((pool.provisioning * (1.0 + pool.jitter) + _NODE_SCAN for pool in scenario.nodes), default=0.0)
    ahead = int(np.ceil(startup / scenario.control.sync_period)) + 1
    padded = np.pad(need, (0, ahead), mode="edge")
    return np.asarray(np.lib.stride_tricks.sliding_window_view(padded, ahead + 1).max(axis=1))


def _run(inputs: Inputs, plan: Plan, name: str, progress: Progress | None) -> Result:
    begin = inputs.scenario.pods.model_copy(update={"initial_replicas": int(plan[0])})
    scenario = inputs.scenario.model_copy(update={"pods": begin})
    stage = set_up(replace(inputs, scenario=scenario))
    world = stage.world
    actions: list[ScaleAction] = []
    is_complete = True
    period = seconds(scenario.control.sync_period)
    # a fluid plays an hour in no time; of single requests a few seconds may take one to play
    every = 1 if scenario.fidelity is Fidelity.REQUEST else max(1, TOLD_EVERY // period)
    for tick, at in _looks(plan, period, every):
        if progress is not None and progress(at / (inputs.duration * SECOND)) and world.now > world.start:
            is_complete = False
            break
        world.advance(world.start + at)
        if plan[tick] != plan[tick - 1]:
            stage.workload.set_replicas(int(plan[tick]))
            actions.append(_action(at / SECOND, int(plan[tick - 1]), int(plan[tick])))
    if is_complete:
        world.advance(world.start + inputs.duration * SECOND)
    result = stage.result(policy=name, actions=actions, is_complete=is_complete)
    return replace(result, inputs=replace(inputs, duration=result.inputs.duration))


def _looks(plan: Plan, period: Nanoseconds, every: int) -> Iterator[tuple[int, Nanoseconds]]:
    """Give the periods, and when they begin, in which the plan changes, or progress is told: each of ``every``."""
    for tick in range(1, len(plan)):
        if plan[tick] != plan[tick - 1] or tick % every == 0:
            yield tick, tick * period


def _action(t: float, before: int, after: int) -> ScaleAction:
    reason = Reason.SCALED_UP if after > before else Reason.SCALED_DOWN
    return ScaleAction(t=t, before=before, after=after, reason=reason, sentence=f"The traffic to come needs {after}.")
