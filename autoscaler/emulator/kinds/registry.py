"""Finds the rules of a built-in kind."""

from collections.abc import Mapping

from autoscaler.emulator.kinds.autoscaler import HPA
from autoscaler.emulator.kinds.budget import BUDGET
from autoscaler.emulator.kinds.config_map import CONFIG_MAP
from autoscaler.emulator.kinds.definition import DEFINITION
from autoscaler.emulator.kinds.event import CORE_EVENT, NEW_EVENT
from autoscaler.emulator.kinds.lease import LEASE
from autoscaler.emulator.kinds.limit_range import LIMIT_RANGE
from autoscaler.emulator.kinds.node import NODE
from autoscaler.emulator.kinds.pod import POD
from autoscaler.emulator.kinds.quota import QUOTA
from autoscaler.emulator.kinds.role import CLUSTER_ROLE, CLUSTER_ROLE_BINDING, ROLE, ROLE_BINDING
from autoscaler.emulator.kinds.rules import KindRules
from autoscaler.emulator.kinds.service import SERVICE
from autoscaler.emulator.kinds.workloads import DEPLOYMENT, REPLICA_SET, STATEFUL_SET

_PLAIN = KindRules()
_RULES: Mapping[tuple[str, str], KindRules] = {
    ("", "Pod"): POD,
    ("", "ConfigMap"): CONFIG_MAP,
    ("", "Node"): NODE,
    ("", "Event"): CORE_EVENT,
    ("events.k8s.io", "Event"): NEW_EVENT,
    ("", "ResourceQuota"): QUOTA,
    ("", "Service"): SERVICE,
    ("", "LimitRange"): LIMIT_RANGE,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): DEFINITION,
    ("apps", "Deployment"): DEPLOYMENT,
    ("apps", "ReplicaSet"): REPLICA_SET,
    ("apps", "StatefulSet"): STATEFUL_SET,
    ("autoscaling", "HorizontalPodAutoscaler"): HPA,
    ("coordination.k8s.io", "Lease"): LEASE,
    ("policy", "PodDisruptionBudget"): BUDGET,
    ("rbac.authorization.k8s.io", "Role"): ROLE,
    ("rbac.authorization.k8s.io", "ClusterRole"): CLUSTER_ROLE,
    ("rbac.authorization.k8s.io", "RoleBinding"): ROLE_BINDING,
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): CLUSTER_ROLE_BINDING,
}


def rules_of(group: str, kind: str) -> KindRules:
    """The rules of a kind as the given group serves it; a kind without any of its own takes every decoded object."""
    return _RULES.get((group, kind), _PLAIN)
