"""Flags that take a range of rates: ``--scale-to 10:10000``."""

from __future__ import annotations

import math

from autoscaler.cli.errors import usage_error


def rate_range(option: str, text: str) -> tuple[float, float]:
    """Read ``LO:HI`` [requests/s], the value of ``option``.

    Raises:
        typer.BadParameter: not two numbers, below zero, or in the wrong order.
    """
    low, _, high = text.partition(":")
    try:
        lowest, highest = float(low.replace(",", "")), float(high.replace(",", ""))
    except ValueError:
        raise usage_error(f"{text!r} is not a range", option=option, hint="write LO:HI, such as 10:10000") from None
    if not (0 <= lowest <= highest and math.isfinite(highest)):
        raise usage_error(
            f"{text!r} does not run from a lower to a higher rate", option=option, hint="write LO:HI, such as 10:10000"
        )
    return lowest, highest
