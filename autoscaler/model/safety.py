"""What a ScalingPolicy adds to an HPA: guards against bad data and sudden change, and what people may impose."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from autoscaler.model.time import HOUR, MINUTE, SECOND, Instant, Nanoseconds
from autoscaler.model.windows import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Collapse:
    """A fall in what the metrics ask for that is too deep to be believed at once."""

    drop: float = 0.8  #: share of the current replicas that is no longer asked for
    confirm: Nanoseconds = 5 * MINUTE  #: how long it has to be asked for throughout


@dataclass(frozen=True, slots=True, kw_only=True)
class FlapBudget:
    """How many pods may be started and stopped within any ``per``, both counted. When spent, only growth passes.

    By default twice the largest size within ``per``: one rise from nothing and one fall back to it, whatever its size, never
    spend it; a second one does.
    """

    share: float = 2.0  #: of the largest size within ``per``
    pods: int | None = None  #: a plain number, instead
    per: Nanoseconds = HOUR

    def limit(self, largest: int) -> int:
        """Give the budget [pods] where the largest size within ``per`` is ``largest``."""
        return int(self.share * largest + 1e-9) if self.pods is None else self.pods


class FallbackUse(StrEnum):
    """What stands in for metrics that cannot be read."""

    HOLD = "Hold"  #: the current replicas
    LAST_GOOD = "LastGood"  #: what was asked for when the metrics could last be read
    FIXED = "Fixed"
    MAX = "Max"
    SCHEDULE = "Schedule"
    FORECAST = "Forecast"  #: what this time of day asked for on the days before


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A number of replicas for some hours of the week."""

    window: Window
    replicas: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fallback:
    """What to do when metrics stay away for longer than ``after``; before that, and where it knows nothing, size holds."""

    after: Nanoseconds = 5 * MINUTE
    use: FallbackUse = FallbackUse.HOLD
    replicas: int | None = None  #: of ``FIXED``, and of ``SCHEDULE`` outside its rows
    rows: tuple[Planned, ...] = ()  #: of ``SCHEDULE``; where several cover an instant, the largest counts
    limit: Nanoseconds | None = None  #: how long it stands in, from the loss on; ``None``: as long as it takes
    allow_decrease: bool = False  #: whether it may be less than there is


@dataclass(frozen=True, slots=True, kw_only=True)
class Safety:
    """Guards, each of which ``None`` switches off. None of them ever stops growth that healthy metrics ask for."""

    #: a sample older than this is missing
    max_sample_age: Nanoseconds | None = 90 * SECOND
    #: nothing shrinks while a smaller share of the pods that should have a sample has one
    min_coverage: float | None = 0.8
    #: most that one decision may take away, as a share of the current replicas
    max_step_down: float | None = 0.5
    #: most that one decision may add, as a multiple of the current replicas; four pods are always allowed
    max_step_up: float | None = 4.0
    collapse: Collapse | None = Collapse()
    flap_budget: FlapBudget | None = FlapBudget()
    fallback: Fallback | None = None
    #: good samples that have to come after a loss of metrics before anything shrinks
    warm_up: int | None = 3
    #: share of an imposed number that may go in each period once it has ended
    hold_return: float | None = 0.05
    #: during a rollout nothing shrinks, and no more is added than one step of the scale-up rules
    rollout_hold: bool = True
    #: nothing shrinks while not one pod is ready
    unready_hold: bool = True
    #: where pods are refused, by a quota or otherwise, no more than one beyond those that exist is asked for
    refusal_cap: bool = True
    #: nothing shrinks before some metric could be read once
    first_sample: bool = True
    #: samples of pods that do not exist, or began later, are missing
    live_pods_only: bool = True
    #: nothing is written while something else scales the same target
    yield_to_others: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A number that somebody imposes for a while, whatever the metrics say. After ``until`` it means nothing."""

    replicas: int
    until: Instant
    author: str
    reason: str
    begin: Instant | None = None  #: nothing before; of several that hold, the one that began last counts
    is_floor: bool = False  #: metrics may ask for more


@dataclass(frozen=True, slots=True, kw_only=True)
class Halt:
    """Nobody's size is written any more, by order of a person. ``until``: when that ends by itself."""

    author: str
    reason: str
    until: Instant | None = None

    def is_over(self, at: Instant) -> bool:
        """Whether it has ended by itself."""
        return self.until is not None and at >= self.until


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarding:
    """Everything a guarded policy has beyond the exact one."""

    safety: Safety = Safety()
    pause_scale_up: bool = False
    pause_scale_down: bool = False
    hold: Hold | None = None
    period: Nanoseconds | None = None  #: time between two evaluations; ``None``: the controller's
    holds: tuple[Hold, ...] = ()  #: more of them, in the order in which they were imposed

    def hold_at(self, at: Instant) -> Hold | None:
        """Give the hold that counts: the newest of those in force; ``None``: there is none."""
        given = self.holds if self.hold is None else (self.hold, *self.holds)
        newest: Hold | None = None
        for hold in given:
            if at >= hold.until or (hold.begin is not None and at < hold.begin):
                continue
            if newest is None or (hold.begin or 0) >= (newest.begin or 0):
                newest = hold
        return newest
