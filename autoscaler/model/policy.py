"""What a user asks for: the scale target, its bounds, its metrics and how fast it may move.

The shape is that of autoscaling/v2 HorizontalPodAutoscaler *after* API defaulting, with every text parsed. Field names
follow the API; "rate rule" is what the API calls a scaling policy (here *policy* is the whole document).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from msgspec import Struct

from autoscaler.model.quantity import Quantity
from autoscaler.model.safety import Guarding
from autoscaler.model.selector import LabelSelector
from autoscaler.model.time import Nanoseconds


class Profile(StrEnum):
    """Which promises a decision keeps: ``EXACT`` those of upstream's controller, ``GUARDED`` ours in addition."""

    EXACT = "exact"
    GUARDED = "guarded"


class Mode(StrEnum):
    """What may be written: everything, nothing but the record of what we would do, or not even evaluated."""

    APPLY = "Apply"
    OBSERVE = "Observe"
    PAUSED = "Paused"


class PolicyKey(Struct, frozen=True, kw_only=True, order=True, gc=False):
    """Names one policy in the cluster."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectRef:
    """Another object of the policy's namespace: the scale target, or what an Object metric describes."""

    api_version: str
    kind: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricTarget:
    """The value a metric is held at.

    ``type`` is ``Utilization``, ``Value`` or ``AverageValue``; upstream heeds it for Object metrics only, elsewhere
    the field that is present decides.
    """

    type: str
    value: Quantity | None = None
    average_value: Quantity | None = None
    average_utilization: int | None = None  #: percent of the pods' requests


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricName:
    """A metric's name and the label selector that narrows it (``None``: not narrowed)."""

    name: str
    selector: LabelSelector | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceMetric:
    """Use of cpu or memory, over all containers of each pod."""

    resource: str
    target: MetricTarget


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerResourceMetric:
    """Use of cpu or memory by the one container of that name in each pod."""

    resource: str
    container: str
    target: MetricTarget


@dataclass(frozen=True, slots=True, kw_only=True)
class PodsMetric:
    """A custom metric that each pod reports."""

    metric: MetricName
    target: MetricTarget


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectMetric:
    """A custom metric of one other object, such as requests per second of an Ingress."""

    described: ObjectRef
    metric: MetricName
    target: MetricTarget


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalMetric:
    """A metric from outside the cluster, such as the depth of a queue."""

    metric: MetricName
    target: MetricTarget


class WhenEmpty(StrEnum):
    """What a query's answer without any series means: it could not be read, or nothing is asked for."""

    MISSING = "Missing"
    ZERO = "Zero"


class WhenMultiple(StrEnum):
    """What to make of several series: an error, their sum, or the largest."""

    ERROR = "Error"
    SUM = "Sum"
    MAX = "Max"


@dataclass(frozen=True, slots=True, kw_only=True)
class Companions:
    """Queries beside a metric's own: an instant query tells neither how old its data is nor how much of it is there."""

    age: str  #: gives the age of the newest sample [s]; without a series there is no fresh one
    coverage: str = ""  #: gives the share of sources that answer, 0 to 1; empty: not known
    alive: str = ""  #: each series above 0 proves that an empty answer means zero
    alive_age: str = ""  #: gives the age of that proof [s]


@dataclass(frozen=True, slots=True, kw_only=True)
class PrometheusMetric:
    """A number that a PromQL query gives; only guarded policies have it.

    ``datasource`` names a server that the administrator defined. Up to ``activation`` nothing is asked for at all.
    """

    name: str
    query: str
    target: MetricTarget
    companions: Companions
    datasource: str = "main"
    activation: Quantity | None = None
    empty: WhenEmpty = WhenEmpty.MISSING
    multiple: WhenMultiple = WhenMultiple.ERROR


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownMetric:
    """A metric of a type upstream does not know; it always fails, and so blocks scale-down."""

    type: str


Metric = (
    ResourceMetric
    | ContainerResourceMetric
    | PodsMetric
    | ObjectMetric
    | ExternalMetric
    | PrometheusMetric
    | UnknownMetric
)


class RateRuleType(StrEnum):
    """Whether a rate rule counts pods or percent of the pods at the period's start."""

    PODS = "Pods"
    PERCENT = "Percent"


class SelectPolicy(StrEnum):
    """Which rate rule wins: the one that changes most, the one that changes least, or no change at all."""

    MAX = "Max"
    MIN = "Min"
    DISABLED = "Disabled"


@dataclass(frozen=True, slots=True, kw_only=True)
class RateRule:
    """At most ``value`` pods, or percent, within any ``period_seconds``."""

    type: RateRuleType
    value: int
    period_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingRules:
    """How one direction behaves.

    ``stabilization_window_seconds`` absent means 0 upwards and the controller's down-scale window downwards.
    ``tolerance`` absent means the controller's.
    """

    stabilization_window_seconds: int | None = None
    select_policy: SelectPolicy = SelectPolicy.MAX
    rules: tuple[RateRule, ...] = ()
    tolerance: Quantity | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Behavior:
    """Both directions. A policy without it takes upstream's older path: see ``constrain``."""

    scale_up: ScalingRules
    scale_down: ScalingRules


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingPolicy:
    """One policy, ready to evaluate."""

    key: PolicyKey
    target: ObjectRef
    max_replicas: int
    min_replicas: int | None = None  #: absent means 1
    metrics: tuple[Metric, ...] = ()
    behavior: Behavior | None = None
    profile: Profile = Profile.EXACT
    mode: Mode = Mode.OBSERVE
    guarding: Guarding | None = None  #: of a guarded policy
    uid: str = ""
    generation: int = 0  #: of the object it was read from; 0: not known

    def period_or(self, usual: Nanoseconds) -> Nanoseconds:
        """Give the time between two evaluations: the policy's own, or the controller's ``usual`` one."""
        own = None if self.guarding is None else self.guarding.period
        return usual if own is None else own
