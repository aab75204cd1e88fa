"""The resources that are built in, as kube-apiserver 1.36 lists them.

Of kinds that the emulator only stores (secrets, endpoints, ...) the metadata is checked, the rest kept as it is sent.
"""

from typing import Final

from autoscaler.emulator.resources import ALL_VERBS, Registry, Resource, Subresource

STATUS: Final = Subresource(name="status")
SCALE: Final = Subresource(name="scale", group="autoscaling", version="v1", kind="Scale")
_PROXY_VERBS: Final = ("create", "delete", "get", "patch", "update")

PODS: Final = Resource(
    group="",
    version="v1",
    plural="pods",
    kind="Pod",
    singular="pod",
    short_names=("po",),
    categories=("all",),
    returns_deleted=True,
    subresources=(
        Subresource(name="attach", verbs=("create", "get"), kind="PodAttachOptions"),
        Subresource(name="binding", verbs=("create",), kind="Binding"),
        Subresource(name="ephemeralcontainers"),
        Subresource(name="eviction", verbs=("create",), group="policy", version="v1", kind="Eviction"),
        Subresource(name="exec", verbs=("create", "get"), kind="PodExecOptions"),
        Subresource(name="log", verbs=("get",)),
        Subresource(name="portforward", verbs=("create", "get"), kind="PodPortForwardOptions"),
        Subresource(name="proxy", verbs=_PROXY_VERBS, kind="PodProxyOptions"),
        Subresource(name="resize"),
        STATUS,
    ),
)
NAMESPACES: Final = Resource(
    group="",
    version="v1",
    plural="namespaces",
    kind="Namespace",
    singular="namespace",
    namespaced=False,
    short_names=("ns",),
    verbs=tuple(verb for verb in ALL_VERBS if verb != "deletecollection"),
    subresources=(Subresource(name="finalize", verbs=("update",)), STATUS),
)
NODES: Final = Resource(
    group="",
    version="v1",
    plural="nodes",
    kind="Node",
    singular="node",
    namespaced=False,
    short_names=("no",),
    subresources=(Subresource(name="proxy", verbs=_PROXY_VERBS, kind="NodeProxyOptions"), STATUS),
)
EVENTS: Final = Resource(
    group="",
    version="v1",
    plural="events",
    kind="Event",
    singular="event",
    short_names=("ev",),
    create_on_update=True,
)
NEW_EVENTS: Final = Resource(
    group="events.k8s.io",
    version="v1",
    plural="events",
    kind="Event",
    singular="event",
    short_names=("ev",),
    storage=EVENTS.collection,
    create_on_update=True,
)
DEPLOYMENTS: Final = Resource(
    group="apps",
    version="v1",
    plural="deployments",
    kind="Deployment",
    singular="deployment",
    short_names=("deploy",),
    categories=("all",),
    subresources=(SCALE, STATUS),
)
REPLICASETS: Final = Resource(
    group="apps",
    version="v1",
    plural="replicasets",
    kind="ReplicaSet",
    singular="replicaset",
    short_names=("rs",),
    categories=("all",),
    subresources=(SCALE, STATUS),
)
STATEFULSETS: Final = Resource(
    group="apps",
    version="v1",
    plural="statefulsets",
    kind="StatefulSet",
    singular="statefulset",
    short_names=("sts",),
    categories=("all",),
    subresources=(SCALE, STATUS),
)
AUTOSCALERS: Final = Resource(
    group="autoscaling",
    version="v2",
    plural="horizontalpodautoscalers",
    kind="HorizontalPodAutoscaler",
    singular="horizontalpodautoscaler",
    short_names=("hpa",),
    categories=("all",),
    subresources=(STATUS,),
)
AUTOSCALERS_V1: Final = Resource(
    group="autoscaling",
    version="v1",
    plural="horizontalpodautoscalers",
    kind="HorizontalPodAutoscaler",
    singular="horizontalpodautoscaler",
    short_names=("hpa",),
    categories=("all",),
    subresources=(STATUS,),
)
LEASES: Final = Resource(
    group="coordination.k8s.io",
    version="v1",
    plural="leases",
    kind="Lease",
    singular="lease",
    create_on_update=True,
    unconditional_update=False,
)
DISRUPTION_BUDGETS: Final = Resource(
    group="policy",
    version="v1",
    plural="poddisruptionbudgets",
    kind="PodDisruptionBudget",
    singular="poddisruptionbudget",
    short_names=("pdb",),
    subresources=(STATUS,),
    unconditional_update=False,
)
DEFINITIONS: Final = Resource(
    group="apiextensions.k8s.io",
    version="v1",
    plural="customresourcedefinitions",
    kind="CustomResourceDefinition",
    singular="customresourcedefinition",
    namespaced=False,
    short_names=("crd", "crds"),
    categories=("api-extensions",),
    subresources=(STATUS,),
    unconditional_update=False,
)
API_SERVICES: Final = Resource(
    group="apiregistration.k8s.io",
    version="v1",
    plural="apiservices",
    kind="APIService",
    singular="apiservice",
    namespaced=False,
    categories=("api-extensions",),
    subresources=(STATUS,),
)
RESOURCE_QUOTAS: Final = Resource(
    group="",
    version="v1",
    plural="resourcequotas",
    kind="ResourceQuota",
    singular="resourcequota",
    short_names=("quota",),
    subresources=(STATUS,),
    returns_deleted=True,
    create_on_update=True,
)
LIMIT_RANGES: Final = Resource(
    group="",
    version="v1",
    plural="limitranges",
    kind="LimitRange",
    singular="limitrange",
    short_names=("limits",),
    create_on_update=True,
)
CONFIG_MAPS: Final = Resource(
    group="",
    version="v1",
    plural="configmaps",
    kind="ConfigMap",
    singular="configmap",
    short_names=("cm",),
)
SERVICE_ACCOUNTS: Final = Resource(
    group="",
    version="v1",
    plural="serviceaccounts",
    kind="ServiceAccount",
    singular="serviceaccount",
    short_names=("sa",),
    subresources=(
        Subresource(name="token", verbs=("create",), group="authentication.k8s.io", version="v1", kind="TokenRequest"),
    ),
    returns_deleted=True,
)
SERVICES: Final = Resource(
    group="",
    version="v1",
    plural="services",
    kind="Service",
    singular="service",
    short_names=("svc",),
    categories=("all",),
    subresources=(Subresource(name="proxy", verbs=_PROXY_VERBS, kind="ServiceProxyOptions"), STATUS),
    returns_deleted=True,
)


