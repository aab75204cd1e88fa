"""What must hold in every run, whatever comes: nobody is lost from the books, and nothing depends on how time is cut."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from functools import partial
from itertools import count
from typing import Final

import numpy as np

from autoscaler.simulator.requests import layout
from autoscaler.simulator.requests.engine import Engine
from tests.validity import stories
from tests.validity.check import Check, Finding, Kind, exactly
from tests.validity.events import Change, Rule, What
from tests.validity.queues import Queue, by_second, carry_out, column, constant, record_of
from tests.validity.stories import Story

_MEAN: Final = 0.099  #: mean service time [s]
_STEPS: Final = (0.25, 1.0, 15.0, 60.0)  #: how far time is moved on at once [s]
_FATES: Final = (layout.SERVED, layout.REJECTED, layout.TIMED_OUT, layout.LOST)


def digest(engine: Engine) -> str:
    """Give a digest of all that a run gave: its columns, its histograms, the story of its requests."""
    state = engine.state
    seconds = int(engine.now) + 1
    parts = (state.columns[:seconds], state.fine, state.record)
    return hashlib.sha256(b"".join(np.ascontiguousarray(part).tobytes() for part in parts)).hexdigest()


def changing_run(rule: Rule, seed: int, seconds: float, step: float = np.inf) -> Engine:
    """Run drawn requests through a random story's pods, moving time on by ``step`` at most."""
    story = stories.story(rule, seed, seconds)
    queue = Queue(
        use=1.0, pods=0, slots=story.rules.slots, service=0.1, balancing=rule, queue_limit=story.rules.queue_limit
    )
    rates = by_second(np.bincount(story.arrivals.astype(np.int64)).astype(np.float64))
    engine = queue.engine(rates, seed, record=1_000, timeout=story.rules.timeout)
    for change in story.changes:
        _advance(engine, change.at, step)
        carry_out(engine, [change])
    _advance(engine, seconds + 60.0, step)
    return engine


def _advance(engine: Engine, to: float, step: float) -> None:
    begin = engine.now
    for cut in count(1):
        at = begin + cut * step
        if not at < to:
            break
        engine.advance(at)
    engine.advance(to)


def any_cut(quick: bool) -> Finding:
    """Cut time in several ways and not at all: every column, histogram and request must be the same."""
    seconds, equal, of = 30.0 if quick else 240.0, 0, 0
    for rule in Rule:
        whole = digest(changing_run(rule, 1, seconds))
        equal += sum(digest(changing_run(rule, 1, seconds, step)) == whole for step in _STEPS)
        of += len(_STEPS)
    return exactly(equal, of, "digests")


def conservation(quick: bool) -> Finding:
    """Count after every change: arrived = served + rejected + timed out + lost + waiting + in service."""
    balanced = looks = 0
    for rule in Rule:
        story = stories.story(rule, 2, 30.0 if quick else 240.0)
        for holds in _balances(rule, story):
            looks += 1
            balanced += holds
    return exactly(balanced, looks, "balances after a change")


def _balances(rule: Rule, story: Story) -> list[bool]:
    queue = Queue(
        use=0.0, pods=0, slots=story.rules.slots, service=0.1, balancing=rule, queue_limit=story.rules.queue_limit
    )
    rates = by_second(np.bincount(story.arrivals.astype(np.int64)).astype(np.float64))
    engine = queue.engine(rates, 2, timeout=story.rules.timeout)
    found: list[bool] = []
    carry_out(engine, story.changes, lambda now: found.append(is_balanced(now)))
    return found


def is_balanced(engine: Engine) -> bool:
    """Tell whether every request that came is somewhere."""
    gone = sum(column(engine, fate).sum() for fate in _FATES)
    return bool(column(engine, layout.ARRIVED).sum() == gone + engine.waiting + engine.in_service)


def little(quick: bool) -> Finding:
    """Compare the integral of the number present with the sum of times in the system; empty at both ends."""
    seconds = 60 if quick else 600
    queue = Queue(use=0.0, pods=10, slots=10, service=_MEAN, balancing="least_outstanding")
    engine = queue.engine(by_second(np.full(seconds, 950.0)), 1, record=1)  # only who keeps stories integrates
    engine.advance(seconds + 100.0)
    floats = engine.state.floats
    off = abs(float(floats[layout.AREA]) / float(floats[layout.SOJOURNS]) - 1.0)
    served = int(column(engine, layout.SERVED).sum())
    return Finding(f"{floats[layout.SOJOURNS]:.6g} request-seconds", f"{off:.0e} off, {served:,} requests", off <= 1e-9)


def same_anywhere(quick: bool) -> Finding:
    """Run in this process, in another one, and in one that does not compile."""
    rules = (Rule.SHARED, Rule.LEAST_OUTSTANDING) if quick else tuple(Rule)
    here = [digest(changing_run(rule, 3, 20.0)) for rule in rules]
    equal = sum(_elsewhere(rules, jit) == here for jit in (True, False))
    return exactly(equal * len(rules), 2 * len(rules), "digests: another process, and one without compiling")


