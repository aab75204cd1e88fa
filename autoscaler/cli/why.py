"""`autoscaler why`: the decision of one policy at one moment, explained from the journal."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autoscaler.cli.errors import say
from autoscaler.cli.evaluate import Form
from autoscaler.cli.journals import JournalOption, heard, instant, journal, policy_key, second
from autoscaler.cli.output import Output, has_colour, print_value

if TYPE_CHECKING:
    from autoscaler.control.past import Past
    from autoscaler.engine.explained import Explained
    from autoscaler.model.policy import PolicyKey
    from autoscaler.model.time import Instant


def command(
    policy: Annotated[str, typer.Argument(metavar="NAMESPACE/NAME", help="The policy, such as shop/web.")],
    at: Annotated[
        str | None,
        typer.Option("--at", metavar="TIME", help="When: 2026-01-05T12:00:00Z, or -10m.  [default: the newest]"),
    ] = None,
    file: JournalOption = None,
    output: Annotated[Form, typer.Option("--output", "-o", help="How to print the decision.")] = Form.TEXT,
) -> None:
    """Explain a decision: first in a sentence, then every step, what was written, and what would have changed it.

    Shown is the last decision that was made by then, also where nothing changed. The journal is the controller's own
    (`run --journal FILE`); in a pod: kubectl exec deploy/autoscaler -- autoscaler why NAMESPACE/NAME.
    """
    from autoscaler.config.decision_write import record_of
    from autoscaler.engine.explained import explain
    from autoscaler.model.controller_config import version_of

    key = policy_key(policy)
    past = _find(key, at, file)
    record = past.record
    explained = explain(past.policy, record.observation, past.memory, past.config)
    if output is not Form.TEXT:
        document = record_of(explained, version=version_of(past.config)).model_dump(mode="json", by_alias=True)
        written = {"result": record.outcome.result.value, "error": record.outcome.error}
        print_value({**document, "write": written}, Output(output.value))
        return
    typer.echo(f"{key} at {second(record.decision.at)}, {past.policy.mode.value}\n")
    typer.echo(_page(past, explained), nl=False)
    if record.outcome.error:
        say(f"note: the write failed: {record.outcome.error}")


def _page(past: Past, explained: Explained) -> str:
    from autoscaler.cli.evaluation_text import Page
    from autoscaler.model.controller_config import version_of

    bold = ("\x1b[1m", "\x1b[0m") if has_colour(sys.stdout) else ("", "")
    page = Page(
        explained=explained,
        observation=past.record.observation,
        version=version_of(past.config),
        outcome=past.record.outcome,
        bold=bold,
    )
    return page.text()


def _find(key: PolicyKey, at: str | None, file: Path | None) -> Past:
    """Give the pass in question.

    Raises:
        NoDataError: the journal does not hold it.
    """
    from autoscaler.adapters.journal.file import Query
    from autoscaler.control.replay import replay
    from autoscaler.model.errors import NoDataError

    with journal(file) as (opened, codec):
        newest = next(iter(opened.decisions(Query(last=1))), None)
        until: Instant | None = None
        if at is not None and newest is not None:
            until = instant("--at", at, newest.at)
        rows = list(opened.decisions(Query(namespace=key.namespace, policy=key.name, last=1, until=_after(until))))
        if not rows:
            known = sorted({f"{row.namespace}/{row.policy}" for row in opened.decisions(Query(last=1000))})
            names = f"; it knows {', '.join(known)}" if known and str(key) not in known else ""
            raise NoDataError(f"the journal holds no decision of {key}{' by then' if at else ''}{names}")
        wanted = rows[0].at
        for past in replay(heard(opened, codec)):
            if past.record.key == key and past.record.decision.at == wanted:
                return past
        raise NoDataError(f"the inputs of the decision at {second(wanted)} are no longer in the journal")


def _after(until: Instant | None) -> Instant | None:
    """The moment asked for is included."""
    return None if until is None else until + 1
