"""What results say in sentences: the verdict, what the worst minutes were like, what could not be read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from autoscaler.simulator.measures import BY_KEY, COST, MINUTES, MINUTES_VIOLATED, REPLICA_HOURS, Unit
from autoscaler.simulator.numerals import clock, latency, number, percent
from autoscaler.simulator.references import CLAIRVOYANT, STATIC_PEAK
from autoscaler.simulator.report.looks import Look
from autoscaler.simulator.result import Result
from autoscaler.simulator.summary import show

_UNITS: Final = {COST: "", REPLICA_HOURS: " replica-hours"}
_NOTICED: Final = 5e-5  #: share of unanswered requests worth a word
_AS_MUCH: Final = 0.005  #: a difference below this share is none


def money_of(looks: Sequence[Look]) -> str:
    """Name the measure that costs are told in: money where every price is known, replica-hours otherwise."""
    return COST if all(look.trials.sample().values(COST) for look in looks) else REPLICA_HOURS


def verdict(contenders: Sequence[Look], references: Sequence[Look]) -> str:
    """Say in a few sentences who keeps the promise, at which cost, and how far that is from what anybody could do."""
    money = money_of([*contenders, *references])
    best = kindest(contenders)
    text = _alone(best, money) if len(contenders) == 1 else _best(contenders, best, money)
    return f"{text}{_measured(best, references, money)}{_cheaper(contenders, best, money)}"


def kindest(contenders: Sequence[Look]) -> Look:
    """Give the policy that breaks the objective least; of equals the cheapest."""
    money = money_of(contenders)
    return min(contenders, key=lambda look: (_mean(look, MINUTES_VIOLATED), _mean(look, money)))


def _alone(look: Look, money: str) -> str:
    lost = _mean(look, "unserved_share")
    return (
        f"Under {look.name}, {_broken(look)}"
        + (
            f" and {percent(lost)} of the {look.result.inputs.scenario.served} got no answer"
            if lost >= _NOTICED
            else ""
        )
        + f", for {_price(look, money)}: "
        + f"{number(_mean(look, 'mean_replicas'))} pods on average, {number(_mean(look, 'peak_replicas'))} at most."
    )


def _best(contenders: Sequence[Look], best: Look, money: str) -> str:
    """Say which of several policies keeps the promise best, and for how much."""
    kept = [look for look in contenders if not _mean(look, MINUTES_VIOLATED)]
    if len(kept) < 2:
        end = " It is the cheapest, too." if _cheapest(contenders, money) is best else ""
        text = f"Of {len(contenders)} policies, {best.name} keeps the promise best: {_broken(best)}"
        return f"{text}, for {_price(best, money)}.{end}"
    everyone = "Both policies" if len(contenders) == 2 else f"All {len(contenders)} policies"
    who = everyone if len(kept) == len(contenders) else f"{len(kept)} of {len(contenders)} policies"
    return f"{who} keep the promise: {_broken(best)}. {best.name} does it for the least, {_price(best, money)}."


def _cheaper(contenders: Sequence[Look], best: Look, money: str) -> str:
    """Name the cheapest policy, where that is another one."""
    cheapest = _cheapest(contenders, money)
    if cheapest is best:
        return ""
    return f" {cheapest.name} is cheaper, with {_price(cheapest, money)}: {_broken(cheapest)}."


def _cheapest(contenders: Sequence[Look], money: str) -> Look:
    return min(contenders, key=lambda look: (_mean(look, money), _mean(look, MINUTES_VIOLATED)))


def _measured(look: Look, references: Sequence[Look], money: str) -> str:
    """Measure a policy by the references: what nobody can do for less, and what needs no policy at all."""
    ours = _mean(look, money)
    known = {each.name: _mean(each, money) for each in references}
    parts = [
        f"{_more(ours, known[name])} {words}"
        for name, words in ((CLAIRVOYANT, "a clairvoyant would need"), (STATIC_PEAK, "keeping pods for the peak"))
        if known.get(name)
    ]
    return f" That is {' and '.join(parts)}." if parts else ""


def _more(ours: float, theirs: float) -> str:
    share = ours / theirs - 1.0
    if abs(share) < _AS_MUCH:
        return "as much as"
    return f"{percent(abs(share))} {'more than' if share > 0 else 'less than'}"


def _broken(look: Look) -> str:
    estimate, minutes = look.trials.estimate(MINUTES_VIOLATED), _mean(look, MINUTES)
    of = f"{number(minutes, 6)} minutes"
    if not estimate.mean:
        return f"no minute of {number(minutes, 6)} breaks the objective"
    breaks = "breaks" if estimate.mean == 1 else "break"
    return f"{show(estimate, Unit.COUNT)} of {of} ({percent(estimate.mean / minutes)}) {breaks} the objective"


def _price(look: Look, money: str) -> str:
    return f"{show(look.trials.estimate(money), BY_KEY[money].unit)}{_UNITS[money]}"


def _mean(look: Look, key: str) -> float:
    return look.trials.estimate(key).mean


def troubles(result: Result) -> tuple[str, ...]:
    """Say which metrics could not be read; a policy that sees nothing changes nothing."""
    return tuple(
        f"{trouble.metric} could not be read in {trouble.evaluations:,} of {result.evaluations:,} evaluations: {trouble.error}"
        for trouble in result.troubles
    )


def worst_sentence(result: Result) -> str:
    """Say what the worst five minutes were like."""
    worst, served = result.worst, result.inputs.scenario.served
    first, last = clock(worst.t[0], precise=True), clock(worst.t[-1] + worst.width, precise=True)
    failed = float(worst.failed.sum() / worst.demand.sum()) if worst.demand.sum() else 0.0
    short = int((worst.demand > worst.capacity).sum()) * worst.width
    p99 = worst.latency[2][np.isfinite(worst.latency[2])]
    text = f"From {first} to {last}: demand up to {number(worst.demand.max())} {served}/s"
    text += f", p99 up to {latency(float(p99.max()))}" if len(p99) else ""
    text += f", {percent(failed)} of the {served} without an answer" if failed else ""
    return text + (f"; demand above ready capacity for {short} s." if short else "; capacity was never short.")
