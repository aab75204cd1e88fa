"""What needs processes of its own: the first result after a start, two runs at the same time, and a run's memory."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from benchmarks.harness import Options
from benchmarks.requestlevel.rates import Number, Rate

ROOT = Path(__file__).parents[2]

_FIRST = """
import numpy as np
from autoscaler.simulator.requests.engine import Engine
from autoscaler.simulator.requests.layout import Balancer
from autoscaler.simulator.requests.physics import Physics
from autoscaler.simulator.requests.source import Drawn
physics = Physics(balancer=Balancer.LEAST_OUTSTANDING, slots=10, queue_limit=1_000, mean=0.1, timeout=60.0, objective=0.5)
engine = Engine(physics, Drawn(rates=lambda first, last: np.full(last - first, 900.0), seed=(1,)))
for pod in range(10):
    engine.join(pod, 0.0)
engine.advance(15.0)
assert engine.state.columns.sum() > 0.0
"""
_RATE = """
import sys
from time import perf_counter
from benchmarks.requestlevel.queues import Stream
from autoscaler.simulator.requests.layout import Balancer
stream = Stream(Balancer.SHARED, 110, 1)
print(flush=True)
sys.stdin.readline()
begin = perf_counter()
played = stream.play({requests})
print(played / (perf_counter() - begin))
"""

_DAY = """
from pathlib import Path
from time import process_time
from autoscaler.config.policies import load_policies
from autoscaler.config.scenario import load_scenario
from autoscaler.simulator.inputs import Overrides, prepare
from autoscaler.simulator.simulation import simulate
(policy,) = load_policies([Path("policies/web-app-hpa.yaml")]).policies
scenario = load_scenario(Path("simulations/day-10-to-10000.yaml"))
inputs = prepare(scenario, Path("simulations"), Overrides(seed={seed}, speed_up={speed_up}))

def peak():  # not ru_maxrss: a process that is started inherits that of its parent
    status = Path("/proc/self/status").read_text()
    return next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))

begin = process_time()
score = simulate(inputs, policy).score
print(round(score.requests), process_time() - begin, peak())
"""


def whole_day(options: Options) -> tuple[Rate, list[Number]]:
    """Play the day with its policy: 432 million requests; quick: the same wave within half an hour."""
    name = "the whole day 10 -> 10,000 -> 10 requests/s, with an HPA"
    if options.quick:
        name = "that day's wave in half an hour, with an HPA (quick)"
    code = _DAY.format(seed=options.seed + 1, speed_up=48.0 if options.quick else 1.0)
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True)
    requests, seconds, kilobytes = ran.stdout.split()
    rate = Rate(name=name, requests=int(requests), seconds=float(seconds))
    limit = "" if options.quick else "under 40"
    return rate, [
        Number(name=f"{name}: CPU time", value=rate.seconds, unit="s", wanted=limit),
        Number(name="  and memory at its largest", value=int(kilobytes) / 1024, unit="MB", wanted="under 400"),
    ]


def first_results() -> tuple[Number, ...]:
    """Time whole processes from their start to the first result: with nothing compiled yet, and from the cache."""
    with tempfile.TemporaryDirectory() as cache:
        cold, cached = (_seconds(_FIRST, cache) for _ in range(2))
        cached = min(cached, _seconds(_FIRST, cache))
    python = min(_seconds("import numpy, llvmlite.binding", tempfile.gettempdir()) for _ in range(2))
    return (
        Number(name="first result, nothing compiled yet (wall time)", value=cold, unit="s", wanted="under 2"),
        Number(name="first result, compiled before (wall time)", value=cached, unit="s", wanted="under 0.5"),
        Number(name="  of these, Python with numpy and LLVM alone", value=python, unit="s"),
    )


def two_at_once(requests: int) -> Number:
    """Tell how much more two processes play than one, by the wall clock."""
    (alone,) = _rates(1, requests)
    together = sum(_rates(2, requests))
    return Number(
        name="two processes, times what one plays (wall time)", value=together / alone, unit="x", wanted="1.9"
    )


def _rates(processes: int, requests: int) -> list[float]:
    """Have so many processes play at the same time."""
    started = [
        subprocess.Popen(
            [sys.executable, "-c", _RATE.format(requests=requests)],
            cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )
        for _ in range(processes)
    ]  # fmt: skip
    for process in started:  # all are ready before the first begins
        assert process.stdout is not None
        process.stdout.readline()
    for process in started:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    return [float(process.communicate()[0]) for process in started]


def _seconds(code: str, cache: str) -> float:
    begin = perf_counter()
    environment = {**os.environ, "XDG_CACHE_HOME": cache}
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, check=True)
    return perf_counter() - begin
