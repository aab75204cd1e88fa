"""`autoscaler status`: every policy at a glance, from the journal of a running or a past controller."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from autoscaler.cli.journals import JournalOption, journal
from autoscaler.cli.output import Cell, Output, OutputOption, print_rows

if TYPE_CHECKING:
    from autoscaler.adapters.journal.codec import Codec
    from autoscaler.adapters.journal.file import JournalFile
    from autoscaler.control.messages import Record
    from autoscaler.model.policy import PolicyKey, ScalingPolicy
    from autoscaler.model.time import Instant


def command(
    file: JournalOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Show each policy's last decision: what it saw, between which bounds, from where to where, and why.

    AGE is the time since that decision, counted back from the journal's newest one: much more than the period means that
    a policy is no longer evaluated.
    """
    from autoscaler.model.errors import NoDataError

    with journal(file) as (opened, codec):
        last = _last_of_each(opened, codec)
        policies = _policies(opened, codec)
    if not last:
        raise NoDataError("the journal holds no decision yet")
    newest = max(record.decision.at for record in last.values())
    rows = [_row(record, policies.get(key), newest) for key, record in sorted(last.items()) if key in policies]
    print_rows(rows, output, columns=_COLUMNS)
    gone = len(last) - len(rows)
    if gone and output is Output.TABLE:
        typer.echo(f"({gone} more no longer in force)", err=True)


_COLUMNS = ("policy", "target", "metrics", "min", "max", "current", "desired", "mode", "age", "why")


def _last_of_each(file: JournalFile, codec: Codec) -> dict[PolicyKey, Record]:
    from autoscaler.daemon.journal_rows import recorded_in

    return {record.key: record for record in (recorded_in(row, codec) for row in file.last_of_each())}


def _policies(file: JournalFile, codec: Codec) -> dict[PolicyKey, ScalingPolicy]:
    """Give the policies in force at the journal's end."""
    from autoscaler.control.messages import PolicyAccepted, PolicyWithdrawn

    found: dict[PolicyKey, ScalingPolicy] = {}
    for row in file.events(kinds=("PolicyAccepted", "PolicyWithdrawn")):
        match codec.decode(row.body):
            case PolicyAccepted(policy=policy):
                found[policy.key] = policy
            case PolicyWithdrawn(key=key):
                found.pop(key, None)
            case _:
                pass
    return found


def _row(record: Record, policy: ScalingPolicy | None, newest: Instant) -> dict[str, Cell]:
    from autoscaler.config.durations import print_duration
    from autoscaler.engine.course import lower_bound
    from autoscaler.engine.explain import sentence
    from autoscaler.model.time import SECOND

    decision = record.decision
    values = (
        str(record.key),
        f"{policy.target.kind}/{policy.target.name}" if policy else "",
        _metrics(record),
        lower_bound(policy) if policy else None,
        policy.max_replicas if policy else None,
        decision.current,
        decision.desired,
        policy.mode.value if policy else "",
        print_duration((newest - decision.at) // SECOND * SECOND),
        sentence(decision, record.outcome),
    )
    return dict(zip(_COLUMNS, values, strict=True))


def _metrics(record: Record) -> str:
    """Give each metric against its target, such as ``cpu 71%/60%``; what could not be read has a question mark."""
    from autoscaler.engine.explain import metric_label, short_figure

    return ", ".join(
        f"{metric_label(one.name)} {short_figure(one.observed) or '?'}/{short_figure(one.target) or '?'}"
        for one in record.decision.proposals
    )
