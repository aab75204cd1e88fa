"""Other autoscalers from bytes: HPA objects and KEDA's ScaledObjects, as far as they say what they scale."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec
from msgspec import Struct

from autoscaler.adapters.kubernetes.errors import Subject
from autoscaler.adapters.kubernetes.paths import api_root
from autoscaler.adapters.kubernetes.watch import Collection, Page
from autoscaler.adapters.kubernetes.wire import ListMeta, decode
from autoscaler.model.policy import ObjectRef
from autoscaler.model.target import OtherScaler

KEDA_GROUP: Final = "keda.sh"
SCALED_OBJECT: Final = "ScaledObject"
_HPA: Final = "HorizontalPodAutoscaler"
#: KEDA leaves a target alone while its ScaledObject has one of these annotations.
_PAUSED: Final = ("autoscaling.keda.sh/paused", "autoscaling.keda.sh/paused-replicas")


class WatchedScaler(Struct, frozen=True, kw_only=True, gc=False):
    """One of them. ``acts`` is off for one that is paused, and for an HPA that a ScaledObject made: that one is told."""

    name: str
    scaler: OtherScaler
    target: ObjectRef
    acts: bool = True


class _Owner(msgspec.Struct):
    kind: str = ""


class _Meta(msgspec.Struct, rename="camel"):
    name: str = ""
    namespace: str = ""
    annotations: dict[str, str] | None = None
    owner_references: list[_Owner] | None = None


class _Target(msgspec.Struct, rename="camel"):
    """KEDA leaves version and kind out where they are a Deployment's."""

    name: str = ""
    api_version: str = "apps/v1"
    kind: str = "Deployment"


class _Spec(msgspec.Struct, rename="camel"):
    scale_target_ref: _Target = msgspec.field(default_factory=_Target)


class _Object(msgspec.Struct):
    metadata: _Meta
    spec: _Spec = msgspec.field(default_factory=_Spec)


class _List(msgspec.Struct):
    metadata: ListMeta
    items: list[_Object] | None = None


_OBJECT = msgspec.json.Decoder(_Object)
_OBJECTS = msgspec.json.Decoder(_List)


def autoscalers_of(namespace: str) -> Collection[WatchedScaler]:
    """Describe the HPA objects of one namespace to a reflector."""
    return _collection(namespace, "autoscaling", "v2", "horizontalpodautoscalers", _of_hpa)


def scaled_objects_of(namespace: str, version: str) -> Collection[WatchedScaler]:
    """Describe the ScaledObjects of one namespace to a reflector; ``version`` is the served one of KEDA's group."""
    return _collection(namespace, KEDA_GROUP, version, "scaledobjects", _of_scaled_object)


def _collection(
    namespace: str, group: str, version: str, resource: str, read: Callable[[_Object], WatchedScaler]
) -> Collection[WatchedScaler]:
    qualified = f"{resource}.{group}"
    listing, watching = Subject(verb="list", resource=qualified), Subject(verb="watch", resource=qualified)

    def page(body: bytes) -> Page[WatchedScaler]:
        found = decode(_OBJECTS, body, listing)
        return Page(
            items=[read(item) for item in found.items or ()],
            resource_version=found.metadata.resource_version,
            continue_=found.metadata.continue_,
        )

    return Collection(
        path=f"{api_root(group, version)}/namespaces/{namespace}/{resource}",
        resource=qualified,
        read_page=page,
        read_item=lambda body: read(decode(_OBJECT, body, watching)),
    )


def _of_hpa(read: _Object) -> WatchedScaler:
    owned = any(owner.kind == SCALED_OBJECT for owner in read.metadata.owner_references or ())
    return _scaler(read, _HPA, acts=not owned)


def _of_scaled_object(read: _Object) -> WatchedScaler:
    annotations = read.metadata.annotations or {}
    paused = any(name in annotations and annotations[name] != "false" for name in _PAUSED)
    return _scaler(read, SCALED_OBJECT, acts=not paused)


def _scaler(read: _Object, kind: str, *, acts: bool) -> WatchedScaler:
    target = read.spec.scale_target_ref
    return WatchedScaler(
        name=read.metadata.name,
        scaler=OtherScaler(kind=kind, namespace=read.metadata.namespace, name=read.metadata.name),
        target=ObjectRef(api_version=target.api_version, kind=target.kind, name=target.name),
        acts=acts,
    )
