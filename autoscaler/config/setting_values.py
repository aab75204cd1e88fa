"""What settings are made of: sections, and durations written ``15s`` or ``5m`` and held in nanoseconds."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema

from autoscaler.config.durations import DurationError, parse_duration, print_duration
from autoscaler.model.time import Nanoseconds


def _read_duration(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return parse_duration(value)
        except DurationError as error:
            raise ValueError(str(error)) from error
    if isinstance(value, int) and value == 0 and not isinstance(value, bool):
        return 0
    raise ValueError(f"{value!r} is not a duration; write numbers with units, such as 90s, 1h30m or 7d")


_PRINTED = PlainSerializer(print_duration, return_type=str)
_DURATION_TEXT = WithJsonSchema({"type": "string", "pattern": r"^([0-9]+(\.[0-9]+)?(ms|[smhdw]))+$"})
Period = Annotated[Nanoseconds, BeforeValidator(_read_duration), Field(gt=0), _PRINTED, _DURATION_TEXT]
Duration = Annotated[Nanoseconds, BeforeValidator(_read_duration), Field(ge=0), _PRINTED, _DURATION_TEXT]


class Section(BaseModel):
    """A group of settings."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)
