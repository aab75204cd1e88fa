"""Slips of units: a target that is a thousand times what was meant. The API server accepts every positive number."""

from __future__ import annotations

import re
from typing import Final

from autoscaler.config.lint.finding import Note
from autoscaler.config.lint.rule import Notes
from autoscaler.config.lint.scalers import Hpa, Scaler
from autoscaler.config.lint.surroundings import Surroundings
from autoscaler.model.policy import ContainerResourceMetric, ResourceMetric

_MANY_CORES: Final = 32
_LITTLE_CPU: Final = 0.01  #: cores
_LITTLE_MEMORY: Final = 2**20  #: bytes
_LITTLE_CONTENT: Final = 2**10  #: bytes
_HIGH_UTILIZATION: Final = 200  #: percent
_LOW_UTILIZATION: Final = 10  #: percent
_LONG_LATENCY: Final = 30  #: seconds
_LOW_RATE: Final = 5  #: requests per second
_LARGE_SHARE: Final = 5  #: a share is at most 1, or little more where it is measured against a request

_SHARE: Final = re.compile(r"(ratio|fraction|share)$")
_FRACTIONAL: Final = re.compile(
    r"ratio|fraction|share|util|saturation|load|percent|(?<!per_)second|latency|duration|time|cores?$"
)
_LATENCY: Final = re.compile(r"(latency|duration|response_time).*seconds|seconds.*(latency|duration)")
_MILLIS: Final = re.compile(r"milliseconds|_ms$")
_REQUEST_RATE: Final = re.compile(r"(requests|queries)_per_second|(^|_)(rps|qps)($|_)")
_CONTENT: Final = re.compile(r"bytes($|_)(?!per)")


def cpu_in_whole_cores(hpa: Hpa, _: Surroundings) -> Notes:
    """An absolute CPU target of 32 cores or more for each pod.

    Why: A bare number counts whole cores; a thousandth of a core is written with an m. A target that no pod can reach
        never adds one.
    Fix: write thousandths of a core with an m, such as 500m
    Bad:
        metrics:
        - type: Resource
          resource: {name: cpu, target: {type: AverageValue, averageValue: 500}}
    Good:
        metrics:
        - type: Resource
          resource: {name: cpu, target: {type: AverageValue, averageValue: 500m}}
    """
    for path, text, cores in _resource_amounts(hpa, "cpu"):
        if cores >= _MANY_CORES:
            what = f"{text} of cpu is {cores:g} whole cores for each pod"
            yield Note(path=path, what=what, fix=f"write {text}m, if thousandths of a core are meant")


def hardly_any_cpu(hpa: Hpa, _: Surroundings) -> Notes:
    """An absolute CPU target below a hundredth of a core for each pod.

    Why: An idle process uses that much, so the replicas go to the maximum and stay there.
    Fix: write the cores that one pod should use, such as 500m
    Bad:
        metrics:
        - type: Resource
          resource: {name: cpu, target: {type: AverageValue, averageValue: 1m}}
    Good:
        metrics:
        - type: Resource
          resource: {name: cpu, target: {type: AverageValue, averageValue: 1}}
    """
    for path, text, cores in _resource_amounts(hpa, "cpu"):
        if cores < _LITTLE_CPU:
            yield Note(path=path, what=f"{text} of cpu is {cores * 100:g} % of one core")


def memory_below_a_mebibyte(hpa: Hpa, _: Surroundings) -> Notes:
    """An absolute memory target of less than a mebibyte for each pod.

    Why: A bare number counts bytes, and an m thousandths of a byte. Every pod is above such a target, so the replicas go to
        the maximum and stay there.
    Fix: write Mi or Gi behind the number
    Bad:
        metrics:
        - type: Resource
          resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}
        - type: Resource
          resource: {name: memory, target: {type: AverageValue, averageValue: 500m}}
    Good:
        metrics:
        - type: Resource
          resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}
        - type: Resource
          resource: {name: memory, target: {type: AverageValue, averageValue: 500Mi}}
    """
    for path, text, amount in _resource_amounts(hpa, "memory"):
        if amount < _LITTLE_MEMORY:
            yield Note(path=path, what=f"{text} of memory is less than a mebibyte")


def odd_utilization(scaler: Scaler, _: Surroundings) -> Notes:
    """A utilization target below 10 % or above 200 % of the request.

    Why: Utilization is in percent of what the pods request: 70 is 70 %. Far below, idle pods already exceed it; far above,
        pods meet their limits before it.
    Fix: write percent of the request: 70 is 70 %
    Bad:
        metrics:
        - type: Resource
          resource: {name: cpu, target: {type: Utilization, averageUtilization: 1}}
    Good:
        metrics:
        - type: Resource
          resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}
    """
    for target in scaler.resources:
        if target.percent is not None and not _LOW_UTILIZATION <= target.percent <= _HIGH_UTILIZATION:
            field = ".averageUtilization" if target.path.endswith(".target") else ""
            word = "high" if target.percent > _HIGH_UTILIZATION else "low"
            yield Note(path=target.path + field, what=f"{target.percent} % of the request is a {word} target")


