"""What the API server fills into pods and pod templates.

Source: kubernetes pkg/apis/core/v1/defaults.go; plugin/pkg/admission defaulttolerationseconds and priority.
"""

from typing import Any

from autoscaler.model.json_types import JsonObject

_TOLERATED_S = 300
"""How long a pod stays on a node that is not ready or unreachable, unless it says otherwise."""
_LOST_NODE_TAINTS = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_CONTAINER_LISTS = ("initContainers", "containers", "ephemeralContainers")
_PROBE_DEFAULTS = {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}


def spec_with_defaults(spec: JsonObject) -> JsonObject:
    """A pod spec, in a pod or in a template."""
    filled: JsonObject = {
        "restartPolicy": "Always",
        "terminationGracePeriodSeconds": 30,
        "dnsPolicy": "ClusterFirst",
        "securityContext": {},
        "schedulerName": "default-scheduler",
        **spec,
    }
    for name in _CONTAINER_LISTS:
        if spec.get(name):
            filled[name] = [_container(container) for container in spec[name]]
    if spec.get("serviceAccountName"):
        filled["serviceAccount"] = spec["serviceAccountName"]
    return filled


def template_with_defaults(template: JsonObject | None) -> JsonObject:
    """A pod template."""
    given = template or {}
    return {**given, "metadata": given.get("metadata") or {}, "spec": spec_with_defaults(given.get("spec") or {})}


def pod_with_defaults(pod: JsonObject) -> JsonObject:
    """A pod: as its spec, and requests default to limits."""
    spec = spec_with_defaults(pod.get("spec") or {})
    for name in _CONTAINER_LISTS:
        if spec.get(name):
            spec[name] = [_with_requests(container) for container in spec[name]]
    spec.setdefault("enableServiceLinks", True)
    return {**pod, "spec": spec}


def admitted_pod(pod: JsonObject) -> JsonObject:
    """What admission adds to a new pod: priority, and tolerations that hold for a while."""
    spec = {"priority": 0, "preemptionPolicy": "PreemptLowerPriority"} | pod["spec"]
    tolerations = list(spec.get("tolerations") or ())
    for taint in _LOST_NODE_TAINTS:
        if not any(_tolerates(toleration, taint) for toleration in tolerations):
            tolerations.append(_toleration(taint))
    return {**pod, "spec": spec | {"tolerations": tolerations}}


def _toleration(taint: str) -> JsonObject:
    return {"key": taint, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": _TOLERATED_S}


def _tolerates(toleration: JsonObject, taint: str) -> bool:
    return toleration.get("key", "") in {taint, ""} and toleration.get("effect", "") in {"NoExecute", ""}


def _container(container: JsonObject) -> JsonObject:
    image = container.get("image", "")
    filled: JsonObject = {
        "resources": {},
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        "imagePullPolicy": "Always" if _is_floating(image) else "IfNotPresent",
        **container,
    }
    if container.get("ports"):
        filled["ports"] = [{"protocol": "TCP", **port} for port in container["ports"]]
    if container.get("env"):
        filled["env"] = [_variable(variable) for variable in container["env"]]
    for name in _PROBES:
        if container.get(name) is not None:
            filled[name] = _probe(container[name])
    return filled


def _is_floating(image: str) -> bool:
    """Whether the image's tag may mean another image tomorrow."""
    name, _, digest = image.partition("@")
    tag = name.rpartition("/")[2].partition(":")[2]
    return not digest and tag in {"", "latest"}


def _variable(variable: JsonObject) -> JsonObject:
    source = variable.get("valueFrom") or {}
    if "fieldRef" not in source:
        return variable
    reference = {"apiVersion": "v1", **source["fieldRef"]}
    return {**variable, "valueFrom": {**source, "fieldRef": reference}}


def _probe(probe: JsonObject) -> JsonObject:
    filled: dict[str, Any] = {**_PROBE_DEFAULTS, **probe}
    if probe.get("httpGet") is not None:
        filled["httpGet"] = {"path": "/", "scheme": "HTTP", **probe["httpGet"]}
    return filled


def _with_requests(container: JsonObject) -> JsonObject:
    resources = container.get("resources") or {}
    limits = resources.get("limits")
    if not limits:
        return container
    requests = limits | (resources.get("requests") or {})
    return {**container, "resources": {**resources, "requests": requests}}
