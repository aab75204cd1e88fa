"""`autoscaler journal compare`: a day, say, of our decisions beside the replicas that there really were."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from autoscaler.cli.errors import printable
from autoscaler.cli.journals import JournalOption, instant, journal, policy_key, second
from autoscaler.cli.output import Cell, Output, OutputOption, print_rows, print_value, render_table

if TYPE_CHECKING:
    from autoscaler.engine.hindsight import Difference, Hindsight

_COLUMNS = ("policy", "hours", "same", "more", "less", "blind", "there", "ours", "moves", "our moves", "our turns")


def compare(
    policy: Annotated[
        str | None, typer.Argument(metavar="[NAMESPACE/NAME]", help="Only this policy.  [default: all]")
    ] = None,
    file: JournalOption = None,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="From then on: 2026-01-05T12:00:00Z, or -24h.  [default: all]")
    ] = None,
    top: Annotated[int, typer.Option(min=0, help="How many differences to list; 0 is all.")] = 10,
    output: OutputOption = Output.TABLE,
) -> None:
    """Compare what was decided with what there was: for a policy that observes, before you let it act.

    SAME, MORE, LESS: the share of time in which we asked for as many replicas as there were, for more, for fewer. BLIND:
    in which a metric or the scale could not be read. THERE, OURS: replicas on average. MOVES: how often the size changed,
    and how often we asked for a change; TURNS: how often that went back.

    Each decision began with the replicas that there were; what would have followed from ours is for `simulate` to say.
    """
    from autoscaler.engine.hindsight import hindsight
    from autoscaler.model.errors import NoDataError

    found = hindsight(_passes(policy, file, since))
    if not found:
        what = "decision" if policy is None else f"decision of {policy_key(policy)}"
        raise NoDataError(
            f"the journal holds no {what}{' since then' if since else ''}\n  hint: `autoscaler status` lists policies"
        )
    differences = sorted(
        (difference for one in found for difference in one.differences), key=lambda one: one.weight, reverse=True
    )
    shown = differences[: top or None]
    match output:
        case Output.TABLE:
            for line in _lines(found, shown, len(differences)):
                typer.echo(printable(line))
        case Output.CSV:
            print_rows([_row(one) for one in found], output, columns=_COLUMNS)
        case Output.JSON | Output.YAML:
            print_value(_document(found, shown), output)


def _passes(policy: str | None, file: Path | None, since: str | None) -> list[Any]:
    from autoscaler.adapters.journal.file import Query
    from autoscaler.engine.hindsight import Looked

    key = None if policy is None else policy_key(policy)
    with journal(file) as (opened, _):
        newest = max((row.at for row in opened.decisions(Query(last=1))), default=0)
        query = Query(
            namespace=key.namespace if key else "",
            policy=key.name if key else "",
            since=None if since is None else instant("--since", since, newest),
        )
        return [
            Looked(
                policy=f"{row.namespace}/{row.policy}",
                at=row.at,
                current=row.current,
                desired=row.desired,
                reason=row.reason,
                why=row.why,
            )
            for row in opened.decisions(query)
        ]


def _lines(found: Sequence[Hindsight], shown: Sequence[Difference], count: int) -> Iterator[str]:
    begin, end = min(one.since for one in found), max(one.until for one in found)
    policies = "1 policy" if len(found) == 1 else f"{len(found)} policies"
    passes = sum(one.passes for one in found)
    yield f"{policies}, {passes} decisions, {second(begin)} to {second(end)}: {_verdict(found)}"
    yield ""
    rows = [
        _row(one) | {name: _percent(getattr(one, name)) for name in ("same", "more", "less", "blind")} for one in found
    ]
    yield render_table(rows, _COLUMNS)
    if shown:
        rest = f" ({count - len(shown)} more: --top 0)" if count > len(shown) else ""
        yield f"Differences, biggest first{rest}:"
        for one in shown:
            yield ""
            yield f"{one.policy}  {_span(one)}, {one.current} there, {one.desired} asked for"
            yield f"  {one.why}"


def _verdict(found: Sequence[Hindsight]) -> str:
    seen = sum(one.seen for one in found)
    if not seen:
        return "too short to compare."
    same = sum(one.same * one.seen for one in found) / seen
    there, ours = (sum(value) for value in zip(*((one.average, one.wished) for one in found), strict=True))
    if same == 1:
        return "we asked for what there was throughout."
    return (
        f"we asked for what there was {_percent(same)} of the time, and for {ours:.1f} replicas instead of {there:.1f}."
    )


def _span(one: Difference) -> str:
    from autoscaler.config.durations import print_duration
    from autoscaler.model.time import SECOND

    return f"{second(one.since)} for {print_duration((one.until - one.since + SECOND // 2) // SECOND * SECOND)}"


def _row(one: Hindsight) -> dict[str, Cell]:
    from autoscaler.model.time import HOUR

    values = (
        one.policy,
        round(one.seen / HOUR, 2),
        round(one.same, 5),
        round(one.more, 5),
        round(one.less, 5),
        round(one.blind, 5),
        round(one.average, 3),
        round(one.wished, 3),
        one.moves,
        one.wanted,
        one.turns,
    )
    return dict(zip(_COLUMNS, values, strict=True))


def _percent(share: float) -> str:
    """Three digits, cut and not rounded: 100% means throughout."""
    return f"{int(share * 1000) / 10:g}%"


def _document(found: Sequence[Hindsight], shown: Sequence[Difference]) -> dict[str, Any]:
    return {
        "policies": [_row(one) | {"since": second(one.since), "until": second(one.until)} for one in found],
        "differences": [
            {
                "policy": one.policy,
                "since": second(one.since),
                "until": second(one.until),
                "passes": one.passes,
                "current": one.current,
                "desired": one.desired,
                "why": one.why,
            }
            for one in shown
        ],
    }
