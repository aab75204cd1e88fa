"""`autoscaler compare`: what two or more runs of `simulate -o json` say about each other."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autoscaler.cli.errors import say, usage_error
from autoscaler.cli.output import Output, OutputOption, Row, print_rows, print_value

if TYPE_CHECKING:
    from autoscaler.model.json_types import JsonObject
    from autoscaler.simulator.comparable import Matched


def command(
    files: Annotated[list[Path], typer.Argument(metavar="A.json B.json ...", help="Written by simulate -o json.")],
    anyway: Annotated[
        bool,
        typer.Option("--anyway", help="Compare although scenario, traffic or fidelity differ; what differs is told."),
    ] = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """Compare policies across files of trials, paired seed by seed with the first policy of the first file.

    The files must be of the same scenario under the same traffic; what differs is named. Only seeds that all files have
    are compared.
    """
    from autoscaler.simulator.comparable import match, read_trials

    if len(files) < 2:
        hint = "autoscaler simulate ... -o json --out a.json writes one"
        raise usage_error(f"{len(files)} file to compare; two or more are needed", option="FILES", hint=hint)
    read = [read_trials(file) for file in files]
    matched = match(read)
    _check(matched, anyway=anyway)
    for note in matched.notes:
        say(f"note: {note}")
    _print(matched, _objective(read[0].record.scenario.settings), output)


def _check(matched: Matched, *, anyway: bool) -> None:
    """Refuse to compare what is not comparable, unless told to.

    Raises:
        InvalidInputError: a fault for each thing that differs.
    """
    from autoscaler.model.errors import Fault, InvalidInputError

    if matched.differs and not anyway:
        hint = "run `simulate` with the same scenario, traffic and --until for all; --anyway compares nevertheless"
        *first, last = matched.differs
        raise InvalidInputError([*(Fault(what=what) for what in first), Fault(what=last, hint=hint)])
    for what in matched.differs:
        say(f"warning: {what}")


def _objective(settings: JsonObject) -> float:
    """Give the latency that was promised [s]."""
    slo = settings.get("slo")
    latency = slo.get("latency") if isinstance(slo, dict) else None
    return float(latency) if isinstance(latency, int | float) else float("nan")


def _print(matched: Matched, objective: float, output: Output) -> None:
    from autoscaler.cli.trials_output import comparison_text

    match output:
        case Output.TABLE:
            typer.echo(comparison_text(matched.samples, objective, compares=True), nl=False)
        case Output.CSV:
            print_rows(_rows(matched), output)
        case Output.JSON | Output.YAML:
            print_value(_value(matched), output)


def _rows(matched: Matched) -> list[Row]:
    """Give one row a policy and measure: the mean, and the difference from the first policy."""
    from autoscaler.simulator.measures import MEASURES

    baseline = matched.samples[0]
    rows: list[Row] = []
    for sample in matched.samples:
        for key in [each.key for each in MEASURES if sample.values(each.key)]:
            mean, difference = sample.estimate(key), sample.difference(key, baseline)
            known = difference.half_width is not None
            rows.append(
                {
                    "policy": sample.policy,
                    "measure": key,
                    "mean": mean.mean,
                    "low": mean.low if mean.half_width is not None else None,
                    "high": mean.high if mean.half_width is not None else None,
                    "difference": difference.mean if difference.n else None,
                    "difference_low": difference.low if known else None,
                    "difference_high": difference.high if known else None,
                    "pairs": difference.n,
                    "beyond_chance": difference.is_beyond_chance,
                }
            )
    return rows


def _value(matched: Matched) -> JsonObject:
    from autoscaler.simulator.verdict import verdicts

    return {
        "against": matched.samples[0].policy,
        "seeds": list(matched.seeds),
        "differs": list(matched.differs),
        "verdicts": list(verdicts(matched.samples)),
        "measures": [dict(row) for row in _rows(matched)],
    }
