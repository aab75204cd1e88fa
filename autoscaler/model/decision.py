"""What was decided, and why: one record for the command line, the journal, the status and the report."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from autoscaler.model.policy import Metric, PolicyKey
from autoscaler.model.quantity import Quantity
from autoscaler.model.time import Instant


class Action(StrEnum):
    """Which way a decision moves; the values are upstream's metric labels."""

    SCALE_UP = "scale_up"
    SCALE_DOWN = "scale_down"
    NONE = "none"


class ErrorKind(StrEnum):
    """Who is to blame for a failed pass; the values are upstream's metric labels."""

    SPEC = "spec"
    INTERNAL = "internal"
    NONE = "none"


class Reason(StrEnum):
    """The word for what settled the number: a closed list, for tables, labels and alerts."""

    SCALED_UP = "ScaledUp"
    SCALED_DOWN = "ScaledDown"
    WITHIN_TOLERANCE = "WithinTolerance"
    STABILIZED = "StabilizationHold"
    RATE_LIMITED = "RateLimited"
    AT_MAX = "AtMax"
    AT_MIN = "AtMin"
    METRIC_MISSING = "MetricMissing"
    TARGET_MISSING = "TargetMissing"
    TARGET_AT_ZERO = "TargetAtZero"
    METRIC_PARTIAL = "MetricPartial"
    CONFIRMING = "AwaitingConfirmation"
    STEP_LIMITED = "StepLimited"
    PAUSED = "Paused"
    HELD = "ManualHold"
    RETURNING = "ReturningFromHold"
    FLAP_BUDGET = "FlapBudget"
    FALLBACK = "Fallback"
    WARMING_UP = "WarmingUp"
    SHARED_BUDGET = "SharedBudget"
    AMBIGUOUS = "Conflict"
    ROLLING = "RolloutHold"
    NO_READY_PODS = "NoReadyPods"
    QUOTA_LIMITED = "QuotaLimited"
    PODS_REFUSED = "PodsRefused"
    UNCHANGED = "Unchanged"


class Stage(Struct, frozen=True, kw_only=True, gc=False):
    """One step from the metrics to the answer.

    ``since``: when the recommendation that holds here was made. ``until``: when what binds here may stop binding, if time
    does it.
    """

    stage: str
    before: int
    after: int
    why: str
    since: Instant | None = None
    until: Instant | None = None


class Condition(Struct, frozen=True, kw_only=True, gc=False):
    """One line of an HPA's conditions."""

    type: str
    status: str
    reason: str
    message: str
    last_transition: Instant
    observed_generation: int | None = None  #: of the policy when the condition was set, in releases that tell it


class Announcement(Struct, frozen=True, kw_only=True, gc=False):
    """One Kubernetes Event to write. ``type`` is ``Normal`` or ``Warning``."""

    type: str
    reason: str
    message: str


class MetricStatus(Struct, frozen=True, kw_only=True, gc=False):
    """What the status says of one metric of the policy, at the same position. All ``None``: the metric failed.

    ``metric`` is the one that was measured, for its name; the policy may have changed since. Whether two statuses say the
    same is asked of ``engine.statuses.same_status``: a target that changed is no difference there.
    """

    metric: Metric | None = None
    average_utilization: int | None = None
    average_value: Quantity | None = None
    value: Quantity | None = None

    @property
    def is_blank(self) -> bool:
        """Tell a metric that failed from one that was computed."""
        return self.average_utilization is None and self.average_value is None and self.value is None


class PodCounts(Struct, frozen=True, gc=False):
    """How many pods a per-pod metric could count on, and how many it could not."""

    ready: int
    unready: int  #: not running yet, or too young for their cpu to be trusted
    missing: int  #: without a sample
    ignored: int  #: failed, or on their way out

    @property
    def doubtful(self) -> str:
        """The pods that had to be guessed at, in words."""
        counts = ((self.missing, "without a sample"), (self.unready, "not ready"))
        return ", ".join(f"{count} pod{'s' if count > 1 else ''} {what}" for count, what in counts if count)


