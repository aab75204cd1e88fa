"""All metrics of a policy: the largest proposal wins, and a metric that failed forbids shrinking.

Source: kubernetes pkg/controller/podautoscaler/horizontal.go (computeReplicasForMetrics), v1.36.2.
"""

from __future__ import annotations

from functools import lru_cache

from msgspec import Struct, field

from autoscaler.engine.recommend.calculation import MetricFailedError, SelectorFailedError, tolerance_of
from autoscaler.engine.recommend.grouping import Roster, finished_phases
from autoscaler.engine.recommend.guards import along_the_ratio, with_nobody_ready
from autoscaler.engine.recommend.metrics import Computed, compute
from autoscaler.engine.recommend.per_pod import Situation
from autoscaler.engine.recommend.targeting import TargetingFault, check_targeting
from autoscaler.engine.recommend.wording import Failure, failure_of, metric_name, metric_type
from autoscaler.model.controller_config import ControllerConfig
from autoscaler.model.decision import Action, Announcement, MetricStatus, Proposal, Stage
from autoscaler.model.observation import Milli, NoReading, Observation, Reading, Scale
from autoscaler.model.policy import Metric, Profile, ScalingPolicy

NO_PROPOSAL = -1
_EXACT = Profile.EXACT
_NONE, _UP, _DOWN = Action.NONE, Action.SCALE_UP, Action.SCALE_DOWN
BLANK = MetricStatus()
_REMEMBERED = 4096  #: words kept of each kind
_NOT_READ = NoReading(error="the metric was not read")


class Recommended(Struct, gc=False):
    """What the metrics ask for together. ``replicas`` is -1 where they must not be followed.

    ``active``: status, reason and message for the condition ScalingActive. ``error`` may stand beside a proposal.
    ``statuses`` is ``None`` where no metric was looked at.
    """

    replicas: int = NO_PROPOSAL
    name: str = ""
    active: tuple[str, str, str] = ("False", "", "")
    error: str = ""
    statuses: tuple[MetricStatus, ...] | None = None
    proposals: list[Proposal] = field(default_factory=list)
    announcements: list[Announcement] = field(default_factory=list)
    steps: tuple[Stage, ...] = ()
    is_within_tolerance: bool = True  #: of every metric that has an answer
    is_short_of_pods: bool = False  #: whether some metric failed, or could not count on some pods for now


def recommend(
    policy: ScalingPolicy, scale: Scale, observation: Observation, previous: int, config: ControllerConfig
) -> Recommended:
    """Ask every metric and combine the answers. ``previous``: current replicas of the last pass, for metric labels."""
    fault = check_targeting(scale.selector, observation.rivals)
    if fault is not None:
        return _untargeted(fault)
    answer = Recommended(statuses=())
    roster = Roster.of(observation.pods, finished_phases(config))
    situation = Situation(roster, scale.spec_replicas, tolerance_of(policy, config), observation.at, config)
    statuses: list[MetricStatus] = []
    first: Failure | None = None
    invalid = best = 0
    readings = observation.readings
    for index, metric in enumerate(policy.metrics):
        reading = readings[index] if index < len(readings) else _NOT_READ
        computed = _attempt(metric, reading, situation, scale.status_replicas, policy)
        if isinstance(computed, Failure):
            invalid += 1
            first = first or computed
            statuses.append(BLANK)
            _note_failure(answer, metric, computed)
            continue
        proposed, name = computed.calculation.replicas, metric_name(metric)
        statuses.append(computed.status)
        _note_proposal(answer, metric, name, computed, previous)
        if not situation.tolerance.holds(computed.calculation.ratio):
            answer.is_within_tolerance = False
        if best == 0 or proposed > best:  # so among zeros the last gives the name
            best, answer.name = proposed, name
    answer.statuses = tuple(statuses)
    _conclude(answer, best, first, invalid, len(policy.metrics), scale.spec_replicas)
    return answer


