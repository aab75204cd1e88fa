"""The scale subresource of a custom resource: counts at the places its definition names.

Source: kubernetes apiextensions-apiserver pkg/registry/customresource/etcd.go, scaleFromCustomResource.
"""

from autoscaler.emulator.custom.version import ScalePaths
from autoscaler.emulator.jsonpath import parse_json_path
from autoscaler.model.json_types import JsonObject


class ScaleMissingError(Exception):
    """The object has no replica count to scale (500 in the API server)."""


def counts_of(obj: JsonObject, paths: ScalePaths) -> tuple[int, int, str]:
    """Wanted replicas, current replicas and the selector.

    Raises:
        ScaleMissingError: the wanted count is not set.
    """
    wanted = parse_json_path(paths.spec_replicas).first(obj)
    if not isinstance(wanted, int):
        raise ScaleMissingError(f'the spec replicas field "{paths.spec_replicas}" does not exist')
    current = parse_json_path(paths.status_replicas).first(obj)
    selector = parse_json_path(paths.selector).first(obj) if paths.selector else ""
    return wanted, current if isinstance(current, int) else 0, selector if isinstance(selector, str) else ""


def with_replicas(obj: JsonObject, replicas: int, paths: ScalePaths) -> JsonObject:
    """The object with another wanted count."""
    return obj | replicas_only(replicas, paths, obj)


def replicas_only(replicas: int, paths: ScalePaths, beside: JsonObject | None = None) -> JsonObject:
    """An object that says nothing but the wanted count, or what ``beside`` says next to it."""
    names = [str(step) for step in parse_json_path(paths.spec_replicas).steps]
    return _nested(beside or {}, names, replicas)


def _nested(holder: JsonObject, names: list[str], value: int) -> JsonObject:
    name, *rest = names
    if not rest:
        return {**holder, name: value}
    inner = holder.get(name)
    return {**holder, name: _nested(inner if isinstance(inner, dict) else {}, rest, value)}
