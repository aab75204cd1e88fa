"""`autoscaler replay`: a journal's inputs once more, through the same policies or through others."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autoscaler.cli.errors import ExitCode, say
from autoscaler.cli.journals import heard, journal, second
from autoscaler.cli.output import Cell, Output, OutputOption, print_rows

if TYPE_CHECKING:
    from autoscaler.adapters.journal.codec import Codec
    from autoscaler.adapters.journal.file import JournalFile
    from autoscaler.control.messages import Record
    from autoscaler.model.policy import PolicyKey, ScalingPolicy


def command(
    file: Annotated[Path, typer.Argument(metavar="JOURNAL", help="What `run --journal` or `demo --journal` wrote.")],
    policy: Annotated[
        list[Path] | None,
        typer.Option("--policy", "-p", metavar="POLICY", help="Decide by this policy instead; may be given again."),
    ] = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Decide again on everything a controller saw.

    Without -p the same policies decide, and every decision must be the one that is recorded: exit code 3 where one is
    not. With -p another policy decides in the place of the one of its namespace and name, or of the journal's only one. It sees
    the replicas there really were, so each row says what it would have asked for at that moment.
    """
    with journal(file) as (opened, codec):
        if policy:
            _compare(opened, codec, policy, output)
        else:
            _verify(opened, codec, output)


def _verify(file: JournalFile, codec: Codec, output: Output) -> None:
    from autoscaler.adapters.journal.file import Query
    from autoscaler.control.replay import replay
    from autoscaler.daemon.journal_rows import recorded_in

    again = {_pass(past.record): past.record for past in replay(heard(file, codec))}
    recorded = {_pass(one): one for one in (recorded_in(row, codec) for row in file.decisions(Query()))}
    compared = [one for one in recorded if one in again]
    rows = [_row(recorded[one], again[one]) for one in compared if not _same(recorded[one], again[one])]
    policies = len({key for key, _ in compared})
    of = f"{len(compared)} decisions of {policies} {'policy' if policies == 1 else 'policies'}"
    unheard = len(recorded) - len(compared)
    if unheard:
        say(f"note: the inputs of {unheard} older decisions are no longer in the journal")
    if output is not Output.TABLE:
        print_rows(rows, output, columns=_COLUMNS)
    elif rows:
        typer.echo(f"{of}, {len(rows)} not as recorded:\n")
        print_rows(rows, output)
    else:
        typer.echo(f"{of}, all as recorded.")
    if rows:
        raise typer.Exit(ExitCode.FINDINGS)


def _compare(file: JournalFile, codec: Codec, paths: Sequence[Path], output: Output) -> None:
    from autoscaler.control.replay import replay, replay_with

    events = list(heard(file, codec))
    recorded = {_pass(past.record): past.record for past in replay(events)}
    others = _others(paths, {key for key, _ in recorded})
    again = {_pass(one): one for one in replay_with(events, others)}
    compared = [one for one in recorded if one in again]
    rows = [
        _row(recorded[one], again[one])
        for one in compared
        if recorded[one].decision.desired != again[one].decision.desired
    ]
    if output is not Output.TABLE:
        print_rows(rows, output, columns=_COLUMNS)
        return
    typer.echo(_verdict(compared, recorded, again))
    if rows:
        typer.echo()
        print_rows(_runs(rows), output)


def _runs(rows: Sequence[dict[str, Cell]]) -> list[dict[str, Cell]]:
    """Show the first of several passes in a row that differ alike, and how many they are."""
    shown: list[dict[str, Cell]] = []
    alike = ("policy", "current", "recorded", "again")
    count = 0
    for row in rows:
        count = count + 1 if shown and all(shown[-1][name] == row[name] for name in alike) else 1
        if count == 1:
            shown.append({**row, "passes": 1})
        shown[-1]["passes"] = count
    return [{name: row[name] for name in (*_COLUMNS[:5], "passes", *_COLUMNS[5:])} for row in shown]


def _verdict(
    compared: Sequence[tuple[PolicyKey, int]],
    recorded: dict[tuple[PolicyKey, int], Record],
    again: dict[tuple[PolicyKey, int], Record],
) -> str:
    if not compared:
        return "No pass of these policies is in the journal."
    differ = [one for one in compared if recorded[one].decision.desired != again[one].decision.desired]
    if not differ:
        return f"{len(compared)} decisions, none different."
    more = sum(again[one].decision.desired > recorded[one].decision.desired for one in differ)
    ours, theirs = (sum(each[one].decision.desired for one in compared) for each in (again, recorded))
    return (
        f"{len(differ)} of {len(compared)} decisions differ: {more} ask for more, {len(differ) - more} for less; "
        f"{ours / len(compared):.1f} replicas on average instead of {theirs / len(compared):.1f}."
    )


def _others(paths: Sequence[Path], known: set[PolicyKey]) -> dict[PolicyKey, ScalingPolicy]:
    """Read the policies to try, each for the journaled one of its name, or for the only one there is."""
    from autoscaler.config.policies import load_policies
    from autoscaler.model.errors import Fault, InvalidPolicyError

    loaded = load_policies(paths)
    if loaded.faults:
        raise InvalidPolicyError(loaded.faults)
    found: dict[PolicyKey, ScalingPolicy] = {}
    for policy in loaded.policies:
        key = policy.key if policy.key in known else next(iter(known)) if len(known) == 1 else None
        if key is None:
            names = ", ".join(sorted(map(str, known)))
            what = f"the journal knows no policy {policy.key}"
            raise InvalidPolicyError([Fault(what=what, source=str(paths[0]), hint=f"it knows {names}")])
        found[key] = policy
    return found


_COLUMNS = ("time", "policy", "current", "recorded", "again", "why then", "why now")


def _row(recorded: Record, again: Record) -> dict[str, Cell]:
    from autoscaler.engine.explain import sentence

    values = (
        second(recorded.decision.at),
        str(recorded.key),
        recorded.decision.current,
        recorded.decision.desired,
        again.decision.desired,
        sentence(recorded.decision, recorded.outcome),
        sentence(again.decision),
    )
    return dict(zip(_COLUMNS, values, strict=True))


def _same(one: Record, other: Record) -> bool:
    return (one.decision, one.outcome, one.settlement) == (other.decision, other.outcome, other.settlement)


def _pass(record: Record) -> tuple[PolicyKey, int]:
    return record.key, record.decision.at