def _attempt(
    metric: Metric, reading: Reading, situation: Situation, status_replicas: int, policy: ScalingPolicy
) -> Computed | Failure:
    try:
        computed = compute(metric, reading, situation, status_replicas, policy.key.namespace)
        if policy.profile is _EXACT:
            return computed
        raised = with_nobody_ready(computed.calculation, situation.current, situation.roster)
        guarded = along_the_ratio(raised, situation.current)
        return Computed(guarded, computed.status, computed.target)
    except MetricFailedError as error:
        return failure_of(metric, str(error), was_asked=not isinstance(error, SelectorFailedError))


def _conclude(answer: Recommended, best: int, first: Failure | None, invalid: int, count: int, current: int) -> None:
    """Follow the best proposal, unless every metric failed or one failed and the others would shrink."""
    if first is not None:
        answer.error = f"invalid metrics ({invalid} invalid out of {count}), first error is: {first.error}"
    if invalid >= count or (invalid > 0 and best < current):
        answer.name = ""
        if first is not None:
            answer.active = _unable(first)
        why = f"{invalid} of {count} metrics failed: nothing may shrink"
        answer.steps = (Stage(stage="combine", before=current, after=current, why=why),)
        return
    answer.replicas = best
    answer.active = _able(answer.name)
    if count > 1:
        answer.steps = _largest(current, best, answer.name)


# Told in every pass, and the same as in the pass before: so they are put into words once.
@lru_cache(maxsize=_REMEMBERED)
def _largest(before: int, after: int, name: str) -> tuple[Stage, ...]:
    return (Stage(stage="combine", before=before, after=after, why=f"the largest proposal, from {name}"),)


@lru_cache(maxsize=_REMEMBERED)
def _able(name: str) -> tuple[str, str, str]:
    return "True", "ValidMetricFound", f"the HPA was able to successfully calculate a replica count from {name}"


def _unable(failure: Failure) -> tuple[str, str, str]:
    return "False", failure.reason, f"the HPA was unable to compute the replica count: {failure.message}"


def _untargeted(fault: TargetingFault) -> Recommended:
    return Recommended(
        active=("False", fault.condition_reason, fault.condition),
        error=fault.error,
        announcements=[Announcement(type="Warning", reason=fault.event_reason, message=fault.event)],
    )


def _note_failure(answer: Recommended, metric: Metric, failure: Failure) -> None:
    answer.is_short_of_pods = True
    answer.announcements.append(Announcement(type="Warning", reason=failure.reason, message=failure.message))
    answer.proposals.append(
        Proposal(
            name=metric_name(metric),
            replicas=None,
            error=failure.message,
            metric_type=metric_type(metric),
            error_kind=failure.kind,
        )
    )


def _note_proposal(answer: Recommended, metric: Metric, name: str, computed: Computed, previous: int) -> None:
    calculation = computed.calculation
    if calculation.pods is not None and calculation.pods.unready:
        answer.is_short_of_pods = True
    observed, target = _figures(computed)
    replicas = calculation.replicas
    if replicas == previous:
        action = _NONE
    else:
        action = _UP if replicas > previous else _DOWN
    answer.proposals.append(
        Proposal(
            name=name,
            replicas=replicas,
            ratio=calculation.ratio,
            adjusted_ratio=calculation.adjusted,
            usage=calculation.usage,
            pods=calculation.pods,
            note=calculation.note,
            observed=observed,
            target=target,
            metric_type=metric_type(metric),
            action=action,
        )
    )


def _figures(computed: Computed) -> tuple[str, str]:
    """Observed value and target as people read them."""
    calculation = computed.calculation
    if calculation.utilization is not None:
        return f"{calculation.utilization}%", f"{computed.target}%"
    status = computed.status
    binary = status.average_value is not None and status.average_value.format == "BinarySI"
    return _readable(calculation.usage, binary=binary), _readable(computed.target, binary=binary)


def _readable(milli: Milli, *, binary: bool) -> str:
    if binary:
        return f"{milli / 1000 / 2**20:.1f}Mi"
    return str(milli // 1000) if milli % 1000 == 0 else f"{milli / 1000:g}"
