"""Sentences on how policies fared: what one costs and breaks, and how others differ from the first.

Differences are taken seriously only beyond chance. It reads ``Sample`` values only, as ``summary`` does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from autoscaler.simulator.intervals import Estimate
from autoscaler.simulator.measures import (
    BAD_SHARE,
    BY_KEY,
    COST,
    MEASURES,
    MINUTES,
    MINUTES_VIOLATED,
    REPLICA_HOURS,
    Unit,
)
from autoscaler.simulator.numerals import number, percent
from autoscaler.simulator.sample import Sample
from autoscaler.simulator.summary import show

_MIXED: Final = 2  #: fewer bad minutes, but more bad requests, or the other way round
#: What the difference in cost and that for users come to, by their signs; less is better.
_CONCLUSIONS: Final = {
    (-1, -1): "Better in both.",
    (-1, 0): "Cheaper, and no worse for users.",
    (-1, 1): "A trade: cheaper, and worse for users.",
    (-1, _MIXED): "Cheaper; for users a trade.",
    (0, -1): "Better for users, at the same cost.",
    (0, 0): "No difference beyond chance.",
    (0, 1): "Worse for users, at the same cost.",
    (0, _MIXED): "A trade for users, at the same cost.",
    (1, -1): "A trade: better for users, and dearer.",
    (1, 0): "Dearer, and no better for users.",
    (1, 1): "Worse in both.",
    (1, _MIXED): "Dearer; for users a trade.",
}


def sentences(samples: Sequence[Sample]) -> list[str]:
    """Say how policies fared: one for itself, several against the first. References only measure the others."""
    contenders = [each for each in samples if not each.is_reference]
    return verdicts(contenders) if len(contenders) > 1 else [_alone(each) for each in contenders]


def verdicts(samples: Sequence[Sample]) -> list[str]:
    """Say of every policy but the first, and but references, how it fares against the first: cost, users, conclusion."""
    baseline, *others = samples
    return [_against(each, baseline) for each in others if not each.is_reference]


def _alone(sample: Sample) -> str:
    hours, broken = sample.estimate(REPLICA_HOURS), sample.estimate(MINUTES_VIOLATED)
    over = f", over {hours.n} seeds," if hours.n > 1 else ","
    minutes = f"{show(broken, Unit.COUNT)} of {number(sample.estimate(MINUTES).mean, 6)} minutes"
    return f"Under {sample.policy}{over} {minutes} break the objective, for {show(hours, Unit.AMOUNT)} replica-hours."


def _against(sample: Sample, baseline: Sample) -> str:
    if all(sample.values(each.key) == baseline.values(each.key) for each in MEASURES):
        return f"{sample.policy} against {baseline.policy}: the results are the same."
    money = COST if sample.values(COST) and baseline.values(COST) else REPLICA_HOURS
    cost = sample.difference(money, baseline)
    if not cost.n:
        return f"{sample.policy} against {baseline.policy}: there is no seed under which both were played to the end."
    broken, bad = (sample.difference(key, baseline) for key in (MINUTES_VIOLATED, BAD_SHARE))
    if cost.n == 1:
        over, end = "in this one run", "One seed does not tell how much of that is chance."
    else:
        over, end = f"over {cost.n} seeds", _CONCLUSIONS[_sign(cost), _for_users(broken, bad)]
    costs = _costs(cost, money, baseline.estimate(money).mean)
    return f"{sample.policy} against {baseline.policy}, {over}: {costs} and {_breaks(broken)}{_bad(bad, sample.served)}. {end}"


def _costs(cost: Estimate, money: str, base: float) -> str:
    share = f" ({percent(abs(cost.mean) / base)})" if base else ""
    size = _size(cost, BY_KEY[money].unit) + ("" if money == COST else " replica-hours")
    match _sign(cost):
        case -1:
            return f"it saves {size}{share}"
        case 1:
            return f"it costs {size} more{share}"
        case _:
            return f"it costs the same{_within(cost, size)}"


def _breaks(broken: Estimate) -> str:
    size = _size(broken, Unit.COUNT)
    size += " minute" if size.lstrip("+-") == "1" else " minutes"
    match _sign(broken):
        case -1:
            return f"breaks the objective in {size} fewer"
        case 1:
            return f"breaks the objective in {size} more"
        case _:
            return f"breaks the objective as often{_within(broken, size)}"


def _bad(bad: Estimate, served: str) -> str:
    """Tell the difference in requests, or jobs, late or unserved, which minutes alone may hide."""
    sign = _sign(bad)
    fewer = "fewer" if sign < 0 else "more"
    return f", with {fewer} {served} late or unserved, by {_size(bad, Unit.SHARE)} of all" if sign else ""


def _for_users(broken: Estimate, bad: Estimate) -> int:
    """Give the direction of two measures of the same: bad minutes, and bad requests."""
    signs = {_sign(broken), _sign(bad)} - {0}
    return _MIXED if len(signs) > 1 else signs.pop() if signs else 0


def _sign(difference: Estimate) -> int:
    """Give the direction of a difference: 0 within chance. A single run is taken at its word."""
    if not (difference.is_beyond_chance or (difference.n == 1 and difference.mean)):
        return 0
    return 1 if difference.mean > 0 else -1


def _within(difference: Estimate, size: str) -> str:
    """Tell a difference that may be chance; nothing where there is none."""
    return f" (a difference of {size})" if difference.mean or difference.half_width else ""


def _size(difference: Estimate, unit: Unit) -> str:
    """Print a difference: without its sign where words tell the direction."""
    if _sign(difference):
        return show(Estimate(abs(difference.mean), difference.half_width, difference.n), unit)
    return show(difference, unit, signed=True)
