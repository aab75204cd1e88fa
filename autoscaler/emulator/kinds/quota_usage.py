"""What an object uses of a quota, and whether a quota is about it.

Source: kubernetes pkg/quota/v1/evaluator/core/{pods,services}.go; apiserver pkg/quota/v1/generic/evaluator.go.
"""

from collections.abc import Iterable

from autoscaler.config.resource_names import is_extended
from autoscaler.emulator.kinds.amounts import Amounts, pod_amounts
from autoscaler.emulator.kinds.pod import quality_of_service
from autoscaler.model.json_types import JsonObject
from autoscaler.model.quantity import Quantity

POD_COUNTS = frozenset({"pods"})
POD_COMPUTE = frozenset({"cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"})
SCOPES = ("Terminating", "NotTerminating", "BestEffort", "NotBestEffort", "PriorityClass", "CrossNamespacePodAffinity")
_COMPUTE = ("cpu", "memory")
_TERMINAL_PHASES = frozenset({"Succeeded", "Failed"})
_NAMED_COUNTS = frozenset(
    {"configmaps", "secrets", "services", "persistentvolumeclaims", "replicationcontrollers", "resourcequotas"}
)
"""Core resources that a quota may also count by their bare name."""
ONE = Quantity(1)


def usage_of(group: str, plural: str, obj: JsonObject) -> Amounts:
    """What an object counts, by the names a quota may use for it."""
    if (group, plural) == ("", "pods"):
        return _pod_usage(obj)
    usage = {f"count/{plural}.{group}" if group else f"count/{plural}": ONE}
    if not group and plural in _NAMED_COUNTS:
        usage[plural] = ONE
    if (group, plural) == ("", "services"):
        usage |= _service_usage(obj.get("spec") or {})
    return usage


def missing_requests(group: str, plural: str, obj: JsonObject, hard: Iterable[str]) -> str:
    """Which containers do not say what a quota counts: ``requests.cpu for: c,d; limits.memory for: c``, or nothing."""
    if (group, plural) != ("", "pods"):
        return ""
    spec = obj["spec"]
    containers = [*(spec.get("containers") or ()), *(spec.get("initContainers") or ())]
    parts = []
    for name in sorted(POD_COMPUTE.intersection(hard)):
        side, _, resource = name.rpartition(".")
        silent = sorted({each.get("name", "") for each in containers if not _says(each, side or "requests", resource)})
        if silent:
            parts.append(f"{name} for: {','.join(silent)}")
    return "; ".join(parts)


def is_in_scope(quota: JsonObject, group: str, plural: str, obj: JsonObject) -> bool:
    """Whether the quota's scopes take the object in; a quota with scopes is about pods only."""
    scopes = (quota.get("spec") or {}).get("scopes") or ()
    if not scopes:
        return True
    return (group, plural) == ("", "pods") and all(_is_scoped(obj, scope) for scope in scopes)


def _is_scoped(pod: JsonObject, scope: str) -> bool:
    match scope:
        case "Terminating" | "NotTerminating":
            return (pod["spec"].get("activeDeadlineSeconds") is not None) is (scope == "Terminating")
        case "BestEffort" | "NotBestEffort":
            return (quality_of_service(pod) == "BestEffort") is (scope == "BestEffort")
        case "PriorityClass":
            return bool(pod["spec"].get("priorityClassName"))
        case _:
            return False


def _pod_usage(pod: JsonObject) -> Amounts:
    """A finished pod counts only as an object."""
    usage = {"count/pods": ONE}
    if (pod.get("status") or {}).get("phase") in _TERMINAL_PHASES:
        return usage
    usage["pods"] = ONE
    for name, amount in pod_amounts(pod["spec"], "requests").items():
        usage[f"requests.{name}"] = amount
        if not is_extended(name):
            usage[name] = amount
    for name, amount in pod_amounts(pod["spec"], "limits").items():
        if not is_extended(name):
            usage[f"limits.{name}"] = amount
    return usage


def _service_usage(spec: JsonObject) -> Amounts:
    kind, ports = spec.get("type", "ClusterIP"), spec.get("ports") or ()
    balancers = 1 if kind == "LoadBalancer" else 0
    node_ports = len(ports) if kind in {"NodePort", "LoadBalancer"} else 0
    return {"services.loadbalancers": Quantity(balancers), "services.nodeports": Quantity(node_ports)}


def _says(container: JsonObject, side: str, resource: str) -> bool:
    return resource in ((container.get("resources") or {}).get(side) or {})