def thousandths_of_a_count(hpa: Hpa, _: Surroundings) -> Notes:
    """A target in thousandths for a metric that seems to count something.

    Why: An m behind a number divides it by a thousand, for metrics of every kind. Requests, messages and connections are
        whole, so a thousand times as many pods are asked for as was meant.
    Fix: leave the m out
    Bad:
        metrics:
        - type: Pods
          pods: {metric: {name: http_requests_per_second}, target: {type: AverageValue, averageValue: 1000m}}
    Good:
        metrics:
        - type: Pods
          pods: {metric: {name: http_requests_per_second}, target: {type: AverageValue, averageValue: 1k}}
    """
    for metric in hpa.metrics:
        if metric.name and not _FRACTIONAL.search(metric.name.lower()):
            for path, text, amount in metric.amounts():
                if text.endswith("m"):
                    yield Note(path=path, what=f"{text} is {amount:g}", fix=f"for {text[:-1]} leave the m out")


def hardly_any_requests(hpa: Hpa, _: Surroundings) -> Notes:
    """A target of fewer than five requests per second for each pod.

    Why: A pod that serves so few is rare; the maximum is reached with the first visitors. Often a k (thousand) is missing.
    Fix: write what one pod can serve, such as 1k
    Bad:
        metrics:
        - type: Pods
          pods: {metric: {name: http_requests_per_second}, target: {type: AverageValue, averageValue: 1}}
    Good:
        metrics:
        - type: Pods
          pods: {metric: {name: http_requests_per_second}, target: {type: AverageValue, averageValue: 1k}}
    """
    for metric in hpa.metrics:
        if _REQUEST_RATE.search(metric.name.lower()):
            for path, text, amount in metric.amounts():
                if amount < _LOW_RATE and not text.endswith("m"):
                    yield Note(path=path, what=f"{text} is few requests per second for one pod")


def latency_in_milliseconds(hpa: Hpa, _: Surroundings) -> Notes:
    """A latency metric in seconds with a target of 30 or more, or one in milliseconds with a target below 1.

    Why: The target has the unit of the metric. 200 of a metric in seconds is more than three minutes, and no load ever
        comes near it.
    Fix: write seconds as decimals or with an m: 200m is 200 ms
    Bad:
        metrics:
        - type: Pods
          pods: {metric: {name: http_request_duration_seconds_p95}, target: {type: AverageValue, averageValue: 200}}
    Good:
        metrics:
        - type: Pods
          pods: {metric: {name: http_request_duration_seconds_p95}, target: {type: AverageValue, averageValue: 200m}}
    """
    for metric in hpa.metrics:
        name = metric.name.lower()
        for path, text, amount in metric.amounts():
            if _MILLIS.search(name):
                if amount < 1:
                    fix = f"the metric is in milliseconds: write {amount * 1000:g}"
                    yield Note(path=path, what=f"{text} is {amount:g} milliseconds", fix=fix)
            elif _LATENCY.search(name) and amount >= _LONG_LATENCY:
                yield Note(path=path, what=f"{text} is {amount:g} seconds", fix=f"for milliseconds write {amount:g}m")


def share_in_percent(hpa: Hpa, _: Surroundings) -> Notes:
    """A metric whose name says it is a ratio, with a target of 5 or more.

    Why: A ratio lies between 0 and 1, so a target of 70 is 7000 % and is never reached: nothing scales.
    Fix: write the share as a decimal: 0.7 is 70 %
    Bad:
        metrics:
        - type: Pods
          pods: {metric: {name: worker_busy_ratio}, target: {type: AverageValue, averageValue: 70}}
    Good:
        metrics:
        - type: Pods
          pods: {metric: {name: worker_busy_ratio}, target: {type: AverageValue, averageValue: "0.7"}}
    """
    for metric in hpa.metrics:
        if _SHARE.search(metric.name.lower()):
            for path, text, amount in metric.amounts():
                if amount >= _LARGE_SHARE:
                    yield Note(
                        path=path, what=f"{text} is {amount * 100:g} %", fix=f"for {amount:g} % write {amount:g}0m"
                    )


def hardly_any_bytes(hpa: Hpa, _: Surroundings) -> Notes:
    """A metric in bytes with a target below a kibibyte.

    Why: The target has the unit of the metric: 100 is a hundred bytes. The maximum is reached with the first message.
    Fix: write Ki, Mi or Gi behind the number
    Bad:
        metrics:
        - type: External
          external: {metric: {name: queue_size_bytes}, target: {type: AverageValue, averageValue: 100}}
    Good:
        metrics:
        - type: External
          external: {metric: {name: queue_size_bytes}, target: {type: AverageValue, averageValue: 100Mi}}
    """
    for metric in hpa.metrics:
        if _CONTENT.search(metric.name.lower()):
            for path, text, amount in metric.amounts():
                if amount < _LITTLE_CONTENT and not text.endswith("m"):
                    yield Note(path=path, what=f"{text} is {amount:g} bytes")


def _resource_amounts(hpa: Hpa, resource: str) -> list[tuple[str, str, float]]:
    """The absolute targets of one resource: path, text and amount."""
    return [
        (path, text, amount)
        for one in hpa.metrics
        if isinstance(one.metric, ResourceMetric | ContainerResourceMetric) and one.metric.resource == resource
        for path, text, amount in one.amounts()
        if path.endswith(".averageValue")
    ]
