"""What young pods are like: slow while caches fill and code is compiled, and busy with themselves."""

from __future__ import annotations

import math

from autoscaler.config.scenario import Pods, Warmup
from autoscaler.model.time import SECOND, Instant
from autoscaler.simulator.pod import Container


def speed(warmup: Warmup, first: float, last: float) -> float:
    """Give the speed of a pod, averaged between two ages [s] since it joined; 1 is that of a warm one.

    Its requests take ``slowness`` times as long at first, falling in a line to 1: the speed is the inverse of that.
    """
    span = warmup.span
    if first >= span or warmup.slowness == 1.0:
        return 1.0
    end = min(last, span)
    if last <= first:
        return 1.0 / _slowness(warmup, first)
    # the integral of 1/(s - (s - 1)t/w) is -w/(s - 1) ln(s - (s - 1)t/w)
    young = span / (warmup.slowness - 1.0) * math.log(_slowness(warmup, first) / _slowness(warmup, end))
    return (young + last - end) / (last - first)


def startup_cpu(pods: Pods, container: Container, begin: Instant, end: Instant) -> float:
    """Give the cpu that a container spent on its own start, averaged from ``begin`` to ``end`` [cores].

    All of ``pods.startup_cpu`` until it is ready; from then on it fades in a line while the pod warms up. ``begin`` is not
    before its start.
    """
    ready_at = container.ready_at
    span = (end - begin) / SECOND
    if span <= 0:
        return 0.0
    if ready_at is None or ready_at >= end:
        return pods.startup_cpu
    spent = max(0, ready_at - begin) / SECOND
    if pods.warmup is not None:
        spent += _faded(pods.warmup.span, max(0, begin - ready_at) / SECOND, (end - ready_at) / SECOND)
    return pods.startup_cpu * spent / span


def _slowness(warmup: Warmup, age: float) -> float:
    return warmup.slowness - (warmup.slowness - 1.0) * age / warmup.span


def _faded(span: float, first: float, last: float) -> float:
    """Give the integral [s] of 1 - t/span, where that is above zero, between two ages [s]."""
    first, last = min(first, span), min(last, span)
    return (last - first) * (1.0 - (first + last) / (2.0 * span))
