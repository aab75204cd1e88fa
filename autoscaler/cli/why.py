"""`autoscaler why`: the decision of one policy at one moment, explained, from the running controller or from a journal."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autoscaler.cli.errors import say
from autoscaler.cli.evaluate import Form
from autoscaler.cli.journals import JournalOption, instant, journal, named_journal, policy_key, second
from autoscaler.cli.live import LiveController, TokenOption, UrlOption
from autoscaler.cli.output import Output, has_colour, print_value

if TYPE_CHECKING:
    from autoscaler.control.past import Past
    from autoscaler.engine.explained import Explained
    from autoscaler.model.policy import PolicyKey

PolicyArgument = Annotated[str, typer.Argument(metavar="NAMESPACE/NAME", help="The policy, such as shop/web.")]
AtOption = Annotated[
    str | None,
    typer.Option("--at", metavar="TIME", help="When: 2026-01-05T12:00:00Z, or -10m.  [default: the newest]"),
]


def command(
    policy: PolicyArgument,
    at: AtOption = None,
    url: UrlOption = None,
    file: JournalOption = None,
    token_file: TokenOption = None,
    output: Annotated[Form, typer.Option("--output", "-o", help="How to print the decision.")] = Form.TEXT,
) -> None:
    """Explain a decision: first in a sentence, then every step, what was written, and what would have changed it.

    Shown is the last decision that was made by then, also where nothing changed. Asked is the running controller; in a
    cluster: kubectl -n autoscaler port-forward deploy/autoscaler 8081. With --journal (or AUTOSCALER_JOURNAL__PATH) that
    file is read instead. The past takes a journal either way: a controller that keeps one looks into it.
    """
    past = find(policy_key(policy), at, url=url, file=file, token_file=token_file)
    if output is not Form.TEXT:
        from autoscaler.daemon.explanations import decision_document

        print_value(decision_document(past), Output(output.value))
        return
    explained = past.explained()
    typer.echo(f"{past.record.key} at {second(past.record.decision.at)}, {past.policy.mode.value}\n")
    typer.echo(page(past, explained), nl=False)
    if past.record.outcome.result.value == "failed":
        say(f"note: the write failed: {past.record.outcome.error}")


def page(past: Past, explained: Explained, *, dry: bool = False) -> str:
    """Lay a pass out for people. ``dry``: nothing of it was written, or meant to be."""
    from autoscaler.cli.evaluation_text import Page
    from autoscaler.model.controller_config import version_of

    bold = ("\x1b[1m", "\x1b[0m") if has_colour(sys.stdout) else ("", "")
    laid_out = Page(
        explained=explained,
        observation=past.record.observation,
        version=version_of(past.config),
        outcome=None if dry else past.record.outcome,
        bold=bold,
    )
    return laid_out.text()


def find(key: PolicyKey, at: str | None, *, url: str | None, file: Path | None, token_file: Path | None) -> Past:
    """Give the pass in question: of the journal that is named, else of the running controller.

    Raises:
        NoDataError: neither holds it.
        UnreachableError: no controller answers.
    """
    path = None if url is not None else named_journal(file)
    if path is None:
        return LiveController.at(url, token_file).past(key, at)[0]

    from autoscaler.adapters.journal.file import Query
    from autoscaler.daemon.journal_past import find_past

    with journal(path) as (opened, codec):
        newest = next(iter(opened.decisions(Query(last=1))), None)
        until = None if at is None or newest is None else instant("--at", at, newest.at)
        return find_past(opened, codec, key, until)
