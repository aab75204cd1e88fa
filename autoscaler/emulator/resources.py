"""What the server serves: a resource with its names, scope, verbs and subresources; the registry finds them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from autoscaler.emulator.custom.version import CustomVersion
from autoscaler.model.json_types import JsonObject

READ: Final = ("get", "list", "watch")
ALL_VERBS: Final = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
SUBRESOURCE_VERBS: Final = ("get", "patch", "update")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subresource:
    """A path below an object. ``group``, ``version`` and ``kind`` name what it takes, if not the parent's kind."""

    name: str
    verbs: tuple[str, ...] = SUBRESOURCE_VERBS
    kind: str = ""
    group: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One resource in one version.

    ``storage`` names the collection it lives in, which versions and groups may share.
    """

    group: str
    version: str
    plural: str
    kind: str
    singular: str
    namespaced: bool = True
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ALL_VERBS
    subresources: tuple[Subresource, ...] = ()
    storage: str = ""
    list_kind: str = ""
    is_custom: bool = False
    schema: JsonObject | None = field(default=None, compare=False, repr=False)
    """OpenAPI schema of a custom resource."""
    columns: tuple[JsonObject, ...] = field(default=(), compare=False, repr=False)
    """additionalPrinterColumns of a custom resource."""
    custom: CustomVersion | None = field(default=None, compare=False, repr=False)
    """How objects of a custom resource are read and judged."""
    unconditional_update: bool = True
    """Whether PUT may come without a resourceVersion."""
    create_on_update: bool = False
    """Whether PUT makes an object that is not there."""
    returns_deleted: bool = False
    """Whether DELETE answers with the object, not with a Status."""

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def collection(self) -> str:
        return self.storage or f"{self.group}/{self.plural}"

    def key(self, namespace: str, name: str) -> str:
        """Storage key: ``namespace/name``, or the name of a cluster-scoped object."""
        return f"{namespace}/{name}" if self.namespaced else name

    def subresource(self, name: str) -> Subresource | None:
        return next((found for found in self.subresources if found.name == name), None)


@dataclass(slots=True)
class Registry:
    """Resources by group, version and plural, in the order they are listed in discovery."""

    _resources: dict[tuple[str, str, str], Resource] = field(default_factory=dict)

    def add(self, resource: Resource) -> None:
        """Serve it, or serve it anew in another shape."""
        self._resources[resource.group, resource.version, resource.plural] = resource

    def remove(self, group: str, plural: str) -> None:
        """Serve no version of it any more."""
        for key in [key for key in self._resources if key[0] == group and key[2] == plural]:
            del self._resources[key]

    def find(self, group: str, version: str, plural: str) -> Resource | None:
        return self._resources.get((group, version, plural))

    def of_kind(self, api_version: str, kind: str) -> Resource | None:
        """The resource of an object's apiVersion and kind."""
        return next((found for found in self if found.kind == kind and found.api_version == api_version), None)

    def versions(self) -> dict[str, list[str]]:
        """Served versions by group, in the order they were added."""
        served: dict[str, list[str]] = {}
        for resource in self:
            known = served.setdefault(resource.group, [])
            if resource.version not in known:
                known.append(resource.version)
        return served

    def is_custom(self, group: str) -> bool:
        """Whether the group is that of custom resources."""
        return any(found.is_custom for found in self if found.group == group)

    def in_version(self, group: str, version: str) -> list[Resource]:
        return [found for found in self if (found.group, found.version) == (group, version)]

    def __iter__(self) -> Iterator[Resource]:
        return iter(tuple(self._resources.values()))
