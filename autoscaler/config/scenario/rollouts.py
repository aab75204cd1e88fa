"""Rolling updates by time: every pod of the workload is replaced by one of a new template."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Self

from pydantic import Field, PlainValidator, model_validator

from autoscaler.config.traffic import Spec
from autoscaler.config.units import Duration

_PERCENT: Final = re.compile(r"[0-9]+%")


def _count_or_percent(value: Any) -> int | str:
    """Read ``2`` or ``25%``, as a Deployment does."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    if isinstance(value, str) and _PERCENT.fullmatch(value):
        return value
    raise ValueError(f"{value!r} is neither a number of pods nor a percentage; write 2 or 25%")


PodsOrPercent = Annotated[
    int | str,
    PlainValidator(_count_or_percent, json_schema_input_type=Annotated[int, Field(ge=0)] | Annotated[str, Field(pattern=r"^[0-9]+%$")]),
]  # fmt: skip


class Rollout(Spec):
    """One rolling update of the Deployment."""

    at: Duration = Field(description="When it begins [s].")
    max_surge: PodsOrPercent = Field(
        default="25%", description="Pods beyond the wanted number while it lasts; a percentage rounds up. Default 25%."
    )
    max_unavailable: PodsOrPercent = Field(
        default="25%", description="Pods that may be missing while it lasts; a percentage rounds down. Default 25%."
    )

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if all(value in (0, "0%") for value in (self.max_surge, self.max_unavailable)):
            raise ValueError("max_surge and max_unavailable are both 0: no pod could ever be replaced")
        if isinstance(self.max_unavailable, str) and int(self.max_unavailable[:-1]) > 100:
            raise ValueError(f"max_unavailable is {self.max_unavailable}; more than all pods cannot be missing")
        return self
