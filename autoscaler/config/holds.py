"""Holds as people write them: a number that somebody imposes for a while."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Self

from pydantic import AwareDatetime, Field, model_validator

from autoscaler.config.blocks import Block
from autoscaler.config.field_paths import FieldError
from autoscaler.model.safety import Hold
from autoscaler.model.time import SECOND, Instant


class HoldBlock(Block):
    """A number imposed for a while, whatever the metrics say."""

    replicas: int = Field(ge=0, description="How many replicas; above maxReplicas it counts as that.")
    begin: AwareDatetime | None = Field(
        default=None,
        alias="from",
        description="When it begins, such as 2026-01-05T17:00:00Z. Of several holds in force the one that began last counts. "
        "Default: it is in force already.",
    )
    until: AwareDatetime = Field(description="When it ends, such as 2026-01-05T18:00:00Z. Always: none is for ever.")
    floor: bool = Field(
        default=False,
        description="Whether the metrics may ask for more, as above a minimum. Default false: exactly so many.",
    )
    author: str = Field(min_length=1, max_length=253, description="Who imposes it, for events and `why`.")
    reason: str = Field(min_length=1, max_length=1024, description="Why, for events and `why`.")

    @model_validator(mode="after")
    def _lasts(self) -> Self:
        if self.begin is not None and self.until <= self.begin:
            raise FieldError("has to be later than `from`", "until")
        return self

    def hold(self) -> Hold:
        """Give the model's value."""
        return Hold(
            replicas=self.replicas,
            until=_instant(self.until),
            author=self.author,
            reason=self.reason,
            begin=None if self.begin is None else _instant(self.begin),
            is_floor=self.floor,
        )


def _instant(moment: datetime) -> Instant:
    return round(moment.astimezone(UTC).timestamp()) * SECOND
