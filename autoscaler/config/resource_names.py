"""Names of resources (cpu, memory, example.com/gpu) and the lists they may stand in.

Source: kubernetes pkg/apis/core/helper/helpers.go and pkg/apis/core/validation/validation.go.
"""

from autoscaler.model.field_errors import FieldError, invalid
from autoscaler.model.names import qualified_name_faults

HUGE_PAGES = "hugepages-"
_CONTAINER_RESOURCES = frozenset({"cpu", "memory", "ephemeral-storage"})
_OBJECT_COUNTS = frozenset(
    {
        "pods",
        "services",
        "replicationcontrollers",
        "resourcequotas",
        "secrets",
        "configmaps",
        "persistentvolumeclaims",
        "services.nodeports",
        "services.loadbalancers",
    }
)
_QUOTA_RESOURCES = (
    _CONTAINER_RESOURCES
    | _OBJECT_COUNTS
    | {f"{side}.{name}" for side in ("requests", "limits") for name in ("cpu", "memory", "ephemeral-storage")}
    | {"requests.storage"}
)
_STANDARD_RESOURCES = _QUOTA_RESOURCES | {"storage"}
_INTEGER_RESOURCES = _OBJECT_COUNTS
_DEFAULT_NAMESPACE = "kubernetes.io/"


def is_native(name: str) -> bool:
    """Whether the resource is Kubernetes' own."""
    return "/" not in name or _DEFAULT_NAMESPACE in name


def is_huge_page(name: str) -> bool:
    """Whether the resource is huge pages of some size."""
    return name.startswith(HUGE_PAGES)


def is_integer(name: str) -> bool:
    """Whether only whole numbers of the resource make sense."""
    return name in _INTEGER_RESOURCES or is_extended(name)


def is_extended(name: str) -> bool:
    """Whether the resource is a device or the like, with a name of the form ``domain/name``."""
    if is_native(name) or name.startswith("requests."):
        return False
    return not qualified_name_faults(f"requests.{name}")


def validate_resource_name(name: str, path: str) -> list[FieldError]:
    """Faults of a resource's name anywhere."""
    faults = [invalid(path, name, text) for text in qualified_name_faults(name)]
    if faults or "/" in name or is_standard(name):
        return faults
    return [invalid(path, name, "must be a standard resource type or fully qualified")]


def validate_container_resource_name(name: str, path: str) -> list[FieldError]:
    """Faults of a name in a container's requests and limits."""
    faults = validate_resource_name(name, path)
    if "/" not in name:
        if name not in _CONTAINER_RESOURCES and not is_huge_page(name):
            faults.append(invalid(path, name, "must be a standard resource for containers"))
    elif not is_native(name) and not is_extended(name):
        faults.append(invalid(path, name, "doesn't follow extended resource name standard"))
    return faults


def validate_quota_resource_name(name: str, path: str) -> list[FieldError]:
    """Faults of a name in a quota."""
    faults = validate_resource_name(name, path)
    if "/" not in name and not is_quota_resource(name):
        faults.append(invalid(path, name, "must be a standard resource for quota"))
    return faults


def is_standard(name: str) -> bool:
    """Whether a name without a domain is known at all."""
    return name in _STANDARD_RESOURCES or is_huge_page(name) or _is_quota_huge_page(name)


def is_quota_resource(name: str) -> bool:
    """Whether a quota may limit a resource without a domain."""
    return name in _QUOTA_RESOURCES or is_huge_page(name) or _is_quota_huge_page(name)


def _is_quota_huge_page(name: str) -> bool:
    return name.startswith("requests." + HUGE_PAGES)
