"""Field selectors: ``status.phase=Running,spec.nodeName!=n1``; which fields each kind offers.

Source: kubernetes apimachinery pkg/fields/selector.go; the field sets of pkg/apis/*/v1/conversion.go and the
registries' ToSelectableFields.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from autoscaler.model.json_types import JsonObject, JsonValue
from autoscaler.model.label_query import SelectorError

_METADATA_FIELDS = ("metadata.name", "metadata.namespace")
_EVENT_FIELDS = {
    "involvedObject.kind": "involvedObject.kind",
    "involvedObject.namespace": "involvedObject.namespace",
    "involvedObject.name": "involvedObject.name",
    "involvedObject.uid": "involvedObject.uid",
    "involvedObject.apiVersion": "involvedObject.apiVersion",
    "involvedObject.resourceVersion": "involvedObject.resourceVersion",
    "involvedObject.fieldPath": "involvedObject.fieldPath",
    "reason": "reason",
    "reportingComponent": "reportingComponent",
    "source": "source",
    "type": "type",
    "metadata.namespace": "metadata.namespace",
    "metadata.name": "metadata.name",
}
_SUPPORTED: dict[tuple[str, str], Mapping[str, str]] = {
    ("", "Pod"): {
        name: name
        for name in (
            *_METADATA_FIELDS,
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.podIPs",
            "status.nominatedNodeName",
        )
    }
    | {"spec.host": "spec.nodeName"},
    ("", "Node"): {name: name for name in ("metadata.name", "spec.unschedulable")},
    ("", "Namespace"): {name: name for name in ("metadata.name", "status.phase")} | {"name": "metadata.name"},
    ("", "Service"): {name: name for name in (*_METADATA_FIELDS, "spec.clusterIP", "spec.type")},
    ("", "Event"): _EVENT_FIELDS,
    ("events.k8s.io", "Event"): {
        "reason": "reason",
        "type": "type",
        "reportingController": "reportingComponent",
        "deprecatedSource": "source",
        "regarding.kind": "involvedObject.kind",
        "regarding.namespace": "involvedObject.namespace",
        "regarding.name": "involvedObject.name",
        "regarding.uid": "involvedObject.uid",
        "regarding.apiVersion": "involvedObject.apiVersion",
        "regarding.resourceVersion": "involvedObject.resourceVersion",
        "regarding.fieldPath": "involvedObject.fieldPath",
        "metadata.namespace": "metadata.namespace",
        "metadata.name": "metadata.name",
    },
}
"""Fields beyond the name and namespace that every kind has: label in the query to path in the stored object."""

_PRINTED_DEFAULTS = {"spec.unschedulable": "false", "spec.hostNetwork": "false"}


@dataclass(frozen=True, slots=True)
class FieldTerm:
    """One comparison: the field at ``path`` equals (or not) ``value``; an absent field is the empty text."""

    path: str
    value: str
    negated: bool = False

    def matches(self, obj: JsonObject) -> bool:
        """Whether an object fulfils the comparison."""
        return (field_text(obj, self.path) == self.value) is not self.negated


@dataclass(frozen=True, slots=True)
class FieldSelector:
    """All terms must hold; none matches everything."""

    terms: tuple[FieldTerm, ...] = ()

    def matches(self, obj: JsonObject) -> bool:
        """Whether an object fulfils all terms."""
        return all(term.matches(obj) for term in self.terms)

    def required_value(self, path: str) -> str | None:
        """The value that ``path`` must have to match, if a term fixes it."""
        return next((term.value for term in self.terms if term.path == path and not term.negated), None)


def parse_field_selector(text: str, group: str = "", kind: str = "", *, custom: bool = False) -> FieldSelector:
    """The field selector of a query on a kind; ``custom`` tells a custom resource, whose error differs.

    Raises:
        SelectorError: with the API server's text: bad syntax, or a field the kind does not offer.
    """
    terms = []
    for part in sorted(_split_terms(text)):
        if part:
            name, negated, value = _split_term(text, part)
            terms.append(FieldTerm(_stored_path(name, group, kind, custom), _unescape(value), negated))
    return FieldSelector(tuple(terms))


def field_text(obj: JsonObject, path: str) -> str:
    """What a field selector compares: texts as they are, booleans as ``true``/``false``, lists joined by commas."""
    if path == "source":
        return str(obj.get("source", {}).get("component") or obj.get("reportingComponent", ""))
    value: JsonValue = obj
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    if value is None:
        return _PRINTED_DEFAULTS.get(path, "")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join(str(item.get("ip", "")) for item in value if isinstance(item, dict))
    return str(value)


def _stored_path(name: str, group: str, kind: str, custom: bool) -> str:
    own = _SUPPORTED.get((group, kind))
    if own is None:
        if name in _METADATA_FIELDS:
            return name
        if custom:
            raise SelectorError(f"field label not supported: {name}")
        raise SelectorError(f'"{name}" is not a known field selector: only "metadata.name", "metadata.namespace"')
    if name not in own:
        raise SelectorError(f"field label not supported: {name}")
    return own[name]


def _split_terms(text: str) -> list[str]:
    """Parts between commas; a backslash takes away a comma's meaning."""
    parts = [""]
    escaped = False
    for char in text:
        if escaped:
            escaped = False
        elif char == "\\":
            escaped = True
        elif char == ",":
            parts.append("")
            continue
        parts[-1] += char
    return parts


def _split_term(text: str, part: str) -> tuple[str, bool, str]:
    for index in range(len(part)):
        for operator in ("!=", "==", "="):
            if part.startswith(operator, index):
                return part[:index], operator == "!=", part[index + len(operator) :]
    raise SelectorError(f"invalid selector: '{text}'; can't understand '{part}'")


def _unescape(value: str) -> str:
    result = ""
    chars = iter(value)
    for char in chars:
        if char == "\\":
            escaped = next(chars, "")
            if escaped not in {"\\", ",", "="}:
                raise SelectorError(f"invalid field selector: invalid escape sequence: \\{escaped}")
            result += escaped
        elif char in ",=":
            raise SelectorError(f"invalid field selector: unescaped character in value: {ord(char)}")
        else:
            result += char
    return result
