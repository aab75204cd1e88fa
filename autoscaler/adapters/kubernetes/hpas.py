"""HPA objects, and others that are policies, kept by list and watch and handed on as they change."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Protocol

import msgspec

from autoscaler.adapters.kubernetes.errors import Subject
from autoscaler.adapters.kubernetes.paths import api_root
from autoscaler.adapters.kubernetes.statuses import HpaObject
from autoscaler.adapters.kubernetes.watch import Collection, Page
from autoscaler.adapters.kubernetes.wire import ListMeta, decode
from autoscaler.model.policy import PolicyKey

_ROOT = api_root("autoscaling", "v2")
_RESOURCE = "horizontalpodautoscalers"
_QUALIFIED = "horizontalpodautoscalers.autoscaling"


class _HpaList(msgspec.Struct):
    metadata: ListMeta
    items: list[dict[str, Any]] | None = None


_HPA = msgspec.json.Decoder(dict[str, Any])
_HPAS = msgspec.json.Decoder(_HpaList)


class HpaListener(Protocol):
    """Told of every change, in order; must not wait."""

    def appeared(self, key: PolicyKey, hpa: HpaObject) -> None:
        """An object is new, changed, or was listed again."""

    def vanished(self, key: PolicyKey) -> None:
        """An object is gone, or matches no longer."""


class HpaCopy:
    """Tells a listener what a reflector learns; remembers names only, to notice what a list no longer holds."""

    def __init__(self, listener: HpaListener) -> None:
        self._listener = listener
        self._known: set[PolicyKey] = set()

    def replace(self, items: Sequence[HpaObject]) -> None:
        """Hold exactly these."""
        for key in self._known - {key_of(item) for item in items}:
            self._forget(key)
        for item in items:
            self.put(item)

    def put(self, item: HpaObject) -> None:
        """Hold this one in place of its namesake."""
        self._known.add(key_of(item))
        self._listener.appeared(key_of(item), item)

    def remove(self, item: HpaObject) -> None:
        """Hold it no longer."""
        if key_of(item) in self._known:
            self._forget(key_of(item))

    def _forget(self, key: PolicyKey) -> None:
        self._known.remove(key)
        self._listener.vanished(key)


def hpas_of(namespace: str, selector: str = "") -> Collection[HpaObject]:
    """Describe HPA objects to a reflector: those of one namespace, or of all where empty, that a selector matches."""
    return objects_of(_ROOT, _RESOURCE, _QUALIFIED, namespace, selector)


def objects_of(root: str, resource: str, qualified: str, namespace: str, selector: str = "") -> Collection[HpaObject]:
    """Describe objects that are policies, of whatever kind, to a reflector; ``qualified`` names the kind in messages."""
    scope = f"/namespaces/{namespace}" if namespace else ""
    return Collection(
        path=f"{root}{scope}/{resource}",
        resource=qualified,
        read_page=partial(_page, Subject(verb="list", resource=qualified)),
        read_item=partial(_item, Subject(verb="watch", resource=qualified)),
        query={"labelSelector": selector} if selector else {},
    )


def key_of(hpa: HpaObject) -> PolicyKey:
    """Name an object."""
    metadata = hpa.document.get("metadata") or {}
    return PolicyKey(namespace=str(metadata.get("namespace", "")), name=str(metadata.get("name", "")))


def _page(subject: Subject, body: bytes) -> Page[HpaObject]:
    read = decode(_HPAS, body, subject)
    return Page(
        items=[_object(document) for document in read.items or ()],
        resource_version=read.metadata.resource_version,
        continue_=read.metadata.continue_,
    )


def _item(subject: Subject, body: msgspec.Raw) -> HpaObject:
    return _object(decode(_HPA, body, subject))


def _object(document: dict[str, Any]) -> HpaObject:
    metadata = document.get("metadata")
    return HpaObject(uid=str(metadata.get("uid", "")) if isinstance(metadata, dict) else "", document=document)
