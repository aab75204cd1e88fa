"""All manifests that are given together: what scales, what is scaled, and what else touches it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile
from typing import Final, TypeVar

from autoscaler.config.lint.manifests import Manifest
from autoscaler.config.lint.scalers import Scaler, scaled_object_of
from autoscaler.config.lint.schedules import ScaleCommand, scale_commands
from autoscaler.config.lint.vertical import Vertical, vertical_of
from autoscaler.config.lint.workloads import WORKLOAD_GROUPS, Workload, selects, workload_of

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

_Key = TypeVar("_Key", bound=Hashable)
_Item = TypeVar("_Item")


@dataclass(frozen=True)  # without slots: the indexes are made when a rule first asks for them
class Surroundings:
    """The manifests of one check, in the order of their files. Every question is answered from an index."""

    manifests: tuple[Manifest, ...]
    scalers: tuple[Scaler, ...]
    workloads: tuple[Workload, ...]

    def of_kind(self, kind: str, namespace: str = "") -> Sequence[Manifest]:
        """Give the manifests of a related kind in the namespace; in all of them where none is given."""
        return self._by_kind.get((kind, namespace), ())

    def workload(self, scaler: Scaler) -> Workload | None:
        """Find the workload that is scaled, if it is among the manifests."""
        return self._by_identity.get(scaler.target_key)

    def namesakes(self, kind: str, name: str) -> Sequence[Workload]:
        """Find workloads of that kind and name, in whatever namespace."""
        return self._by_name.get((kind, name), ())

    def neighbours(self, namespace: str) -> Sequence[Workload]:
        """Give the workloads of a namespace."""
        return self._by_namespace.get(namespace, ())

    def scalers_in(self, namespace: str) -> Sequence[Scaler]:
        """Give the scalers of a namespace."""
        return self._scalers_by_namespace.get(namespace, ())

    def selected(self, workload: Workload) -> Iterator[Workload]:
        """Give the other workloads whose pods the selector of ``workload`` finds too."""
        if workload.selector is None:
            return
        label = next(iter(workload.selector.items()))
        for other in self._by_label.get((workload.manifest.namespace, *label), ()):
            if other is not workload and selects(workload.selector, other.labels):
                yield other

    def earlier_on_target(self, scaler: Scaler) -> Iterator[Scaler]:
        """Give the scalers of the same target that come before this one."""
        return takewhile(lambda other: other is not scaler, self._by_target[scaler.target_key])

    def earlier_of_name(self, scaler: Scaler) -> Iterator[Scaler]:
        """Give the scalers of the same kind, namespace and name that come before this one."""
        return takewhile(lambda other: other is not scaler, self._scalers_by_name[_name_of(scaler)])

    def verticals(self, scaler: Scaler) -> Sequence[tuple[Manifest, Vertical]]:
        """Give the VerticalPodAutoscalers of the scaler's target."""
        return self._verticals.get(scaler.target_key, ())

    def commands(self, scaler: Scaler) -> Sequence[ScaleCommand]:
        """Give the scheduled commands that scale the scaler's target."""
        namespace, group, kind, name = scaler.target_key
        return self._commands.get((namespace, kind, name), ()) if WORKLOAD_GROUPS.get(kind) == group else ()

    @cached_property
    def _by_kind(self) -> Mapping[tuple[str, str], Sequence[Manifest]]:
        related = [one for one in self.manifests if is_related(one)]
        inside = (((one.kind, one.namespace), one) for one in related)
        return _index([*inside, *(((one.kind, ""), one) for one in related)])

    @cached_property
    def _by_identity(self) -> Mapping[tuple[str, str, str, str], Workload]:
        return {(one.namespace, one.group, one.kind, one.name): each for one, each in reversed(self._described)}

    @cached_property
    def _by_name(self) -> Mapping[tuple[str, str], Sequence[Workload]]:
        return _index(((one.kind, one.name), each) for one, each in self._described)

    @cached_property
    def _by_namespace(self) -> Mapping[str, Sequence[Workload]]:
        return _index((one.namespace, each) for one, each in self._described)

    @cached_property
    def _by_label(self) -> Mapping[tuple[str, str, str], Sequence[Workload]]:
        return _index(
            ((one.namespace, name, text), each) for one, each in self._described for name, text in each.labels.items()
        )

    @cached_property
    def _by_target(self) -> Mapping[tuple[str, str, str, str], Sequence[Scaler]]:
        return _index((scaler.target_key, scaler) for scaler in self.scalers)

    @cached_property
    def _scalers_by_name(self) -> Mapping[tuple[str, str, str], Sequence[Scaler]]:
        return _index((_name_of(scaler), scaler) for scaler in self.scalers)

    @cached_property
    def _scalers_by_namespace(self) -> Mapping[str, Sequence[Scaler]]:
        return _index((scaler.manifest.namespace, scaler) for scaler in self.scalers)

    @cached_property
    def _verticals(self) -> Mapping[tuple[str, str, str, str], Sequence[tuple[Manifest, Vertical]]]:
        found = ((manifest, vertical_of(manifest)) for manifest in self.of_kind("VerticalPodAutoscaler"))
        return _index((vertical.target_key, (manifest, vertical)) for manifest, vertical in found)

    @cached_property
    def _commands(self) -> Mapping[tuple[str, str, str], Sequence[ScaleCommand]]:
        found = (command for manifest in self.of_kind("CronJob") for command in scale_commands(manifest))
        return _index(((command.namespace, command.kind, command.name), command) for command in found)

    @cached_property
    def _described(self) -> list[tuple[Manifest, Workload]]:
        return [(workload.manifest, workload) for workload in self.workloads]


def is_related(manifest: Manifest) -> bool:
    """Tell whether some rule looks at manifests of this kind."""
    return RELATED_GROUPS.get(manifest.kind) == manifest.group


def surroundings_of(hpas: Sequence[Scaler], manifests: Sequence[Manifest]) -> Surroundings:
    """Bring together the HPAs and the manifests of other kinds."""
    scaled_objects = (scaled_object_of(manifest) for manifest in manifests)
    workloads = (workload_of(manifest) for manifest in manifests)
    return Surroundings(
        manifests=tuple(manifests),
        scalers=(*hpas, *(scaler for scaler in scaled_objects if scaler is not None)),
        workloads=tuple(workload for workload in workloads if workload is not None),
    )


def _name_of(scaler: Scaler) -> tuple[str, str, str]:
    return scaler.manifest.kind, scaler.manifest.namespace, scaler.manifest.name


def _index(pairs: Iterable[tuple[_Key, _Item]]) -> Mapping[_Key, Sequence[_Item]]:
    index: defaultdict[_Key, list[_Item]] = defaultdict(list)
    for key, item in pairs:
        index[key].append(item)
    return index
