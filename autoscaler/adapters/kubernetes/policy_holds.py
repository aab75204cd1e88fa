"""Holds in the spec of ScalingPolicy objects, read and replaced with optimistic locking."""

from __future__ import annotations

from typing import Any

import msgspec

from autoscaler.adapters.kubernetes.client import Client
from autoscaler.adapters.kubernetes.errors import RefusedError, Subject
from autoscaler.adapters.kubernetes.paths import api_root, object_path
from autoscaler.adapters.kubernetes.scaling_policies import GROUP, RESOURCE, VERSION
from autoscaler.adapters.kubernetes.wire import ObjectMeta, decode
from autoscaler.model.policy import PolicyKey

_QUALIFIED = f"{RESOURCE}.{GROUP}"


class _Spec(msgspec.Struct):
    hold: dict[str, Any] | None = None
    holds: list[dict[str, Any]] = []


class _Policy(msgspec.Struct):
    metadata: ObjectMeta
    spec: _Spec = msgspec.field(default_factory=_Spec)


_POLICY = msgspec.json.Decoder(_Policy)


class FoundHolds(msgspec.Struct, frozen=True):
    """The holds of one object, oldest first, as they are written there."""

    holds: tuple[dict[str, Any], ...]
    version: str


class PolicyHolds:
    """Reads and replaces holds. Both methods raise KubernetesError."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def read(self, key: PolicyKey) -> FoundHolds | None:
        """Give the holds of an object; ``None`` where there is no such object."""
        subject = Subject(verb="get", resource=_QUALIFIED, name=key.name)
        try:
            found = decode(_POLICY, await self._client.get(_path(key), subject), subject)
        except RefusedError as error:
            if error.is_not_found:
                return None
            raise
        first = () if found.spec.hold is None else (found.spec.hold,)
        return FoundHolds((*first, *found.spec.holds), found.metadata.resource_version)

    async def replace(self, key: PolicyKey, holds: list[dict[str, Any]], version: str) -> None:
        """Put ``holds`` in the place of those that were read at ``version``; a write in between is a conflict."""
        body = {"metadata": {"resourceVersion": version}, "spec": {"hold": None, "holds": holds}}
        await self._client.merge_patch(_path(key), Subject(verb="patch", resource=_QUALIFIED, name=key.name), body)


def _path(key: PolicyKey) -> str:
    return object_path(api_root(GROUP, VERSION), key.namespace, RESOURCE, key.name)
