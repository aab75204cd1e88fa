"""What one metric's calculation answers, and the failure that stands for no answer."""

from __future__ import annotations

from msgspec import Struct

from autoscaler.model.controller_config import ControllerConfig, ToleranceTest
from autoscaler.model.decision import PodCounts
from autoscaler.model.policy import ScalingPolicy

_ABSOLUTE = ToleranceTest.ABSOLUTE


class MetricFailedError(Exception):
    """The metric has no answer in this pass; the text is upstream's. Caught where metrics are combined."""


class SelectorFailedError(MetricFailedError):
    """The metric's own label selector cannot be used, so nothing was asked for."""


class Calculation(Struct, frozen=True, gc=False):
    """A proposal with the figures it came from.

    ``usage`` is in milli-units: the average per pod, or the whole value for targets of type Value. ``note`` says in
    plain words which rule settled the number.
    """

    replicas: int
    usage: int
    ratio: float
    note: str
    utilization: int | None = None  #: percent of the requests
    adjusted: float | None = None  #: the ratio once missing and unready pods count, where they were made to
    pods: PodCounts | None = None


class Tolerance(Struct, frozen=True, gc=False):
    """The band of ratios that changes nothing; both ends belong to it.

    ``absolute`` is the tolerance of the older test, where that is asked for.
    """

    low: float
    high: float
    absolute: float | None = None

    def holds(self, ratio: float) -> bool:
        """Whether ``ratio`` is too near 1 to act on; NaN never is."""
        if self.absolute is not None:
            return abs(1.0 - ratio) <= self.absolute
        return self.low <= ratio <= self.high


def tolerance_of(policy: ScalingPolicy, config: ControllerConfig) -> Tolerance:
    """The policy's band: each side its own where the behavior says so and the gate allows it, else the controller's.

    Bounds are 1 - t and 1 + t in doubles, which is not the same as |1 - ratio| <= t.
    """
    down = up = config.tolerance
    if config.tolerance_test is _ABSOLUTE:
        return Tolerance(1.0 - down, 1.0 + up, absolute=down)
    behavior = policy.behavior
    if behavior is not None and config.gates.configurable_tolerance:
        if behavior.scale_down.tolerance is not None:
            down = behavior.scale_down.tolerance.as_float()
        if behavior.scale_up.tolerance is not None:
            up = behavior.scale_up.tolerance.as_float()
    return Tolerance(1.0 - down, 1.0 + up)
