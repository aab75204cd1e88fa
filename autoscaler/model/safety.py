"""What a ScalingPolicy adds to an HPA: guards against bad data and sudden change, and what people may impose."""

from __future__ import annotations

from dataclasses import dataclass

from autoscaler.model.time import MINUTE, SECOND, Instant, Nanoseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Collapse:
    """A fall in what the metrics ask for that is too deep to be believed at once."""

    drop: float = 0.8  #: share of the current replicas that is no longer asked for
    confirm: Nanoseconds = 5 * MINUTE  #: how long it has to be asked for throughout


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A number that somebody imposes for a while, whatever the metrics say. After ``until`` it means nothing."""

    replicas: int
    until: Instant
    author: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarding:
    """Everything a guarded policy has beyond the exact one."""

    safety: Safety = Safety()
    pause_scale_up: bool = False
    pause_scale_down: bool = False
    hold: Hold | None = None
