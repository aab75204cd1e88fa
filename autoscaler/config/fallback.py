"""What stands in for metrics that cannot be read, as people write it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field, model_validator

from autoscaler.config.blocks import Block
from autoscaler.config.field_paths import FieldError
from autoscaler.config.units import PositiveDuration
from autoscaler.config.zones import zone_of
from autoscaler.model.safety import Fallback, FallbackUse, Planned
from autoscaler.model.time import HOUR, seconds
from autoscaler.model.windows import UTC_ZONE, Window

#: How long what was last asked for is worth something, unless the policy says otherwise [ns].
LAST_GOOD_FOR: Final = HOUR


class Weekday(StrEnum):
    """A day of the week."""

    MON = "Mon"
    TUE = "Tue"
    WED = "Wed"
    THU = "Thu"
    FRI = "Fri"
    SAT = "Sat"
    SUN = "Sun"


def _is_zone(name: str) -> str:
    zone_of(name)
    return name


_TIME_OF_DAY: Final = r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"


class ScheduleRow(Block):
    """Hours of the week, by the clock on the wall of a time zone, and a number of replicas for them."""

    days: tuple[Weekday, ...] = Field(
        default=tuple(Weekday), min_length=1, max_length=7, description="Days on which it begins. Default: every day."
    )
    begin: str = Field(
        default="00:00", alias="from", pattern=_TIME_OF_DAY, description="When it begins, such as 08:00. Default 00:00."
    )
    end: str = Field(
        default="24:00",
        alias="to",
        pattern=_TIME_OF_DAY,
        description="When it ends, such as 18:30; not later than `from` means on the next day. Default 24:00.",
    )
    timezone: Annotated[str, AfterValidator(_is_zone)] = Field(
        default=UTC_ZONE.name,
        max_length=64,
        description="Name of the IANA database, such as Europe/Berlin. Default UTC.",
    )
    replicas: int = Field(ge=0, description="How many; kept within the policy's bounds.")

    def planned(self) -> Planned:
        """Give the model's value."""
        window = Window(
            days=tuple(sorted(list(Weekday).index(day) for day in set(self.days))),
            begin=_minute(self.begin),
            end=_minute(self.end),
            zone=zone_of(self.timezone),
        )
        return Planned(window=window, replicas=self.replicas)


class FallbackBlock(Block):
    """What stands in for metrics that cannot be read. It takes nothing away unless `allowDecrease` says so."""

    after: PositiveDuration = Field(
        default=300.0, description="How long metrics have to be away first; until then the size holds. Default 5m."
    )
    use: FallbackUse = Field(
        description="Hold: the current replicas. LastGood: what the metrics last asked for. Fixed: `replicas`. Max: "
        "maxReplicas. Schedule: a plan for hours of the week. Forecast: the most that this time of day asked for within the "
        "last three days; it takes a whole day of metrics to know, and holds before."
    )
    replicas: int | None = Field(
        default=None,
        ge=0,
        description="Number for Fixed, and for Schedule outside its rows. Default for Schedule: the size holds there.",
    )
    schedule: tuple[ScheduleRow, ...] = Field(
        default=(), max_length=50, description="Rows for Schedule. Where several cover a moment the largest counts."
    )
    limit: PositiveDuration | None = Field(
        default=None,
        alias="for",
        description="How long after the loss it stands in; then the size holds. Default: 1h for LastGood, otherwise as long "
        "as it takes.",
    )
    allow_decrease: bool = Field(
        default=False,
        description="Whether it may be less than there is. Default false: metrics that are away shrink nothing.",
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.use is FallbackUse.FIXED and self.replicas is None:
            raise FieldError("is required with use: Fixed", "replicas")
        if self.use is FallbackUse.SCHEDULE and not self.schedule:
            raise FieldError("has to have a row with use: Schedule", "schedule")
        if self.limit is not None and self.limit <= self.after:
            raise FieldError("has to be longer than `after`, or it never stands in", "for")
        return self

    def fallback(self) -> Fallback:
        """Give the model's value."""
        limit = LAST_GOOD_FOR if self.use is FallbackUse.LAST_GOOD else None
        after = seconds(self.after)
        if limit is not None and after >= limit:
            limit = after + LAST_GOOD_FOR
        return Fallback(
            after=after,
            use=self.use,
            replicas=self.replicas,
            rows=tuple(row.planned() for row in self.schedule),
            limit=limit if self.limit is None else seconds(self.limit),
            allow_decrease=self.allow_decrease,
        )


def _minute(text: str) -> int:
    """Give the minute of the day.

    >>> _minute("08:30"), _minute("24:00")
    (510, 1440)
    """
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)
