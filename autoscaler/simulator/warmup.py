"""What young pods are like: slow while caches fill and code is compiled, and busy with themselves."""

from __future__ import annotations

import math
from collections.abc import Iterator

from autoscaler.config.scenario import Pods, Warmup
from autoscaler.model.time import SECOND, Instant, seconds
from autoscaler.simulator.pod import Container


class Young:
    """The pods of one workload that are still warming up."""

    __slots__ = ("_joined", "_span", "_warmup")

    def __init__(self, warmup: Warmup | None) -> None:
        self._warmup = warmup if warmup is not None and warmup.slowness > 1.0 else None
        self._span = seconds(self._warmup.span) if self._warmup is not None else 0
        self._joined: dict[int, Instant] = {}

    def join(self, pod: int, at: Instant) -> None:
        """Let a pod be young from now on."""
        if self._warmup is not None:
            self._joined[pod] = at

    def leave(self, pod: int) -> None:
        """Forget a pod that is out of rotation."""
        self._joined.pop(pod, None)

    def any_at(self, at: Instant) -> bool:
        """Tell whether there are young pods; those that are warm by ``at`` are forgotten."""
        if self._joined:
            self._joined = {pod: since for pod, since in self._joined.items() if since + self._span > at}
        return bool(self._joined)

    def behind(self, first: Instant, last: Instant) -> Iterator[tuple[int, float]]:
        """Give the young pods, and how much slower each is than a warm one between two instants: 0 to 1, on average."""
        if self._warmup is None:
            return
        for pod, since in self._joined.items():
            yield pod, 1.0 - speed(self._warmup, max(0, first - since) / SECOND, (last - since) / SECOND)


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
