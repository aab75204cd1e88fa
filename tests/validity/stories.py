"""Random stories for a service: requests with given work, and pods that join, leave, die and get slow meanwhile."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from autoscaler.simulator.requests.layout import Fate as Ours
from tests.validity.events import Change, Fate, Rule, Rules, What

Floats = NDArray[np.float64]

#: what the simulator calls the end of a request, in the judge's words
FATES: Final = {
    Ours.SERVED: Fate.SERVED,
    Ours.REJECTED: Fate.REJECTED,
    Ours.TIMED_OUT: Fate.TIMED_OUT,
    Ours.LOST: Fate.LOST,
}
_MEAN: Final = 0.1  #: mean service time [s]


@dataclass(frozen=True, slots=True)
class Story:
    """A service, its requests (shape ``(n,)``) and what happens to its pods; all is over by ``until`` [s]."""

    rules: Rules
    arrivals: Floats
    services: Floats
    chances: Floats
    changes: tuple[Change, ...]
    until: float


def story(rule: Rule, seed: int, lasts: float) -> Story:
    """Give one of many stories: calm and overloaded stretches, short and long queues, patient and hasty clients."""
    rng = np.random.default_rng([seed, *rule.encode()])
    pods, slots = int(rng.integers(2, 9)), int(rng.integers(1, 9))
    rules = Rules(
        slots=slots,
        queue_limit=int(rng.choice([0, 2, 20, 1_000])),
        timeout=float(rng.choice([0.05, 0.5, 3.0, math.inf])),
        rule=rule,
        attempts=int(rng.choice([1, 3])),
        backoff=0.1,
        backoff_limit=0.3,
        jitter=0.5,
        warmup=float(rng.choice([0.0, 5.0])),
        slowness=3.0,
    )
    arrivals = _arrivals(rng, pods * slots / _MEAN, lasts)
    services = rng.gamma(0.5, 2.0 * _MEAN, len(arrivals))
    chances = rng.random(len(arrivals))
    changes = _changes(rng, pods, lasts)
    return Story(rules, arrivals, services, chances, changes, until=10.0 * lasts + 10_000.0)


def _arrivals(rng: np.random.Generator, capacity: float, lasts: float) -> Floats:
    """Give arrivals whose rate changes every five seconds, between a third and twice what the first pods can serve."""
    parts = []
    for begin in np.arange(0.0, lasts, 5.0).tolist():
        count = rng.poisson(5.0 * capacity * float(rng.choice([0.3, 0.8, 1.0, 2.0])))
        parts.append(np.sort(rng.uniform(begin, begin + 5.0, count)))
    return np.concatenate(parts)


def _changes(rng: np.random.Generator, pods: int, lasts: float) -> tuple[Change, ...]:
    """Give the first pods, then a change every second or so; at the end all are gone and a last one joins."""
    changes = [Change(0.0, What.JOIN, pod) for pod in range(pods)]
    alive, leaving, at = list(range(pods)), [], 0.0
    following = pods
    while (at := at + float(rng.exponential(1.0))) < lasts:
        what = str(rng.choice(["join", "leave", "kill", "kill-leaving", "slow-down", "slow-down"]))
        if what == "slow-down":
            changes.append(Change(at, What.SLOW_DOWN, factor=float(rng.choice([0.5, 1.0, 1.0, 3.0]))))
        elif what == "kill-leaving" and leaving:
            changes.append(Change(at, What.KILL, leaving.pop(int(rng.integers(len(leaving))))))
        elif what == "leave" and alive:
            leaving.append(alive.pop(int(rng.integers(len(alive)))))
            changes.append(Change(at, What.LEAVE, leaving[-1]))
        elif what == "kill" and alive:
            changes.append(Change(at, What.KILL, alive.pop(int(rng.integers(len(alive))))))
        else:
            alive.append(following)
            changes.append(Change(at, What.JOIN, following))
            following += 1
    changes += [Change(lasts, What.KILL, pod) for pod in alive]
    return (*changes, Change(lasts + 1.0, What.JOIN, following))
