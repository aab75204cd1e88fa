"""Which strategy each resource is stored by."""

from datetime import datetime
from typing import Final

from autoscaler.config.go_time import format_time
from autoscaler.emulator import deletion
from autoscaler.emulator.deletion import DeleteOptions, Marked
from autoscaler.emulator.resources import Registry, Resource
from autoscaler.emulator.strategy import PlainStrategy, Strategy
from autoscaler.model.json_types import JsonObject
from autoscaler.model.names import dns_label_faults

_ETCD_FOLDERS: Final = {"nodes": "minions", "services": "services/specs"}


class PodStrategy(PlainStrategy):
    """Pods die gracefully."""

    def prepare_create(self, obj: JsonObject, now: datetime) -> JsonObject:
        return super().prepare_create(obj, now) | {"status": {"phase": "Pending"}}

    def mark_deleted(self, obj: JsonObject, options: DeleteOptions, now: datetime) -> Marked:
        return deletion.mark_pod(obj, options, now)


class NamespaceStrategy(PlainStrategy):
    """Namespaces end when their spec's finalizers are gone."""

    def __init__(self) -> None:
        super().__init__(namespaced=False, has_generation=False, name_rule=dns_label_faults)

    def prepare_create(self, obj: JsonObject, now: datetime) -> JsonObject:
        metadata = obj["metadata"]
        labels = (metadata.get("labels") or {}) | {"kubernetes.io/metadata.name": metadata["name"]}
        finalizers = {"finalizers": ["kubernetes"]}
        return obj | {"metadata": metadata | {"labels": labels}, "spec": finalizers, "status": {"phase": "Active"}}

    def prepare_update(self, new: JsonObject, old: JsonObject, subresource: str) -> JsonObject:
        if subresource == "finalize":
            return old | {"metadata": new["metadata"], "spec": new.get("spec") or {}}
        return super().prepare_update(new, old, subresource) | {"spec": old["spec"]}

    def mark_deleted(self, obj: JsonObject, options: DeleteOptions, now: datetime) -> Marked:
        metadata = obj["metadata"]
        if "deletionTimestamp" in metadata:
            return Marked(obj, remove=False)
        metadata = metadata | {"deletionTimestamp": format_time(now)}
        dying = obj | {"metadata": metadata, "status": obj["status"] | {"phase": "Terminating"}}
        return Marked(dying, remove=not obj["spec"].get("finalizers") and not metadata.get("finalizers"))


class Strategies:
    """Finds the strategy of a resource."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        plain = PlainStrategy()
        cluster = PlainStrategy(namespaced=False)
        unversioned = PlainStrategy(has_status=False, has_generation=False)
        self._plain = {True: plain, False: cluster}
        self._special: dict[str, Strategy] = {
            "/pods": PodStrategy(),
            "/namespaces": NamespaceStrategy(),
            "/nodes": PlainStrategy(namespaced=False, has_generation=False),
            "autoscaling/horizontalpodautoscalers": PlainStrategy(has_generation=False),
            "coordination.k8s.io/leases": unversioned,
            "/configmaps": unversioned,
            "/events": unversioned,
            "/serviceaccounts": unversioned,
        }

    def of(self, resource: Resource) -> Strategy:
        """The strategy of that resource."""
        return self._special.get(resource.collection) or self._plain[resource.namespaced]

    def etcd_key(self, resource: Resource, obj: JsonObject) -> str:
        """The key an error shows: where etcd would keep the object."""
        metadata = obj["metadata"]
        folder = f"{resource.group}/{resource.plural}" if resource.is_custom else resource.plural
        folder = _ETCD_FOLDERS.get(folder, folder)
        return f"/registry/{folder}/{resource.key(metadata.get('namespace', ''), metadata['name'])}"
