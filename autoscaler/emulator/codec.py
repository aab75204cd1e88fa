"""Objects between the wire and the store: read as their kind's Go type, converted to the version they are stored in.

Custom resources have no Go type: their schema prunes and checks them in its own place.
"""

from dataclasses import dataclass

from autoscaler.config.api_types import ApiType, Shape, named_type, type_of_kind
from autoscaler.config.decoding import decode
from autoscaler.emulator import errors
from autoscaler.emulator.builtin import builtin_registry
from autoscaler.emulator.custom.version import CustomVersion
from autoscaler.emulator.resources import Resource
from autoscaler.model.json_types import JsonObject, JsonValue


@dataclass(frozen=True, slots=True)
class Read:
    """An object as the server understands it, and what a strict reader would refuse."""

    obj: JsonObject
    complaints: tuple[str, ...] = ()


def type_of(resource: Resource) -> ApiType:
    """The type an object of the resource is read as; of a kind that is only stored, metadata alone is typed."""
    if resource.custom is not None:
        return resource.custom.type
    return type_of_kind(resource.group, resource.version, resource.kind) or _OPEN


def read_object(resource: Resource, raw: JsonValue) -> Read:
    """The object in ``raw``, its kind already checked.

    Raises:
        DecodeError: a value does not fit its field.
    """
    if resource.custom is not None and isinstance(raw, dict):
        return Read(*resource.custom.read(raw))
    decoded = decode(raw, type_of(resource))
    return Read(decoded.obj, decoded.strict_errors)


def check_kind(resource: Resource, raw: JsonObject) -> None:
    """Refuse a body of another kind; what it leaves out is taken from the request.

    Raises:
        ApiError: 400.
    """
    if resource.custom is not None:
        _check_custom(resource, resource.custom, raw)
        return
    if why := kind_fault(resource, raw):
        kind = raw.get("kind") or resource.kind
        version = (raw.get("apiVersion") or resource.api_version).rpartition("/")[2]
        raise cannot_be_handled(resource, why, kind=kind, version=version)


def kind_fault(resource: Resource, raw: JsonObject) -> str:
    """Why an object of the kind that ``raw`` names is none of the resource; the empty text when it is."""
    kind = raw.get("kind") or resource.kind
    api_version = raw.get("apiVersion") or resource.api_version
    if (kind, api_version) == (resource.kind, resource.api_version):
        return ""
    group, _, version = api_version.rpartition("/")
    if (group, version) in _TYPED_VERSIONS and type_of_kind(group, version, kind) is not None:
        package = resource.group.partition(".")[0] or "core"
        return f"converting ({version}.{kind}) to ({package}.{resource.kind}): unknown conversion"
    return f'no kind "{kind}" is registered for version "{api_version}" in scheme "pkg/runtime/scheme.go:111"'


def _check_custom(resource: Resource, custom: CustomVersion, raw: JsonObject) -> None:
    api_version = raw.get("apiVersion") or resource.api_version
    if api_version != resource.api_version:
        unknown = sorted(set(raw) - {"apiVersion", "kind", "metadata"})
        refusal = errors.bad_request(
            f"the API version in the data ({api_version}) does not match the expected API version "
            f"({resource.api_version})"
        )
        refusal.warnings = tuple(f'unknown field "{name}"' for name in unknown)
        raise refusal
    kind = raw.get("kind") or resource.kind
    if kind != resource.kind:
        name = (raw.get("metadata") or {}).get("name", "")
        raise errors.invalid(resource.group, kind, name, custom.faults_of_other_kind(raw))


def cannot_be_handled(resource: Resource, why: str, *, kind: str = "", version: str = "") -> errors.ApiError:
    """400: the body is not what the resource takes."""
    kind, version = kind or resource.kind, version or resource.version
    return errors.bad_request(f'{kind} in version "{version}" cannot be handled as a {resource.kind}: {why}')


def _open_type() -> ApiType:
    text = ApiType(Shape.SCALAR, "string")
    fields = {"apiVersion": text, "kind": text, "metadata": named_type("ObjectMeta")}
    return ApiType(Shape.STRUCT, "v1.Object", fields=fields, allows_unknown=True)


_OPEN = _open_type()
_TYPED_VERSIONS = frozenset((found.group, found.version) for found in builtin_registry())
