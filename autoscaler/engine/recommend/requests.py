"""What pods request of a resource: the denominator of utilization.

Source: kubernetes pkg/controller/podautoscaler/replica_calculator.go (calculateRequests) and
k8s.io/component-helpers/resource/helpers.go (PodRequests), v1.36.2.
"""

from __future__ import annotations

from collections.abc import Iterable

from autoscaler.engine.recommend.calculation import MetricFailedError
from autoscaler.model.gonum import wrap_int64
from autoscaler.model.observation import Milli, Pod, PodResources
from autoscaler.model.quantity import Quantity


def pod_requests(pods: Iterable[Pod], resource: str, container: str, *, pod_level: bool) -> dict[str, Milli]:
    """Each pod's request of ``resource``; that of one container if ``container`` is not empty.

    ``pod_level``: whether the gate PodLevelResources is on.

    Raises:
        MetricFailedError: one pod lacks the request, whatever state that pod is in.
    """
    requests: dict[str, Milli] = {}
    resources: PodResources | None = None
    request: Milli = 0
    for pod in pods:
        if pod.resources is not resources:  # pods of one template share the value, and so the answer
            resources = pod.resources
            request = request_of(pod, resource, container, pod_level=pod_level)
        requests[pod.name] = request
    return requests


def request_of(pod: Pod, resource: str, container: str, *, pod_level: bool) -> Milli:
    """The request of one pod, or of one of its containers; summed once for all pods that share ``resources``.

    Raises:
        MetricFailedError: it lacks the request.
    """
    question, resources = (resource, container, pod_level), pod.resources
    answer = resources.memo.get(question)
    if answer is None:
        answer = resources.memo[question] = _request(resources, question)
    if isinstance(answer, str):
        raise MetricFailedError(f"{answer} {pod.name}")
    return answer


def _request(resources: PodResources, question: tuple[str, str, bool]) -> Milli | str:
    """The request, or what to say before the pod's name where there is none."""
    resource, container, pod_level = question
    if pod_level and not container and any(_is_pod_level(name) for name, _ in resources.pod_requests):
        return _pod_level_request(resources, resource)
    total, found = 0, False
    for spec in (*resources.containers, *(spec for spec in resources.init_containers if spec.sidecar)):
        if container and spec.name != container:
            continue
        request = _amount(spec.requests, resource)
        if request is None:
            return f"missing request for {resource} in container {spec.name} of Pod"
        total, found = total + request.milli(), True
    if container and not found:
        return f"container {container} not found in Pod"
    return wrap_int64(total)


def _is_pod_level(resource: str) -> bool:
    return resource in ("cpu", "memory") or resource.startswith("hugepages-")


def _pod_level_request(resources: PodResources, resource: str) -> Milli | str:
    """The pod's own number if it gives one, else what its containers add up to; plus the overhead of running a pod."""
    own = _amount(resources.pod_requests, resource) if _is_pod_level(resource) else None
    effective = own if own is not None else _aggregate(resources, resource)
    overhead = _amount(resources.overhead, resource)
    if overhead is not None:
        effective = overhead if effective is None else effective.plus(overhead)
    if effective is None:
        return f"missing pod-level request for {resource} in Pod"
    return effective.milli()


def _aggregate(resources: PodResources, resource: str) -> Quantity | None:
    """Containers and sidecars together, but no less than any moment of initialization needs; ``None``: nobody asks."""
    total: Quantity | None = None
    for spec in resources.containers:
        total = _plus(total, _amount(spec.requests, resource))
    sidecars: Quantity | None = None
    initial: Quantity | None = None
    for spec in resources.init_containers:
        request = _amount(spec.requests, resource)
        if spec.sidecar:
            total, sidecars = _plus(total, request), _plus(sidecars, request)
            initial = _larger(initial, sidecars)
        else:
            initial = _larger(initial, _plus(request, sidecars))
    return _larger(total, initial)


def _amount(requests: Iterable[tuple[str, Quantity]], resource: str) -> Quantity | None:
    return next((quantity for name, quantity in requests if name == resource), None)


def _plus(one: Quantity | None, other: Quantity | None) -> Quantity | None:
    if one is None or other is None:
        return other if one is None else one
    return one.plus(other)


def _larger(one: Quantity | None, other: Quantity | None) -> Quantity | None:
    if one is None or other is None:
        return other if one is None else one
    return max(one, other)
