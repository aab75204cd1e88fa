"""`autoscaler config`: the settings in force, and where each one comes from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autoscaler.cli.errors import say
from autoscaler.cli.output import Output, OutputOption, print_rows, print_value

app = typer.Typer(
    name="config",
    help="Show the settings in force, and where each one comes from.",
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
)


@app.callback()
def group() -> None:
    """Show the settings in force, and where each one comes from.

    A flag wins over an environment variable (AUTOSCALER_HPA__SYNC_PERIOD), that over the settings file, that over the
    default.
    """


@app.command("show")
def show(
    file: Annotated[
        Path | None,
        typer.Option("--config", metavar="FILE", help="Settings file.  [default: what AUTOSCALER_CONFIG names]"),
    ] = None,
    output: OutputOption = Output.TABLE,
    describe: Annotated[bool, typer.Option("--describe", help="Add what each setting means.")] = False,
) -> None:
    """Print each setting, its value and its origin; `-o yaml` prints a settings file."""
    import os

    from autoscaler.config.settings_load import (
        environment_name,
        load_settings,
        meaning_of,
        setting_values,
        settings_help,
    )

    loaded = load_settings(file=file, environment=os.environ)
    for warning in loaded.warnings:
        say(f"warning: {warning}")
    if output is Output.YAML:
        print_value(loaded.settings.model_dump(mode="json"), output)
        return
    meanings = settings_help()
    print_rows(
        [
            {"setting": path, "value": _cell(value), "from": str(loaded.origins[path])}
            | ({"variable": environment_name(path), "meaning": meaning_of(path, meanings)} if describe else {})
            for path, value in setting_values(loaded.settings).items()
        ],
        output,
    )


def _cell(value: object) -> str | int | float | bool | None:
    if isinstance(value, list):
        return ",".join(str(item) for item in value) or None
    if value == "":
        return None
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)
