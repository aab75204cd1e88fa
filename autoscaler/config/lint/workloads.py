"""What is scaled: workloads, the pods they make, and what those request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from autoscaler.config.lint.manifests import Manifest, amounts_at, items_at, mapping_at, text_at, value_at, whole_at
from autoscaler.model.json_types import JsonObject
from autoscaler.model.quantity import Quantity

#: Built-in kinds that have a scale subresource, and their API groups.
WORKLOAD_GROUPS: Final = {
    "Deployment": "apps",
    "StatefulSet": "apps",
    "ReplicaSet": "apps",
    "ReplicationController": "",
}
_TEMPLATE: Final = "spec.template.spec"


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """One container of the pod template. A limit without a request is also the request, as the API server fills in."""

    name: str
    path: str
    requests: Mapping[str, Quantity]
    limits: Mapping[str, Quantity]


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """A workload that can be scaled, and the pods it makes.

    ``containers`` are those that run for the pod's whole life: the ordinary ones, and the init containers that restart
    always (sidecars). ``labels`` are the pods'.
    """

    manifest: Manifest
    replicas: int | None
    containers: tuple[Container, ...]
    init_containers: tuple[Container, ...]
    pod_requests: Mapping[str, Quantity]
    labels: Mapping[str, str]
    selector: Mapping[str, str] | None  #: equality only; ``None``: an expression, or nothing

    def requested(self, resource: str) -> int:
        """What one pod requests [thousandths]; where nothing is requested, 0."""
        if resource in self.pod_requests:
            return self.pod_requests[resource].milli()
        return self._total(resource, "requests")

    def limited(self, resource: str) -> int | None:
        """What one pod may use at most [thousandths]; ``None`` where some container has no limit."""
        if not self.containers or not all(resource in container.limits for container in self.containers):
            return None
        return self._total(resource, "limits")

    def without_request(self, resource: str, container: str = "") -> list[Container]:
        """The containers, or the one of that name, whose missing request makes a utilization unknown."""
        if not container and resource in self.pod_requests:
            return []
        asked = [one for one in self.containers if not container or one.name == container]
        return [one for one in asked if resource not in one.requests]

    def _total(self, resource: str, kind: str) -> int:
        def amount(container: Container) -> int:
            amounts = container.requests if kind == "requests" else container.limits
            return amounts[resource].milli() if resource in amounts else 0

        together = sum(amount(container) for container in self.containers)
        return max([together, *(amount(container) for container in self.init_containers)])


def workload_of(manifest: Manifest) -> Workload | None:
    """Read a workload; ``None`` for manifests of other kinds."""
    if WORKLOAD_GROUPS.get(manifest.kind) != manifest.group:
        return None
    template = mapping_at(manifest.value, "spec", "template")
    pod = mapping_at(template, "spec")
    starters = [*_containers(pod, "initContainers")]
    sidecars = [one for one, written in starters if text_at(written, "restartPolicy") == "Always"]
    return Workload(
        manifest=manifest,
        replicas=whole_at(manifest.value, "spec", "replicas"),
        containers=(*(one for one, _ in _containers(pod, "containers")), *sidecars),
        init_containers=tuple(one for one, _ in starters if one not in sidecars),
        pod_requests=amounts_at(pod, "resources", "limits") | amounts_at(pod, "resources", "requests"),
        labels=labels_at(template, "metadata", "labels"),
        selector=selector_at(manifest.value, "spec", "selector"),
    )


def labels_at(value: JsonObject, *steps: str) -> dict[str, str]:
    """Give the labels at the end of ``steps``."""
    return {name: text for name, text in mapping_at(value, *steps).items() if isinstance(text, str)}


def selector_at(value: JsonObject, *steps: str) -> dict[str, str] | None:
    """Give a selector that asks for equal labels only; ``None`` for one that asks for more, or for nothing."""
    if value_at(value, *steps, "matchExpressions"):
        return None
    return labels_at(value, *steps, "matchLabels") or None


def selects(selector: Mapping[str, str] | None, labels: Mapping[str, str]) -> bool:
    """Tell whether a selector finds pods with these labels."""
    return selector is not None and all(labels.get(name) == text for name, text in selector.items())


def _containers(pod: JsonObject, name: str) -> Iterator[tuple[Container, JsonObject]]:
    for index, written in enumerate(items_at(pod, name)):
        limits = amounts_at(written, "resources", "limits")
        container = Container(
            name=text_at(written, "name"),
            path=f"{_TEMPLATE}.{name}[{index}]",
            requests=limits | amounts_at(written, "resources", "requests"),
            limits=limits,
        )
        yield container, written
