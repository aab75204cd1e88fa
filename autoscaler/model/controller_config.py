"""What holds for every policy of a controller: upstream's flags, their defaults and its feature gates (1.36)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from autoscaler.model.time import MINUTE, SECOND, Nanoseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Gates:
    """Feature gates of kube-controller-manager that change what is decided."""

    scale_to_zero: bool = False  #: HPAScaleToZero, alpha and off in 1.36
    configurable_tolerance: bool = True  #: HPAConfigurableTolerance, beta and on in 1.36
    pod_level_resources: bool = True  #: PodLevelResources, beta and on since 1.34


class ToleranceTest(StrEnum):
    """How a ratio is found to be near 1. They differ at the edge: 1.1 with a tolerance of 0.1."""

    TWO_SIDED = "two-sided"  #: 1 - t <= ratio <= 1 + t, since 1.33
    ABSOLUTE = "absolute"  #: |1 - ratio| <= t, before


@dataclass(frozen=True, slots=True, kw_only=True)
class ControllerConfig:
    """Upstream's ``--horizontal-pod-autoscaler-*`` flags; the last two are constants there."""

    sync_period: Nanoseconds = 15 * SECOND
    tolerance: float = 0.1  #: no change while the ratio of metric to target is this near 1
    downscale_stabilization: Nanoseconds = 5 * MINUTE
    cpu_initialization_period: Nanoseconds = 5 * MINUTE  #: cpu samples of pods younger than this are distrusted
    initial_readiness_delay: Nanoseconds = 30 * SECOND  #: unready this soon after its start: was never ready
    scale_up_limit_factor: float = 2.0
    scale_up_limit_minimum: float = 4.0
    #: how long after the pass a change is taken to be made; upstream's own clock has moved some 50 ms by then, which
    #: with a 15 s tick and periods in multiples of 15 s costs a whole tick per period
    scale_event_delay: Nanoseconds = 0
    tolerance_test: ToleranceTest = ToleranceTest.TWO_SIDED
    #: bring a target that stands outside its bounds back by the policy's rate rules; upstream jumps
    paced_bounds: bool = False
    gates: Gates = Gates()


DEFAULT_CONFIG = ControllerConfig()