class Proposal(Struct, frozen=True, kw_only=True, gc=False):
    """What one metric asked for, or why it could not ask."""

    name: str  #: as messages name it, such as ``cpu resource utilization (percentage of request)``
    replicas: int | None
    ratio: float | None = None
    adjusted_ratio: float | None = None  #: once missing and unready pods count, where they were made to
    usage: int | None = None  #: average per pod, or the whole value for targets of type Value [milli-units]
    pods: PodCounts | None = None  #: of a metric that is read pod by pod and could not count on all of them
    note: str = ""  #: which rule settled the number, in plain words
    observed: str = ""  #: value as people read it, such as ``84%``
    target: str = ""
    error: str = ""
    metric_type: str = ""
    action: Action = Action.NONE
    error_kind: ErrorKind = ErrorKind.NONE

    @property
    def why(self) -> str:
        """The whole of it in one line, or the failure."""
        if self.replicas is None or self.ratio is None:
            return self.error
        why = f"{self.name}: {self.observed} against {self.target}, ratio {self.ratio:.3f}; {self.note}"
        if self.adjusted_ratio is not None and self.pods is not None:
            why += f"; {self.pods.doubtful}"
        return why


class PolicyStatus(Struct, frozen=True, kw_only=True, gc=False):
    """What the policy's status holds; kept between passes, because conditions and times build on it.

    ``metrics`` is ``None`` when metrics were not evaluated. ``observed_generation`` is the policy's, in releases that tell
    it.
    """

    current_replicas: int = 0
    desired_replicas: int = 0
    last_scale_at: Instant | None = None
    metrics: tuple[MetricStatus, ...] | None = None
    conditions: tuple[Condition, ...] = ()
    observed_generation: int | None = None


class Decision(Struct, frozen=True, kw_only=True, gc=False):
    """The answer of one evaluation, before anything is written.

    ``desired`` equals ``current`` where nothing is to change. ``announcements`` are in the order upstream sends them;
    those that depend on the write's outcome follow in ``Settlement``, those in ``closing`` come last.
    """

    key: PolicyKey
    at: Instant
    current: int | None  #: ``None``: the scale could not be read
    desired: int
    rescale: bool
    reason: Reason
    rescale_reason: str = ""  #: upstream's words in the event, such as ``cpu resource utilization ... above target``
    proposals: tuple[Proposal, ...] = ()
    steps: tuple[Stage, ...] = ()  #: what was made of the proposals
    announcements: tuple[Announcement, ...] = ()
    closing: tuple[Announcement, ...] = ()  #: announced after the status is written
    status: PolicyStatus
    error: str = ""
    error_kind: ErrorKind = ErrorKind.NONE
    #: before this instant the same observation gives the same answer; ``None``: time alone changes nothing
    next_possible_change_at: Instant | None = None

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The whole way: a stage for each metric, then the steps. Written when read, for of most passes nobody reads it."""
        if self.current is None:
            return self.steps
        return (*(_stage_of(proposal, self.current) for proposal in self.proposals), *self.steps)

    @property
    def action(self) -> Action:
        """Which way the decision moves."""
        if not self.rescale or self.current is None:
            return Action.NONE
        return Action.SCALE_UP if self.desired > self.current else Action.SCALE_DOWN


def _stage_of(proposal: Proposal, current: int) -> Stage:
    after = current if proposal.replicas is None else proposal.replicas
    return Stage(stage="metric", before=current, after=after, why=proposal.why)


class WriteResult(StrEnum):
    """How writing the scale went."""

    NOT_NEEDED = "not_needed"
    WITHHELD = "withheld"  #: Observe mode: would have been written
    WRITTEN = "written"
    FAILED = "failed"


class WriteOutcome(Struct, frozen=True, kw_only=True, gc=False):
    """How writing the scale went, and what the server said if it did not."""

    result: WriteResult
    error: str = ""


class Settlement(Struct, frozen=True, kw_only=True, gc=False):
    """What follows once the write's outcome is known."""

    status: PolicyStatus
    announcements: tuple[Announcement, ...] = ()
    error: str = ""
    error_kind: ErrorKind = ErrorKind.NONE
    action: Action = Action.NONE
