"""What commands print on stdout: the same rows as a table for people, or as JSON, YAML or CSV for programs.

Data goes to stdout, everything else to stderr (``errors.say``). Colours appear on a terminal only, and never with
``NO_COLOR``. Equal input gives equal bytes: nothing depends on the time, the width of the terminal or hash order.
"""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Final, TextIO, TypeAlias

import typer

from autoscaler.model.json_types import JsonValue

Cell: TypeAlias = str | int | float | bool | None
Row: TypeAlias = Mapping[str, Cell]

_BOLD: Final = ("\x1b[1m", "\x1b[0m")
_GAP: Final = "  "


class Output(StrEnum):
    """How to print: the values of ``-o``."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"
    CSV = "csv"


#: The annotation for a command's parameter: ``output: OutputOption = Output.TABLE``.
OutputOption: TypeAlias = Annotated[Output, typer.Option("--output", "-o", help="How to print the result.")]


def print_rows(rows: Sequence[Row], output: Output, *, columns: Sequence[str] | None = None) -> None:
    """Print rows of equal shape. ``columns`` sets the columns and their order; by default those of the first row."""
    names = list(columns if columns is not None else rows[0] if rows else ())
    match output:
        case Output.TABLE:
            typer.echo(render_table(rows, names, bold=has_colour(sys.stdout)), nl=False)
        case Output.CSV:
            typer.echo(render_csv(rows, names), nl=False)
        case Output.JSON | Output.YAML:
            print_value([{name: row.get(name) for name in names} for row in rows], output)


def print_value(value: JsonValue, output: Output) -> None:
    """Print one JSON value as JSON or YAML; JSON where the value is asked for as a table or CSV."""
    typer.echo(render_value(value, output), nl=False)


def render_value(value: JsonValue, output: Output) -> str:
    """Write one JSON value as ``print_value`` prints it."""
    if output is Output.YAML:
        import yaml

        return yaml.safe_dump(value, sort_keys=False, allow_unicode=True)
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def render_table(rows: Sequence[Row], columns: Sequence[str], *, bold: bool = False) -> str:
    """Align rows under their headings, numbers to the right. No rows: the headings alone."""
    cells = [[print_cell(row.get(name)) for name in columns] for row in rows]
    widths = [max(len(name), *(len(line[i]) for line in cells), 0) for i, name in enumerate(columns)]
    is_number = [
        any(_is_number(row.get(name)) for row in rows) and all(_is_number(row.get(name), absent=True) for row in rows)
        for name in columns
    ]

    def line(texts: Sequence[str]) -> str:
        padded = [
            text.rjust(width) if number else text.ljust(width)
            for text, width, number in zip(texts, widths, is_number, strict=True)
        ]
        return _GAP.join(padded).rstrip()

    heading = line(list(columns))
    start, end = _BOLD if bold and heading else ("", "")
    return "\n".join([f"{start}{heading}{end}", *(line(texts) for texts in cells)]) + "\n"


def render_csv(rows: Sequence[Row], columns: Sequence[str]) -> str:
    """Write rows as CSV with a heading; absent values are empty, lines end in a line feed."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_csv_cell(row.get(name)) for name in columns] for row in rows)
    return text.getvalue()


def print_cell(value: Cell) -> str:
    """Write one cell for people: four significant digits for a fraction, `-` where there is nothing."""
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case float() if value.is_integer() and abs(value) < 1e15:
            return f"{value:.0f}"
        case float() if abs(value) >= 1000:
            return f"{value:.0f}"
        case float():
            return f"{value:.4g}"
        case _:
            return str(value)


def has_colour(stream: TextIO) -> bool:
    """Tell whether ``stream`` should get colours: a terminal, and the user did not set ``NO_COLOR``."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _is_number(value: Cell, *, absent: bool = False) -> bool:
    if value is None:
        return absent
    return isinstance(value, int | float) and not isinstance(value, bool)


def _csv_cell(value: Cell) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case float():
            return repr(value)
        case _:
            return str(value)