def _elsewhere(rules: tuple[Rule, ...], jit: bool) -> list[str]:
    run = subprocess.run(
        [sys.executable, "-m", "tests.validity.invariants", *rules],
        env={**os.environ, "AUTOSCALER_COMPILE": "1" if jit else "0"},
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    return run.stdout.split()


def same_requests(quick: bool) -> Finding:
    """Give request k to five pods and to fifty, by two balancing rules: the same arrival, the same work.

    Work is told by end minus start, which two starts round differently: so that much is allowed.
    """
    requests = 10_000 if quick else 1_000_000
    few, many = (record_of(_drawn(pods, rule, requests)) for pods, rule in ((5, "shared"), (50, "power_of_two")))
    rounding = 4.0 * np.spacing(np.maximum(few.ends, many.ends))
    same_work = np.abs((few.ends - few.starts) - (many.ends - many.starts)) <= rounding
    return exactly(int(((few.arrivals == many.arrivals) & same_work).sum()), requests, "requests: arrival and work")


def _drawn(pods: int, rule: str, requests: int) -> Engine:
    engine = Queue(use=0.0, pods=pods, slots=10, service=_MEAN, balancing=rule).engine(
        constant(400.0), 1, record=requests
    )
    engine.advance(requests / 400.0 * 1.1 + 60.0)
    return engine


def extremes(quick: bool) -> Finding:
    """Try what is easily forgotten; every request must stay in the books."""
    runs = [run(rule) for rule in Rule for run in (_no_load, _one_pod, _no_pods_for_a_while, _all_killed, _many_pods)]
    return exactly(sum(runs), len(runs), "runs in balance")


def _no_load(rule: Rule) -> bool:
    engine = _service(rule, 3, constant_rate=0.0)
    engine.advance(100.0)
    return is_balanced(engine) and not engine.state.columns.any()


def _one_pod(rule: Rule) -> bool:
    """The rate steps to 0 in the middle."""
    engine = Queue(use=0.0, pods=1, slots=1, service=_MEAN, balancing=rule).engine(by_second(np.full(50, 9.0)), 1)
    engine.advance(1_000.0)
    return is_balanced(engine) and engine.in_service == engine.waiting == 0


def _no_pods_for_a_while(rule: Rule) -> bool:
    engine = _service(rule, 2, constant_rate=100.0)
    engine.advance(10.0)
    carry_out(engine, [Change(10.0, What.LEAVE, 0), Change(10.0, What.LEAVE, 1)])
    engine.advance(20.0)
    was_balanced = is_balanced(engine)
    carry_out(engine, [Change(20.0, What.JOIN, 2)])
    engine.advance(30.0)
    return was_balanced and is_balanced(engine) and bool(column(engine, layout.SERVED)[25] > 0)


def _all_killed(rule: Rule) -> bool:
    engine = _service(rule, 3, constant_rate=200.0)
    carry_out(engine, [Change(5.0, What.KILL, pod) for pod in range(3)])
    engine.advance(10.0)
    return is_balanced(engine) and engine.in_service == 0


def _many_pods(rule: Rule) -> bool:
    engine = _service(rule, 10_000, constant_rate=50_000.0)
    engine.advance(3.0)
    return is_balanced(engine) and engine.in_service > 0


def _service(rule: Rule, pods: int, constant_rate: float) -> Engine:
    return Queue(use=0.0, pods=pods, slots=4, service=_MEAN, balancing=rule).engine(constant(constant_rate), 1)


def _check(name: str, what: str, accepted: str, run: partial[Finding]) -> Check:
    return Check(name, Kind.IDENTITY, what, accepted, run)


CHECKS: Final = (
    _check(
        "any-cut",
        "time moved on in steps of 0.25, 1, 15, 60 s and at once, five balancing rules: columns, histograms, requests",
        "equal digests",
        partial(any_cut),
    ),
    _check(
        "conservation",
        "arrived = served + rejected + timed out + lost + waiting + in service, after every change",
        "equal",
        partial(conservation),
    ),
    _check(
        "little", "Little's law: integral of the number present = sum of times in the system", "1e-9", partial(little)
    ),
    _check(
        "same-anywhere",
        "the same seed in another process, compiled and not compiled: columns, histograms, requests",
        "equal digests",
        partial(same_anywhere),
    ),
    _check(
        "same-requests",
        "common random numbers: request k on 5 pods with a shared queue and on 50 with power of two choices",
        "equal",
        partial(same_requests),
    ),
    _check(
        "extremes",
        "no load, one slot, no pods for a while, all pods killed, 10,000 pods: nobody is lost from the books",
        "equal",
        partial(extremes),
    ),
)


if __name__ == "__main__":
    for named in sys.argv[1:]:
        sys.stdout.write(f"{digest(changing_run(Rule(named), 3, 20.0))}\n")
