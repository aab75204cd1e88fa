"""Rules of the user-facing ClusterRoles that every cluster has, as far as they name resources served here.

Source: kubernetes plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go of 1.36.
"""

from typing import Final

from autoscaler.model.json_types import JsonObject

_READ: Final = ["get", "list", "watch"]
_WRITE: Final = ["create", "delete", "deletecollection", "patch", "update"]
_CORE: Final = ["configmaps", "events", "persistentvolumeclaims", "pods", "replicationcontrollers", "serviceaccounts",
                "services"]  # fmt: skip
_CORE_READ: Final = [*_CORE, "bindings", "endpoints", "limitranges", "namespaces", "namespaces/status", "pods/log",
                     "pods/status", "resourcequotas", "resourcequotas/status", "services/status"]  # fmt: skip
_APPS: Final = ["daemonsets", "deployments", "deployments/scale", "replicasets", "replicasets/scale", "statefulsets",
                "statefulsets/scale"]  # fmt: skip
_APPS_READ: Final = [*_APPS, "controllerrevisions", "daemonsets/status", "deployments/status", "replicasets/status",
                     "statefulsets/status"]  # fmt: skip


def _rule(group: str, resources: list[str], verbs: list[str]) -> JsonObject:
    return {"apiGroups": [group], "resources": resources, "verbs": verbs}


_VIEW: Final = [
    _rule("", _CORE_READ, _READ),
    _rule("apps", _APPS_READ, _READ),
    _rule("autoscaling", ["horizontalpodautoscalers", "horizontalpodautoscalers/status"], _READ),
    _rule("policy", ["poddisruptionbudgets", "poddisruptionbudgets/status"], _READ),
]
_EDIT: Final = [
    *_VIEW,
    _rule("", [*_CORE, "secrets"], _WRITE),
    _rule("", ["secrets"], _READ),
    _rule("", ["pods/eviction", "serviceaccounts/token"], ["create"]),
    _rule("apps", [*_APPS, "deployments/rollback"], _WRITE),
    _rule("autoscaling", ["horizontalpodautoscalers"], _WRITE),
    _rule("policy", ["poddisruptionbudgets"], _WRITE),
    _rule("coordination.k8s.io", ["leases"], [*_WRITE, *_READ]),
]
_ADMIN: Final = [
    *_EDIT,
    _rule("authorization.k8s.io", ["localsubjectaccessreviews"], ["create"]),
    _rule("rbac.authorization.k8s.io", ["roles", "rolebindings"], [*_WRITE, *_READ]),
]
DEFAULT_ROLES: Final[dict[str, list[JsonObject]]] = {
    "cluster-admin": [
        _rule("*", ["*"], ["*"]),
        {"nonResourceURLs": ["*"], "verbs": ["*"]},
    ],
    "admin": _ADMIN,
    "edit": _EDIT,
    "view": _VIEW,
}
"""ClusterRoles by name; one that is stored under the same name counts instead."""
