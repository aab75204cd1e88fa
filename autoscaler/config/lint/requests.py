"""Whether the pods can be measured as the policy asks: their containers, requests and limits."""

from __future__ import annotations

from typing import Final

from autoscaler.config.lint.finding import Note
from autoscaler.config.lint.manifests import amounts_at, items_at
from autoscaler.config.lint.rule import Notes
from autoscaler.config.lint.scalers import Hpa, Scaler
from autoscaler.config.lint.surroundings import Surroundings

_DEFAULT_TOLERANCE: Final = 0.1


def container_missing(scaler: Scaler, around: Surroundings) -> Notes:
    """A metric names a container that the pods do not have.

    Why: The metric fails in every pass with `container not found`, so it never adds a pod and nothing scales down.
    Fix: name a container of the pod template
    Bad:
        metrics:
        - type: ContainerResource
          containerResource: {name: cpu, container: main, target: {type: Utilization, averageUtilization: 70}}
        ---
        containers: [{name: app, resources: {requests: {cpu: 500m}}}]
    Good:
        metrics:
        - type: ContainerResource
          containerResource: {name: cpu, container: app, target: {type: Utilization, averageUtilization: 70}}
        ---
        containers: [{name: app, resources: {requests: {cpu: 500m}}}]
    """
    workload = around.workload(scaler)
    if workload is None or not workload.containers:
        return
    names = [container.name for container in workload.containers]
    for target in scaler.resources:
        if target.container and target.container not in names:
            what = f"{workload.manifest} has no container {target.container}"
            yield Note(path=target.path, what=what, fix=f"its containers are: {', '.join(names)}")


def request_missing(scaler: Scaler, around: Surroundings) -> Notes:
    """A utilization target, and a container that requests none of the resource.

    Why: Utilization is use divided by request, summed over all containers. One container without the request, a sidecar
        too, makes the metric fail in every pass: `<unknown>` in kubectl, no pod added, nothing scaled down.
    Fix: request the resource in every container, sidecars included; or use ContainerResource for one container, or an
        absolute averageValue. (Silent where a LimitRange among the files has a default request.)
    Bad:
        {}
        ---
        containers: [{name: app, resources: {requests: {cpu: 500m}}}]
        initContainers: [{name: proxy, restartPolicy: Always}]
    Good:
        {}
        ---
        containers: [{name: app, resources: {requests: {cpu: 500m}}}]
        initContainers: [{name: proxy, restartPolicy: Always, resources: {requests: {cpu: 50m}}}]
    """
    workload = around.workload(scaler)
    if workload is None:
        return
    for target in scaler.resources:
        if target.percent is None or _has_default_request(around, scaler.manifest.namespace, target.resource):
            continue
        for container in workload.without_request(target.resource, target.container):
            what = (
                f"container {container.name} requests no {target.resource}, and {scaler.manifest} scales on its share"
            )
            yield Note(path=container.path, what=what, manifest=workload.manifest)


def target_out_of_reach(scaler: Scaler, around: Surroundings) -> Notes:
    """A utilization target that the pods cannot exceed, because their limits stop them before.

    Why: Utilization is in percent of the request, and use ends at the limit. If the limit is 100 % of the request, a target
        of 95 with a tolerance of 10 % is never exceeded: pods are throttled or killed and none is added.
    Fix: lower the target, or raise the limits
    Bad:
        metrics:
        - type: Resource
          resource: {name: cpu, target: {type: Utilization, averageUtilization: 95}}
        ---
        containers: [{name: app, resources: {limits: {cpu: 500m}}}]
    Good:
        metrics:
        - type: Resource
          resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}
        ---
        containers: [{name: app, resources: {limits: {cpu: 500m}}}]
    """
    workload = around.workload(scaler)
    for target in scaler.resources if workload is not None else ():
        assert workload is not None
        requested, limited = workload.requested(target.resource), workload.limited(target.resource)
        if target.percent is None or target.container or not requested or limited is None:
            continue
        reach = limited * 100 // requested
        if reach <= target.percent * (1 + _tolerance_upwards(scaler)):
            what = (
                f"{target.percent} % is out of reach: the limits of {workload.manifest} are {reach} % of its requests"
            )
            yield Note(path=target.path, what=what)


def _tolerance_upwards(scaler: Scaler) -> float:
    behavior = scaler.policy.behavior if isinstance(scaler, Hpa) else None
    own = behavior.scale_up.tolerance if behavior is not None else None
    return _DEFAULT_TOLERANCE if own is None else own.as_float()


def _has_default_request(around: Surroundings, namespace: str, resource: str) -> bool:
    """Whether a LimitRange fills the request in; a default limit is a default request too."""
    return any(
        resource in amounts_at(limit, name)
        for manifest in around.of_kind("LimitRange", namespace)
        for limit in items_at(manifest.value, "spec", "limits")
        for name in ("default", "defaultRequest")
    )
