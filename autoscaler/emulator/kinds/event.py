"""Events: two APIs over one storage. Rules and conversion between core/v1 (the stored form) and events.k8s.io/v1.

The new API is strict, the old one nearly takes anything; names of fields in faults are those of the stored form.

Source: kubernetes pkg/apis/core/validation/events.go; pkg/apis/events/v1/conversion.go.
"""

from autoscaler.emulator.kinds.rules import KindRules
from autoscaler.model.field_errors import FieldError, invalid, required
from autoscaler.model.json_types import JsonObject
from autoscaler.model.names import dns_subdomain_faults, qualified_name_faults

_SHORT_TEXT = 128
"""Most characters of a reason, an action, an instance's name."""
_LONG_TEXT = 1024
"""Most characters of a message."""
_NEW_NAMES = {
    "involvedObject": "regarding",
    "message": "note",
    "reportingComponent": "reportingController",
    "source": "deprecatedSource",
    "firstTimestamp": "deprecatedFirstTimestamp",
    "lastTimestamp": "deprecatedLastTimestamp",
    "count": "deprecatedCount",
}
_STORED_NAMES = {new: stored for stored, new in _NEW_NAMES.items()}
_IMMUTABLE = (
    "involvedObject",
    "reason",
    "message",
    "source",
    "firstTimestamp",
    "lastTimestamp",
    "count",
    "type",
    "eventTime",
    "action",
    "related",
    "reportingComponent",
    "reportingInstance",
)


def from_new_api(event: JsonObject) -> JsonObject:
    """An events.k8s.io/v1 event in its stored form."""
    stored = {_STORED_NAMES.get(name, name): value for name, value in event.items()}
    return stored | {"apiVersion": "v1"}


def to_new_api(event: JsonObject) -> JsonObject:
    """A stored event as events.k8s.io/v1 shows it."""
    shown = {_NEW_NAMES.get(name, name): value for name, value in event.items()}
    return shown | {"apiVersion": "events.k8s.io/v1"}


def _validate_core(event: JsonObject) -> list[FieldError]:
    return _legacy_faults(event, "reportingComponent")


def _validate_new(event: JsonObject) -> list[FieldError]:
    faults = [*_legacy_faults(event, "reportingController"), *_series_faults(event)]
    if not event.get("eventTime"):
        faults.append(required("eventTime"))
    kind = event.get("type", "")
    if kind not in {"Normal", "Warning"}:
        faults.append(invalid("type", "", f"has invalid value: {kind}"))
    faults += [
        invalid(name, "", "needs to be unset")
        for name in ("firstTimestamp", "lastTimestamp", "count", "source")
        if event.get(name)
    ]
    return faults


def _validate_new_update(new: JsonObject, old: JsonObject) -> list[FieldError]:
    faults = _legacy_faults(new, "reportingController")
    if new.get("series") != old.get("series"):
        faults += _series_faults(new)
    for name in _IMMUTABLE:
        value = new.get(name)
        if (value or None) != (old.get(name) or None):
            shown = "reportingController" if name == "reportingComponent" else name
            faults.append(invalid(shown, value, "field is immutable"))
    return faults


def _legacy_faults(event: JsonObject, controller_name: str) -> list[FieldError]:
    """What both APIs demand; an event with an eventTime is of the new sort and must be complete."""
    namespace = event["metadata"].get("namespace", "")
    involved = (event.get("involvedObject") or {}).get("namespace", "")
    faults: list[FieldError] = []
    if event.get("eventTime"):
        mismatch = not involved and namespace not in {"default", "kube-system"}
    elif involved:
        mismatch = involved != namespace
    else:
        mismatch = namespace not in {"", "default"}
    if mismatch:
        faults.append(invalid("involvedObject.namespace", involved, "does not match event.namespace"))
    if event.get("eventTime"):
        faults += _completeness(event, controller_name)
    faults += [invalid("namespace", namespace, text) for text in dns_subdomain_faults(namespace)]
    return faults


def _completeness(event: JsonObject, controller_name: str) -> list[FieldError]:
    controller = event.get("reportingComponent", "")
    faults = [] if controller else [required(controller_name)]
    faults += [invalid(controller_name, controller, text) for text in qualified_name_faults(controller)]
    for name in ("reportingInstance", "action", "reason"):
        text = event.get(name, "")
        if not text:
            faults.append(required(name))
        faults += _length(name, text, _SHORT_TEXT)
    return faults + _length("message", event.get("message", ""), _LONG_TEXT)


def _length(name: str, text: str, limit: int) -> list[FieldError]:
    return [invalid(name, "", f"can have at most {limit} characters")] if len(text.encode()) > limit else []


def _series_faults(event: JsonObject) -> list[FieldError]:
    series = event.get("series")
    if series is None:
        return []
    faults = [] if series.get("count", 0) >= 2 else [invalid("series.count", "", "should be at least 2")]
    return faults if series.get("lastObservedTime") else [*faults, required("series.lastObservedTime")]


CORE_EVENT = KindRules(validate=_validate_core)
NEW_EVENT = KindRules(validate=_validate_new, validate_update=_validate_new_update)
