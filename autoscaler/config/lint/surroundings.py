"""All manifests that are given together: what scales, what is scaled, and what else touches it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from autoscaler.config.lint.manifests import Manifest
from autoscaler.config.lint.scalers import Hpa, Scaler, scaled_object_of
from autoscaler.config.lint.workloads import WORKLOAD_GROUPS, Workload, workload_of

#: Kinds that rules look at, beside the HPAs: by kind, the API group.
RELATED_GROUPS: Final = WORKLOAD_GROUPS | {
    "ScaledObject": "keda.sh",
    "VerticalPodAutoscaler": "autoscaling.k8s.io",
    "CronJob": "batch",
    "PodDisruptionBudget": "policy",
    "ResourceQuota": "",
    "LimitRange": "",
    "Node": "",
}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The manifests of one check, in the order of their files."""

    manifests: tuple[Manifest, ...]
    scalers: tuple[Scaler, ...]
    workloads: tuple[Workload, ...]

    def of_kind(self, kind: str, namespace: str | None = None) -> Iterable[Manifest]:
        """Give the manifests of a related kind; ``namespace`` narrows to one namespace."""
        return (
            one
            for one in self.manifests
            if (one.kind, one.group) == (kind, RELATED_GROUPS[kind]) and namespace in (None, one.namespace)
        )

    def workload(self, scaler: Scaler) -> Workload | None:
        """Find the workload that is scaled, if it is among the manifests."""
        for workload in self.workloads:
            manifest = workload.manifest
            if (manifest.namespace, manifest.group, manifest.kind, manifest.name) == scaler.target_key:
                return workload
        return None


def is_related(manifest: Manifest) -> bool:
    """Tell whether some rule looks at manifests of this kind."""
    return RELATED_GROUPS.get(manifest.kind) == manifest.group


def surroundings_of(hpas: Sequence[Hpa], manifests: Sequence[Manifest]) -> Surroundings:
    """Bring together the HPAs and the manifests of other kinds."""
    scaled_objects = (scaled_object_of(manifest) for manifest in manifests)
    workloads = (workload_of(manifest) for manifest in manifests)
    return Surroundings(
        manifests=tuple(manifests),
        scalers=(*hpas, *(scaler for scaler in scaled_objects if scaler is not None)),
        workloads=tuple(workload for workload in workloads if workload is not None),
    )
