"""Amounts as people write them in a scenario: ``15s``, ``1h30m``, ``250m`` cores, ``128Mi`` bytes, ``99%``.

Each type is an annotated float in the unit it names, so that a scenario holds plain numbers once it is read.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import BeforeValidator, Field

from autoscaler.config.durations import parse_duration
from autoscaler.model.quantity import Quantity, QuantityError
from autoscaler.model.time import as_seconds


def _seconds(value: Any) -> Any:
    """Read ``1h30m`` as seconds. A bare number is refused, as everywhere; zero needs no unit."""
    if isinstance(value, str):
        return as_seconds(parse_duration(value))
    if value == 0 and not isinstance(value, bool):
        return 0.0
    raise ValueError(f"{value!r} is not a duration; write numbers with units, such as 250ms, 15s or 1h30m")


def _signed_seconds(value: Any) -> Any:
    """Read ``-10m`` too."""
    if isinstance(value, str) and value.startswith("-"):
        return -as_seconds(parse_duration(value[1:]))
    return _seconds(value)


def _amount(value: Any) -> Any:
    """Read a quantity as Kubernetes writes it: ``250m``, ``1.5``, ``128Mi``."""
    if not isinstance(value, str):
        return value
    try:
        return Quantity.parse(value).as_float()
    except QuantityError as error:
        raise ValueError(
            f"{value!r} is not a quantity; write a number with an optional suffix: 250m, 1.5, 128Mi"
        ) from error


def _share(value: Any) -> Any:
    """Read ``99%`` or ``0.99``."""
    if isinstance(value, str) and value.strip().endswith("%"):
        return _amount(value.strip()[:-1]) / 100
    return _amount(value)


#: Marks a text in the JSON schema with the way an amount is written: duration, share, amount.
UNIT: Final = "x-unit"

# What may be written, for the JSON schema.
_Duration: TypeAlias = (
    Annotated[str, Field(pattern=r"^\s*([0-9]+(\.[0-9]+)?(ms|[smhdw]))+\s*$", json_schema_extra={UNIT: "duration"})]
    | Literal[0]
)
_Amount: TypeAlias = Annotated[str, Field(json_schema_extra={UNIT: "amount"})] | float
_Share: TypeAlias = Annotated[str, Field(json_schema_extra={UNIT: "share"})] | float
_SignedDuration: TypeAlias = Annotated[str, Field(pattern=r"^\s*-?([0-9]+(\.[0-9]+)?(ms|[smhdw]))+\s*$")] | Literal[0]
_SIGNED = BeforeValidator(_signed_seconds, json_schema_input_type=_SignedDuration)
_SECONDS = BeforeValidator(_seconds, json_schema_input_type=_Duration)
_AMOUNT = BeforeValidator(_amount, json_schema_input_type=_Amount)
_SHARE = BeforeValidator(_share, json_schema_input_type=_Share)

Duration = Annotated[float, _SECONDS, Field(ge=0, allow_inf_nan=False)]
SignedDuration = Annotated[float, _SIGNED, Field(allow_inf_nan=False)]
PositiveDuration = Annotated[float, _SECONDS, Field(gt=0, allow_inf_nan=False)]
Amount = Annotated[float, _AMOUNT, Field(ge=0, allow_inf_nan=False)]
PositiveAmount = Annotated[float, _AMOUNT, Field(gt=0, allow_inf_nan=False)]
Share = Annotated[float, _SHARE, Field(ge=0, le=1, allow_inf_nan=False)]
PositiveShare = Annotated[float, _SHARE, Field(gt=0, le=1, allow_inf_nan=False)]
AnyPositiveShare = Annotated[float, _SHARE, Field(gt=0, allow_inf_nan=False)]
Rate = Annotated[float, Field(ge=0, allow_inf_nan=False)]
