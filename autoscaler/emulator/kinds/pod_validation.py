"""Which pod specs are accepted: containers, images, names, resources, tolerations, volumes.

The fields that scheduling and scaling read are checked as upstream does; the inside of volumes, probes and security
settings is taken as it is.

Source: kubernetes pkg/apis/core/validation/validation.go, ValidatePodSpec.
"""

from collections.abc import Sequence

from autoscaler.config.object_meta import validate_annotations, validate_labels
from autoscaler.config.resource_names import is_native, validate_container_resource_name
from autoscaler.emulator.kinds.checks import resource_quantity
from autoscaler.model.field_errors import (
    FieldError,
    duplicate,
    forbidden,
    invalid,
    not_found,
    not_supported,
    required,
)
from autoscaler.model.json_types import JsonObject
from autoscaler.model.names import (
    dns_label_faults,
    dns_subdomain_faults,
    label_value_faults,
    qualified_name_faults,
)
from autoscaler.model.quantity import Quantity

DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"
_RESTART_POLICIES = ("Always", "OnFailure", "Never")
_DNS_POLICIES = ("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None")
_PULL_POLICIES = ("Always", "IfNotPresent", "Never")
_PROTOCOLS = ("SCTP", "TCP", "UDP")
_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
_MAX_PORT = 65535
_MAX_DEADLINE_S = 2**31 - 1


def validate_template(template: JsonObject, path: str) -> list[FieldError]:
    """Faults of a pod template: its labels, annotations and spec."""
    metadata = template.get("metadata") or {}
    return [
        *validate_labels(metadata.get("labels"), f"{path}.metadata.labels"),
        *validate_annotations(metadata.get("annotations"), f"{path}.metadata.annotations"),
        *deletion_cost_faults(metadata, f"{path}.metadata.annotations"),
        *validate_pod_spec(template.get("spec") or {}, f"{path}.spec"),
    ]


def validate_pod_spec(spec: JsonObject, path: str = "spec") -> list[FieldError]:
    """Faults of a pod spec with its defaults filled in."""
    volumes = [volume.get("name", "") for volume in spec.get("volumes") or ()]
    containers = spec.get("containers") or []
    faults = _unique_names(volumes, f"{path}.volumes")
    if not containers:
        faults.append(required(f"{path}.containers"))
    faults += validate_containers(containers, volumes, f"{path}.containers")
    faults += validate_containers(spec.get("initContainers") or [], volumes, f"{path}.initContainers")
    faults += _choice(spec, "restartPolicy", _RESTART_POLICIES, path)
    faults += _choice(spec, "dnsPolicy", _DNS_POLICIES, path)
    faults += validate_labels(spec.get("nodeSelector"), f"{path}.nodeSelector")
    if node := spec.get("nodeName"):
        faults += [invalid(f"{path}.nodeName", node, text) for text in dns_subdomain_faults(node)]
    for index, toleration in enumerate(spec.get("tolerations") or ()):
        faults += _toleration(toleration, f"{path}.tolerations[{index}]")
    deadline = spec.get("activeDeadlineSeconds")
    if deadline is not None and not 1 <= deadline <= _MAX_DEADLINE_S:
        text = f"must be between 1 and {_MAX_DEADLINE_S}, inclusive"
        faults.append(invalid(f"{path}.activeDeadlineSeconds", deadline, text))
    return faults + _scheduling_gates(spec, path)


def validate_containers(containers: Sequence[JsonObject], volumes: Sequence[str], path: str) -> list[FieldError]:
    """Faults of a list of containers that mount some of ``volumes``."""
    faults: list[FieldError] = []
    seen: set[str] = set()
    for index, container in enumerate(containers):
        place = f"{path}[{index}]"
        name = container.get("name", "")
        faults += _name(name, f"{place}.name")
        if name and name in seen:
            faults.append(duplicate(f"{place}.name", name))
        seen.add(name)
        faults += _image(container.get("image", ""), f"{place}.image")
        faults += _ports(container.get("ports") or (), f"{place}.ports")
        faults += _mounts(container.get("volumeMounts") or (), volumes, f"{place}.volumeMounts")
        faults += _choice(container, "imagePullPolicy", _PULL_POLICIES, place)
        faults += validate_resources(container.get("resources") or {}, f"{place}.resources")
        for number, variable in enumerate(container.get("env") or ()):
            if not variable.get("name"):
                faults.append(required(f"{place}.env[{number}].name"))
    return faults


def validate_resources(resources: JsonObject, path: str) -> list[FieldError]:
    """Faults of requests and limits."""
    faults: list[FieldError] = []
    limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
    for side, amounts in (("limits", limits), ("requests", requests)):
        for name, amount in amounts.items():
            place = f"{path}.{side}[{name}]"
            faults += validate_container_resource_name(name, place)
            faults += resource_quantity(name, amount, place)
            if side == "requests":
                faults += _request_against_limit(name, amount, limits, path)
    return faults


def deletion_cost_faults(metadata: JsonObject, path: str = "metadata.annotations") -> list[FieldError]:
    """Faults of the annotation that says which pods to delete first."""
    cost = (metadata.get("annotations") or {}).get(DELETION_COST)
    if cost is None or _is_int32(cost):
        return []
    return [invalid(f"{path}[{DELETION_COST}]", cost, "must be a 32bit integer")]


