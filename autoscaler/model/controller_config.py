"""What holds for every policy of a controller: upstream's flags and feature gates, and what differs by its release."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from autoscaler.model.budgets import NO_BUDGETS, Budgets
from autoscaler.model.time import MINUTE, SECOND, Nanoseconds


class KubernetesVersion(StrEnum):
    """A release of Kubernetes whose decisions can be had."""

    V1_35 = "1.35"
    V1_36 = "1.36"
    V1_37 = "1.37"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gates:
    """Feature gates of kube-controller-manager that change what is decided; the defaults are those of 1.36."""

    scale_to_zero: bool = False  #: HPAScaleToZero, alpha and off since 1.16, beta and on in 1.37
    configurable_tolerance: bool = True  #: HPAConfigurableTolerance, beta and on since 1.35, stable in 1.37
    pod_level_resources: bool = True  #: PodLevelResources, beta and on since 1.34


class ToleranceTest(StrEnum):
    """How a ratio is found to be near 1. They differ at the edge: 1.1 with a tolerance of 0.1."""

    TWO_SIDED = "two-sided"  #: 1 - t <= ratio <= 1 + t, since 1.33
    ABSOLUTE = "absolute"  #: |1 - ratio| <= t, before


class ZeroRule(StrEnum):
    """What tells a target that is switched off from one that the controller itself brought to zero."""

    CONDITION = "condition"  #: the status condition ScaledToZero, since 1.36 (PR 135118)
    MIN_REPLICAS = "minReplicas"  #: a minimum of 0, before: also a zero set by a person is left again


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixes:
    """Repairs made upstream after the code freeze of 1.37; which release brings them is not known yet."""

    #: the reported average per pod is 0 while there are no pods, not -2^63 (PR 140958)
    average_without_pods: bool = False
    #: pods that have Succeeded are left out like those that have Failed (PR 141302)
    succeeded_pods: bool = False


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
    zero_rule: ZeroRule = ZeroRule.CONDITION
    observed_generation: bool = False  #: the status tells which generation of the policy it is about (1.37, PR 138228)
    gates: Gates = Gates()
    fixes: Fixes = Fixes()
    budgets: Budgets = NO_BUDGETS  #: what all policies share; none is upstream's


DEFAULT_CONFIG = ControllerConfig()
DEFAULT_VERSION = KubernetesVersion.V1_36


def for_version(version: KubernetesVersion | str) -> ControllerConfig:
    """Give upstream's defaults in that release, such as ``1.37``.

    Raises:
        ValueError: a release whose decisions are not known.
    """
    match KubernetesVersion(version):
        case KubernetesVersion.V1_35:
            return ControllerConfig(zero_rule=ZeroRule.MIN_REPLICAS)
        case KubernetesVersion.V1_36:
            return DEFAULT_CONFIG
        case KubernetesVersion.V1_37:
            return ControllerConfig(observed_generation=True, gates=Gates(scale_to_zero=True))


def version_of(config: ControllerConfig) -> KubernetesVersion:
    """Give the release whose rules a configuration follows, whatever its flags and gates."""
    rules = (config.zero_rule, config.observed_generation)
    for version in KubernetesVersion:
        own = for_version(version)
        if (own.zero_rule, own.observed_generation) == rules:
            return version
    return DEFAULT_VERSION
