"""ScalingPolicy objects: listed and watched as HPA objects are, and their status written."""

from __future__ import annotations

from typing import Any

from autoscaler.adapters.kubernetes.client import Client
from autoscaler.adapters.kubernetes.errors import Subject
from autoscaler.adapters.kubernetes.hpas import objects_of
from autoscaler.adapters.kubernetes.paths import api_root, object_path
from autoscaler.adapters.kubernetes.statuses import HpaObject
from autoscaler.adapters.kubernetes.watch import Collection
from autoscaler.model.policy import PolicyKey

GROUP = "autoscaler.dev"
VERSION = "v1alpha1"
RESOURCE = "scalingpolicies"
_ROOT = api_root(GROUP, VERSION)
_QUALIFIED = f"{RESOURCE}.{GROUP}"


def scaling_policies_of(namespace: str) -> Collection[HpaObject]:
    """Describe ScalingPolicy objects to a reflector: those of one namespace, or of all where empty."""
    return objects_of(_ROOT, RESOURCE, _QUALIFIED, namespace)


class PolicyStatuses:
    """Writes the status of ScalingPolicy objects."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def write(self, key: PolicyKey, uid: str, patch: dict[str, Any]) -> None:
        """Merge ``patch`` into the status of the object of that name and uid; a later one of the name is left alone.

        A patch names no version, so that nobody's write in between is a conflict. Raises: KubernetesError.
        """
        subject = Subject(verb="patch", resource=f"{_QUALIFIED}/status", name=key.name)
        path = object_path(_ROOT, key.namespace, RESOURCE, key.name, "status")
        await self._client.merge_patch(path, subject, {"metadata": {"uid": uid}, "status": patch})