def _is_int32(text: str) -> bool:
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()) or (text[0] == "0" and text != "0"):
        return False
    return -(2**31) <= int(text) < 2**31


def _request_against_limit(name: str, amount: str, limits: JsonObject, path: str) -> list[FieldError]:
    request = Quantity.from_json(amount)
    may_overcommit = is_native(name) and not name.startswith("hugepages-")
    if name not in limits:
        text = "Limit must be set for non overcommitable resources"
        return [] if may_overcommit else [required(f"{path}.limits", text)]
    limit = Quantity.from_json(limits[name])
    if not may_overcommit and request != limit:
        return [invalid(f"{path}.requests", str(request), f"must be equal to {name} limit of {limit}")]
    if request > limit:
        return [invalid(f"{path}.requests", str(request), f"must be less than or equal to {name} limit of {limit}")]
    return []


def _name(name: str, path: str) -> list[FieldError]:
    return [invalid(path, name, text) for text in dns_label_faults(name)] if name else [required(path)]


def _unique_names(names: Sequence[str], path: str) -> list[FieldError]:
    faults: list[FieldError] = []
    for index, name in enumerate(names):
        faults += _name(name, f"{path}[{index}].name")
        if name and name in names[:index]:
            faults.append(duplicate(f"{path}[{index}].name", name))
    return faults


def _image(image: str, path: str) -> list[FieldError]:
    if not image:
        return [required(path)]
    return [] if image == image.strip() else [invalid(path, image, "must not have leading or trailing whitespace")]


def _ports(ports: Sequence[JsonObject], path: str) -> list[FieldError]:
    faults: list[FieldError] = []
    for index, port in enumerate(ports):
        place, number = f"{path}[{index}]", port.get("containerPort", 0)
        if number == 0:
            faults.append(required(f"{place}.containerPort"))
        elif not 1 <= number <= _MAX_PORT:
            faults.append(invalid(f"{place}.containerPort", number, f"must be between 1 and {_MAX_PORT}, inclusive"))
        faults += _choice(port, "protocol", _PROTOCOLS, place)
        names = [other.get("name") for other in ports[:index]]
        if port.get("name") and port["name"] in names:
            faults.append(duplicate(f"{place}.name", port["name"]))
    return faults


def _mounts(mounts: Sequence[JsonObject], volumes: Sequence[str], path: str) -> list[FieldError]:
    faults: list[FieldError] = []
    for index, mount in enumerate(mounts):
        place, name = f"{path}[{index}]", mount.get("name", "")
        if not name:
            faults.append(required(f"{place}.name"))
        elif name not in volumes:
            faults.append(not_found(f"{place}.name", name))
        if not mount.get("mountPath"):
            faults.append(required(f"{place}.mountPath"))
        elif mount["mountPath"] in [other.get("mountPath") for other in mounts[:index]]:
            faults.append(invalid(f"{place}.mountPath", mount["mountPath"], "must be unique"))
    return faults


def _choice(holder: JsonObject, name: str, choices: Sequence[str], path: str) -> list[FieldError]:
    value = holder.get(name) or ""
    if not value:
        return [required(f"{path}.{name}")]
    return [] if value in choices else [not_supported(f"{path}.{name}", value, choices)]


def _toleration(toleration: JsonObject, path: str) -> list[FieldError]:
    key, operator, effect = (toleration.get(name) or "" for name in ("key", "operator", "effect"))
    faults = [invalid(f"{path}.key", key, text) for text in qualified_name_faults(key)] if key else []
    if not key and operator != "Exists":
        text = 'operator must be Exists when `key` is empty, which means "match all values and all keys"'
        faults.append(invalid(f"{path}.operator", operator, text))
    if toleration.get("tolerationSeconds") is not None and effect != "NoExecute":
        faults.append(invalid(f"{path}.effect", effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"))
    value = toleration.get("value") or ""
    if operator in {"Equal", ""}:
        faults += [invalid(f"{path}.operator", value, text) for text in label_value_faults(value)]
    elif operator == "Exists":
        if value:
            faults.append(invalid(f"{path}.operator", toleration, "value must be empty when `operator` is 'Exists'"))
    else:
        faults.append(not_supported(f"{path}.operator", operator, ("Equal", "Exists")))
    if effect and effect not in _EFFECTS:
        faults.append(not_supported(f"{path}.effect", effect, _EFFECTS))
    return faults


def _scheduling_gates(spec: JsonObject, path: str) -> list[FieldError]:
    gates = [gate.get("name", "") for gate in spec.get("schedulingGates") or ()]
    faults: list[FieldError] = []
    for index, gate in enumerate(gates):
        place = f"{path}.schedulingGates[{index}]"
        faults += [invalid(place, gate, text) for text in qualified_name_faults(gate)]
        if gate in gates[:index]:
            faults.append(duplicate(place, gate))
    if gates and spec.get("nodeName"):
        faults.append(forbidden(f"{path}.nodeName", "cannot be set until all schedulingGates have been cleared"))
    return faults
