"""Where the metrics APIs take their numbers from: the emulated cluster fills in a ``MetricsSource``.

Quantities are texts as the API shows them (``120m``, ``64Mi``), instants timezone-aware, windows in seconds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeUsage:
    """What a node uses: quantity by resource name."""

    name: str
    usage: Mapping[str, str]
    at: datetime
    window_s: float = 30
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PodUsage:
    """What the containers of a pod use: quantity by resource name, by container."""

    namespace: str
    name: str
    containers: Mapping[str, Mapping[str, str]]
    at: datetime
    window_s: float = 30
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomValue:
    """A metric of one object; ``resource`` is a plural with its group, such as ``pods`` or ``deployments.apps``."""

    namespace: str
    resource: str
    name: str
    metric: str
    value: str
    at: datetime
    labels: Mapping[str, str] = field(default_factory=dict)
    """Labels of the object."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalValue:
    """A metric of something outside the cluster, as one namespace sees it."""

    namespace: str
    metric: str
    value: str
    at: datetime
    labels: Mapping[str, str] = field(default_factory=dict)
    """Labels of the series."""


class MetricsSource(Protocol):
    """The numbers of now. Called for every request, so it should only look them up."""

    def nodes(self) -> Sequence[NodeUsage]:
        """Usage of all nodes that are measured."""
        ...

    def pods(self) -> Sequence[PodUsage]:
        """Usage of all pods that are measured."""
        ...

    def custom(self) -> Sequence[CustomValue]:
        """Values of the custom metrics API."""
        ...

    def external(self) -> Sequence[ExternalValue]:
        """Values of the external metrics API."""
        ...


@dataclass(slots=True)
class StaticMetrics:
    """A source that holds what it is given; empty at first."""

    node_usage: Sequence[NodeUsage] = ()
    pod_usage: Sequence[PodUsage] = ()
    custom_values: Sequence[CustomValue] = ()
    external_values: Sequence[ExternalValue] = ()

    def nodes(self) -> Sequence[NodeUsage]:
        return self.node_usage

    def pods(self) -> Sequence[PodUsage]:
        return self.pod_usage

    def custom(self) -> Sequence[CustomValue]:
        return self.custom_values

    def external(self) -> Sequence[ExternalValue]:
        return self.external_values
