"""How a scenario describes its traffic: one shape, or a sum or product of shapes, optionally scaled to a range.

Only the description lives here; ``simulator.traffic`` turns it into a rate over time. All rates are requests per second
and all times count from the start of the run.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from autoscaler.config.units import Duration, PositiveDuration, Rate

SLOWEST: Final = 0.001  #: speeds of traffic that are taken: beyond them it is a slip of the pen
FASTEST: Final = 100_000


class Spec(BaseModel):
    """Base of everything in a scenario: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, populate_by_name=True)


class Csv(Spec):
    """Rates from a ``timestamp,rps`` file, or from a range answer of Prometheus (JSON)."""

    path: str = Field(min_length=1, description="File, relative to the scenario's folder.")
    offset: Duration = Field(
        default=0.0, description="Where in the trace the run starts [s from its first row]. Default 0."
    )


class Requests(Spec):
    """Single requests, or jobs, from a file: each at its own instant and, where sizes are given, with its own time in service."""

    path: str = Field(
        min_length=1, description="File with one row for each request, relative to the scenario's folder."
    )
    time: str = Field(
        default="timestamp", min_length=1, description="Column of instants [s, or ISO 8601]. Default `timestamp`."
    )
    size: str | None = Field(
        default=None,
        min_length=1,
        description="Column of sizes, such as tokens or bytes. Default: none; times in service are then drawn as usual.",
    )
    service_time_per: PositiveDuration | None = Field(
        default=None, description="Time in service for each unit of size [s]; needed where there is a size."
    )
    service_time_base: Duration = Field(
        default=0.0, description="Time in service of a request of size 0 [s]. Default 0."
    )
    offset: Duration = Field(
        default=0.0, description="Where in the file the run starts [s from its first row, played at speed]. Default 0."
    )
    speed: float = Field(
        default=1.0,
        ge=SLOWEST,
        le=FASTEST,
        description="How many times as fast requests come; their times in service stay as they are. Default 1.",
    )

    @model_validator(mode="after")
    def _times(self) -> Self:
        if (self.size is None) != (self.service_time_per is None):
            raise ValueError("size and service_time_per belong together: a column, and the time for each unit of it")
        if self.size is None and self.service_time_base:
            raise ValueError("service_time_base is added to the time of a size, and there is no size")
        return self


class Constant(Spec):
    """The same rate throughout."""

    rps: Rate = Field(description="Rate [requests/s].")


class Ramp(Spec):
    """From one rate to another in a straight line, then flat."""

    start: Rate = Field(alias="from", description="Rate before and at the ramp's begin [requests/s].")
    end: Rate = Field(alias="to", description="Rate from the ramp's end on [requests/s].")
    begin: Duration = Field(default=0.0, description="When the ramp begins [s]. Default 0.")
    over: PositiveDuration = Field(description="How long the ramp takes [s].")


class Diurnal(Spec):
    """A sine between a low and a high rate, once per period."""

    low: Rate = Field(description="Rate at the trough [requests/s].")
    high: Rate = Field(description="Rate at the peak [requests/s].")
    period: PositiveDuration = Field(default=86400.0, description="Time from peak to peak [s]. Default 24h.")
    peak_at: Duration = Field(default=43200.0, description="Time of the first peak [s]. Default 12h.")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.low > self.high:
            raise ValueError(f"low ({self.low:g}) is above high ({self.high:g}): swap them")
        return self


class FlashCrowd(Spec):
    """Extra traffic that rises in a line, holds, and decays exponentially; zero before it begins."""

    at: Duration = Field(description="When it begins [s].")
    peak: Rate = Field(description="Extra rate at its top [requests/s].")
    rise: PositiveDuration = Field(default=60.0, description="Time to the top [s]. Default 60s.")
    hold: Duration = Field(default=0.0, description="Time at the top [s]. Default 0.")
    half_life: PositiveDuration = Field(
        default=300.0, description="Time in which it halves afterwards [s]. Default 5m."
    )


class Step(Spec):
    """A rate that holds from an instant on."""

    at: Duration = Field(description="When the rate begins [s].")
    rps: Rate = Field(description="Rate from then on [requests/s].")


SHAPES: Final = ("csv", "requests", "constant", "ramp", "diurnal", "flash_crowd", "steps", "sum", "product")


class Traffic(Spec):
    """Exactly one shape, how fast it is played, and what to scale it to."""

    csv: Csv | None = None
    requests: Requests | None = None
    constant: Constant | None = None
    ramp: Ramp | None = None
    diurnal: Diurnal | None = None
    flash_crowd: FlashCrowd | None = None
    steps: tuple[Step, ...] | None = Field(default=None, min_length=1, description="Steps in order of time.")
    sum: tuple[Traffic, ...] | None = Field(default=None, min_length=1, description="Shapes whose rates are added.")
    product: tuple[Traffic, ...] | None = Field(
        default=None, min_length=1, description="Shapes whose rates are multiplied."
    )
    speed: float = Field(
        default=1.0,
        ge=SLOWEST,
        le=FASTEST,
        description="How many times as fast it is played; rates stay as they are. Default 1.",
    )
    scale_to: tuple[Rate, Rate] | None = Field(
        default=None,
        description="Map the lowest rate of the run to the first and the highest to the second [requests/s].",
    )

    @model_validator(mode="after")
    def _one_shape(self) -> Self:
        given = [name for name in SHAPES if getattr(self, name) is not None]
        if len(given) != 1:
            what = f"{' and '.join(given)} are given" if given else "no shape is given"
            raise ValueError(f"{what}; traffic takes exactly one of {', '.join(SHAPES)}")
        if self.requests is not None and (self.scale_to is not None or self.speed != 1.0):
            raise ValueError("scale_to and speed change rates, not single requests; requests have a speed of their own")
        if any(part.requests is not None for part in (*(self.sum or ()), *(self.product or ()))):
            raise ValueError("requests cannot be added or multiplied: they are the whole traffic")
        if self.scale_to is not None and self.scale_to[0] > self.scale_to[1]:
            raise ValueError(f"scale_to is [lowest, highest]; {list(self.scale_to)} has them swapped")
        times = [step.at for step in self.steps or ()]
        if any(later <= earlier for earlier, later in pairwise(times)):
            raise ValueError("steps must be in order of time, each later than the one before")
        return self
