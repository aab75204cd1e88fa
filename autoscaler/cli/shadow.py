"""`autoscaler shadow`: how well we agree with the built-in controller, from what `run --shadow` kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from autoscaler.cli.errors import ExitCode, duration_option, printable, say, usage_error
from autoscaler.cli.output import Output, OutputOption, print_rows, print_value, render_table

if TYPE_CHECKING:
    from autoscaler.engine.agreement import PolicyAgreement
    from autoscaler.model.comparison import Said, Tally
    from autoscaler.model.time import Instant

app = typer.Typer(
    name="shadow",
    help="How well `run --shadow` agrees with the built-in controller.",
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
)


@app.callback()
def group() -> None:
    """How well `autoscaler run --shadow` agrees with the built-in controller."""


@app.command("report")
def report(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `run --shadow --comparisons FILE` wrote.")],
    since: Annotated[
        str | None, typer.Option(metavar="DURATION", help="Only the last part of the log, such as 1d.  [default: all]")
    ] = None,
    top: Annotated[int, typer.Option(min=0, help="How many differences to list; 0 is all.")] = 20,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 3 where a difference is unexplained.")] = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """Print the share of agreeing passes of each HPA, then the differences with both reasons, biggest first.

    A difference of kind `replicas` or `conditions` needs a look; the others are explained below the list. `-o csv`
    prints the shares only.
    """
    from autoscaler.adapters.comparison_log import read_comparisons
    from autoscaler.engine.agreement import agreement_by_policy, differences, recent

    if file.is_dir():
        raise usage_error(f"{file} is a folder", hint="name the file that was given to --comparisons")
    tallies, faults = read_comparisons(file)
    if faults:
        say(f"warning: lines that are no comparisons, left out: {len(faults)}; the first is {faults[0]}")
    if since is not None:
        tallies = recent(tallies, duration_option("--since", since))
    if not tallies:
        say(f"error: {file} holds no comparisons\n  hint: the first come some minutes after the start")
        raise typer.Exit(ExitCode.UNREACHABLE)
    policies, found = agreement_by_policy(tallies), differences(tallies)
    _print(policies, found[: top or None], len(found), output)
    if strict and any(one.unexplained for one in policies):
        raise typer.Exit(ExitCode.FINDINGS)


def _print(policies: Sequence[PolicyAgreement], shown: Sequence[Tally], found: int, output: Output) -> None:
    match output:
        case Output.TABLE:
            for line in _lines(policies, shown, found):
                typer.echo(printable(line))
        case Output.CSV:
            print_rows([_row(one) for one in policies], output)
        case Output.JSON | Output.YAML:
            print_value(_document(policies, shown), output)


def _lines(policies: Sequence[PolicyAgreement], shown: Sequence[Tally], found: int) -> Iterator[str]:
    from autoscaler.engine.agreement import MEANINGS

    yield _verdict(policies)
    yield ""
    yield _table(policies)
    if shown:
        rest = f" ({found - len(shown)} more: --top 0)" if found > len(shown) else ""
        yield f"Differences, biggest first{rest}:"
        for tally in shown:
            yield from _told(tally)
        yield ""
    seen = {verdict for one in policies for verdict in one.passes}
    for verdict, meaning in MEANINGS.items():
        if verdict in seen:
            yield f"{verdict.value:<11}{meaning}"


def _verdict(policies: Sequence[PolicyAgreement]) -> str:
    """Say how it stands in one sentence."""
    from autoscaler.model.comparison import Verdict

    compared = sum(one.compared for one in policies)
    agreed = sum(one.passes.get(Verdict.AGREED, 0) for one in policies)
    begin, end = min(one.first for one in policies), max(one.last for one in policies)
    unexplained = sum(one.unexplained for one in policies)
    if not compared:
        share = "nothing could be compared"
    elif agreed == compared:
        share = "all agree"
    else:
        judgement = f"{unexplained} differ without an explanation" if unexplained else "every difference is explained"
        share = f"{_percent(agreed / compared)} agree, {judgement}"
    hpas = "1 HPA" if len(policies) == 1 else f"{len(policies)} HPAs"
    return f"{hpas}, {compared} passes compared, {_when(begin)} to {_when(end)} UTC: {share}."


def _table(policies: Sequence[PolicyAgreement]) -> str:
    """The shares; of the verdicts only those that came."""
    came = {verdict.value for one in policies for verdict, count in one.passes.items() if count}
    rows = [_row(one) | {"agreed": "-" if one.share is None else _percent(one.share)} for one in policies]
    columns = [name for name in rows[0] if name in ("policy", "compared", "agreed") or name in came]
    return render_table(rows, columns)


def _row(one: PolicyAgreement) -> dict[str, Any]:
    from autoscaler.model.comparison import Verdict

    counts = {verdict.value: one.passes.get(verdict, 0) for verdict in Verdict}
    return {"policy": str(one.key), "compared": one.compared} | counts


def _told(tally: Tally) -> Iterator[str]:
    passes = f"{tally.passes} {'pass' if tally.passes == 1 else 'passes'}"
    yield ""
    yield f"{tally.key}  {tally.verdict.value}  {passes}, {_when(tally.first)} to {_when(tally.last)}"
    if tally.ours is not None and tally.theirs is not None:
        yield f"  ours    {_answer(tally.ours, tally.theirs)}"
        yield f"  theirs  {_answer(tally.theirs, tally.ours)}"


def _answer(said: Said, other: Said) -> str:
    """A number, what it was decided on, the conditions that the other lacks, and the reason."""
    measured = f", measured {', '.join(said.measured)}" if said.measured else ""
    conditions = "".join(f", {one}" for one in said.conditions if one not in other.conditions)
    current = "?" if said.current is None else said.current
    return f"{current} -> {said.desired}{measured}{conditions}: {said.why}"


def _document(policies: Sequence[PolicyAgreement], shown: Sequence[Tally]) -> dict[str, Any]:
    from msgspec import to_builtins

    from autoscaler.engine.agreement import MEANINGS

    return {
        "policies": [
            {**_row(one), "share": one.share, "first": _when(one.first), "last": _when(one.last)} for one in policies
        ],
        "differences": [
            {
                "policy": str(tally.key),
                "kind": tally.verdict.value,
                "isExplained": tally.verdict.is_explained,
                "passes": tally.passes,
                "replicas": tally.distance,
                "first": _when(tally.first),
                "last": _when(tally.last),
                "ours": to_builtins(tally.ours),
                "theirs": to_builtins(tally.theirs),
            }
            for tally in shown
        ],
        "kinds": {verdict.value: meaning for verdict, meaning in MEANINGS.items()},
    }


def _percent(share: float) -> str:
    """Three digits, cut and not rounded: 100% means every pass."""
    return f"{int(share * 100_000) / 1000:g}%"


def _when(at: Instant) -> str:
    from datetime import UTC, datetime

    from autoscaler.model.time import SECOND

    return datetime.fromtimestamp(at // SECOND, UTC).strftime("%Y-%m-%d %H:%M:%S")
