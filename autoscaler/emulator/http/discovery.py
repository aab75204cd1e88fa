"""Discovery: which groups, versions and resources are served, plain and aggregated.

Source: apiserver pkg/endpoints/discovery, kube-aggregator pkg/apiserver/apiservice_controller.go.
"""

from collections.abc import Iterable
from typing import Final

from autoscaler.emulator.http.media import MediaType
from autoscaler.emulator.http.metrics_apis import GROUPS as METRICS_GROUPS
from autoscaler.emulator.http.metrics_apis import MetricsApis
from autoscaler.emulator.resources import Registry, Resource, Subresource
from autoscaler.model.json_types import JsonObject

AGGREGATED: Final = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
_PRIORITY: Final = {
    "apiregistration.k8s.io": 18000,
    "": 18000,
    "apps": 17800,
    "events.k8s.io": 17750,
    "authentication.k8s.io": 17700,
    "authorization.k8s.io": 17600,
    "autoscaling": 17500,
    "policy": 17100,
    "rbac.authorization.k8s.io": 17000,
    "apiextensions.k8s.io": 16700,
    "coordination.k8s.io": 16500,
}
"""groupPriorityMinimum of the built-in API services: higher comes first."""
_CUSTOM_PRIORITY: Final = 1000
_METRICS_PRIORITY: Final = 100
_CUSTOM_VERBS: Final = ("delete", "deletecollection", "get", "list", "patch", "create", "update", "watch")


def wants_aggregated(clauses: Iterable[MediaType]) -> bool:
    """Whether the client takes aggregated discovery, version 2."""
    wanted = {"g": "apidiscovery.k8s.io", "v": "v2", "as": "APIGroupDiscoveryList"}
    return any(wanted.items() <= clause.parameters.items() for clause in clauses)


class Discovery:
    """Discovery documents, made from the registry when asked for."""

    def __init__(self, registry: Registry, metrics: MetricsApis) -> None:
        self._registry = registry
        self._metrics = metrics

    def api_versions(self, server: str) -> JsonObject:
        """``/api``."""
        addresses = [{"clientCIDR": "0.0.0.0/0", "serverAddress": server}]
        return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": addresses}

    def group_list(self) -> JsonObject:
        """``/apis``; services of one priority are ordered by their names, which begin with the version."""
        groups = self._versions()
        metrics = sorted((f"{versions[0]}.{name}", name) for name, versions in self._metrics_versions().items())
        names = [*_by_priority(name for name in groups if name), *(name for _, name in metrics)]
        groups |= self._metrics_versions()
        return {"kind": "APIGroupList", "apiVersion": "v1", "groups": [_group(name, groups[name]) for name in names]}

    def group(self, name: str) -> JsonObject | None:
        """``/apis/GROUP``; None when it is not served."""
        versions = (self._versions() | self._metrics_versions()).get(name)
        return None if versions is None else {"kind": "APIGroup", "apiVersion": "v1", **_group(name, versions)}

    def is_custom(self, group: str) -> bool:
        """Whether the group is that of custom resources."""
        return self._registry.is_custom(group)

    def resource_list(self, group: str, version: str) -> JsonObject | None:
        """``/api/v1`` or ``/apis/GROUP/VERSION``; None when it is not served."""
        resources = self._registry.in_version(group, version)
        if not resources:
            return None
        listed = [entry for resource in sorted(resources, key=lambda found: found.plural) for entry in _plain(resource)]
        head: JsonObject = {"kind": "APIResourceList"}
        if group:
            head |= {"apiVersion": "v1", "groupVersion": f"{group}/{version}"}
        else:
            head["groupVersion"] = version
        return head | {"resources": listed}

    def aggregated_core(self) -> JsonObject:
        """Aggregated ``/api``."""
        return _aggregated([self._aggregated_group("", ["v1"])])

    def aggregated_groups(self) -> JsonObject:
        """Aggregated ``/apis``."""
        groups = self._versions()
        items = [self._aggregated_group(name, groups[name]) for name in _by_priority(name for name in groups if name)]
        return _aggregated(items + [self._aggregated_metrics(name) for name in sorted(self._metrics_versions())])

    def _versions(self) -> dict[str, list[str]]:
        return self._registry.versions()

    def _metrics_versions(self) -> dict[str, list[str]]:
        registered = {name: self._metrics.versions(name) for name in METRICS_GROUPS}
        return {name: versions for name, versions in registered.items() if versions}

    def _aggregated_group(self, name: str, versions: list[str]) -> JsonObject:
        described = []
        for version in versions:
            resources = sorted(self._registry.in_version(name, version), key=lambda found: found.plural)
            entries = [_aggregated_resource(resource) for resource in resources]
            described.append({"version": version, "resources": entries, "freshness": "Current"})
        return {"metadata": {"name": name} if name else {}, "versions": described}

    def _aggregated_metrics(self, group: str) -> JsonObject:
        described: list[JsonObject] = []
        for version in self._metrics.versions(group):
            if version not in self._metrics.versions(group, only_up=True):
                described.append({"version": version, "freshness": "Stale"})
                continue
            entries = _regrouped(self._metrics.resource_list(group, version)["resources"])
            described.append({"version": version, "resources": entries, "freshness": "Current"})
        return {"metadata": {"name": group}, "versions": described}


