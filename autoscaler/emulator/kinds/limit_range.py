"""LimitRanges: defaults and validation of the object; what the limit-ranger plugin adds to pods and refuses.

Source: kubernetes pkg/apis/core/v1/defaults.go, SetDefaults_LimitRangeItem; pkg/apis/core/validation/validation.go,
ValidateLimitRange; plugin/pkg/admission/limitranger/admission.go.
"""

from collections.abc import Iterable, Mapping

from autoscaler.config.resource_names import is_native, validate_resource_name
from autoscaler.emulator.kinds.amounts import Amounts, amounts_of, container_amounts, pod_amounts
from autoscaler.emulator.kinds.rules import KindRules
from autoscaler.model.field_errors import FieldError, duplicate, forbidden, invalid
from autoscaler.model.json_types import JsonObject
from autoscaler.model.quantity import Quantity

ANNOTATION = "kubernetes.io/limit-ranger"
_MAPS = ("max", "min", "default", "defaultRequest", "maxLimitRequestRatio")
_CONTAINER_LISTS = (("containers", "container"), ("initContainers", "init container"))


def _with_defaults(limit_range: JsonObject) -> JsonObject:
    spec = limit_range.get("spec") or {}
    limits = [_item_with_defaults(item) for item in spec.get("limits") or ()]
    return {**limit_range, "spec": {**spec, "limits": limits}}


def _item_with_defaults(item: JsonObject) -> JsonObject:
    """The default limit is the maximum; the default request is the default limit, else the minimum."""
    if item.get("type") != "Container":
        return item
    default = (item.get("max") or {}) | (item.get("default") or {})
    request = (item.get("min") or {}) | default | (item.get("defaultRequest") or {})
    filled = {**item, "default": default, "defaultRequest": request}
    return {name: value for name, value in filled.items() if value != {}}


def _validate(limit_range: JsonObject) -> list[FieldError]:
    faults: list[FieldError] = []
    seen: set[str] = set()
    for index, item in enumerate((limit_range.get("spec") or {}).get("limits") or ()):
        path, kind = f"spec.limits[{index}]", item.get("type", "")
        if kind in seen:
            faults.append(duplicate(f"{path}.type", kind))
        seen.add(kind)
        faults += _item_faults(item, kind, path)
    return faults


def _item_faults(item: JsonObject, kind: str, path: str) -> list[FieldError]:
    faults: list[FieldError] = []
    for field in _MAPS:
        for name in item.get(field) or {}:
            faults += validate_resource_name(name, f"{path}.{field}[{name}]")
    if kind == "Pod":
        for field in ("default", "defaultRequest"):
            if item.get(field):
                faults.append(forbidden(f"{path}.{field}", "may not be specified when `type` is 'Pod'"))
    amounts = {field: amounts_of(item.get(field)) for field in _MAPS}
    for name in sorted({name for field in _MAPS for name in amounts[field]}):
        faults += _resource_faults({field: amounts[field].get(name) for field in _MAPS}, name, path)
    return faults


def _resource_faults(bounds: Mapping[str, Quantity | None], name: str, path: str) -> list[FieldError]:
    """Faults of the order minimum <= default request <= default <= maximum of one resource."""
    low, high, limit, request = (bounds[field] for field in ("min", "max", "default", "defaultRequest"))
    ratio = bounds["maxLimitRequestRatio"]
    faults: list[FieldError] = []

    def ordered(
        smaller: Quantity | None, larger: Quantity | None, place: str, shown: Quantity | None, text: str
    ) -> None:
        if smaller is not None and larger is not None and smaller > larger:
            faults.append(invalid(f"{path}.{place}[{name}]", str(shown), text.format(smaller, larger)))

    ordered(low, high, "min", low, "min value {} is greater than max value {}")
    ordered(low, request, "defaultRequest", request, "min value {} is greater than default request value {}")
    ordered(request, high, "defaultRequest", request, "default request value {} is greater than max value {}")
    ordered(
        request, limit, "defaultRequest", request, "default request value {} is greater than default limit value {}"
    )
    ordered(low, limit, "default", low, "min value {} is greater than default value {}")
    ordered(limit, high, "default", high, "default value {} is greater than max value {}")
    if ratio is not None and ratio < Quantity(1):
        faults.append(invalid(f"{path}.maxLimitRequestRatio[{name}]", str(ratio), f"ratio {ratio} is less than 1"))
    elif ratio is not None and low is not None and high is not None:
        most = high.as_float() / low.as_float()
        if ratio.as_float() > most:
            text = f"ratio {ratio} is greater than max/min = {most:f}"
            faults.append(invalid(f"{path}.maxLimitRequestRatio[{name}]", str(ratio), text))
    if not is_native(name) and request is not None and limit is not None and request != limit:
        text = f"default value {limit} must equal to defaultRequest value {request} in {name}"
        faults.append(invalid(f"{path}.defaultRequest[{name}]", str(request), text))
    return faults


