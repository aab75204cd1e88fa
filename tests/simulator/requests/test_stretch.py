"""A shared queue served in stretches gives what the kernel gives event by event, to the last bit."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from autoscaler.simulator.requests import layout as k
from autoscaler.simulator.requests.engine import Engine
from autoscaler.simulator.requests.layout import Balancer, Distribution
from autoscaler.simulator.requests.physics import Physics
from autoscaler.simulator.requests.source import Drawn
from autoscaler.simulator.requests.stretch_log import BATCH

ROOT = Path(__file__).parents[3]
MEAN = 0.2
COURSES = {
    "calm": Physics(balancer=Balancer.SHARED, slots=10, queue_limit=1_000_000, mean=MEAN, timeout=60.0, objective=0.4),
    "some-are-turned-away": Physics(balancer=Balancer.SHARED, slots=4, queue_limit=3, mean=MEAN, objective=0.4),
    "nobody-may-wait": Physics(balancer=Balancer.SHARED, slots=4, queue_limit=0, mean=MEAN, objective=0.4),
    "some-give-up": Physics(balancer=Balancer.SHARED, slots=3, queue_limit=500, mean=MEAN, timeout=0.3),
    "warm-up": Physics(balancer=Balancer.SHARED, slots=5, queue_limit=50, mean=MEAN, warmup=4.0, slowness=2.0),
    "lognormal": Physics(
        balancer=Balancer.SHARED, slots=10, queue_limit=100, distribution=Distribution.LOGNORMAL, mean=-1.8, shape=0.7
    ),
}


def course(physics: Physics, *, in_stretches: bool, cut: float, use: float = 0.9, pods: int = 4) -> Engine:
    """Let a pod leave, one die while it is busy, others come, and everything be slower for a while."""

    def waves(first: int, last: int) -> NDArray[np.float64]:
        return np.asarray(use * pods * physics.slots / MEAN * (1.0 + 0.3 * np.sin(np.arange(first, last) / 9.0)))

    service = Engine(physics, Drawn(rates=waves, seed=(5,)))
    if not in_stretches:
        service.state.ints[k.NO_TIES] = 0
    for pod in range(pods):
        service.join(pod, 0.0)
    changes = {
        20.0: lambda: service.leave(1, 20.0), 33.5: lambda: service.kill(2, 33.5), 35.0: lambda: service.join(7, 35.0),
        40.25: lambda: service.slow_down(1.5, 40.25), 47.0: lambda: service.slow_down(1.0, 47.0), 60.0: lambda: None,
    }  # fmt: skip
    for at, change in changes.items():
        while service.now < at:
            service.advance(min(at, service.now + cut))
        change()
    return service


def facts(service: Engine) -> dict[str, bytes]:
    """Give all that anybody reads, in whatever order requests lie in memory."""
    state, ready = service.state, service.state.rotation[: service.ready]
    ring = (state.ints[k.IDLE_FIRST] + np.arange(state.ints[k.IDLE])) % len(state.idle)
    found = {
        "columns": state.columns, "fine": state.fine, "cells": state.cells, "floats": state.floats,
        "meters": state.meters[ready], "pods": state.pods[ready, : k.P_HEAD], "idle": state.idle[ring],
        "ends": np.sort(state.ends[: service.in_service]),
        "counts": state.ints[[k.SECOND, k.IN_SERVICE, k.WAITING, k.REQUESTS, k.GAVE_UP]],
    }  # fmt: skip
    return {name: np.ascontiguousarray(array).tobytes() for name, array in found.items()}


@pytest.mark.parametrize("physics", COURSES.values(), ids=COURSES)
@pytest.mark.parametrize("cut", [15.0, 60.0, 0.7])
def test_stretches_change_nothing(physics: Physics, cut: float) -> None:
    event_by_event = facts(course(physics, in_stretches=False, cut=15.0))
    assert facts(course(physics, in_stretches=True, cut=cut)) == event_by_event


def test_overload_is_left_to_the_kernel() -> None:
    physics = COURSES["some-give-up"]
    by_events, in_stretches = (course(physics, in_stretches=flag, cut=15.0, use=1.4) for flag in (False, True))
    assert facts(in_stretches) == facts(by_events)
    assert in_stretches.state.columns[:, k.TIMED_OUT].sum() > 1_000


def test_a_calm_queue_is_served_in_stretches() -> None:
    """Seen by what is logged: as many rows as a batch has requests."""
    calm = course(COURSES["calm"], in_stretches=True, cut=15.0)
    assert np.count_nonzero(calm.state.log[:, k.G_BEGIN]) > BATCH // 2
    busy = course(COURSES["calm"], in_stretches=False, cut=15.0)
    assert not calm.state.ints[k.IN_STRETCH]
    assert not busy.state.log.any()


def test_stretches_are_the_same_without_compiling() -> None:
    """The kernel is byte-identical either way; so is what is logged and settled."""
    code = "from tests.simulator.requests.test_stretch import digest; print(digest())"
    environment = {**os.environ, "AUTOSCALER_COMPILE": "0", "PYTHONPATH": str(ROOT)}
    ran = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == digest()


def digest() -> str:
    """Tell all of one course in a few letters."""
    found = facts(course(COURSES["lognormal"], in_stretches=True, cut=15.0, use=0.8, pods=3))
    return hashlib.sha256(b"".join(found.values())).hexdigest()
