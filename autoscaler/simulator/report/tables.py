"""The report's tables: policies against measures, and the list of scale actions."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Final

from autoscaler.simulator.measures import BY_KEY, COST, LATE_SHARE, MEASURES, MINUTES, MINUTES_VIOLATED, Measure
from autoscaler.simulator.numerals import clock, latency, number, percent
from autoscaler.simulator.report.looks import Look
from autoscaler.simulator.result import Result
from autoscaler.simulator.summary import PAIRED, differences, label_of, show

_ACTIONS_SHOWN: Final = 200
_OPEN_UP_TO: Final = 40  #: actions that are shown without being asked for
#: What matters at a glance, in this order; the others are one click away.
_FIRST: Final = (
    MINUTES_VIOLATED, LATE_SHARE, "unserved_share", "latency_p99_s", COST, "replica_hours", "node_hours", "peak_replicas",
    "direction_changes", "time_to_capacity_worst_s",
)  # fmt: skip
#: Measures of which less is better; the best of each is printed bold.
_LESS_IS_BETTER: Final = frozenset(_FIRST) - {"peak_replicas"}


def comparison(contenders: Sequence[Look], references: Sequence[Look], objective: float) -> str:
    """Give one row a policy, one column a measure; ``objective`` is the latency promised [s]."""
    looks = [*contenders, *references]
    known = [measure for measure in map(BY_KEY.__getitem__, _FIRST) if _is_known(measure, looks)]
    rest = [measure for measure in MEASURES if measure.label and measure not in known and _is_known(measure, looks)]
    first = _table(known, contenders, references, objective)
    more = _table(rest, contenders, references, objective)
    return f"{first}<details><summary>All other measures</summary>{more}</details>"


def paired(contenders: Sequence[Look]) -> str:
    """Give the differences from the first policy, seed by seed, where there are seeds enough to tell them from chance."""
    samples = [look.trials.sample() for look in contenders]
    if any(len(sample.runs) < 2 for sample in samples):
        return ""
    head = "".join(f'<th scope="col">{html.escape(sample.policy)}</th>' for sample in samples[1:])
    objective = contenders[0].result.inputs.scenario.slo.latency
    body = "".join(
        f'<tr><th scope="row">{html.escape(label)}</th>{"".join(f"<td>{html.escape(text)}</td>" for text in texts)}</tr>'
        for label, texts in differences(samples, objective)
    )
    return (
        f"<details><summary>All differences from {html.escape(samples[0].policy)}</summary>"
        f'<p class="soft">{html.escape(PAIRED)}</p><div class="scroll"><table class="compare"><thead><tr><td></td>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div></details>"
    )


def neighbours(result: Result) -> str:
    """Give a row for each workload beside the main one."""
    if not result.neighbours:
        return ""
    body = "".join(
        f'<tr><th scope="row">{html.escape(each.name)}</th><td>{html.escape(each.policy) or "fixed size"}</td>'
        f"<td>{each.score.slo_minutes_violated:,} of {each.score.minutes:,}</td><td>{percent(each.score.unserved_share)}</td>"
        f"<td>{latency(each.score.latency_p99)}</td><td>{number(each.score.replica_hours, 4)}</td></tr>"
        for each in result.neighbours
    )
    titles = ("workload", "policy", "SLO minutes violated", "unserved share", "latency p99", "replica-hours")
    head = "".join(f'<th scope="col">{title}</th>' for title in titles)
    return (
        '<h3>Beside it, on the same nodes</h3><div class="scroll"><table class="compare"><thead>'
        f"<tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def actions(result: Result) -> str:
    """List the scale actions, each with its reason."""
    if not result.actions:
        return "<h3>Scale actions</h3><p>None: the policy never changed the number of replicas.</p>"
    listed = result.actions[:_ACTIONS_SHOWN]
    body = "".join(
        f'<tr><th scope="row">{clock(action.t, precise=True)}</th><td class="{"up" if action.after > action.before else "down"}">'
        f"{action.before} → {action.after}</td><td>{html.escape(action.sentence)}</td></tr>"
        for action in listed
    )
    more = len(result.actions) - len(listed)
    tail = f"<p>and {more:,} more; <code>-o json</code> lists all of them.</p>" if more else ""
    return (
        f"<h3>Scale actions</h3><details{' open' if len(listed) <= _OPEN_UP_TO else ''}><summary>{len(result.actions):,} actions, "
        f'each with its reason</summary><table class="actions"><tbody>{body}</tbody></table>{tail}</details>'
    )


def _is_known(measure: Measure, looks: Sequence[Look]) -> bool:
    return any(look.trials.sample().values(measure.key) for look in looks)


def _table(
    measures: Sequence[Measure], contenders: Sequence[Look], references: Sequence[Look], objective: float
) -> str:
    served = contenders[0].result.inputs.scenario.served
    labels = [label_of(measure, served, objective) for measure in measures]
    head = "".join(f'<th scope="col">{html.escape(label)}</th>' for label in labels)
    best = {measure.key: _best(measure, contenders) for measure in measures}
    body = "".join(_row(look, measures, best) for look in contenders)
    body += "".join(_row(look, measures, {}, "measure") for look in references)
    return (
        f'<div class="scroll"><table class="compare"><thead><tr><th scope="col">policy</th>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _row(look: Look, measures: Sequence[Measure], best: dict[str, str], style: str = "") -> str:
    cells = []
    for measure in measures:
        main, sign, half = _cell(look, measure).partition(" ±")
        small = f"<small>{sign}{half}</small>" if sign else ""
        of = f" of {number(look.trials.estimate(MINUTES).mean, 6)}" if measure.key == MINUTES_VIOLATED else ""
        text = f"<b>{main}</b>" if best.get(measure.key) == f"{main}{sign}{half}" else main
        cells.append(f"<td>{text}{of}{small}</td>")
    return f'<tr class="{style}"><th scope="row">{look.heading}</th>{"".join(cells)}</tr>'


def _cell(look: Look, measure: Measure) -> str:
    return html.escape(show(look.trials.estimate(measure.key), measure.unit))


def _best(measure: Measure, contenders: Sequence[Look]) -> str:
    """Give the least of a measure as it is printed, where there is a difference to be seen."""
    if measure.key not in _LESS_IS_BETTER or len({_cell(look, measure) for look in contenders}) == 1:
        return ""
    return _cell(min(contenders, key=lambda look: look.trials.estimate(measure.key).mean), measure)
