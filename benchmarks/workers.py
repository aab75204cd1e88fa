"""How fast queue workers are simulated job by job: each call plays 10 s of 10,000 jobs/s at 112 pods that do ten at once.

    python -m benchmarks.workers [--quick] [--json FILE] [--seed N]

``per_second`` times 100,000 is jobs per second. Machine code is made before the clock runs.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from autoscaler.simulator.requests.layout import Balancer
from autoscaler.simulator.requests.physics import Physics
from autoscaler.simulator.requests.source import Drawn
from autoscaler.simulator.workqueue.engine import Engine
from autoscaler.simulator.workqueue.source import Marks, Source
from autoscaler.simulator.workqueue.state import Rules
from benchmarks.harness import Case, measure, publish, read_options

_RATE = 10_000.0
_PODS = 112
_STEP = 10.0  #: played by one call [s]
_SETTLED = 120.0  #: by then as many jobs are delayed as ever [s]
_PHYSICS = Physics(balancer=Balancer.SHARED, slots=1, queue_limit=0, mean=0.099)


def _stretch(rules: Rules, marks: Marks) -> Callable[[], None]:
    """Give a call that plays the next stretch of one endless run."""
    source = Source(Drawn(rates=lambda first, last: np.full(last - first, _RATE), seed=marks.seed), _PHYSICS, marks)
    engine = Engine(rules, source)
    for pod in range(_PODS):
        engine.join(pod, 0.0)
    engine.advance(_SETTLED)
    return lambda: engine.advance(engine.now + _STEP)


def main() -> None:
    """Measure and print."""
    options = read_options(__doc__)
    seed = (options.seed, 0)
    lines = ((0.3, 2), (0.6, 3))
    priorities = Marks(lines=lines, seed=seed)
    everything = Marks(lines=lines, delayed=0.2, delay=60.0, failure=0.02, attempts=3, seed=seed)
    cases = (
        Case(name="100,000 jobs: plain", call=_stretch(Rules(concurrency=10), Marks(seed=seed)), aim=30.0),
        Case(
            name="100,000 jobs: three priorities", call=_stretch(Rules(concurrency=10, lines=3), priorities), aim=30.0
        ),
        Case(
            name="100,000 jobs: a fifth delayed, retries too",
            call=_stretch(Rules(concurrency=10, lines=3, attempts=3, pause=1.0), everything),
            aim=15.0,
        ),
    )
    publish("workers", measure(cases, options), options)


if __name__ == "__main__":
    main()
