"""Deployments, ReplicaSets and StatefulSets: defaults and validation.

Source: kubernetes pkg/apis/apps/v1/defaults.go and pkg/apis/apps/validation/validation.go.
"""

from autoscaler.emulator.kinds.checks import (
    at_most_100_percent,
    exceeds,
    int_or_percent,
    is_empty_selector,
    label_selector,
    nonnegative,
    percent_or_count,
)
from autoscaler.emulator.kinds.pod_defaults import template_with_defaults
from autoscaler.emulator.kinds.pod_validation import validate_template
from autoscaler.emulator.kinds.rules import KindRules
from autoscaler.model.field_errors import FieldError, forbidden, invalid, not_supported, required
from autoscaler.model.json_types import JsonObject
from autoscaler.model.label_query import NOTHING, SelectorError, selector_of_object

_QUARTER = "25%"
_STRATEGIES = ("Recreate", "RollingUpdate")
_STATEFUL_SET_CHANGEABLE = (
    "replicas",
    "ordinals",
    "template",
    "updateStrategy",
    "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy",
    "minReadySeconds",
)
_STATEFUL_SET_REFUSED = (
    "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', "
    "'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
)


def _deployment_with_defaults(deployment: JsonObject) -> JsonObject:
    given = deployment.get("spec") or {}
    spec = {"replicas": 1, "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600, **given}
    spec["template"] = template_with_defaults(given.get("template"))
    strategy = {"type": "RollingUpdate", **(given.get("strategy") or {})}
    if strategy["type"] == "RollingUpdate":
        rolling = strategy.get("rollingUpdate") or {}
        strategy["rollingUpdate"] = {"maxUnavailable": _QUARTER, "maxSurge": _QUARTER, **rolling}
    return {**deployment, "spec": spec | {"strategy": strategy}}


def _validate_deployment(deployment: JsonObject) -> list[FieldError]:
    spec = deployment["spec"]
    faults = nonnegative(spec, ["replicas"], "spec")
    faults += _selector_and_template(spec, "deployment", "ReplicaSet", "invalid label selector")
    faults += _deployment_strategy(spec["strategy"], "spec.strategy")
    faults += nonnegative(spec, ["minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"], "spec")
    deadline = spec.get("progressDeadlineSeconds")
    if deadline is not None and deadline <= spec.get("minReadySeconds", 0):
        faults.append(invalid("spec.progressDeadlineSeconds", deadline, "must be greater than minReadySeconds"))
    return faults


def _validate_deployment_update(new: JsonObject, old: JsonObject) -> list[FieldError]:
    return [*_validate_deployment(new), *_selector_unchanged(new, old)]


def _validate_deployment_status(new: JsonObject, old: JsonObject) -> list[FieldError]:
    status = new.get("status") or {}
    counts = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas", "unavailableReplicas")
    faults = nonnegative(status, ["observedGeneration", *counts, "terminatingReplicas", "collisionCount"], "status")
    faults += exceeds(status, ["updatedReplicas", "readyReplicas", "availableReplicas"], "replicas", "status.replicas")
    faults += exceeds(status, ["availableReplicas"], "readyReplicas", "readyReplicas")
    return faults + _collisions(status, old.get("status") or {})


def _deployment_strategy(strategy: JsonObject, path: str) -> list[FieldError]:
    rolling = strategy.get("rollingUpdate")
    if strategy["type"] == "Recreate":
        text = "may not be specified when strategy `type` is 'Recreate'"
        return [] if rolling is None else [forbidden(f"{path}.rollingUpdate", text)]
    if strategy["type"] != "RollingUpdate":
        shown = {"Type": strategy["type"], "RollingUpdate": rolling and _go_rolling(rolling)}
        return [not_supported(path, shown, _STRATEGIES)]
    return _rolling_update(rolling or {}, f"{path}.rollingUpdate")


def _go_rolling(rolling: JsonObject) -> JsonObject:
    return {"MaxUnavailable": rolling.get("maxUnavailable", 0), "MaxSurge": rolling.get("maxSurge", 0)}


def _rolling_update(rolling: JsonObject, path: str) -> list[FieldError]:
    unavailable, surge = rolling["maxUnavailable"], rolling["maxSurge"]
    faults = int_or_percent(unavailable, f"{path}.maxUnavailable")
    faults += int_or_percent(surge, f"{path}.maxSurge")
    if percent_or_count(unavailable) == 0 and percent_or_count(surge) == 0:
        faults.append(invalid(f"{path}.maxUnavailable", unavailable, "may not be 0 when `maxSurge` is 0"))
    return faults + at_most_100_percent(unavailable, f"{path}.maxUnavailable")


def _replica_set_with_defaults(replica_set: JsonObject) -> JsonObject:
    given = replica_set.get("spec") or {}
    spec = {"replicas": 1, **given, "template": template_with_defaults(given.get("template"))}
    return {**replica_set, "spec": spec}


def _validate_replica_set(replica_set: JsonObject) -> list[FieldError]:
    spec = replica_set["spec"]
    faults = nonnegative(spec, ["replicas", "minReadySeconds"], "spec")
    return faults + _selector_and_template(spec, "deployment", "ReplicaSet", "invalid label selector")


def _validate_replica_set_update(new: JsonObject, old: JsonObject) -> list[FieldError]:
    return [*_validate_replica_set(new), *_selector_unchanged(new, old)]


def _validate_replica_set_status(new: JsonObject, old: JsonObject) -> list[FieldError]:
    del old  # nothing in it binds the new status
    status = new.get("status") or {}
    counts = ("fullyLabeledReplicas", "readyReplicas", "availableReplicas")
    faults = nonnegative(status, ["replicas", *counts, "observedGeneration", "terminatingReplicas"], "status")
    faults += exceeds(status, counts, "replicas", "status.replicas")
    return faults + exceeds(status, ["availableReplicas"], "readyReplicas", "readyReplicas")


def _stateful_set_with_defaults(stateful_set: JsonObject) -> JsonObject:
    given = stateful_set.get("spec") or {}
    retention = {"whenDeleted": "Retain", "whenScaled": "Retain"}
    spec: JsonObject = {"replicas": 1, "podManagementPolicy": "OrderedReady", "revisionHistoryLimit": 10, **given}
    spec["persistentVolumeClaimRetentionPolicy"] = retention | (given.get("persistentVolumeClaimRetentionPolicy") or {})
    spec["template"] = template_with_defaults(given.get("template"))
    strategy = {"type": "RollingUpdate", **(given.get("updateStrategy") or {})}
    if strategy["type"] == "RollingUpdate":
        strategy["rollingUpdate"] = {"partition": 0, **(strategy.get("rollingUpdate") or {})}
    return {**stateful_set, "spec": spec | {"updateStrategy": strategy}}


def _validate_stateful_set(stateful_set: JsonObject) -> list[FieldError]:
    spec = stateful_set["spec"]
    policy = spec["podManagementPolicy"]
    faults: list[FieldError] = []
    if policy not in {"OrderedReady", "Parallel"}:
        faults.append(invalid("spec.podManagementPolicy", policy, "must be 'OrderedReady' or 'Parallel'"))
    faults += _update_strategy(spec["updateStrategy"], "spec.updateStrategy")
    faults += _retention(spec["persistentVolumeClaimRetentionPolicy"], "spec.persistentVolumeClaimRetentionPolicy")
    faults += nonnegative(spec, ["replicas", "minReadySeconds", "revisionHistoryLimit"], "spec")
    faults += nonnegative(spec.get("ordinals") or {}, ["start"], "spec.ordinals")
    return faults + _selector_and_template(spec, "statefulset", "StatefulSet", "")


def _validate_stateful_set_update(new: JsonObject, old: JsonObject) -> list[FieldError]:
    frozen, before = (
        {name: value for name, value in each["spec"].items() if name not in _STATEFUL_SET_CHANGEABLE}
        for each in (new, old)
    )
    faults = _validate_stateful_set(new)
    return faults if frozen == before else [*faults, forbidden("spec", _STATEFUL_SET_REFUSED)]


def _validate_stateful_set_status(new: JsonObject, old: JsonObject) -> list[FieldError]:
    status = new.get("status") or {}
    counts = ("readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas")
    faults = nonnegative(status, ["replicas", *counts, "observedGeneration", "collisionCount"], "status")
    faults += exceeds(status, counts, "replicas", "status.replicas")
    faults += exceeds(status, ["availableReplicas"], "readyReplicas", "status.readyReplicas")
    return faults + _collisions(status, old.get("status") or {})


def _update_strategy(strategy: JsonObject, path: str) -> list[FieldError]:
    rolling = strategy.get("rollingUpdate")
    shown = rolling and {"Partition": rolling.get("partition", 0), "MaxUnavailable": rolling.get("maxUnavailable")}
    match strategy["type"]:
        case "OnDelete":
            text = "only allowed for updateStrategy 'RollingUpdate'"
            return [] if rolling is None else [invalid(f"{path}.rollingUpdate", shown, text)]
        case "RollingUpdate":
            return nonnegative(rolling or {}, ["partition"], f"{path}.rollingUpdate")
        case _:
            whole = {"Type": strategy["type"], "RollingUpdate": shown}
            return [invalid(path, whole, "must be 'RollingUpdate' or 'OnDelete'")]


def _retention(policy: JsonObject, path: str) -> list[FieldError]:
    return [
        not_supported(f"{path}.{name}", policy[name], ("Retain", "Delete"))
        for name in ("whenDeleted", "whenScaled")
        if policy[name] not in {"Retain", "Delete"}
    ]


def _selector_and_template(spec: JsonObject, noun: str, owner: str, bad_selector: str) -> list[FieldError]:
    """Faults of the selector, of the template, and of their match."""
    given = spec.get("selector")
    if given is None:
        faults = [required("spec.selector")]
    else:
        faults = label_selector(given, "spec.selector")
        if is_empty_selector(given):
            faults.append(invalid("spec.selector", given, f"empty selector is invalid for {noun}"))
    try:
        selector = NOTHING if given is None else selector_of_object(given)
    except SelectorError:
        return [*faults, invalid("spec.selector", given, bad_selector)]
    template = spec["template"]
    labels = template["metadata"].get("labels")
    if not selector.is_empty and not selector.matches_labels(labels):
        text = "`selector` does not match template `labels`"
        faults.append(invalid("spec.template.metadata.labels", labels, text))
    faults += validate_template(template, "spec.template")
    policy = template["spec"].get("restartPolicy")
    if policy != "Always":
        faults.append(not_supported("spec.template.spec.restartPolicy", policy, ("Always",)))
    if template["spec"].get("activeDeadlineSeconds") is not None:
        text = f"activeDeadlineSeconds in {owner} is not Supported"
        faults.append(forbidden("spec.template.spec.activeDeadlineSeconds", text))
    return faults


def _selector_unchanged(new: JsonObject, old: JsonObject) -> list[FieldError]:
    selector = new["spec"].get("selector")
    if selector == old["spec"].get("selector"):
        return []
    return [invalid("spec.selector", selector, "field is immutable")]


def _collisions(status: JsonObject, old: JsonObject) -> list[FieldError]:
    """The count of hash collisions only grows."""
    now, before = status.get("collisionCount"), old.get("collisionCount")
    if before is None or (now is not None and now >= before):
        return []
    return [invalid("status.collisionCount", now or 0, "cannot be decremented")]


DEPLOYMENT = KindRules(
    with_defaults=_deployment_with_defaults,
    validate=_validate_deployment,
    validate_update=_validate_deployment_update,
    validate_status=_validate_deployment_status,
)
REPLICA_SET = KindRules(
    with_defaults=_replica_set_with_defaults,
    validate=_validate_replica_set,
    validate_update=_validate_replica_set_update,
    validate_status=_validate_replica_set_status,
)
STATEFUL_SET = KindRules(
    with_defaults=_stateful_set_with_defaults,
    validate=_validate_stateful_set,
    validate_update=_validate_stateful_set_update,
    validate_status=_validate_stateful_set_status,
)
