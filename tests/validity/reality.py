"""A real HTTP server against the simulator: the same arrivals, the same work, latencies measured and computed."""

from __future__ import annotations

from typing import Final

import numpy as np

from tests.validity.check import Check, Finding, Kind, MachineBusyError
from tests.validity.queues import Floats, drawn_requests, starts_of
from tests.validity.real_load import measure

_SLOTS: Final = 8
_MEAN: Final = 0.4  #: long enough for a millisecond or two of the machine's own not to matter [s]
_SECONDS: Final = 300
_QUICK_SECONDS: Final = 12
#: use of the slots, second by second: calm, then more than they can serve
_CYCLE: Final = (0.45,) * 7 + (1.2,) * 3 + (0.5,) * 5
_MOST_OVERSLEPT: Final = (
    0.005  #: how much longer than asked for slots may be held, for the comparison to mean something
)
_WITHIN: Final = {"p50": 0.05, "p99": 0.10, "concurrency": 0.03}


def compare(quick: bool) -> Finding:
    """Let the simulator draw requests, send them over loopback, and compare.

    Raises:
        MachineBusyError: what the server slept took longer than it should have, so its service times are not known.
    """
    seconds = _QUICK_SECONDS if quick else _SECONDS
    use = np.resize(_CYCLE, seconds)
    arrivals, services = drawn_requests(use * _SLOTS / _MEAN, _MEAN, seed=1)
    ends = starts_of(_SLOTS, arrivals, services) + services
    real = measure(_SLOTS, arrivals, services)
    overslept = real.busy * real.span / float(services.sum()) - 1.0
    latencies, span = ends - arrivals, float(ends.max())
    computed = _figures(latencies, float(latencies.sum()) / span)
    found = _figures(real.latencies, real.present)
    off = {name: found[name] / computed[name] - 1.0 for name in computed}
    holds = all(abs(off[name]) <= within for name, within in _WITHIN.items())
    if not holds and overslept > _MOST_OVERSLEPT:
        raise MachineBusyError(f"the machine is too busy: a slot is held {overslept:.1%} longer than asked for")
    return Finding(
        f"p50 {computed['p50'] * 1e3:.1f} ms, p99 {computed['p99'] * 1e3:.1f} ms, {computed['concurrency']:.2f} in the system",
        ", ".join(f"{name} {value:+.1%}" for name, value in off.items())
        + f" ({len(arrivals):,} requests, {span:.0f} s)",
        holds,
    )


def _figures(latencies: Floats, concurrency: float) -> dict[str, float]:
    p50, p99 = np.quantile(latencies, [0.5, 0.99]).tolist()
    return {"p50": p50, "p99": p99, "concurrency": concurrency}


CHECKS: Final = (
    Check(
        "a-real-server",
        Kind.REALITY,
        f"an HTTP server with {_SLOTS} slots on loopback, calm and overloaded by turns: "
        "latencies and mean number of requests in it",
        ", ".join(f"{name} {within:.0%}" for name, within in _WITHIN.items()),
        compare,
    ),
)
