"""Which pods a per-pod metric may count on: ready, unready, missing, ignored.

Source: kubernetes pkg/controller/podautoscaler/replica_calculator.go (groupPods), v1.36.2.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from autoscaler.engine.recommend.samples import Samples
from autoscaler.model.controller_config import ControllerConfig
from autoscaler.model.observation import Pod, PodPhase, PodUsage
from autoscaler.model.time import Instant

CPU = "cpu"

# Bound once: on Python 3.11 looking up an enum's member costs as much as the rest of a pod's turn.
_PENDING, _RUNNING = PodPhase.PENDING, PodPhase.RUNNING
_FINISHED, _FINISHED_AS_FIXED = (PodPhase.FAILED,), (PodPhase.FAILED, PodPhase.SUCCEEDED)


class Roster(Struct, frozen=True, gc=False):
    """The pods of one pass, sorted once into those that any sample can speak for and those that none can.

    ``ignored``: finished or on their way out. ``pending``: not running yet. ``living``: the others. ``names`` are those of
    all pods, in order; ``are_alike``: all ask for the same, by one value that they share.
    """

    pods: tuple[Pod, ...]
    living: list[Pod]
    pending: list[str]
    ignored: list[str]
    names: tuple[str, ...]
    are_alike: bool

    @classmethod
    def of(cls, pods: tuple[Pod, ...], finished: tuple[PodPhase, ...] = (PodPhase.FAILED,)) -> Roster:
        """Sort ``pods``; those in a phase of ``finished`` are ignored."""
        living: list[Pod] = []
        pending: list[str] = []
        ignored: list[str] = []
        for pod in pods:
            phase = pod.phase
            if phase is _RUNNING and not pod.deleting:  # nearly all: told apart first
                living.append(pod)
            elif pod.deleting or phase in finished:
                ignored.append(pod.name)
            elif phase == _PENDING:
                pending.append(pod.name)
            else:
                living.append(pod)
        names = tuple([pod.name for pod in pods])
        return cls(pods, living, pending, ignored, names, _are_alike(pods))

    def ready_count(self) -> int:
        """Pods that run and are ready, terminating ones included: what Object and External metrics multiply."""
        return sum(
            1 for pod in self.pods if pod.phase == _RUNNING and pod.ready is not None and pod.ready.status == "True"
        )


def _are_alike(pods: tuple[Pod, ...]) -> bool:
    first = pods[0].resources if pods else None
    for pod in pods:
        if pod.resources is not first:
            return False
    return True


def finished_phases(config: ControllerConfig) -> tuple[PodPhase, ...]:
    """The phases that end a pod's part in the average; upstream forgot Succeeded until a late fix."""
    return _FINISHED_AS_FIXED if config.fixes.succeeded_pods else _FINISHED


class Groups(Struct, frozen=True, gc=False):
    """Names of pods by what their samples are worth; only the number of the ready ones matters."""

    ready: int
    unready: list[str]
    missing: list[str]
    ignored: list[str]


def group_pods(roster: Roster, samples: Samples) -> Groups:
    """Group by phase and by whether there is a sample: the rule for every metric but cpu."""
    missing = [pod.name for pod in roster.living if pod.name not in samples]
    return Groups(len(roster.living) - len(missing), roster.pending, missing, roster.ignored)


def group_pods_for_cpu(
    roster: Roster, samples: Samples, usages: Sequence[PodUsage], at: Instant, config: ControllerConfig
) -> Groups:
    """Group for cpu, which also distrusts samples of pods that are starting or have never been ready."""
    missing: list[str] = []
    unready = roster.pending.copy()
    ready = 0
    young_since = at - config.cpu_initialization_period
    taken: dict[str, PodUsage] = {}
    for pod in roster.living:
        name = pod.name
        if name not in samples:
            missing.append(name)
            continue
        condition, started = pod.ready, pod.started_at
        if condition is None or started is None:
            unready.append(name)
        elif started > young_since:  # strictly: a pod exactly as old as the period is not young
            taken = taken or by_pod(usages)  # looked up for the young ones only
            sample = taken[name]
            is_stale = sample.at < condition.last_transition + sample.window
            if is_stale or condition.status == "False":
                unready.append(name)
            else:
                ready += 1
        elif condition.status == "False" and started + config.initial_readiness_delay > condition.last_transition:
            unready.append(name)  # went unready within the delay of its start: was never ready
        else:
            ready += 1
    return Groups(ready, unready, missing, roster.ignored)


def are_all_trusted(pods: Iterable[Pod], at: Instant, config: ControllerConfig) -> bool:
    """Whether cpu samples count whenever they were taken: every one of ``pods`` is old enough, and not unready."""
    young_since = at - config.cpu_initialization_period
    for pod in pods:
        started, condition = pod.started_at, pod.ready
        if started is None or started > young_since or condition is None or condition.status == "False":
            return False
    return True


def cpu_trusted_at(pods: tuple[Pod, ...], at: Instant, config: ControllerConfig) -> Instant | None:
    """When the first pod whose cpu is distrusted for its age may come of age; never too late, sometimes too early."""
    period, delay = config.cpu_initialization_period, config.initial_readiness_delay
    ages = (
        pod.started_at + period
        for pod in pods
        if pod.started_at is not None
        and pod.started_at > at - period
        and pod.ready is not None
        and (pod.ready.status != "False" or pod.ready.last_transition >= pod.started_at + delay)
    )
    return min(ages, default=None)


def by_pod(usages: Sequence[PodUsage]) -> dict[str, PodUsage]:
    """Index usages by pod; of two for one pod the later counts."""
    return {usage.pod: usage for usage in usages}
