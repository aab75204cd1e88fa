"""Rules for the metadata of any object, on create and on update.

Source: kubernetes apimachinery pkg/api/validation/objectmeta.go; pkg/apis/core/validation/validation.go.
"""

from collections.abc import Callable, Iterable

from autoscaler.model.field_errors import FieldError, forbidden, invalid, required, too_long
from autoscaler.model.json_types import JsonObject, JsonValue
from autoscaler.model.names import dns_label_faults, dns_subdomain_faults, label_value_faults, qualified_name_faults

NameRule = Callable[[str], list[str]]
"""Answers the faults of a name."""

ANNOTATIONS_LIMIT = 256 * 1024
"""Most bytes that all annotation keys and values may have together."""
STANDARD_FINALIZERS = frozenset({"kubernetes", "orphan", "foregroundDeletion"})
_OWNER_FIELDS = ("apiVersion", "kind", "name", "uid", "controller", "blockOwnerDeletion")
_IMMUTABLE = ("name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds")


def validate_metadata(
    meta: JsonObject, *, namespaced: bool, name_rule: NameRule = dns_subdomain_faults, path: str = "metadata"
) -> list[FieldError]:
    """Faults of the metadata of an object to be created (its generated name already filled in)."""
    name, prefix = meta.get("name", ""), meta.get("generateName", "")
    faults = [invalid(f"{path}.generateName", prefix, text) for text in name_rule(_masked(prefix))] if prefix else []
    if not name:
        faults.append(required(f"{path}.name", "name or generateName is required"))
    faults += [invalid(f"{path}.name", name, text) for text in (name_rule(name) if name else ())]
    faults += _namespace_faults(meta.get("namespace", ""), namespaced, f"{path}.namespace")
    if meta.get("generation", 0) < 0:
        faults.append(invalid(f"{path}.generation", meta["generation"], "must be greater than or equal to 0"))
    faults += _common_faults(meta, path)
    finalizers = meta.get("finalizers") or ()
    for finalizer in finalizers:
        faults += [invalid(f"{path}.finalizers", finalizer, text) for text in qualified_name_faults(finalizer)]
    return faults + _unknown_finalizers(finalizers, f"{path}.finalizers")


def validate_finalizers(finalizers: list[str], path: str) -> list[FieldError]:
    """Faults of a list of finalizers outside the metadata; each is told at its own place."""
    faults: list[FieldError] = []
    for index, finalizer in enumerate(finalizers):
        faults += [invalid(f"{path}[{index}]", finalizer, text) for text in qualified_name_faults(finalizer)]
    return faults + _unknown_finalizers(finalizers, path)


def validate_metadata_update(meta: JsonObject, old: JsonObject, path: str = "metadata") -> list[FieldError]:
    """Faults of a change of an object's metadata."""
    faults: list[FieldError] = []
    if old.get("deletionTimestamp"):
        faults += _new_finalizers(meta.get("finalizers") or (), old.get("finalizers") or (), f"{path}.finalizers")
    if not meta.get("resourceVersion"):
        faults.append(invalid(f"{path}.resourceVersion", "", "must be specified for an update"))
    if meta.get("generation", 0) < old.get("generation", 0):
        faults.append(invalid(f"{path}.generation", meta.get("generation", 0), "must not be decremented"))
    for name in _IMMUTABLE:
        faults += immutable(meta.get(name), old.get(name), f"{path}.{name}")
    faults += _common_faults(meta, path)
    faults += _unknown_finalizers(meta.get("finalizers") or (), f"{path}.finalizers")
    return faults


def immutable(new: JsonValue, old: JsonValue, path: str, shown: JsonValue = None) -> list[FieldError]:
    """The fault of a field that must not change; ``shown`` replaces the new value in the text."""
    if new == old:
        return []
    return [invalid(path, new if shown is None else shown, "field is immutable")]


def validate_labels(labels: JsonObject | None, path: str) -> list[FieldError]:
    """Faults of label keys and values; each is told at the path of the whole map."""
    faults: list[FieldError] = []
    for key, value in (labels or {}).items():
        faults += [invalid(path, key, text) for text in qualified_name_faults(key)]
        faults += [invalid(path, value, text) for text in label_value_faults(value)]
    return faults


def validate_annotations(annotations: JsonObject | None, path: str) -> list[FieldError]:
    """Faults of annotation keys, and of the size of all together."""
    faults: list[FieldError] = []
    size = 0
    for key, value in (annotations or {}).items():
        faults += [invalid(path, key, text) for text in qualified_name_faults(key.lower())]
        size += len(key.encode()) + len(value.encode())
    if size > ANNOTATIONS_LIMIT:
        faults.append(too_long(path, ANNOTATIONS_LIMIT))
    return faults


def _common_faults(meta: JsonObject, path: str) -> list[FieldError]:
    return [
        *validate_labels(meta.get("labels"), f"{path}.labels"),
        *validate_annotations(meta.get("annotations"), f"{path}.annotations"),
        *_owner_faults(meta.get("ownerReferences") or [], f"{path}.ownerReferences"),
    ]


def _masked(prefix: str) -> str:
    """A name prefix as if characters had been added: a dash at its end is fine."""
    return prefix[:-2] + "a" if prefix.endswith("-") and len(prefix) > 1 else prefix


def _namespace_faults(namespace: str, namespaced: bool, path: str) -> list[FieldError]:
    if not namespaced:
        return [forbidden(path, "not allowed on this type")] if namespace else []
    if not namespace:
        return [required(path)]
    return [invalid(path, namespace, text) for text in dns_label_faults(namespace)]


def _owner_faults(owners: list[JsonObject], path: str) -> list[FieldError]:
    faults: list[FieldError] = []
    controller = ""
    for owner in owners:
        version = owner.get("apiVersion", "").rpartition("/")[2]
        if not version:
            faults.append(invalid(f"{path}.apiVersion", owner.get("apiVersion", ""), "version must not be empty"))
        faults += [
            invalid(f"{path}.{field}", "", "must not be empty")
            for field in ("kind", "name", "uid")
            if not owner.get(field)
        ]
        if not owner.get("controller"):
            continue
        current = f"{owner.get('kind', '')}/{owner.get('name', '')}"
        if controller:
            shown = [{field: each[field] for field in _OWNER_FIELDS if field in each} for each in owners]
            text = 'Only one reference can have Controller set to true. Found "true" in references for '
            faults.append(invalid(path, shown, f"{text}{controller} and {current}"))
        else:
            controller = current
    return faults


def _unknown_finalizers(finalizers: Iterable[str], path: str) -> list[FieldError]:
    text = "name is neither a standard finalizer name nor is it fully qualified"
    return [
        invalid(f"{path}[{index}]", finalizer, text)
        for index, finalizer in enumerate(finalizers)
        if "/" not in finalizer and finalizer not in STANDARD_FINALIZERS
    ]


def _new_finalizers(new: Iterable[str], old: Iterable[str], path: str) -> list[FieldError]:
    added = sorted(set(new) - set(old))
    if not added:
        return []
    names = ", ".join(f'"{name}"' for name in added)
    text = "no new finalizers can be added if the object is being deleted, found new finalizers []string{"
    return [forbidden(path, f"{text}{names}}}")]
