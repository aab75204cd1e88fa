"""Roles and their bindings.

Source: kubernetes pkg/apis/rbac/validation/validation.go.
"""

from autoscaler.emulator.kinds.rules import KindRules
from autoscaler.model.field_errors import FieldError, invalid, not_supported, required
from autoscaler.model.json_types import JsonObject
from autoscaler.model.names import path_segment_faults

_RBAC = "rbac.authorization.k8s.io"


def _validate_role(role: JsonObject, *, is_namespaced: bool) -> list[FieldError]:
    faults: list[FieldError] = []
    for index, rule in enumerate(role.get("rules") or ()):
        faults += _rule_faults(rule, f"rules[{index}]", is_namespaced=is_namespaced)
    return faults


def _rule_faults(rule: JsonObject, path: str, *, is_namespaced: bool) -> list[FieldError]:
    faults = [] if rule.get("verbs") else [required(f"{path}.verbs", "verbs must contain at least one value")]
    if rule.get("nonResourceURLs"):
        if is_namespaced:
            text = "namespaced rules cannot apply to non-resource URLs"
            faults.append(invalid(f"{path}.nonResourceURLs", rule["nonResourceURLs"], text))
        if any(rule.get(name) for name in ("apiGroups", "resources", "resourceNames")):
            text = "rules cannot apply to both regular resources and non-resource URLs"
            faults.append(invalid(f"{path}.nonResourceURLs", rule["nonResourceURLs"], text))
        return faults
    if not rule.get("apiGroups"):
        faults.append(required(f"{path}.apiGroups", "resource rules must supply at least one api group"))
    if not rule.get("resources"):
        faults.append(required(f"{path}.resources", "resource rules must supply at least one resource"))
    return faults


def _binding_with_defaults(binding: JsonObject) -> JsonObject:
    """Groups that references leave open."""
    role = binding.get("roleRef") or {}
    filled = binding | {"roleRef": {**role, "apiGroup": role.get("apiGroup") or _RBAC}}
    if subjects := binding.get("subjects"):
        filled["subjects"] = [_subject_with_defaults(subject) for subject in subjects]
    return filled


def _subject_with_defaults(subject: JsonObject) -> JsonObject:
    if subject.get("apiGroup") or subject.get("kind") not in ("User", "Group"):
        return subject
    return subject | {"apiGroup": _RBAC}


def _validate_binding(binding: JsonObject, kinds: tuple[str, ...]) -> list[FieldError]:
    role = binding["roleRef"]
    faults: list[FieldError] = []
    if role["apiGroup"] != _RBAC:
        faults.append(not_supported("roleRef.apiGroup", role["apiGroup"], [_RBAC]))
    if role.get("kind") not in kinds:
        faults.append(not_supported("roleRef.kind", role.get("kind", ""), kinds))
    if not role.get("name"):
        faults.append(required("roleRef.name"))
    else:
        faults += [invalid("roleRef.name", role["name"], text) for text in path_segment_faults(role["name"])]
    for index, subject in enumerate(binding.get("subjects") or ()):
        faults += _subject_faults(subject, f"subjects[{index}]")
    return faults


def _subject_faults(subject: JsonObject, path: str) -> list[FieldError]:
    faults = [] if subject.get("name") else [required(f"{path}.name")]
    kind = subject.get("kind", "")
    if kind == "ServiceAccount":
        if not subject.get("namespace"):
            faults.append(required(f"{path}.namespace"))
    elif kind not in ("User", "Group"):
        faults.append(not_supported(f"{path}.kind", kind, ["Group", "ServiceAccount", "User"]))
    return faults


def _validate_binding_update(new: JsonObject, old: JsonObject, kinds: tuple[str, ...]) -> list[FieldError]:
    faults = _validate_binding(new, kinds)
    if new["roleRef"] != old["roleRef"]:
        faults.append(invalid("roleRef", new["roleRef"], "cannot change roleRef"))
    return faults


def _bindings(kinds: tuple[str, ...]) -> KindRules:
    return KindRules(
        with_defaults=_binding_with_defaults,
        validate=lambda binding: _validate_binding(binding, kinds),
        validate_update=lambda new, old: _validate_binding_update(new, old, kinds),
    )


ROLE = KindRules(validate=lambda role: _validate_role(role, is_namespaced=True))
CLUSTER_ROLE = KindRules(validate=lambda role: _validate_role(role, is_namespaced=False))
ROLE_BINDING = _bindings(("Role", "ClusterRole"))
CLUSTER_ROLE_BINDING = _bindings(("ClusterRole",))
