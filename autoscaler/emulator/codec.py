"""Objects between the wire and the store: read as their kind's Go type, converted to the version they are stored in.

Custom resources have no Go type: their schema prunes and checks them in its own place.
"""

from dataclasses import dataclass
from typing import Final

from autoscaler.config.api_types import ApiType, Shape, named_type, type_of_kind
from autoscaler.config.decoding import DecodeError, decode
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
    if _is_other_version(resource, raw):
        return
    if why := kind_fault(resource, raw):
        kind = raw.get("kind") or resource.kind
        version = (raw.get("apiVersion") or resource.api_version).rpartition("/")[2]
        raise cannot_be_handled(resource, why, kind=kind, version=version)


def check_version(resource: Resource, raw: JsonObject) -> None:
    """Refuse a body of the same kind in another version, which the server could read, but does not take here.

    Raises:
        ApiError: 400; what that version does not know is warned of.
    """
    api_version = raw.get("apiVersion") or resource.api_version
    if not _is_other_version(resource, raw) or api_version in _ACCEPTED.get(resource.kind, ()):
        return
    expected = f"does not match the expected API version ({resource.api_version})"
    refusal = errors.bad_request(f"the API version in the data ({api_version}) {expected}")
    group, _, version = api_version.rpartition("/")
    if kind := type_of_kind(group, version, resource.kind):
        try:
            refusal.warnings = decode(raw, kind).strict_errors
        except DecodeError as fault:
            raise cannot_be_handled(resource, str(fault), version=version) from None
    raise refusal


def _is_other_version(resource: Resource, raw: JsonObject) -> bool:
    versions = _OTHER_VERSIONS.get((resource.group, resource.kind), ())
    given = raw.get("apiVersion")
    return raw.get("kind", resource.kind) == resource.kind and given != resource.api_version and given in versions


def kind_fault(resource: Resource, raw: JsonObject, package: str = "") -> str:
    """Why an object of the kind that ``raw`` names is none of the resource; the empty text when it is.

    ``package`` is that of the Go type it would become, by default the group's internal one.
    """
    kind = raw.get("kind") or resource.kind
    api_version = raw.get("apiVersion") or resource.api_version
    if (kind, api_version) == (resource.kind, resource.api_version):
        return ""
    group, _, version = api_version.rpartition("/")
    is_typed = (group, version, kind) in _TYPED_KINDS and type_of_kind(group, version, kind) is not None
    if is_typed or _is_other_version(resource, raw):
        package = package or resource.group.partition(".")[0] or "core"
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
_TYPED_KINDS: Final = frozenset((found.group, found.version, found.kind) for found in builtin_registry())
_OTHER_VERSIONS: Final = {
    ("", "Event"): ("events.k8s.io/v1", "events.k8s.io/v1beta1"),
    ("events.k8s.io", "Event"): ("v1", "events.k8s.io/v1beta1"),
    ("apps", "Deployment"): ("apps/v1beta1", "apps/v1beta2", "extensions/v1beta1"),
    ("apps", "ReplicaSet"): ("apps/v1beta2", "extensions/v1beta1"),
    ("apps", "DaemonSet"): ("apps/v1beta2", "extensions/v1beta1"),
    ("apps", "StatefulSet"): ("apps/v1beta1", "apps/v1beta2"),
    ("autoscaling", "HorizontalPodAutoscaler"): tuple(f"autoscaling/{v}" for v in ("v1", "v2", "v2beta1", "v2beta2")),
    ("autoscaling", "Scale"): ("apps/v1beta1", "apps/v1beta2", "extensions/v1beta1"),
    ("coordination.k8s.io", "Lease"): ("coordination.k8s.io/v1beta1",),
    ("policy", "PodDisruptionBudget"): ("policy/v1beta1",),
    ("policy", "Eviction"): ("policy/v1beta1",),
} | {
    ("rbac.authorization.k8s.io", kind): tuple(f"rbac.authorization.k8s.io/{v}" for v in ("v1beta1", "v1alpha1"))
    for kind in ("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding")
}
"""Versions of a kind that the server can read, though it serves them no more, or at another path."""
_ACCEPTED: Final = {"Eviction": ("policy/v1beta1",)}
"""Those of them that are taken all the same, by kind."""
