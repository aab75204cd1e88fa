"""Amounts in observation files, kept as texts: quantities, and levels of a metric, which may be percent of requests."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator

from autoscaler.model.quantity import Quantity, QuantityError


def _quantity_text(value: Any) -> Any:
    """Check a quantity, and write a bare number as the text it stands for."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("should be a quantity: a number with an optional suffix, such as 250m, 1.5 or 128Mi")
    try:
        return str(Quantity.from_json(value))
    except QuantityError as error:
        raise ValueError(f"{value!r} is not a quantity; write a number such as 250m, 1.5 or 128Mi") from error


def _level_text(value: Any) -> Any:
    """Check the value of a metric: a quantity, or percent of what the pods request."""
    if isinstance(value, str) and value.strip().endswith("%"):
        return _quantity_text(value.strip()[:-1].strip()) + "%"
    return _quantity_text(value)


Amount = Annotated[str, BeforeValidator(_quantity_text, json_schema_input_type=str | float)]
Level = Annotated[str, BeforeValidator(_level_text, json_schema_input_type=str | float)]
Requests: TypeAlias = dict[str, Amount]
