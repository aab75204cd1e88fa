"""The page: everything put together into one file. The same trials give the same bytes."""

from __future__ import annotations

import hashlib
import html
from collections.abc import Sequence
from importlib.resources import files
from string import Template
from typing import Final

from autoscaler.config.durations import print_duration
from autoscaler.config.scenario import Objective
from autoscaler.model.time import SECOND
from autoscaler.simulator.measures import BY_KEY, COST, MINUTES, MINUTES_VIOLATED
from autoscaler.simulator.numerals import latency, number, percent
from autoscaler.simulator.references import references
from autoscaler.simulator.report.assumptions import assumptions, left_out
from autoscaler.simulator.report.groups import TimeAxis, group
from autoscaler.simulator.report.looks import MOST, Look, looks_of, reference_looks
from autoscaler.simulator.report.moments import moments
from autoscaler.simulator.report.overview import overview_panels
from autoscaler.simulator.report.panels import run_panels, worst_panels
from autoscaler.simulator.report.ribbon import ribbon
from autoscaler.simulator.report.tables import actions, comparison, neighbours, paired
from autoscaler.simulator.report.tradeoff import costs, tradeoff
from autoscaler.simulator.report.words import kindest, money_of, troubles, verdict, worst_sentence
from autoscaler.simulator.result import Result
from autoscaler.simulator.summary import note, show
from autoscaler.simulator.traffic import arrivals
from autoscaler.simulator.trials import PolicyTrials, Trials
from autoscaler.simulator.verdict import verdicts

_PAIRS: Final = 3  #: sentences on pairs that are shown without being asked for
_NOTICED: Final = 5e-5  #: share of unanswered requests from which on it is bad news


def render_report(trials: Trials, *, command: str, version: str) -> str:
    """Give the report on one scenario under one or more policies as HTML. ``command`` is what reproduces it.

    The two reference policies are in it always: where ``trials`` has none, they are run under the first seed. Nothing in
    the page refers to anything outside of it.
    """
    inputs = trials.inputs
    contenders = looks_of(trials)
    beside = reference_looks(trials.references or _references(trials))
    return Template(_asset("page.html")).substitute(
        title=html.escape(inputs.scenario.name),
        style=_asset("style.css"),
        script=_asset("hover.js"),
        subtitle=html.escape(_subtitle(trials)),
        description=html.escape(inputs.scenario.description),
        verdict=html.escape(verdict(contenders, beside)),
        tiles=_tiles(contenders, inputs.scenario.slo),
        comparison=comparison(contenders, beside, inputs.scenario.slo.latency),
        intervals=_intervals(trials),
        glance=_glance(contenders, beside, float(inputs.duration)),
        sections="".join(_section(look, beside, trials) for look in contenders),
        assumptions="".join(f"<li>{html.escape(text)}</li>" for text in assumptions(inputs)),
        limits=html.escape(left_out(inputs)),
        notes=_notes(inputs.notes),
        command=html.escape(command),
        seeds=_seeds(trials),
        digest=hashlib.sha256(inputs.scenario.model_dump_json().encode()).hexdigest()[:12],
        version=html.escape(version),
    )


def _asset(name: str) -> str:
    return (files("autoscaler.simulator.report") / name).read_text(encoding="utf-8")


def _references(trials: Trials) -> tuple[PolicyTrials, ...]:
    return tuple(
        PolicyTrials(policy=result.policy, results=(result,), is_reference=True) for result in references(trials.inputs)
    )


def _subtitle(trials: Trials) -> str:
    first = trials.contenders[0].counted[0]
    demand = arrivals(trials.inputs.traffic, 0, max(1, first.inputs.duration))  # second by second: plots show means
    policies = f"{len(trials.contenders)} policies" if len(trials.contenders) > 1 else f"policy {first.policy}"
    served = trials.inputs.scenario.served
    seeds = f" · {len(trials.seeds)} seeds" if len(trials.seeds) > 1 else ""
    return (
        f"{policies}{seeds} · {print_duration(trials.inputs.duration * SECOND)} · {number(first.score.requests)} {served} · "
        f"{number(float(demand.min()))} to {number(float(demand.max()))} {served}/s"
    ) + ("" if trials.is_complete else " · interrupted: what is here is what was played")


def _seeds(trials: Trials) -> str:
    first, last = trials.seeds[0], trials.seeds[-1]
    return f"Seed {first}" if len(trials.seeds) == 1 else f"Seeds {first} to {last}"


def _intervals(trials: Trials) -> str:
    text = note(trials.samples())
    return f'<p class="soft">{html.escape(text)}</p>' if text else ""


def _tiles(contenders: Sequence[Look], slo: Objective) -> str:
    """Give the headline numbers; of several policies those of the one that keeps the promise best."""
    look = kindest(contenders)
    money = money_of(contenders)

    def told(key: str) -> str:
        return show(look.trials.estimate(key), BY_KEY[key].unit)

    def mean(key: str) -> float:
        return look.trials.estimate(key).mean

    broken, lost = mean(MINUTES_VIOLATED) > 0, mean("unserved_share") >= _NOTICED
    tiles = (
        (told(MINUTES_VIOLATED), f"of {number(mean(MINUTES), 6)} minutes break the objective", _mood(not broken)),
        (told("latency_p99_s"), f"p99 latency; the objective is {percent(slo.share)} within {latency(slo.latency)}", ""),
        (told("unserved_share"), f"of the {look.result.inputs.scenario.served} got no answer", _mood(not lost)),
        (told(money), f"{'cost' if money == COST else 'replica-hours'}; {number(mean('mean_replicas'))} pods on average", ""),
        (number(mean("scale_ups") + mean("scale_downs")), f"scale actions, {number(mean('direction_changes'))} changes of direction", ""),
    )  # fmt: skip
    name = f'<p class="whose">{look.heading}</p>' if len(contenders) > 1 else ""
    return name + '<div class="tiles">' + "".join(_tile(*tile) for tile in tiles) + "</div>"