def _stored(group: str, kind: str, plural: str, *, namespaced: bool = True, **more: object) -> Resource:
    options = {"version": "v1", "singular": kind.lower(), "create_on_update": True} | more
    return Resource(group=group, kind=kind, plural=plural, namespaced=namespaced, **options)  # type: ignore[arg-type]  # a table row


def _review(group: str, kind: str, *, namespaced: bool = False) -> Resource:
    singular = kind.lower()
    return Resource(
        group=group,
        version="v1",
        plural=f"{singular}s",
        kind=kind,
        singular=singular,
        namespaced=namespaced,
        verbs=("create",),
    )


def _role(kind: str, *, namespaced: bool) -> Resource:
    return Resource(
        group="rbac.authorization.k8s.io",
        version="v1",
        plural=f"{kind.lower()}s",
        kind=kind,
        singular=kind.lower(),
        namespaced=namespaced,
        create_on_update=True,
    )


CLUSTER_ROLE_BINDINGS: Final = _role("ClusterRoleBinding", namespaced=False)
CLUSTER_ROLES: Final = _role("ClusterRole", namespaced=False)
ROLE_BINDINGS: Final = _role("RoleBinding", namespaced=True)
ROLES: Final = _role("Role", namespaced=True)
BINDINGS: Final = _review("", "Binding", namespaced=True)

_IN_DISCOVERY_ORDER: Final = (
    BINDINGS,
    _stored("", "ComponentStatus", "componentstatuses", namespaced=False, short_names=("cs",), verbs=("get", "list")),
    CONFIG_MAPS,
    _stored("", "Endpoints", "endpoints", short_names=("ep",)),
    EVENTS,
    LIMIT_RANGES,
    NAMESPACES,
    NODES,
    _stored("", "PersistentVolumeClaim", "persistentvolumeclaims", short_names=("pvc",), subresources=(STATUS,)),
    _stored("", "PersistentVolume", "persistentvolumes", namespaced=False, short_names=("pv",), subresources=(STATUS,)),
    PODS,
    _stored("", "PodTemplate", "podtemplates"),
    _stored(
        "",
        "ReplicationController",
        "replicationcontrollers",
        short_names=("rc",),
        categories=("all",),
        subresources=(SCALE, STATUS),
    ),
    RESOURCE_QUOTAS,
    _stored("", "Secret", "secrets"),
    SERVICE_ACCOUNTS,
    SERVICES,
    _stored("apps", "ControllerRevision", "controllerrevisions"),
    _stored("apps", "DaemonSet", "daemonsets", short_names=("ds",), categories=("all",), subresources=(STATUS,)),
    DEPLOYMENTS,
    REPLICASETS,
    STATEFULSETS,
    NEW_EVENTS,
    _review("authentication.k8s.io", "SelfSubjectReview"),
    _review("authentication.k8s.io", "TokenReview"),
    _review("authorization.k8s.io", "LocalSubjectAccessReview", namespaced=True),
    _review("authorization.k8s.io", "SelfSubjectAccessReview"),
    _review("authorization.k8s.io", "SelfSubjectRulesReview"),
    _review("authorization.k8s.io", "SubjectAccessReview"),
    AUTOSCALERS,
    AUTOSCALERS_V1,
    DISRUPTION_BUDGETS,
    CLUSTER_ROLE_BINDINGS,
    CLUSTER_ROLES,
    ROLE_BINDINGS,
    ROLES,
    DEFINITIONS,
    LEASES,
    API_SERVICES,
)


def builtin_registry() -> Registry:
    """A registry of all built-in resources."""
    registry = Registry()
    for resource in _IN_DISCOVERY_ORDER:
        registry.add(resource)
    return registry
