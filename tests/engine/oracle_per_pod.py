"""Sections 5 and 6 of the semantics, one sentence a line: grouping of pods, ratios, and what they propose.

Written for the tests from the specification; slow, and shares nothing with ``engine.recommend``. Covers pods with
requests of their containers, and readings that succeeded.
"""

from __future__ import annotations

from dataclasses import dataclass

from autoscaler.model.observation import Pod
from autoscaler.model.time import MINUTE, SECOND
from tests.engine.oracle_numbers import divide, i32_ceil, over, wrap

CPU_INITIALIZATION, READINESS_DELAY = 5 * MINUTE, 30 * SECOND


class NoAnswerError(Exception):
    """The calculation fails, with upstream's text."""


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One pod's value [milli], and when and over how long it was taken."""

    value: int
    at: int
    window: int


@dataclass(frozen=True, kw_only=True)
class Question:
    """What a per-pod calculation depends on. ``target``: percent if ``requests_of`` is set, else milli-units."""

    now: int
    current: int
    pods: tuple[Pod, ...]
    samples: dict[str, Sample]
    resource: str  #: empty for Pods metrics
    container: str
    is_utilization: bool
    target: int
    tolerance: tuple[float, float]


def propose(question: Question) -> tuple[int, int | None, int]:
    """Replicas, utilization in percent if asked for, and the average per pod [milli].

    Raises:
        NoAnswerError: with upstream's text.
    """
    if not question.pods:
        raise NoAnswerError("no pods returned by selector while calculating replica count")
    ready, unready, missing, ignored = _grouped(question)
    values = {name: sample.value for name, sample in question.samples.items() if name not in {*unready, *ignored}}
    if not values:
        raise NoAnswerError("did not receive metrics for targeted pods (pods might be unready)")
    requests = _requests(question) if question.is_utilization else {}
    ratio, percent, average = _ratio(question, values, requests)
    low, high = 1.0 - question.tolerance[0], 1.0 + question.tolerance[1]
    up_with_unready = bool(unready) and ratio > 1.0
    if not up_with_unready and not missing:
        return (question.current if low <= ratio <= high else i32_ceil(ratio * ready)), percent, average
    for name in missing:
        if ratio < 1.0:
            target = question.target
            values[name] = divide(requests[name] * max(100, target), 100) if question.is_utilization else target
        elif ratio > 1.0:
            values[name] = 0
    if up_with_unready:
        values |= dict.fromkeys(unready, 0)
    again, _, _ = _ratio(question, values, requests)
    replicas = i32_ceil(again * len(values))
    turns = (ratio < 1.0 and again > 1.0) or (ratio > 1.0 and again < 1.0)
    against = (again < 1.0 and replicas > question.current) or (again > 1.0 and replicas < question.current)
    stays = low <= again <= high or turns or against
    return (question.current if stays else replicas), percent, average


def _grouped(question: Question) -> tuple[int, list[str], list[str], list[str]]:
    ready, unready, missing, ignored = 0, [], [], []
    for pod in question.pods:
        if pod.deleting or pod.phase == "Failed":
            ignored.append(pod.name)
        elif pod.phase == "Pending":
            unready.append(pod.name)
        elif pod.name not in question.samples:
            missing.append(pod.name)
        elif question.resource == "cpu" and _is_unready_for_cpu(question, pod):
            unready.append(pod.name)
        else:
            ready += 1
    return ready, unready, missing, ignored


def _is_unready_for_cpu(question: Question, pod: Pod) -> bool:
    condition, start, sample = pod.ready, pod.started_at, question.samples[pod.name]
    if condition is None or start is None:
        return True
    if start + CPU_INITIALIZATION > question.now:
        return condition.status == "False" or sample.at < condition.last_transition + sample.window
    return condition.status == "False" and start + READINESS_DELAY > condition.last_transition


def _requests(question: Question) -> dict[str, int]:
    """Over all listed pods, whatever their group; one without the request fails the whole metric."""
    requests = {}
    for pod in question.pods:
        total, found = 0, False
        for spec in pod.resources.containers:
            if question.container and spec.name != question.container:
                continue
            found, asked = True, dict(spec.requests).get(question.resource)
            if asked is None:
                raise NoAnswerError(
                    f"missing request for {question.resource} in container {spec.name} of Pod {pod.name}"
                )
            total += asked.milli()
        if question.container and not found:
            raise NoAnswerError(f"container {question.container} not found in Pod {pod.name}")
        requests[pod.name] = total
    return requests


def _ratio(question: Question, values: dict[str, int], requests: dict[str, int]) -> tuple[float, int | None, int]:
    """The ratio, percent of the requests if asked for, and the average."""
    if not question.is_utilization:
        average = divide(wrap(sum(values.values()), 64), len(values))
        return over(float(average), float(question.target)), None, average
    known = [name for name in values if name in requests]
    total = wrap(sum(values[name] for name in known), 64)
    requested = wrap(sum(requests[name] for name in known), 64)
    if requested == 0:
        raise NoAnswerError("no metrics returned matched known pods")
    percent = wrap(divide(wrap(total * 100, 64), requested), 32)
    return over(float(percent), float(question.target)), percent, divide(total, len(known))
