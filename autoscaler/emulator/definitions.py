"""Serves what CustomResourceDefinitions define: keeps the registry in step with the definitions that are stored.

Source: kubernetes apiextensions-apiserver pkg/controller/{establish,status,finalizer}.
"""

from typing import Protocol

from autoscaler.emulator.builtin import DEFINITIONS, SCALE, STATUS
from autoscaler.emulator.clock import Clock
from autoscaler.emulator.custom.version import custom_version
from autoscaler.emulator.kinds.definition import CLEANUP, established, is_established, storage_version
from autoscaler.emulator.kinds.rules import KindRules
from autoscaler.emulator.resources import Registry, Resource
from autoscaler.emulator.strategies import Strategies
from autoscaler.emulator.strategy import KindStrategy, Traits
from autoscaler.model.json_types import JsonObject


class Objects(Protocol):
    """What definitions need of the store."""

    registry: Registry
    strategies: Strategies
    clock: Clock

    def items(self, resource: Resource, namespace: str = "") -> list[JsonObject]:
        """The objects of a namespace, or of all."""
        ...

    def rewrite(self, resource: Resource, obj: JsonObject) -> JsonObject:
        """Store an object as it is."""
        ...

    def erase(self, resource: Resource, obj: JsonObject) -> JsonObject:
        """Forget an object, whatever holds it."""
        ...


class Definitions:
    """Establishes, changes and retires custom resources."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    def sync(self, definition: JsonObject, *, gone: bool) -> None:
        """Bring what is served in line with a definition that was just written or removed."""
        spec, metadata = definition["spec"], definition["metadata"]
        if gone:
            self._objects.registry.remove(spec["group"], spec["names"]["plural"])
        elif "deletionTimestamp" in metadata:
            self._retire(definition)
        else:
            self._serve(definition)
            if not is_established(definition):
                self._objects.rewrite(DEFINITIONS, established(definition, self._objects.clock()))

    def _serve(self, definition: JsonObject) -> None:
        spec = definition["spec"]
        resources = {version["name"]: _resource(spec, version) for version in spec["versions"]}
        stored = resources[storage_version(definition)]
        self._objects.registry.remove(spec["group"], spec["names"]["plural"])
        for version in spec["versions"]:
            if version.get("served"):
                resource = resources[version["name"]]
                self._objects.registry.add(resource)
                self._objects.strategies.use(resource, _strategy(resource), stored)

    def _retire(self, definition: JsonObject) -> None:
        """Delete all objects of the definition, then let it go."""
        spec, metadata = definition["spec"], definition["metadata"]
        for version in spec["versions"]:
            resource = _resource(spec, version)
            for obj in list(self._objects.items(resource)):
                self._objects.erase(resource, obj)
        self._objects.registry.remove(spec["group"], spec["names"]["plural"])
        left = [finalizer for finalizer in metadata.get("finalizers") or () if finalizer != CLEANUP]
        if not left:
            self._objects.erase(DEFINITIONS, definition)
        elif CLEANUP in metadata["finalizers"]:
            self._objects.rewrite(DEFINITIONS, {**definition, "metadata": {**metadata, "finalizers": left}})


def _resource(spec: JsonObject, version: JsonObject) -> Resource:
    names = spec["names"]
    custom = custom_version(names["kind"], version)
    subresources = [STATUS] if custom.has_status else []
    if custom.scale is not None:
        subresources.append(SCALE)
    return Resource(
        group=spec["group"],
        version=version["name"],
        plural=names["plural"],
        kind=names["kind"],
        singular=names.get("singular", ""),
        namespaced=spec["scope"] == "Namespaced",
        short_names=tuple(names.get("shortNames") or ()),
        categories=tuple(names.get("categories") or ()),
        subresources=tuple(subresources),
        list_kind=names.get("listKind", ""),
        is_custom=True,
        schema=custom.schema,
        unconditional_update=False,
        columns=tuple(version.get("additionalPrinterColumns") or ()),
        custom=custom,
    )


def _strategy(resource: Resource) -> KindStrategy:
    custom = resource.custom
    assert custom is not None
    rules = KindRules(
        validate=custom.faults_of_new,
        validate_update=custom.faults_of_update,
        validate_status=custom.faults_of_status,
    )
    traits = Traits(has_status=custom.has_status, status_keeps=("*",))
    return KindStrategy(rules, traits, {}, namespaced=resource.namespaced)
