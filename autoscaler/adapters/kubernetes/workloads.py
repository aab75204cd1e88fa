"""Deployments and StatefulSets from bytes: what they say of their rollout, and who wrote their replicas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from msgspec import Struct

from autoscaler.adapters.kubernetes.errors import NoAnswerError, Subject
from autoscaler.adapters.kubernetes.paths import api_root
from autoscaler.adapters.kubernetes.watch import Collection, Page
from autoscaler.adapters.kubernetes.wire import ListMeta, decode, instant
from autoscaler.model.target import Refusal, WorkloadState, Writer

#: Kinds that are looked at, and where they are served.
RESOURCES: Final[Mapping[str, str]] = {"Deployment": "deployments", "StatefulSet": "statefulsets"}
_GROUP: Final = "apps"
_REPLICAS: Final = b'"f:replicas"'


class WatchedWorkload(Struct, frozen=True, kw_only=True, gc=False):
    """One Deployment or StatefulSet as the watch shows it."""

    name: str
    uid: str
    state: WorkloadState


class _Fields(msgspec.Struct, rename={"fields": "fieldsV1"}):
    """One writer's entry of ``managedFields``; what it owns is looked into only for one name."""

    manager: str = ""
    subresource: str = ""
    time: str = ""
    fields: msgspec.Raw = msgspec.Raw(b"{}")


class _Meta(msgspec.Struct, rename="camel"):
    name: str = ""
    namespace: str = ""
    uid: str = ""
    generation: int = 0
    managed_fields: list[_Fields] | None = None


class _RollingUpdate(msgspec.Struct):
    partition: int | None = None


class _Strategy(msgspec.Struct, rename="camel"):
    type: str = ""
    rolling_update: _RollingUpdate | None = None


class _Spec(msgspec.Struct, rename="camel"):
    replicas: int | None = None
    paused: bool = False
    update_strategy: _Strategy | None = None


class _Condition(msgspec.Struct, rename="camel"):
    type: str = ""
    status: str = ""
    message: str = ""
    last_transition_time: str | None = None


class _Status(msgspec.Struct, rename="camel"):
    replicas: int = 0
    updated_replicas: int = 0
    ready_replicas: int = 0
    available_replicas: int = 0
    observed_generation: int = 0
    current_revision: str = ""
    update_revision: str = ""
    conditions: list[_Condition] | None = None


class _Object(msgspec.Struct):
    metadata: _Meta
    spec: _Spec = msgspec.field(default_factory=_Spec)
    status: _Status = msgspec.field(default_factory=_Status)


class _List(msgspec.Struct):
    metadata: ListMeta
    items: list[_Object] | None = None


_OBJECT = msgspec.json.Decoder(_Object)
_OBJECTS = msgspec.json.Decoder(_List)


def workloads_of(namespace: str, kind: str) -> Collection[WatchedWorkload]:
    """Describe the Deployments or StatefulSets of one namespace to a reflector."""
    resource = RESOURCES[kind]
    qualified = f"{resource}.{_GROUP}"
    listing, watching = Subject(verb="list", resource=qualified), Subject(verb="watch", resource=qualified)

    def page(body: bytes) -> Page[WatchedWorkload]:
        read = decode(_OBJECTS, body, listing)
        return Page(
            items=[_workload(item, kind) for item in read.items or ()],
            resource_version=read.metadata.resource_version,
            continue_=read.metadata.continue_,
        )

    return Collection(
        path=f"{api_root(_GROUP, 'v1')}/namespaces/{namespace}/{resource}",
        resource=qualified,
        read_page=page,
        read_item=lambda body: _workload(decode(_OBJECT, body, watching), kind),
    )


def _workload(read: _Object, kind: str) -> WatchedWorkload:
    try:
        return WatchedWorkload(name=read.metadata.name, uid=read.metadata.uid, state=_state(read, kind))
    except ValueError as error:  # a time
        raise NoAnswerError(f"unreadable {kind} {read.metadata.namespace}/{read.metadata.name}: {error}") from error


def _state(read: _Object, kind: str) -> WorkloadState:
    spec, status = read.spec, read.status
    return WorkloadState(
        spec_replicas=1 if spec.replicas is None else spec.replicas,
        replicas=status.replicas,
        updated_replicas=_updated(status, kind),
        ready_replicas=status.ready_replicas,
        available_replicas=status.available_replicas,
        generation=read.metadata.generation,
        observed_generation=status.observed_generation,
        paused=spec.paused,
        partition=_left_alone(spec, status, kind),
        refusal=_refusal(status.conditions or ()),
        writer=_writer(read.metadata.managed_fields or ()),
    )


def _updated(status: _Status, kind: str) -> int:
    """A StatefulSet counts updated pods while it has two revisions only."""
    if kind == "StatefulSet" and status.current_revision == status.update_revision:
        return status.replicas
    return status.updated_replicas


def _left_alone(spec: _Spec, status: _Status, kind: str) -> int:
    """Give how many pods of a StatefulSet nobody is going to replace: by its partition, or by ``OnDelete`` all."""
    strategy = spec.update_strategy
    if kind != "StatefulSet" or strategy is None:
        return 0
    if strategy.type == "OnDelete":
        return status.replicas
    return (strategy.rolling_update.partition or 0) if strategy.rolling_update else 0


def _refusal(conditions: Sequence[_Condition]) -> Refusal | None:
    """Find why pods could not be created: a Deployment copies it from its ReplicaSet, a StatefulSet tells it in events."""
    for condition in conditions:
        if condition.type == "ReplicaFailure" and condition.status == "True":
            at = condition.last_transition_time
            return Refusal(message=condition.message, since=instant(at) if at else 0)
    return None


def _writer(entries: Sequence[_Fields]) -> Writer | None:
    """Name the last of those that own the replicas; whoever changes a value takes it from its owners before."""
    owners = [entry for entry in entries if entry.subresource != "status" and _REPLICAS in bytes(entry.fields)]
    last = max(owners, key=lambda entry: entry.time, default=None)
    if last is None or not last.time:
        return None
    return Writer(manager=last.manager, at=instant(last.time))
