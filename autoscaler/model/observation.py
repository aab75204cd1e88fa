"""What is known at one instant about one scale target. Frozen and dated; a failure to know is a value too.

Metric values are whole milli-units, as upstream computes: an adapter converts once, rounding as ``Quantity.milli``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from msgspec import Struct

from autoscaler.model.quantity import Quantity
from autoscaler.model.target import Competition, TargetState
from autoscaler.model.time import ZERO_TIME, Instant, Nanoseconds

Milli = int


class PodPhase(StrEnum):
    """Where a pod is in its life."""

    PENDING = "Pending"
    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    UNKNOWN = "Unknown"


class ReadyCondition(Struct, frozen=True, kw_only=True, gc=False):
    """A pod's Ready condition: ``status`` is ``True``, ``False`` or ``Unknown``."""

    status: str
    last_transition: Instant = ZERO_TIME


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerSpec:
    """What one container asks for. ``sidecar``: an init container that restarts always, so it counts like the others."""

    name: str
    requests: tuple[tuple[str, Quantity], ...] = ()
    sidecar: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PodResources:
    """What a pod asks for. Pods of one template share one value, so that its sums are computed once.

    ``memo`` holds those sums; it follows from the other fields and takes no part in equality.
    """

    containers: tuple[ContainerSpec, ...] = ()
    init_containers: tuple[ContainerSpec, ...] = ()
    pod_requests: tuple[tuple[str, Quantity], ...] = ()
    pod_limits: tuple[tuple[str, Quantity], ...] = ()
    overhead: tuple[tuple[str, Quantity], ...] = ()
    memo: dict[tuple[str, str, bool], Milli | str] = field(default_factory=dict, init=False, repr=False, compare=False)


class Pod(Struct, frozen=True, kw_only=True, gc=False):
    """One pod that the target's selector matches."""

    name: str
    resources: PodResources
    phase: PodPhase | str = PodPhase.RUNNING
    deleting: bool = False
    started_at: Instant | None = None
    ready: ReadyCondition | None = None
    labels: tuple[tuple[str, str], ...] = ()


class Scale(Struct, frozen=True, kw_only=True, gc=False):
    """The target's scale subresource."""

    spec_replicas: int
    status_replicas: int
    selector: str = ""
    resource_version: str = ""


class ScaleUnavailable(Struct, frozen=True, kw_only=True, gc=False):
    """The scale could not be read. ``absent``: because there is no such target; it is looked for again at ``again_at``."""

    error: str  #: what the API server, or the network, said
    message: str = ""  #: the whole error that ends the pass; ``error`` where empty
    blames_policy: bool = False
    absent: bool = False
    again_at: Instant | None = None  #: the controller fills it in, where it looks more rarely


class ContainerUsage(Struct, frozen=True, kw_only=True, gc=False):
    """What one container uses, by resource, in milli-units."""

    name: str
    usage: tuple[tuple[str, Milli], ...]


class PodUsage(Struct, frozen=True, kw_only=True, gc=False):
    """What metrics.k8s.io says of one pod."""

    pod: str
    containers: tuple[ContainerUsage, ...]
    at: Instant  #: end of the sample
    window: Nanoseconds  #: length of the sample


class PodSample(Struct, frozen=True, kw_only=True, gc=False):
    """What custom.metrics.k8s.io says of one pod."""

    pod: str
    value: Milli
    at: Instant
    window: Nanoseconds


class ResourceReading(Struct, frozen=True, kw_only=True, gc=False):
    """Answer to a Resource or ContainerResource metric. One reading may answer several metrics.

    ``pods`` is a tuple, or ``UsageColumns``, which equal one.
    """

    pods: Sequence[PodUsage]


class PodsReading(Struct, frozen=True, kw_only=True, gc=False):
    """Answer to a Pods metric."""

    samples: tuple[PodSample, ...]


class ObjectReading(Struct, frozen=True, kw_only=True, gc=False):
    """Answer to an Object metric."""

    value: Milli
    at: Instant


class ExternalReading(Struct, frozen=True, kw_only=True, gc=False):
    """Answer to an External metric: every series that matched, in the order given."""

    values: tuple[Milli, ...]
    at: Instant


class PrometheusReading(Struct, frozen=True, kw_only=True, gc=False):
    """Answer to a Prometheus metric: one number and what is known of where it comes from."""

    value: Milli
    at: Instant  #: of the newest sample behind it
    coverage: float | None = None  #: share of the sources that answer, 0 to 1; ``None``: not known
    warnings: tuple[str, ...] = ()  #: what the server said beside the number, such as that part of it is missing


class NoReading(Struct, frozen=True, kw_only=True, gc=False):
    """The metric could not be fetched: the text of the failure, without any prefix. Never a zero."""

    error: str


Reading = ResourceReading | PodsReading | ObjectReading | ExternalReading | PrometheusReading | NoReading


class Observation(Struct, frozen=True, kw_only=True, gc=False):
    """Everything one evaluation may look at.

    ``readings`` has one entry for each of the policy's metrics, in order. ``rivals`` names every policy that selects
    some of the pods, where more than one does; ``competition`` is who else sets the replicas (the controller fills in both).
    ``target`` is ``None`` where nothing is known of the target beyond its scale.
    """

    at: Instant
    scale: Scale | ScaleUnavailable
    pods: tuple[Pod, ...] = ()
    readings: tuple[Reading, ...] = ()
    rivals: tuple[str, ...] = ()
    target: TargetState | None = None
    competition: Competition | None = None
