"""What goes wrong by time: metrics, pods, nodes, the service itself, the API server, the controller.

Each entry names an instant, for most how long it lasts, and one kind of fault.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from autoscaler.config.field_paths import FieldError
from autoscaler.config.traffic import Spec
from autoscaler.config.units import Duration, PositiveDuration, Share, SignedDuration


class MetricSource(StrEnum):
    """A metrics API."""

    RESOURCE = "resource"  #: cpu and memory of pods
    CUSTOM = "custom"  #: other metrics of pods
    EXTERNAL = "external"  #: of anything else
    PROMETHEUS = "prometheus"  #: what policies ask a Prometheus server themselves


class OutageOf(StrEnum):
    """Which metrics APIs are out of order."""

    RESOURCE = "resource"
    CUSTOM = "custom"
    EXTERNAL = "external"
    PROMETHEUS = "prometheus"
    ALL = "all"

    def covers(self, source: MetricSource) -> bool:
        """Tell whether it hits that API."""
        return self is OutageOf.ALL or self.value == source.value


class OutageAnswer(StrEnum):
    """What a metrics API that is out of order says."""

    ERROR = "error"  #: 503, as an aggregated API does whose server is gone
    STALE = "stale"  #: what it knew when the fault began, with its old times


class WriteAnswer(StrEnum):
    """What the API server says to a write of the scale."""

    CONFLICT = "conflict"  #: 409: somebody else wrote in between
    THROTTLED = "throttled"  #: 429: too many requests
    REFUSED = "refused"  #: 503: it cannot do that now


class Memory(StrEnum):
    """What a controller that was started anew remembers."""

    FORGOTTEN = "forgotten"  #: only what the policy's status says
    KEPT = "kept"  #: everything, from a checkpoint of its last pass


class MetricsOutage(Spec):
    """A metrics API that does not answer, or not with anything new."""

    of: OutageOf = Field(
        default=OutageOf.ALL, description="resource, custom, external, prometheus or all (the default)."
    )
    answer: OutageAnswer = Field(
        default=OutageAnswer.ERROR,
        description="error: 503 (the default); stale: the last values, with their old times.",
    )


class DroppedSamples(Spec):
    """Scrapes that miss some of the pods."""

    share: Annotated[Share, Field(gt=0)] = Field(description="Share of pods missing in a scrape, others in each one.")


class MetricsLag(Spec):
    """Scrapes that are known later than usual."""

    extra: PositiveDuration = Field(description="How much later [s], on top of metrics.lag.")


class SlowService(Spec):
    """Requests that take longer, whatever the pods do: a slow database behind them. Their cpu time stays."""

    factor: float = Field(ge=1, le=1e6, description="Every request that starts takes this many times as long.")


class Some(Spec):
    """A number of things, or a share of them."""

    count: int | None = Field(default=None, ge=1, description="How many; or give share.")
    share: Annotated[Share, Field(gt=0)] | None = Field(
        default=None, description="Which share, rounded, one at least; or give count."
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.count is None) == (self.share is None):
            raise ValueError("give count or share, one of both")
        return self

    def of(self, present: int) -> int:
        """Give how many of ``present`` things are meant."""
        if self.share is not None:
            return min(present, max(1, int(self.share * present + 0.5)))
        return min(present, self.count or 0)


class LostNodes(Some):
    """Nodes that are gone at once, with their pods."""

    pool: str = Field(min_length=1, description="The pool that they belong to; the name of one of `nodes`.")


class FailingWrites(Spec):
    """Writes of the scale that the API server does not take."""

    answer: WriteAnswer = Field(
        default=WriteAnswer.REFUSED,
        description="conflict (409), throttled (429) or refused (503, the default).",
    )
    share: Annotated[Share, Field(gt=0)] = Field(default=1.0, description="Share of writes that fail. Default all.")


class FailingReads(Spec):
    """Evaluations in which the API server does not give the target's scale."""

    share: Annotated[Share, Field(gt=0)] = Field(default=1.0, description="Share of reads that fail. Default all.")


class ControllerRestart(Spec):
    """The controller ends, and another one starts when the fault is over."""

    memory: Memory = Field(
        default=Memory.FORGOTTEN,
        description="forgotten: only the policy's status is left (the default); kept: a checkpoint of its last pass.",
    )


class ClockJump(Spec):
    """The controller's clock is set to another time; what it reads keeps the true times."""

    by: SignedDuration = Field(
        description="How far [s]. Set back, as by -10m, it stands still until the true time has come that far."
    )

    @model_validator(mode="after")
    def _moves(self) -> Self:
        if not self.by:
            raise ValueError("by is 0: the clock stays as it is")
        return self


Kind = (
    MetricsOutage | DroppedSamples | MetricsLag | SlowService | Some | LostNodes | FailingWrites | FailingReads
    | ControllerRestart | ClockJump
)  # fmt: skip

KINDS: Final = (
    "metrics_outage", "dropped_samples", "metrics_lag", "slow_service", "killed_pods", "lost_nodes", "failing_writes",
    "failing_reads", "controller_restart", "clock_jump",
)  # fmt: skip

_INSTANT: Final = frozenset({"killed_pods", "lost_nodes"})


class TimedFault(Spec):
    """One fault: when, for how long, and exactly one kind."""

    at: Duration = Field(description="When it begins [s].")
    span: PositiveDuration | None = Field(
        default=None, alias="for", description="How long it lasts [s]. Default: to the end; a restart takes no time."
    )
    metrics_outage: MetricsOutage | None = Field(
        default=None, description="A metrics API does not answer, or not with anything new."
    )
    dropped_samples: DroppedSamples | None = Field(default=None, description="Scrapes miss some of the pods.")
    metrics_lag: MetricsLag | None = Field(default=None, description="Scrapes are known later.")
    slow_service: SlowService | None = Field(default=None, description="Requests take longer.")
    killed_pods: Some | None = Field(default=None, description="Pods end at once, with what they serve.")
    lost_nodes: LostNodes | None = Field(default=None, description="Nodes are gone at once, with their pods.")
    failing_writes: FailingWrites | None = Field(
        default=None, description="The API server does not take writes of the scale."
    )
    failing_reads: FailingReads | None = Field(default=None, description="The API server does not give the scale.")
    controller_restart: ControllerRestart | None = Field(
        default=None, description="The controller ends; another one starts when it is over."
    )
    clock_jump: ClockJump | None = Field(default=None, description="The controller's clock is set to another time.")

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        given = [name for name in KINDS if getattr(self, name) is not None]
        if len(given) != 1:
            what = f"{' and '.join(given)} are given" if given else "no kind is given"
            raise ValueError(f"{what}; a fault takes exactly one of {', '.join(KINDS)}")
        if self.span is not None and self.name in _INSTANT:
            raise ValueError(f"{self.name} happens at an instant; it takes no `for`")
        return self

    @property
    def name(self) -> str:
        """Give the name of its kind, as a scenario calls it."""
        return next(name for name in KINDS if getattr(self, name) is not None)

    @property
    def kind(self) -> Kind:
        """Give what happens."""
        found: Kind = getattr(self, self.name)
        return found


def impossible(faults: tuple[TimedFault, ...], pools: Collection[str]) -> Iterator[FieldError]:
    """Give what could not happen with node pools of those names."""
    for number, fault in enumerate(faults):
        lost = fault.lost_nodes
        if lost is not None and lost.pool not in pools:
            known = f"nodes has {', '.join(sorted(pools))}" if pools else "the scenario has no `nodes`"
            yield FieldError(f"there are no nodes called {lost.pool}: {known}", "faults", number, "lost_nodes", "pool")
