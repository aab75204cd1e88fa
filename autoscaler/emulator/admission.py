"""Admission: what the server checks or adds around a write because of other objects.

Source: apiserver pkg/admission/plugin/namespace/lifecycle; kubernetes plugin/pkg/admission/limitranger, resourcequota.
"""

from typing import Protocol

from autoscaler.emulator import errors
from autoscaler.emulator.builtin import LIMIT_RANGES, NAMESPACES, PODS, RESOURCE_QUOTAS
from autoscaler.emulator.kinds.limit_range import limit_refusals, limited_pod, refusal_text
from autoscaler.emulator.kinds.quota import charged, quota_refusal
from autoscaler.emulator.resources import Resource
from autoscaler.model.json_types import JsonObject

FIRST_NAMESPACES = frozenset({"default", "kube-system", "kube-public", "kube-node-lease"})
"""Namespaces every cluster begins with."""
_IMMORTAL = FIRST_NAMESPACES - {"kube-node-lease"}
"""Those of them that cannot be deleted."""
_UNCOUNTED = frozenset({"events"})
"""Resources that no quota limits."""


_PRIORITY_CLASSES = frozenset({"system-node-critical", "system-cluster-critical"})


class Objects(Protocol):
    """What admission needs of the store."""

    def find(self, resource: Resource, name: str, namespace: str = "") -> JsonObject | None:
        """The object of that name, or None."""
        ...

    def items(self, resource: Resource, namespace: str = "") -> list[JsonObject]:
        """The objects of a namespace, or of all."""
        ...

    def rewrite(self, resource: Resource, obj: JsonObject) -> JsonObject:
        """Store a changed object as it is: the server's own bookkeeping."""
        ...


class Admission:
    """The built-in admission plugins that matter here."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    def mutate(self, resource: Resource, obj: JsonObject) -> JsonObject:
        """The object with what plugins add before it is validated.

        Raises:
            ApiError: its namespace is missing or going away.
        """
        if resource.namespaced:
            self._check_namespace(resource, obj)
        if resource is PODS:
            _check_priority(obj)
            return limited_pod(self._objects.items(LIMIT_RANGES, obj["metadata"]["namespace"]), obj)
        return obj

    def check_create(self, resource: Resource, obj: JsonObject, *, dry_run: bool) -> None:
        """Refuse a valid object that limits or quotas forbid; else charge the quotas.

        Raises:
            ApiError: 403.
        """
        if not resource.namespaced:
            return
        name, namespace = obj["metadata"]["name"], obj["metadata"]["namespace"]
        if resource is PODS:
            for limit_range in self._objects.items(LIMIT_RANGES, namespace):
                if refusals := limit_refusals(limit_range, obj):
                    raise errors.forbidden("", "pods", name, refusal_text(refusals))
        group, plural = resource.group, resource.plural
        quotas = [] if plural in _UNCOUNTED else self._objects.items(RESOURCE_QUOTAS, namespace)
        for quota in quotas:
            if refusal := quota_refusal(quota, group, plural, obj):
                raise errors.forbidden(group, plural, name, refusal)
        for quota in () if dry_run else quotas:
            if (spent := charged(quota, group, plural, obj)) is not quota:
                self._objects.rewrite(RESOURCE_QUOTAS, spent)

    def check_delete(self, resource: Resource, obj: JsonObject) -> None:
        """Refuse to delete what must stay.

        Raises:
            ApiError: 403 for the namespaces every cluster keeps.
        """
        name = obj["metadata"]["name"]
        if resource is NAMESPACES and name in _IMMORTAL:
            raise errors.forbidden("", "namespaces", name, "this namespace may not be deleted")

    def _check_namespace(self, resource: Resource, obj: JsonObject) -> None:
        metadata = obj["metadata"]
        namespace = self._objects.find(NAMESPACES, metadata["namespace"])
        if namespace is None:
            raise errors.not_found("", "namespaces", metadata["namespace"])
        if "deletionTimestamp" in namespace["metadata"]:
            name = metadata["namespace"]
            why = f"unable to create new content in namespace {name} because it is being terminated"
            message = f"namespace {name} is being terminated"
            cause = {"reason": "NamespaceTerminating", "message": message, "field": "metadata.namespace"}
            raise errors.forbidden(resource.group, resource.plural, metadata.get("name", ""), why, [cause])


def _check_priority(pod: JsonObject) -> None:
    """Refuse a priority class that is none of the system's: no others are served here.

    Raises:
        ApiError: 403.
    """
    wanted = (pod.get("spec") or {}).get("priorityClassName", "")
    if wanted and wanted not in _PRIORITY_CLASSES:
        name = pod["metadata"].get("name", "")
        raise errors.forbidden("", "pods", name, f"no PriorityClass with name {wanted} was found")
