"""Pods from bytes: partial structs, and one `PodResources` for all pods of a template."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import msgspec

from autoscaler.adapters.kubernetes.errors import NoAnswerError, Subject
from autoscaler.adapters.kubernetes.watch import Collection, Page
from autoscaler.adapters.kubernetes.wire import ListMeta, ObjectMeta, decode, instant
from autoscaler.model.observation import ContainerSpec, Pod, PodPhase, PodResources, ReadyCondition
from autoscaler.model.quantity import Quantity
from autoscaler.model.time import ZERO_TIME

_Amounts: TypeAlias = dict[str, str | int | float] | None
_ResourcesKey: TypeAlias = tuple[object, ...]

#: Templates whose resources are remembered; far more than live at once, and a bound against a flood of odd pods.
_MAX_TEMPLATES = 4096


class _Resources(msgspec.Struct):
    requests: _Amounts = None
    limits: _Amounts = None


class _Container(msgspec.Struct, rename="camel"):
    name: str = ""
    resources: _Resources | None = None
    restart_policy: str | None = None


class _PodSpec(msgspec.Struct, rename="camel"):
    containers: list[_Container] | None = None
    init_containers: list[_Container] | None = None
    resources: _Resources | None = None
    overhead: _Amounts = None


class _Condition(msgspec.Struct, rename="camel"):
    type: str = ""
    status: str = ""
    last_transition_time: str | None = None


class _PodStatus(msgspec.Struct, rename="camel"):
    phase: str = ""
    start_time: str | None = None
    conditions: list[_Condition] | None = None


class _PodObject(msgspec.Struct):
    metadata: ObjectMeta
    spec: _PodSpec = msgspec.field(default_factory=_PodSpec)
    status: _PodStatus = msgspec.field(default_factory=_PodStatus)


class _PodList(msgspec.Struct):
    metadata: ListMeta
    items: list[_PodObject] | None = None


_POD = msgspec.json.Decoder(_PodObject)
_PODS = msgspec.json.Decoder(_PodList)
_LIST = Subject(verb="list", resource="pods")
_WATCH = Subject(verb="watch", resource="pods")


def pods_of(namespace: str) -> Collection[Pod]:
    """Describe the pods of one namespace to a reflector."""
    reader = PodReader()
    return Collection(
        path=f"/api/v1/namespaces/{namespace}/pods",
        resource="pods",
        read_page=reader.page,
        read_item=reader.pod,
    )


class PodReader:
    """Bytes to pods. Pods of one template share their ``PodResources``, so that sums over requests are made once."""

    def __init__(self) -> None:
        self._shared: dict[_ResourcesKey, PodResources] = {}

    def page(self, body: bytes) -> Page[Pod]:
        """Read one page of a list. Raises: NoAnswerError."""
        read = decode(_PODS, body, _LIST)
        return Page(
            items=[self._pod(item) for item in read.items or ()],
            resource_version=read.metadata.resource_version,
            continue_=read.metadata.continue_,
        )

    def pod(self, body: bytes | msgspec.Raw) -> Pod:
        """Read one pod. Raises: NoAnswerError."""
        return self._pod(decode(_POD, body, _WATCH))

    def _pod(self, read: _PodObject) -> Pod:
        try:
            return self._translate(read)
        except ValueError as error:  # a time or a quantity
            raise NoAnswerError(f"unreadable pod {read.metadata.namespace}/{read.metadata.name}: {error}") from error

    def _translate(self, read: _PodObject) -> Pod:
        return Pod(
            name=read.metadata.name,
            resources=self._resources(read.spec),
            phase=_PHASES.get(read.status.phase, read.status.phase),
            deleting=read.metadata.deletion_timestamp is not None,
            started_at=instant(read.status.start_time) if read.status.start_time else None,
            ready=_ready(read.status.conditions or ()),
            labels=tuple((read.metadata.labels or {}).items()),
        )

    def _resources(self, spec: _PodSpec) -> PodResources:
        key = _key(spec)
        shared = self._shared.get(key)
        if shared is None:
            if len(self._shared) >= _MAX_TEMPLATES:
                self._shared.clear()
            shared = self._shared[key] = _read_resources(spec)
        return shared


_PHASES: dict[str, PodPhase] = {phase.value: phase for phase in PodPhase}


def _ready(conditions: Sequence[_Condition]) -> ReadyCondition | None:
    for condition in conditions:
        if condition.type == "Ready":
            at = condition.last_transition_time
            return ReadyCondition(status=condition.status, last_transition=instant(at) if at else ZERO_TIME)
    return None


def _key(spec: _PodSpec) -> _ResourcesKey:
    """All that ``_read_resources`` looks at, hashable."""
    return (
        tuple(_container_key(container) for container in spec.containers or ()),
        tuple((*_container_key(container), container.restart_policy) for container in spec.init_containers or ()),
        _items(spec.resources.requests if spec.resources else None),
        _items(spec.resources.limits if spec.resources else None),
        _items(spec.overhead),
    )


def _container_key(container: _Container) -> tuple[object, ...]:
    return (container.name, _items(container.resources.requests if container.resources else None))


def _items(amounts: _Amounts) -> tuple[tuple[str, str | int | float], ...]:
    return tuple(sorted(amounts.items())) if amounts else ()


def _read_resources(spec: _PodSpec) -> PodResources:
    return PodResources(
        containers=tuple(_container(container) for container in spec.containers or ()),
        init_containers=tuple(_container(container) for container in spec.init_containers or ()),
        pod_requests=_amounts(spec.resources.requests if spec.resources else None),
        pod_limits=_amounts(spec.resources.limits if spec.resources else None),
        overhead=_amounts(spec.overhead),
    )


def _container(container: _Container) -> ContainerSpec:
    return ContainerSpec(
        name=container.name,
        requests=_amounts(container.resources.requests if container.resources else None),
        sidecar=container.restart_policy == "Always",
    )


def _amounts(amounts: _Amounts) -> tuple[tuple[str, Quantity], ...]:
    return tuple((name, Quantity.from_json(amount)) for name, amount in _items(amounts))
