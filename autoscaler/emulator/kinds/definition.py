"""CustomResourceDefinitions: defaults, validation, and their life from created to established to gone.

Source: kubernetes apiextensions-apiserver pkg/apis/apiextensions/v1/defaults.go, validation/validation.go,
pkg/apiserver/schema/validation.go and pkg/registry/customresourcedefinition/strategy.go.
"""

from collections.abc import Iterator
from datetime import datetime

from autoscaler.config.go_time import format_time
from autoscaler.emulator.custom.cel_syntax import CelSyntaxError, parse_cel
from autoscaler.emulator.jsonpath import JsonPathError, parse_json_path
from autoscaler.emulator.kinds.rules import KindRules
from autoscaler.model.field_errors import FieldError, invalid, not_supported, required
from autoscaler.model.json_types import JsonObject, JsonValue
from autoscaler.model.names import dns1035_label_faults, dns_subdomain_faults

CLEANUP = "customresourcecleanup.apiextensions.k8s.io"
"""Finalizer that waits until the definition's objects are gone."""
_TYPES = ("array", "boolean", "integer", "number", "object", "string")
_COLUMN_TYPES = ("boolean", "date", "integer", "number", "string")


def storage_version(definition: JsonObject) -> str:
    """The version its objects are stored in."""
    versions = (definition.get("spec") or {}).get("versions") or ()
    return next((str(version.get("name", "")) for version in versions if version.get("storage")), "")


def first_status(definition: JsonObject, now: datetime) -> JsonObject:
    """The status of a new definition."""
    del now  # no condition yet
    names = {"plural": "", "kind": ""}
    return {"conditions": None, "acceptedNames": names, "storedVersions": [storage_version(definition)]}


def established(definition: JsonObject, now: datetime) -> JsonObject:
    """The definition once its names are accepted and it is served."""
    accepted = ("NamesAccepted", "NoConflicts", "no conflicts found")
    served = ("Established", "InitialNamesAccepted", "the initial names have been accepted")
    conditions = [_condition(*words, now) for words in (accepted, served)]
    status = {**(definition.get("status") or {}), "conditions": conditions}
    return {**definition, "status": status | {"acceptedNames": definition["spec"]["names"]}}


def is_established(definition: JsonObject) -> bool:
    """Whether its objects are served."""
    conditions = (definition.get("status") or {}).get("conditions") or ()
    return any(each.get("type") == "Established" and each.get("status") == "True" for each in conditions)


def terminating(definition: JsonObject, now: datetime) -> JsonObject:
    """The definition marked for deletion, held until its objects are gone."""
    metadata, status = definition["metadata"], definition.get("status") or {}
    finalizers = [*(metadata.get("finalizers") or ())]
    if CLEANUP not in finalizers:
        finalizers.append(CLEANUP)
    words = ("Terminating", "InstanceDeletionPending", "CustomResourceDefinition marked for deletion; waiting")
    conditions = [*(status.get("conditions") or ()), _condition(*words, now)]
    marked = {**metadata, "deletionTimestamp": format_time(now), "finalizers": finalizers}
    return {**definition, "metadata": marked, "status": {**status, "conditions": conditions}}


def _condition(kind: str, reason: str, message: str, now: datetime) -> JsonObject:
    return {
        "type": kind,
        "status": "True",
        "lastTransitionTime": format_time(now),
        "reason": reason,
        "message": message,
    }


def _with_defaults(definition: JsonObject) -> JsonObject:
    spec = definition.get("spec") or {}
    names = spec.get("names") or {}
    kind = names.get("kind", "")
    filled = {"singular": kind.lower(), "listKind": f"{kind}List"} | names
    return {**definition, "spec": {"conversion": {"strategy": "None"}, **spec, "names": filled}}


def _validate(definition: JsonObject) -> list[FieldError]:
    spec = definition.get("spec") or {}
    group, names, versions = spec.get("group", ""), spec.get("names") or {}, spec.get("versions") or []
    faults: list[FieldError] = []
    name = definition["metadata"].get("name", "")
    if name != f"{names.get('plural', '')}.{group}":
        faults.append(invalid("metadata.name", name, 'must be spec.names.plural+"."+spec.group'))
    if not group:
        faults.append(required("spec.group"))
    else:
        faults += [invalid("spec.group", group, text) for text in dns_subdomain_faults(group)]
    if spec.get("scope", "") not in {"Cluster", "Namespaced"}:
        faults.append(not_supported("spec.scope", spec.get("scope", ""), ("Cluster", "Namespaced")))
    for index, version in enumerate(versions):
        faults += _version(version, f"spec.versions[{index}]")
    if sum(bool(version.get("storage")) for version in versions) != 1:
        shown = [version.get("name", "") for version in versions]
        faults.append(invalid("spec.versions", shown, "must have exactly one version marked as storage version"))
    return faults + _names(names)


