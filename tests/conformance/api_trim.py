"""Cutting a discovery answer down to what was recorded of it."""

from autoscaler.model.json_types import JsonObject, JsonValue


def trimmed(body: JsonValue, trim: JsonObject) -> JsonValue:
    """The body with only the groups, resources and paths that ``trim`` names."""
    if not trim or not isinstance(body, dict):
        return body
    body = dict(body)
    if "groups" in trim:
        wanted = set(trim["groups"])
        if body.get("kind") == "APIGroupList":
            body["groups"] = [group for group in body.get("groups", []) if group["name"] in wanted]
        elif body.get("kind") == "APIGroupDiscoveryList":
            items = body.get("items", [])
            body["items"] = [item for item in items if item["metadata"].get("name", "") in {*wanted, ""}]
    if "resources" in trim:
        _trim_resources(body, set(trim["resources"]))
    if "paths" in trim and "paths" in body:
        paths, wanted_paths = body["paths"], set(trim["paths"])
        if isinstance(paths, dict):
            body["paths"] = {path: item for path, item in paths.items() if path in wanted_paths}
        else:
            body["paths"] = [path for path in paths if path in wanted_paths]
    return body


def _trim_resources(body: JsonObject, wanted: set[str]) -> None:
    if "resources" in body:
        body["resources"] = [item for item in body["resources"] if item["name"].partition("/")[0] in wanted]
    if body.get("kind") == "APIGroupDiscoveryList":
        body["items"] = [
            item | {"versions": [_trim_version(version, wanted) for version in item.get("versions", [])]}
            for item in body.get("items", [])
        ]


def _trim_version(version: JsonObject, wanted: set[str]) -> JsonObject:
    if "resources" not in version:
        return version
    return version | {"resources": [item for item in version["resources"] if item["resource"] in wanted]}
