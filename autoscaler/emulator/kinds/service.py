"""Services: what is filled in, an address in the cluster, and what is refused.

Source: kubernetes pkg/apis/core/v1/defaults.go; pkg/registry/core/service/storage/alloc.go; validation.go.
"""

from typing import Any

from autoscaler.emulator.kinds.rules import KindRules
from autoscaler.model.field_errors import FieldError, invalid, not_supported, required
from autoscaler.model.json_types import JsonObject

_TYPES = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")
_HEADLESS = "None"


def with_address(service: JsonObject) -> JsonObject:
    """A new service with an address of 10.96.0.0/12, drawn from its uid, unless it has one or wants none."""
    spec = service["spec"]
    if spec.get("clusterIP") or spec.get("type") == "ExternalName":
        return service
    number = int(service["metadata"]["uid"].replace("-", ""), 16)
    address = f"10.{96 + number % 16}.{(number >> 4) % 256}.{(number >> 12) % 254 + 1}"
    return {**service, "spec": {**spec, "clusterIP": address, "clusterIPs": [address]}}


def _with_defaults(service: JsonObject) -> JsonObject:
    spec = service.get("spec") or {}
    filled: dict[str, Any] = {"sessionAffinity": "None", "type": "ClusterIP", **spec}
    if filled["type"] != "ExternalName":
        families = {"internalTrafficPolicy": "Cluster", "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack"}
        filled = families | filled
    if filled.get("clusterIP"):
        filled.setdefault("clusterIPs", [filled["clusterIP"]])
    if ports := spec.get("ports"):
        filled["ports"] = [{"protocol": "TCP", "targetPort": port.get("port", 0), **port} for port in ports]
    return {**service, "spec": filled}


def _validate(service: JsonObject) -> list[FieldError]:
    spec = service["spec"]
    kind = spec["type"]
    faults = [] if kind in _TYPES else [not_supported("spec.type", kind, _TYPES)]
    ports = spec.get("ports") or []
    if not ports and kind != "ExternalName" and spec.get("clusterIP") != _HEADLESS:
        faults.append(required("spec.ports"))
    for index, port in enumerate(ports):
        number = port.get("port", 0)
        if not 1 <= number <= 65535:
            faults.append(invalid(f"spec.ports[{index}].port", number, "must be between 1 and 65535, inclusive"))
        if len(ports) > 1 and not port.get("name"):
            faults.append(required(f"spec.ports[{index}].name"))
    return faults


def _validate_update(new: JsonObject, old: JsonObject) -> list[FieldError]:
    faults = _validate(new)
    address, before = new["spec"].get("clusterIP"), old["spec"].get("clusterIP")
    if before and address and address != before:
        faults.append(invalid("spec.clusterIPs[0]", [address], "may not change once set"))
    return faults


SERVICE = KindRules(with_defaults=_with_defaults, validate=_validate, validate_update=_validate_update)