def limited_pod(limit_ranges: Iterable[JsonObject], pod: JsonObject) -> JsonObject:
    """The pod with default requests and limits where its containers leave them open, noted in an annotation."""
    for limit_range in limit_ranges:
        pod = _with_container_defaults(limit_range, pod)
    return pod


def _with_container_defaults(limit_range: JsonObject, pod: JsonObject) -> JsonObject:
    items = [item for item in limit_range["spec"].get("limits") or () if item.get("type") == "Container"]
    limits: JsonObject = {}
    requests: JsonObject = {}
    for item in items:
        limits |= item.get("default") or {}
        requests |= item.get("defaultRequest") or {}
    spec, notes = dict(pod["spec"]), []
    for field, word in _CONTAINER_LISTS:
        filled = [_filled(container, requests, limits) for container in spec.get(field) or ()]
        notes += [
            note
            for before, after in zip(spec.get(field) or (), filled, strict=True)
            for note in _notes(before, after, word)
        ]
        if filled:
            spec[field] = filled
    if not notes:
        return pod
    metadata = pod["metadata"]
    annotations = {**(metadata.get("annotations") or {}), ANNOTATION: f"LimitRanger plugin set: {'; '.join(notes)}"}
    return {**pod, "spec": spec, "metadata": {**metadata, "annotations": annotations}}


def _filled(container: JsonObject, requests: JsonObject, limits: JsonObject) -> JsonObject:
    resources = container.get("resources") or {}
    sides = {
        "limits": limits | (resources.get("limits") or {}),
        "requests": requests | (resources.get("requests") or {}),
    }
    return {**container, "resources": resources | {side: amounts for side, amounts in sides.items() if amounts}}


def _notes(before: JsonObject, after: JsonObject, word: str) -> list[str]:
    notes = []
    for side, noun in (("requests", "request"), ("limits", "limit")):
        old, new = ((each.get("resources") or {}).get(side) or {} for each in (before, after))
        added = sorted(set(new) - set(old))
        if added:
            notes.append(f"{', '.join(added)} {noun} for {word} {after.get('name', '')}")
    return notes


def limit_refusals(limit_range: JsonObject, pod: JsonObject) -> list[str]:
    """What of the pod is outside the limits, one sentence each (the reasons of a 403)."""
    refusals: list[str] = []
    spec = pod["spec"]
    for item in limit_range["spec"].get("limits") or ():
        if item.get("type") == "Container":
            for field, _ in _CONTAINER_LISTS:
                for container in spec.get(field) or ():
                    requests, limits = (container_amounts(container, side) for side in ("requests", "limits"))
                    refusals += _refusals(item, requests, limits)
        elif item.get("type") == "Pod":
            refusals += _refusals(item, pod_amounts(spec, "requests"), pod_amounts(spec, "limits"))
    return refusals


def refusal_text(refusals: list[str]) -> str:
    """One text for all refusals, as the reason of a 403."""
    unique = list(dict.fromkeys(refusals))
    return unique[0] if len(unique) == 1 else f"[{', '.join(unique)}]"


def _refusals(item: JsonObject, requests: Amounts, limits: Amounts) -> list[str]:
    kind = item["type"]
    refusals = [_below(kind, name, least, requests, limits) for name, least in amounts_of(item.get("min")).items()]
    refusals += [_above(kind, name, most, requests, limits) for name, most in amounts_of(item.get("max")).items()]
    ratios = amounts_of(item.get("maxLimitRequestRatio"))
    refusals += [_ratio(kind, name, ratio, requests, limits) for name, ratio in ratios.items()]
    return [refusal for refusal in refusals if refusal]


def _below(kind: str, name: str, least: Quantity, requests: Amounts, limits: Amounts) -> str:
    request, limit = requests.get(name), limits.get(name)
    if request is None:
        return f"minimum {name} usage per {kind} is {least}.  No request is specified"
    if request < least:
        return f"minimum {name} usage per {kind} is {least}, but request is {request}"
    if limit is not None and limit < least:
        return f"minimum {name} usage per {kind} is {least}, but limit is {limit}"
    return ""


def _above(kind: str, name: str, most: Quantity, requests: Amounts, limits: Amounts) -> str:
    request, limit = requests.get(name), limits.get(name)
    if limit is None:
        return f"maximum {name} usage per {kind} is {most}.  No limit is specified"
    if limit > most:
        return f"maximum {name} usage per {kind} is {most}, but limit is {limit}"
    if request is not None and request > most:
        return f"maximum {name} usage per {kind} is {most}, but request is {request}"
    return ""


def _ratio(kind: str, name: str, most: Quantity, requests: Amounts, limits: Amounts) -> str:
    request, limit = requests.get(name), limits.get(name)
    start = f"{name} max limit to request ratio per {kind} is {most}, but "
    if request is None or request.is_zero:
        return f"{start}no request is specified or request is 0"
    if limit is None or limit.is_zero:
        return f"{start}no limit is specified or limit is 0"
    ratio = limit.as_float() / request.as_float()
    return f"{start}provided ratio is {ratio:f}" if ratio > most.as_float() else ""


LIMIT_RANGE = KindRules(with_defaults=_with_defaults, validate=_validate)