def _names(names: JsonObject) -> list[FieldError]:
    faults: list[FieldError] = []
    for field in ("plural", "singular", "kind", "listKind"):
        text = names.get(field, "")
        if not text:
            faults.append(required(f"spec.names.{field}"))
        else:
            sentences = dns1035_label_faults(text.lower())
            faults += [invalid(f"spec.names.{field}", text, sentence) for sentence in sentences]
    if names.get("kind") and names.get("kind") == names.get("listKind"):
        faults.append(invalid("spec.names.listKind", names["listKind"], "kind and listKind may not be the same"))
    return faults


def _version(version: JsonObject, path: str) -> list[FieldError]:
    faults = [
        invalid(f"{path}.name", version.get("name", ""), text) for text in dns1035_label_faults(version.get("name", ""))
    ]
    schema = (version.get("schema") or {}).get("openAPIV3Schema")
    place = f"{path}.schema.openAPIV3Schema"
    if schema is None:
        faults.append(required(place, "schemas are required"))
    else:
        if schema.get("type", "") != "object":
            faults.append(invalid(f"{place}.type", schema.get("type", ""), "must be object at the root"))
        faults += _structural(schema, place)
    scale = (version.get("subresources") or {}).get("scale")
    if scale is not None:
        faults += _scale_paths(scale, f"{path}.subresources")
    for index, column in enumerate(version.get("additionalPrinterColumns") or ()):
        faults += _column(column, f"{path}.additionalPrinterColumns[{index}]")
    return faults


def _scale_paths(scale: JsonObject, path: str) -> Iterator[FieldError]:
    """Faults of where a Scale's numbers are: plain paths below the spec or the status."""
    places = (
        ("specReplicasPath", (".spec.",), "should be a json path under .spec"),
        ("statusReplicasPath", (".status.",), "should be a json path under .status"),
        ("labelSelectorPath", (".spec.", ".status."), "should be a json path under either .status or .spec"),
    )
    for name, starts, text in places:
        place, given = f"{path}.scale.{name}", scale.get(name, "")
        if not given:
            if name != "labelSelectorPath":
                yield required(place)
        elif not given.startswith("."):
            yield invalid(place, given, "must be a simple json path starting with .")
        elif not given.startswith(starts):
            yield invalid(place, given, text)


def _structural(schema: JsonValue, path: str) -> Iterator[FieldError]:
    """Faults of a schema that does not say of every field what it is, or has rules that cannot be read."""
    if not isinstance(schema, dict):
        return
    is_open = schema.get("x-kubernetes-int-or-string") or schema.get("x-kubernetes-preserve-unknown-fields")
    if not schema.get("type") and not is_open:
        where = "array items" if path.endswith(".items") else "object fields"
        yield required(f"{path}.type", f"must not be empty for specified {where}")
    if schema.get("type") and schema["type"] not in _TYPES:
        yield not_supported(f"{path}.type", schema["type"], _TYPES)
    if schema.get("type") == "array" and schema.get("items") is None:
        yield required(f"{path}.items", "must be specified")
    if schema.get("x-kubernetes-list-type") == "map" and not schema.get("x-kubernetes-list-map-keys"):
        text = "must not be empty if x-kubernetes-list-type is map"
        yield required(f"{path}.x-kubernetes-list-map-keys", text)
    for index, rule in enumerate(schema.get("x-kubernetes-validations") or ()):
        yield from _rule(rule, f"{path}.x-kubernetes-validations[{index}]")
    for name, inner in (schema.get("properties") or {}).items():
        yield from _structural(inner, f"{path}.properties[{name}]")
    yield from _structural(schema.get("items"), f"{path}.items")
    yield from _structural(schema.get("additionalProperties"), f"{path}.additionalProperties")


def _rule(rule: JsonObject, path: str) -> Iterator[FieldError]:
    text = rule.get("rule", "")
    if not text.strip():
        yield required(f"{path}.rule", "rule is not specified")
        return
    try:
        parse_cel(text)
    except CelSyntaxError as error:
        shown = {"rule": text} | ({"message": rule["message"]} if rule.get("message") else {})
        yield invalid(f"{path}.rule", shown, f"compilation failed: ERROR: <input>: Syntax error: {error}")


def _column(column: JsonObject, path: str) -> list[FieldError]:
    faults = [] if column.get("name") else [required(f"{path}.name")]
    if column.get("type", "") not in _COLUMN_TYPES:
        text = f"must be one of {','.join(_COLUMN_TYPES)}"
        faults.append(invalid(f"{path}.type", column.get("type", ""), text))
    if not column.get("jsonPath"):
        return [*faults, required(f"{path}.jsonPath")]
    try:
        parse_json_path(column["jsonPath"])
    except JsonPathError as error:
        faults.append(invalid(f"{path}.jsonPath", column["jsonPath"], f"is an invalid jsonPath: {error}"))
    return faults


DEFINITION = KindRules(with_defaults=_with_defaults, validate=_validate)
