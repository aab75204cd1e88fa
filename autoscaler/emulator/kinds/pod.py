"""Pods: how they begin, which of their fields may change, binding to a node.

Source: kubernetes pkg/registry/core/pod/strategy.go and storage/storage.go; ValidatePodUpdate.
"""

from datetime import datetime
from ipaddress import ip_address

from autoscaler.config.go_time import format_time
from autoscaler.emulator.kinds.pod_defaults import pod_with_defaults
from autoscaler.emulator.kinds.pod_validation import deletion_cost_faults, validate_pod_spec
from autoscaler.emulator.kinds.rules import KindRules
from autoscaler.model.field_errors import FieldError, forbidden, invalid, required
from autoscaler.model.json_types import JsonObject
from autoscaler.model.quantity import Quantity

_GATED_MESSAGE = "Scheduling is blocked due to non-empty scheduling gates"
_UPDATE_REFUSED = (
    "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
    "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
)
_CHANGEABLE = ("activeDeadlineSeconds", "tolerations", "schedulingGates")
_COMPUTE = ("cpu", "memory")


def validate(pod: JsonObject) -> list[FieldError]:
    """Faults of a new pod."""
    return [*deletion_cost_faults(pod["metadata"]), *validate_pod_spec(pod["spec"])]


def validate_update(new: JsonObject, old: JsonObject) -> list[FieldError]:
    """Faults of a change: images, deadline, added tolerations and removed gates are all that may change."""
    faults = deletion_cost_faults(new["metadata"])
    spec, before = new["spec"], old["spec"]
    for name in ("containers", "initContainers"):
        if len(spec.get(name) or ()) != len(before.get(name) or ()):
            return [*faults, forbidden(f"spec.{name}", "pod updates may not add or remove containers")]
        faults += [
            required(f"spec.{name}[{index}].image")
            for index, container in enumerate(spec.get(name) or ())
            if not container.get("image")
        ]
    faults += _deadline(spec.get("activeDeadlineSeconds"), before.get("activeDeadlineSeconds"))
    faults += _tolerations(spec, before)
    faults += _gates(spec, before)
    if _frozen_part(spec) != _frozen_part(before):
        faults.append(forbidden("spec", _UPDATE_REFUSED))
    return faults


def initial_status(pod: JsonObject, now: datetime) -> JsonObject:
    """The status of a new pod."""
    status: JsonObject = {"phase": "Pending"}
    if pod["spec"].get("schedulingGates"):
        status["conditions"] = [
            {
                "type": "PodScheduled",
                "status": "False",
                "lastProbeTime": None,
                "lastTransitionTime": format_time(now),
                "reason": "SchedulingGated",
                "message": _GATED_MESSAGE,
            }
        ]
    return status | {"qosClass": quality_of_service(pod)}


def with_addresses(status: JsonObject) -> JsonObject:
    """The status with ``podIP`` and the first of ``podIPs`` saying the same."""
    first, several = status.get("podIP"), status.get("podIPs") or []
    if several and not first:
        return {**status, "podIP": several[0].get("ip", "")}
    if first and (not several or several[0].get("ip") != first):
        return {**status, "podIPs": [{"ip": first}]}
    return status


def validate_status(new: JsonObject, old: JsonObject) -> list[FieldError]:
    """Faults of a change of the status."""
    status, before = new.get("status") or {}, old.get("status") or {}
    faults: list[FieldError] = []
    if status.get("qosClass") not in {None, before.get("qosClass")}:
        faults.append(invalid("status.qosClass", status["qosClass"], "field is immutable"))
    for index, entry in enumerate(status.get("podIPs") or ()):
        faults += _address(entry.get("ip", ""), f"status.podIPs[{index}]")
    return faults


