"""Metadata of any object: what the server fills in, what a writer may not change, which faults it has.

Source: kubernetes apimachinery pkg/api/validation/objectmeta.go, apiserver pkg/registry/rest/meta.go and update.go.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from autoscaler.config.go_time import format_time
from autoscaler.emulator.resources import Resource
from autoscaler.model.field_errors import FieldError, forbidden, invalid, required, too_long
from autoscaler.model.json_types import JsonObject
from autoscaler.model.names import (
    dns1035_label_faults,
    dns_label_faults,
    dns_subdomain_faults,
    label_value_faults,
    path_segment_faults,
    qualified_name_faults,
)

NameRule = Callable[[str], list[str]]

ANNOTATIONS_LIMIT: Final = 256 * 1024
"""Largest sum of all annotation keys and values [bytes]."""
_GENERATED_SUFFIX: Final = 5
"""Characters added to generateName."""
_NAME_LIMIT: Final = 63
_ALPHABET: Final = "bcdfghjklmnpqrstvwxz2456789"
_SERVER_OWNED: Final = ("uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation")
_NAME_RULES: Final[Mapping[tuple[str, str], NameRule]] = {
    ("", "namespaces"): dns_label_faults,
    ("", "services"): dns1035_label_faults,
    **{("rbac.authorization.k8s.io", f"{kind}s"): path_segment_faults for kind in ("role", "clusterrole")},
    **{("rbac.authorization.k8s.io", f"{kind}bindings"): path_segment_faults for kind in ("role", "clusterrole")},
}


def new_metadata(metadata: JsonObject, uid: UUID, now: datetime) -> JsonObject:
    """Metadata of an object being created: generated name, uid and time; what only the server sets is dropped."""
    kept = {key: value for key, value in metadata.items() if key not in (*_SERVER_OWNED, "selfLink", "resourceVersion")}
    if not kept.get("name") and (prefix := kept.get("generateName")):
        kept["name"] = prefix[: _NAME_LIMIT - _GENERATED_SUFFIX] + _suffix(uid)
    return kept | {"uid": str(uid), "creationTimestamp": format_time(now)}


def updated_metadata(new: JsonObject, old: JsonObject) -> JsonObject:
    """Metadata of an update: what only the server sets stays as it was, whatever was sent."""
    kept = {key: value for key, value in new.items() if key not in (*_SERVER_OWNED, "selfLink")}
    owned = {key: old[key] for key in (*_SERVER_OWNED, "generateName") if key in old}
    return owned | kept | {"resourceVersion": old["resourceVersion"]}


def _suffix(uid: UUID) -> str:
    """Five characters without vowels, drawn from the object's own random uid."""
    number, text = uid.int, ""
    for _ in range(_GENERATED_SUFFIX):
        number, digit = divmod(number, len(_ALPHABET))
        text += _ALPHABET[digit]
    return text


def metadata_errors(resource: Resource, metadata: JsonObject) -> list[FieldError]:
    """Faults of the metadata of an object to be stored."""
    return [
        *_name_errors(resource, metadata),
        *_label_errors(metadata.get("labels") or {}),
        *_annotation_errors(metadata.get("annotations") or {}),
        *_owner_errors(metadata.get("ownerReferences") or []),
        *_finalizer_errors(metadata.get("finalizers") or []),
    ]


def metadata_update_errors(new: JsonObject, old: JsonObject) -> list[FieldError]:
    """Faults of a change: names may not change, and a dying object gets no new finalizers."""
    errors = [
        invalid(f"metadata.{field}", new.get(field, ""), "field is immutable")
        for field in ("name", "namespace")
        if new.get(field, "") != old.get(field, "")
    ]
    if "deletionTimestamp" in old:
        known = old.get("finalizers") or []
        added = [finalizer for finalizer in new.get("finalizers") or [] if finalizer not in known]
        if added:
            listed = ", ".join(f'"{finalizer}"' for finalizer in added)
            detail = "no new finalizers can be added if the object is being deleted, found new finalizers "
            errors.append(forbidden("metadata.finalizers", f"{detail}[]string{{{listed}}}"))
    return errors


def _name_errors(resource: Resource, metadata: JsonObject) -> list[FieldError]:
    name = metadata.get("name", "")
    if not name:
        return [required("metadata.name", "name or generateName is required")]
    rule = _NAME_RULES.get((resource.group, resource.plural), dns_subdomain_faults)
    return [invalid("metadata.name", name, fault) for fault in rule(name)]


def _label_errors(labels: Mapping[str, str]) -> list[FieldError]:
    errors = []
    for key, value in labels.items():
        errors += [invalid("metadata.labels", key, fault) for fault in qualified_name_faults(key)]
        errors += [invalid("metadata.labels", value, fault) for fault in label_value_faults(value)]
    return errors


def _annotation_errors(annotations: Mapping[str, str]) -> list[FieldError]:
    errors = [
        invalid("metadata.annotations", key, fault)
        for key in annotations
        for fault in qualified_name_faults(key.lower())
    ]
    if sum(len(key.encode()) + len(value.encode()) for key, value in annotations.items()) > ANNOTATIONS_LIMIT:
        errors.append(too_long("metadata.annotations", ANNOTATIONS_LIMIT))
    return errors


def _owner_errors(owners: list[JsonObject]) -> list[FieldError]:
    errors: list[FieldError] = []
    controllers = [owner for owner in owners if owner.get("controller")]
    for owner in owners:
        errors += [
            invalid(f"metadata.ownerReferences.{field}", "", "must not be empty")
            for field in ("apiVersion", "kind", "name", "uid")
            if not owner.get(field)
        ]
    if len(controllers) > 1:
        first, second = (f"{owner.get('kind')}/{owner.get('name')}" for owner in controllers[:2])
        detail = (
            f'Only one reference can have Controller set to true. Found "true" in references for {first} and {second}'
        )
        errors.append(invalid("metadata.ownerReferences", owners, detail))
    return errors


def _finalizer_errors(finalizers: list[str]) -> list[FieldError]:
    return [
        invalid("metadata.finalizers", finalizer, fault)
        for finalizer in finalizers
        for fault in qualified_name_faults(finalizer)
    ]
