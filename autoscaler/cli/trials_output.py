"""How trials are printed: one table that compares policies, or every run for programs."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterable, Sequence
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from autoscaler.cli.errors import say, usage_error
from autoscaler.cli.output import Output, Row, has_colour, render_csv, render_table, render_value

if TYPE_CHECKING:
    from autoscaler.simulator.sample import Sample
    from autoscaler.simulator.trials import Trials


class TrialsOutput(StrEnum):
    """How to print trials: the values of ``-o``."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"
    CSV = "csv"
    PARQUET = "parquet"


TrialsOutputOption: TypeAlias = Annotated[
    TrialsOutput, typer.Option("--output", "-o", help="How to print the result; csv and parquet: a row a run.")
]
OutOption: TypeAlias = Annotated[
    Path | None, typer.Option("--out", metavar="FILE", help="Write the result there instead of on stdout.")
]


def check_output(output: TrialsOutput, out: Path | None) -> None:
    """Refuse, before anything is played, what could not be written in the end.

    Raises:
        typer.BadParameter: nothing can be written there; parquet, which is binary, would go to a terminal, or the packages
            that write it are missing.
    """
    check_target("--out", out)
    if output is TrialsOutput.PARQUET:
        if out is None and sys.stdout.isatty():
            raise usage_error("parquet is binary, stdout a terminal", option="--output", hint="add --out runs.parquet")
        missing = [name for name in ("pandas", "pyarrow") if find_spec(name) is None]
        if missing:
            hint = "pip install 'autoscaler[notebooks]', or take -o csv"
            raise usage_error(f"parquet needs the package {missing[0]}", option="--output", hint=hint)


def check_target(option: str, path: Path | None) -> None:
    """Refuse a file that cannot be written in the end.

    Raises:
        typer.BadParameter: its folder does not exist or takes no files, or it is a folder itself.
    """
    if path is None:
        return
    folder = path.absolute().parent
    if not folder.is_dir():
        raise usage_error(f"the folder {path.parent} does not exist", option=option)
    if path.is_dir():
        raise usage_error(f"{path} is a folder", option=option, hint="name a file in it")
    if not os.access(path if path.exists() else folder, os.W_OK):
        raise usage_error(f"{path} may not be written by this user", option=option)


def write_trials(trials: Trials, output: TrialsOutput, out: Path | None, *, command: str, release: str) -> None:
    """Write trials to ``out`` or stdout; ``command`` is what repeats them, ``release`` whose rules held."""
    from autoscaler.simulator.records import score_rows

    match output:
        case TrialsOutput.TABLE:
            objective = trials.inputs.scenario.slo.latency
            bold = out is None and has_colour(sys.stdout)
            _write(comparison_text(trials.samples(), objective, bold=bold), out)
        case TrialsOutput.CSV:
            rows = score_rows(trials)
            _write(render_csv(rows, list(rows[0])), out)
        case TrialsOutput.JSON:
            _write(render_value(_record(trials, command, release), Output.JSON), out)
        case TrialsOutput.YAML:
            _write(render_value(_record(trials, command, release), Output.YAML), out)
        case TrialsOutput.PARQUET:
            _write_bytes(_parquet(trials), out)


def comparison_text(samples: Sequence[Sample], objective: float, *, bold: bool = False, compares: bool = False) -> str:
    """Write the comparison: a column a policy, and where there are seeds to pair, the differences and what they come to.

    ``objective`` is the latency promised [s]. With ``compares`` the differences are shown for a single seed, too.
    """
    from autoscaler.simulator.summary import PAIRED, comparison, differences, headings, note
    from autoscaler.simulator.verdict import verdicts

    names = headings(samples)
    text = render_table(*_columns("", names, comparison(samples, objective)), bold=bold)
    intervals = note(samples)
    if intervals:
        text += f"\n{intervals}\n"
    if len(samples) > 1 and (intervals or compares):
        corner = f"against {samples[0].policy}"
        text += "\n" + render_table(*_columns(corner, names[1:], differences(samples, objective)), bold=bold)
        text += "\n" + "".join(f"{line}\n" for line in [PAIRED, *verdicts(samples)])
    return text


def _columns(
    corner: str, names: Sequence[str], rows: Iterable[tuple[str, Sequence[str]]]
) -> tuple[list[Row], list[str]]:
    cells: list[Row] = [{corner: label, **dict(zip(names, texts, strict=True))} for label, texts in rows]
    return cells, [corner, *names]


def _record(trials: Trials, command: str, release: str) -> object:
    import msgspec

    from autoscaler.config.version import version
    from autoscaler.simulator.records import record

    return msgspec.to_builtins(record(trials, command=command, version=version(), kubernetes_version=release))


def _parquet(trials: Trials) -> bytes:
    import pandas as pd

    from autoscaler.simulator.records import score_rows

    content = io.BytesIO()
    pd.DataFrame(score_rows(trials)).to_parquet(content, index=False)
    return content.getvalue()


def _write(text: str, out: Path | None) -> None:
    if out is None:
        typer.echo(text, nl=False)
    else:
        out.write_text(text, encoding="utf-8")
        say(f"results: {out}")


def _write_bytes(content: bytes, out: Path | None) -> None:
    if out is None:
        sys.stdout.buffer.write(content)
    else:
        out.write_bytes(content)
        say(f"results: {out}")