def _by_priority(names: Iterable[str]) -> list[str]:
    return sorted(names, key=lambda name: (-_PRIORITY.get(name, _CUSTOM_PRIORITY), name))


def _group(name: str, versions: list[str]) -> JsonObject:
    listed = [{"groupVersion": f"{name}/{version}", "version": version} for version in versions]
    return {"name": name, "versions": listed, "preferredVersion": listed[0]}


def _plain(resource: Resource) -> Iterable[JsonObject]:
    entry: JsonObject = {
        "name": resource.plural,
        "singularName": resource.singular,
        "namespaced": resource.namespaced,
        "kind": resource.kind,
        "verbs": list(_verbs(resource)),
    }
    yield entry | _names(resource)
    for subresource in _subresources(resource):
        yield _plain_subresource(resource, subresource)


def _subresources(resource: Resource) -> tuple[Subresource, ...]:
    """By name; those of a custom resource in the order they are set up in."""
    if resource.is_custom:
        return resource.subresources
    return tuple(sorted(resource.subresources, key=lambda found: found.name))


def _plain_subresource(resource: Resource, subresource: Subresource) -> JsonObject:
    entry = {
        "name": f"{resource.plural}/{subresource.name}",
        "singularName": "",
        "namespaced": resource.namespaced,
        "group": subresource.group,
        "version": subresource.version,
        "kind": subresource.kind or resource.kind,
        "verbs": list(subresource.verbs),
    }
    return {key: value for key, value in entry.items() if value != "" or key == "singularName"}


def _verbs(resource: Resource) -> tuple[str, ...]:
    return _CUSTOM_VERBS if resource.is_custom else resource.verbs


def _names(resource: Resource) -> JsonObject:
    names: JsonObject = {"shortNames": list(resource.short_names), "categories": list(resource.categories)}
    return {key: value for key, value in names.items() if value}


def _aggregated_resource(resource: Resource) -> JsonObject:
    kind = {"group": resource.group, "version": resource.version, "kind": resource.kind}
    entry: JsonObject = {
        "resource": resource.plural,
        "responseKind": kind if resource.is_custom else {"group": "", "version": "", "kind": resource.kind},
        "scope": "Namespaced" if resource.namespaced else "Cluster",
        "singularResource": resource.singular,
        "verbs": list(_verbs(resource)),
    } | _names(resource)
    if resource.subresources:
        entry["subresources"] = [
            {
                "subresource": subresource.name,
                "responseKind": {
                    "group": subresource.group,
                    "version": subresource.version,
                    "kind": subresource.kind or resource.kind,
                },
                "verbs": list(subresource.verbs),
            }
            for subresource in _subresources(resource)
        ]
    return entry


def _regrouped(resources: list[JsonObject]) -> list[JsonObject]:
    """Plain discovery turned into aggregated: names with a slash become subresources of a resource without verbs."""
    found: dict[str, JsonObject] = {}
    for resource in resources:
        name, _, subresource = resource["name"].partition("/")
        scope = "Namespaced" if resource["namespaced"] else "Cluster"
        kind = {"group": "", "version": "", "kind": resource["kind"]}
        if not subresource:
            entry = {"resource": name, "responseKind": kind, "scope": scope, "singularResource": ""}
            found[name] = entry | {"verbs": resource["verbs"]}
            continue
        blank = {"resource": name, "responseKind": {"group": "", "version": "", "kind": ""}, "scope": scope}
        parent = found.setdefault(name, blank | {"singularResource": "", "verbs": None, "subresources": []})
        described = {"subresource": subresource, "responseKind": kind, "verbs": resource["verbs"]}
        parent["subresources"].append(described)
    return list(found.values())


def _aggregated(items: list[JsonObject]) -> JsonObject:
    head = {"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}}
    return head | {"items": items}
