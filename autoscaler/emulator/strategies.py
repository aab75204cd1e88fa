"""Which strategy each resource is stored by."""

from datetime import datetime
from typing import Final

from autoscaler.config.api_types import type_of_kind
from autoscaler.config.decoding import decode
from autoscaler.config.go_time import format_time
from autoscaler.config.object_meta import validate_finalizers
from autoscaler.emulator import builtin, codec, deletion
from autoscaler.emulator.deletion import DeleteOptions, Marked
from autoscaler.emulator.kinds import definition
from autoscaler.emulator.kinds.node import admitted_node
from autoscaler.emulator.kinds.pod import initial_status
from autoscaler.emulator.kinds.registry import rules_of
from autoscaler.emulator.kinds.service import with_address
from autoscaler.emulator.resources import Resource
from autoscaler.emulator.strategy import KindStrategy, Strategy, Traits
from autoscaler.model.field_errors import FieldError
from autoscaler.model.json_types import JsonObject
from autoscaler.model.names import dns1035_label_faults, dns_label_faults, path_segment_faults

_ETCD_FOLDERS: Final = {"nodes": "minions", "services": "services/specs"}
_UNGUARDED: Final = Traits(has_status=False, has_generation=False)
"""A kind without status and generation."""
_ANY_NAME: Final = Traits(has_status=False, has_generation=False, name_rule=path_segment_faults)
"""The same, with every name that fits in a path."""


def _mark_definition(obj: JsonObject, options: DeleteOptions, now: datetime) -> Marked:
    """A definition stays until its objects are gone."""
    del options  # it has neither a grace period nor dependents
    return Marked(obj if "deletionTimestamp" in obj["metadata"] else definition.terminating(obj, now), remove=False)


_TRAITS: Final = {
    builtin.PODS.collection: Traits(
        first_status=initial_status, mark_deleted=deletion.mark_pod, status_keeps=("ownerReferences",)
    ),
    builtin.NODES.collection: Traits(has_generation=False, admitted=admitted_node),
    builtin.DEPLOYMENTS.collection: Traits(annotations_count=True, status_keeps=("labels",)),
    builtin.AUTOSCALERS.collection: Traits(has_generation=False),
    builtin.DEFINITIONS.collection: Traits(first_status=definition.first_status, mark_deleted=_mark_definition),
    builtin.RESOURCE_QUOTAS.collection: Traits(has_generation=False),
    builtin.SERVICES.collection: Traits(has_generation=False, name_rule=dns1035_label_faults, admitted=with_address),
    builtin.API_SERVICES.collection: Traits(has_generation=False),
    builtin.ROLES.collection: _ANY_NAME,
    builtin.ROLE_BINDINGS.collection: _ANY_NAME,
    builtin.CLUSTER_ROLES.collection: _ANY_NAME,
    builtin.CLUSTER_ROLE_BINDINGS.collection: _ANY_NAME,
}
_UNGUARDED_RESOURCES: Final = (
    builtin.LEASES,
    builtin.CONFIG_MAPS,
    builtin.EVENTS,
    builtin.SERVICE_ACCOUNTS,
    builtin.LIMIT_RANGES,
)
_HUBS: Final = {resource.collection: resource for resource in (builtin.EVENTS, builtin.AUTOSCALERS)}
"""The version that shared collections are stored in."""


class NamespaceStrategy(KindStrategy):
    """Namespaces end when their spec's finalizers are gone."""

    def with_defaults(self, obj: JsonObject) -> JsonObject:
        metadata = obj["metadata"]
        if not metadata.get("name"):
            return obj  # a generated name is labelled by prepare_create
        labels = (metadata.get("labels") or {}) | {"kubernetes.io/metadata.name": metadata["name"]}
        return obj | {"metadata": metadata | {"labels": labels}}

    def prepare_create(self, obj: JsonObject, now: datetime) -> JsonObject:
        begun = self.with_defaults(obj)
        given = (obj.get("spec") or {}).get("finalizers") or []
        finalizers = given if "kubernetes" in given else [*given, "kubernetes"]
        return begun | {"spec": {"finalizers": finalizers}, "status": {"phase": "Active"}}

    def prepare_update(self, new: JsonObject, old: JsonObject, subresource: str) -> JsonObject:
        if subresource == "finalize":
            return old | {"metadata": new["metadata"], "spec": new.get("spec") or {}}
        return super().prepare_update(new, old, subresource) | {"spec": old["spec"]}

    def validate(self, new: JsonObject, old: JsonObject | None, subresource: str) -> list[FieldError]:
        faults = super().validate(new, old, subresource)
        if old is not None and subresource != "finalize":
            return faults
        finalizers = (new.get("spec") or {}).get("finalizers") or []
        return faults + validate_finalizers(finalizers, "spec.finalizers")

    def mark_deleted(self, obj: JsonObject, options: DeleteOptions, now: datetime) -> Marked:
        metadata = obj["metadata"]
        if "deletionTimestamp" in metadata:
            return Marked(obj, remove=False)
        metadata = metadata | {"deletionTimestamp": format_time(now)}
        dying = obj | {"metadata": metadata, "status": obj["status"] | {"phase": "Terminating"}}
        return Marked(dying, remove=not obj["spec"].get("finalizers") and not metadata.get("finalizers"))


class Strategies:
    """Finds the strategy of a resource, and the version its objects are stored in."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Strategy] = {}
        self._hubs = dict(_HUBS)

    def of(self, resource: Resource) -> Strategy:
        """The strategy of that resource. Groups that share a collection may judge differently."""
        key = (resource.group, resource.plural)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = _make(resource)
        return found

    def use(self, resource: Resource, strategy: Strategy, hub: Resource) -> None:
        """Store the resource's objects by this strategy and in the version ``hub`` from now on."""
        self._known[resource.group, resource.plural] = strategy
        self._hubs[resource.collection] = hub

    def hub(self, resource: Resource) -> Resource:
        """The resource in the version its objects are stored in."""
        return self._hubs.get(resource.collection, resource)

    def etcd_key(self, resource: Resource, obj: JsonObject) -> str:
        """The key an error shows: where etcd would keep the object."""
        metadata = obj["metadata"]
        folder = f"{resource.group}/{resource.plural}" if resource.is_custom else resource.plural
        folder = _ETCD_FOLDERS.get(folder, folder)
        return f"/registry/{folder}/{resource.key(metadata.get('namespace', ''), metadata['name'])}"


def _make(resource: Resource) -> Strategy:
    rules = rules_of(resource.group, resource.kind)
    zero = decode({}, codec.type_of(_HUBS.get(resource.collection, resource))).obj
    if resource.collection == builtin.NAMESPACES.collection:
        traits = Traits(has_generation=False, name_rule=dns_label_faults)
        return NamespaceStrategy(rules, traits, zero, namespaced=False)
    if resource is builtin.EVENTS:
        return KindStrategy(rules, _ANY_NAME, zero, namespaced=True)  # the old API takes any name that fits in a path
    unguarded = {found.collection for found in _UNGUARDED_RESOURCES}
    is_only_stored = not resource.group and type_of_kind("", "v1", resource.kind) is None
    default = _UNGUARDED if is_only_stored or resource.collection in unguarded else Traits()
    return KindStrategy(rules, _TRAITS.get(resource.collection, default), zero, namespaced=resource.namespaced)