def _mood(is_good: bool) -> str:
    return "good" if is_good else "bad"


def _tile(value: str, label: str, mood: str) -> str:
    style = f" {mood}-tile" if mood else ""
    main, sign, half = value.partition(" ±")
    small = f"<small>{sign}{html.escape(half)}</small>" if sign else ""
    return f'<div class="tile{style}"><b>{html.escape(main)}{small}</b><span>{html.escape(label)}</span></div>'


def _glance(contenders: Sequence[Look], beside: Sequence[Look], end: float) -> str:
    """Give what shows all policies at once; with a single one its own section does that, but for the trade-off."""
    money = money_of([*contenders, *beside])
    unit = "cost" if money == COST else "replica-hours"
    everyone = [*contenders, *beside]
    if any(look.trials.estimate(MINUTES_VIOLATED).mean for look in everyone):
        title, plot = f"minutes that break the objective, against {unit}", tradeoff(everyone, money, unit)
    else:
        title, plot = f"no minute breaks the objective; what is left to compare is {unit}", costs(everyone, money, unit)
    trade = (
        f'<div class="pair"><figure><figcaption><b>The trade</b> <span>{title}</span></figcaption>{plot}</figure>'
        f"<div>{_sentences(contenders)}</div></div>"
    )
    if len(contenders) == 1:
        return trade
    drawn = contenders[:MOST]
    left = "" if len(drawn) == len(contenders) else f"<p>The first {MOST} policies are drawn; the table has all.</p>"
    panels = group(
        overview_panels(drawn, beside), _whole(drawn[0].result), "all", above=_ribbon(contenders, end, "all-broken")
    )
    return f"{trade}<section><h2>All policies at once</h2>{left}{panels}</section>"


def _sentences(contenders: Sequence[Look]) -> str:
    """Say of every policy but the first how it fares against the first; of a single one, what its worst minutes were like."""
    if len(contenders) == 1:
        look = contenders[0]
        return f"<h3>{_worst_heading(look)}</h3><p>{html.escape(worst_sentence(look.result))}</p>"
    texts = verdicts([look.trials.sample() for look in contenders])
    paragraphs = [f"<p>{html.escape(text)}</p>" for text in texts]
    rest = "".join(paragraphs[_PAIRS:])
    more = f"<details><summary>and {len(texts) - _PAIRS} more</summary>{rest}</details>" if rest else ""
    return f"<h3>In pairs</h3>{''.join(paragraphs[:_PAIRS])}{more}{paired(contenders)}"


def _ribbon(looks: Sequence[Look], end: float, key: str) -> str:
    return (
        "<figure><figcaption><b>Minutes that break the objective</b> <span>filled where it was broken</span></figcaption>"
        f"{ribbon(looks, end, key)}</figure>"
    )


def _section(look: Look, beside: Sequence[Look], trials: Trials) -> str:
    result = look.result
    seed = f' <span class="soft">seed {result.inputs.scenario.seed}</span>' if len(trials.seeds) > 1 else ""
    end = float(result.inputs.duration)
    return (
        f'<section><h2 id="{look.key}">{look.heading}{seed}</h2>'
        + "".join(f'<p class="trouble">{html.escape(text)}</p>' for text in (*troubles(result), *result.notes))
        + group(
            run_panels(result, f"{look.key}-run", f"line {look.style}", beside),
            _whole(result),
            look.key,
            above=_ribbon([look], end, f"{look.key}-broken"),
        )
        + f"<h3>{_worst_heading(look)}</h3><p>{html.escape(worst_sentence(result))}</p>"
        + group(worst_panels(result, f"{look.key}-worst"), _near(result), f"{look.key}-worst")
        + neighbours(result)
        + actions(result)
        + "</section>"
    )


def _whole(result: Result) -> TimeAxis:
    end = float(result.inputs.duration)
    return TimeAxis(first=0.0, last=end, series=result.series, moments=moments(result.inputs.scenario, end))


def _near(result: Result) -> TimeAxis:
    worst, end = result.worst, float(result.inputs.duration)
    return TimeAxis(
        first=float(worst.t[0]),
        last=float(worst.t[-1]) + worst.width,
        series=worst,
        moments=moments(result.inputs.scenario, end),
    )


def _worst_heading(look: Look) -> str:
    """Call the worst minutes bad only where something went wrong."""
    is_bad = look.result.score.slo_minutes_violated > 0 or look.result.score.failed >= 1.0
    return f"The {'worst' if is_bad else 'busiest'} five minutes"


def _notes(notes: Sequence[str]) -> str:
    items = "".join(f"<li>{html.escape(text)}</li>" for text in notes)
    return f"<h3>Repairs and notes</h3><ul>{items}</ul>" if notes else ""
