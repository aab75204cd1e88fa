"""`autoscaler journal`: what a controller decided, as a table or a file or beside what there was, and whether it is sound."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from contextlib import nullcontext
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autoscaler.cli.errors import ExitCode, say, usage_error
from autoscaler.cli.journal_compare import compare
from autoscaler.cli.journals import JournalOption, instant, journal, policy_key, second
from autoscaler.cli.output import Cell, Output, OutputOption, print_rows, render_csv

if TYPE_CHECKING:
    from autoscaler.adapters.journal.codec import Codec
    from autoscaler.adapters.journal.file import DecisionRow, EventRow, JournalFile, Query

app = typer.Typer(
    name="journal",
    help="What a controller decided, beside what there was, and whether its journal is sound.",
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
)

_MOST_SHOWN = 50


class Direction(StrEnum):
    """Which way a decision moved."""

    UP = "scale_up"
    DOWN = "scale_down"
    NONE = "none"


class Format(StrEnum):
    """What an export is written as."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"


PolicyArgument = Annotated[
    str | None, typer.Argument(metavar="[NAMESPACE/NAME]", help="Only this policy.  [default: all]")
]
SinceOption = Annotated[str | None, typer.Option(metavar="TIME", help="From then on: 2026-01-05T12:00:00Z, or -1h.")]
UntilOption = Annotated[str | None, typer.Option(metavar="TIME", help="Before then.")]
ActionOption = Annotated[list[Direction] | None, typer.Option("--action", help="Only these; may be given again.")]
ReasonOption = Annotated[
    list[str] | None, typer.Option("--reason", metavar="WORD", help="Only these, such as AtMax; may be given again.")
]


@app.callback()
def group() -> None:
    """What a controller decided, beside what there was, and whether its journal is sound."""


@app.command("query")
def query(
    policy: PolicyArgument = None,
    file: JournalOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    action: ActionOption = None,
    reason: ReasonOption = None,
    last: Annotated[int, typer.Option(min=0, help="Only the newest so many; 0 is all.")] = _MOST_SHOWN,
    output: OutputOption = Output.TABLE,
) -> None:
    """List decisions, oldest first. Times are UTC; ages such as -1h count back from the journal's newest decision."""
    with journal(file) as (opened, _):
        rows = list(opened.decisions(_query(opened, policy, since, until, action, reason, last or None)))
        if not rows:
            say(f"note: no decision matches{_unknown(opened, policy)}")
        print_rows([_row(row) for row in rows], output, columns=_COLUMNS)
        if last and len(rows) == last and output is Output.TABLE:
            say(f"note: the newest {last}; --last 0 shows all")


@app.command("export")
def export(
    policy: PolicyArgument = None,
    file: JournalOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    action: ActionOption = None,
    reason: ReasonOption = None,
    form: Annotated[Format, typer.Option("--format", "-f", help="What to write.")] = Format.CSV,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Where to.  [default: stdout]")] = None,
) -> None:
    """Write decisions as CSV, as JSON lines, or as Parquet for pandas and duckdb."""
    if form is Format.PARQUET and out is None:
        raise usage_error("Parquet is not for a terminal", option="--out", hint="name a file")
    with journal(file) as (opened, _):
        rows = opened.decisions(_query(opened, policy, since, until, action, reason, None))
        _write((_row(row) for row in rows), form, out)


app.command("compare")(compare)


@app.command("verify")
def verify(file: JournalOption = None) -> None:
    """Check the file itself, that no row is missing, and that every row can be read. Exit code 3 where one cannot.

    `autoscaler replay` checks more: that the same inputs lead to the same decisions.
    """
    from autoscaler.adapters.journal.file import Query

    with journal(file) as (opened, codec):
        found = opened.damage()
        events = decisions = 0
        if not found:
            events, unreadable = _unreadable(opened.events(), codec)
            decisions, more = _unreadable(opened.decisions(Query()), codec)
            found = [*unreadable, *more]
    for one in found:
        typer.echo(one)
    if found:
        raise typer.Exit(ExitCode.FINDINGS)
    typer.echo(f"sound: {events} events, {decisions} decisions.")


def _unreadable(rows: Iterable[EventRow | DecisionRow], codec: Codec) -> tuple[int, list[str]]:
    """Count rows, and say which of them cannot be read."""
    from autoscaler.adapters.journal.codec import CodecError

    count, found = 0, []
    for row in rows:
        count += 1
        try:
            codec.decode(row.body)
        except CodecError as error:
            found.append(f"row {row.seq}: {error}")
    return count, found


def _unknown(file: JournalFile, policy: str | None) -> str:
    """Say so where the journal has never heard of the policy."""
    from autoscaler.config.suggestions import which_policy

    known = [f"{row.namespace}/{row.policy}" for row in file.last_of_each()]
    if policy is None or str(policy_key(policy)) in known:
        return ""
    return f": the journal knows no {policy_key(policy)}; {which_policy(str(policy_key(policy)), known)}"


def _query(
    file: JournalFile,
    policy: str | None,
    since: str | None,
    until: str | None,
    action: list[Direction] | None,
    reason: list[str] | None,
    last: int | None,
) -> Query:
    from autoscaler.adapters.journal.file import Query
    from autoscaler.config.suggestions import did_you_mean
    from autoscaler.model.decision import Reason

    words = [one.value for one in Reason]
    for word in reason or ():
        if word not in words:
            raise usage_error(f"no reason `{word}`; {did_you_mean(word, words)}", option="--reason")
    key = None if policy is None else policy_key(policy)
    newest = max((row.at for row in file.decisions(Query(last=1))), default=0)
    return Query(
        namespace=key.namespace if key else "",
        policy=key.name if key else "",
        since=None if since is None else instant("--since", since, newest),
        until=None if until is None else instant("--until", until, newest),
        actions=tuple(each.value for each in action or ()),
        reasons=tuple(reason or ()),
        last=last,
    )


_COLUMNS = ("time", "policy", "current", "desired", "action", "reason", "write", "why")


def _row(row: DecisionRow) -> dict[str, Cell]:
    values = (
        second(row.at),
        f"{row.namespace}/{row.policy}",
        row.current,
        row.desired,
        row.action,
        row.reason,
        row.result,
        row.why if not row.error or row.error in row.why else f"{row.why} ({row.error})",
    )
    return dict(zip(_COLUMNS, values, strict=True))


def _write(rows: Iterable[dict[str, Cell]], form: Format, out: Path | None) -> None:
    if form is Format.PARQUET:
        import pandas  # an extra: the command line's last stop says how to install it

        frame = pandas.DataFrame(rows, columns=list(_COLUMNS))
        frame["time"] = pandas.to_datetime(frame["time"], utc=True)
        frame.astype({"current": "Int64"}).to_parquet(out, index=False)
        return
    with out.open("w", encoding="utf-8", newline="") if out else nullcontext(sys.stdout) as stream:
        if form is Format.CSV:
            stream.write(render_csv(list(rows), list(_COLUMNS)))
            return
        for row in rows:
            stream.write(json.dumps(row, ensure_ascii=False) + "\n")