def _address(text: str, path: str) -> list[FieldError]:
    try:
        ip_address(text)
    except ValueError:
        return [invalid(path, text, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)")]
    return []


def bound(pod: JsonObject, node: str, now: datetime) -> JsonObject:
    """The pod placed on a node by a scheduler."""
    status = pod.get("status") or {}
    scheduled = {
        "type": "PodScheduled",
        "status": "True",
        "lastProbeTime": None,
        "lastTransitionTime": format_time(now),
    }
    others = [each for each in status.get("conditions") or () if each.get("type") != "PodScheduled"]
    return {
        **pod,
        "spec": {**pod["spec"], "nodeName": node},
        "status": {**status, "conditions": [*others, scheduled]},
    }


def binding_refusal(pod: JsonObject) -> str:
    """Why the pod cannot be bound (409), or the empty text."""
    name = pod["metadata"]["name"]
    if "deletionTimestamp" in pod["metadata"]:
        return f"pod {name} is being deleted, cannot be assigned to a host"
    if pod["spec"].get("nodeName"):
        return f'pod {name} is already assigned to node "{pod["spec"]["nodeName"]}"'
    if pod["spec"].get("schedulingGates"):
        return f"pod {name} has non-empty .spec.schedulingGates"
    return ""


def quality_of_service(pod: JsonObject) -> str:
    """Guaranteed when every container's cpu and memory limits equal its requests; BestEffort without any of them."""
    spec = pod["spec"]
    resources = [container.get("resources") or {} for container in _all_containers(spec)]
    amounts = [each.get(side) or {} for each in resources for side in ("requests", "limits")]
    if not any(_positive(amount, name) for amount in amounts for name in _COMPUTE):
        return "BestEffort"
    guaranteed = all(_is_guaranteed(each) for each in resources)
    return "Guaranteed" if guaranteed else "Burstable"


def _all_containers(spec: JsonObject) -> list[JsonObject]:
    return [*(spec.get("containers") or ()), *(spec.get("initContainers") or ())]


def _positive(amounts: JsonObject, name: str) -> bool:
    return name in amounts and Quantity.from_json(amounts[name]).sign > 0


def _is_guaranteed(resources: JsonObject) -> bool:
    requests, limits = resources.get("requests") or {}, resources.get("limits") or {}
    return all(
        _positive(limits, name)
        and (name not in requests or Quantity.from_json(requests[name]) == Quantity.from_json(limits[name]))
        for name in _COMPUTE
    )


def _deadline(new: int | None, old: int | None) -> list[FieldError]:
    path = "spec.activeDeadlineSeconds"
    if new is None:
        return [] if old is None else [invalid(path, None, "must not update from a positive integer to nil value")]
    if not 0 <= new < 2**31:
        return [invalid(path, new, "must be between 0 and 2147483647, inclusive")]
    if old is not None and old < new:
        return [invalid(path, new, "must be less than or equal to previous value")]
    return []


def _tolerations(spec: JsonObject, before: JsonObject) -> list[FieldError]:
    kept = [_without_seconds(each) for each in spec.get("tolerations") or ()]
    if all(_without_seconds(each) in kept for each in before.get("tolerations") or ()):
        return []
    return [forbidden("spec.tolerations", "existing toleration can not be modified except its tolerationSeconds")]


def _without_seconds(toleration: JsonObject) -> JsonObject:
    return {name: value for name, value in toleration.items() if name != "tolerationSeconds"}


def _gates(spec: JsonObject, before: JsonObject) -> list[FieldError]:
    known = before.get("schedulingGates") or []
    return [
        forbidden(
            f"spec.schedulingGates[{index}]",
            f"only deletion is allowed, but found new scheduling gate '{gate.get('name', '')}'",
        )
        for index, gate in enumerate(spec.get("schedulingGates") or ())
        if gate not in known
    ]


def _frozen_part(spec: JsonObject) -> JsonObject:
    """The spec without what an update may change."""
    frozen = {name: value for name, value in spec.items() if name not in _CHANGEABLE}
    for name in ("containers", "initContainers"):
        if spec.get(name):
            frozen[name] = [{key: each[key] for key in each if key != "image"} for each in spec[name]]
    if (spec.get("terminationGracePeriodSeconds") or 0) < 0:
        frozen["terminationGracePeriodSeconds"] = 1
    return frozen


def _with_defaults(pod: JsonObject) -> JsonObject:
    filled = pod_with_defaults(pod)
    return {**filled, "status": with_addresses(filled["status"])} if filled.get("status") else filled


POD = KindRules(
    with_defaults=_with_defaults,
    validate=validate,
    validate_update=validate_update,
    validate_status=validate_status,
)
