"""From a server's answers to what a policy may believe: every doubtful shape is no reading, none is ever a zero."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal
from typing import Final

from autoscaler.adapters.prometheus.answers import Answer, QueryError, Series
from autoscaler.model.observation import Milli
from autoscaler.model.policy import WhenMultiple
from autoscaler.model.time import SECOND, Nanoseconds

_INT64_MAX: Final = 2**63 - 1
#: A year: an age beyond it means that a clock is wrong, and would not fit an instant [s].
_OLDEST: Final = Decimal(366 * 24 * 3600)


def number_of(answer: Answer, multiple: WhenMultiple) -> Milli:
    """Give the one number of an answer [milli-units, rounded up].

    Raises:
        QueryError: there is none, there are several and that is not declared, or it is not a number that can be used.
    """
    values = [_finite(one) for one in answer.series]
    if not values:
        raise QueryError("the query returned nothing")
    if len(values) > 1 and multiple is WhenMultiple.ERROR:
        words = (
            f"the query returned {len(values)} series instead of one; aggregate it with sum(), or say `multiple: Sum`"
        )
        raise QueryError(words)
    number = max(values) if multiple is WhenMultiple.MAX else sum(values, Decimal(0))
    milli = int((number * 1000).to_integral_value(rounding=ROUND_CEILING))
    if milli > _INT64_MAX:
        raise QueryError(f"the query returned {number:.3g}, which is more than can be counted with")
    return milli


def is_alive(answer: Answer) -> bool:
    """Tell whether there is a series, and every one is above 0."""
    return bool(answer.series) and all(one.value.is_finite() and one.value > 0 for one in answer.series)


def age_of(answer: Answer) -> Nanoseconds:
    """Give the age of the data: of several series the oldest counts.

    Raises:
        QueryError: there is no fresh sample, or no number.
    """
    if not answer.series:
        raise QueryError("there is no fresh sample behind it: its series have ended")
    ages = [one.value for one in answer.series]
    if not all(age.is_finite() and abs(age) <= _OLDEST for age in ages):
        raise QueryError("the age of its data is not a number of seconds")
    return int(max(ages) * SECOND)


def coverage_of(answer: Answer) -> float | None:
    """Give the share of sources that answer; ``None`` where nothing is known of them. Of several the least counts."""
    if not answer.series:
        return None
    shares = [one.value for one in answer.series]
    return float(min(max(min(shares), Decimal(0)), Decimal(1))) if all(one.is_finite() for one in shares) else 0.0


def _finite(series: Series) -> Decimal:
    value = series.value
    if value.is_nan():
        raise QueryError("the query returned NaN: a division of zero by zero?")
    if value.is_infinite():
        raise QueryError("the query returned an infinite number: a division by zero?")
    if value < 0:
        raise QueryError(f"the query returned {value}, and nothing that replicas are counted by is negative")
    return value
