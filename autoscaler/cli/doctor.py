"""`autoscaler doctor`: what keeps the controller from doing its work here, and how to mend it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from autoscaler.cli.controller_options import (
    ConfigOption,
    ContextOption,
    KubeconfigOption,
    PoliciesOption,
    PrometheusOption,
)
from autoscaler.cli.errors import ExitCode, printable
from autoscaler.cli.output import Output, OutputOption, print_rows

if TYPE_CHECKING:
    from autoscaler.daemon.doctor import Diagnosis


def command(
    policies: PoliciesOption = None,
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
    apply: Annotated[
        bool | None, typer.Option("--apply/--observe", help="Ask for the rights that scaling needs, or observing.")
    ] = None,
    prometheus: PrometheusOption = None,
    config: ConfigOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Look at the server, the clock, the rights, the metrics APIs, each policy's target and metrics, and other scalers.

    It asks what `autoscaler run` with the same settings would ask, with the same credentials, and writes nothing. Exit
    code 3 where something keeps a policy from working, 4 where the server does not answer.
    """
    import asyncio
    import os

    from autoscaler.config.lint.finding import Severity
    from autoscaler.config.settings_load import load_settings
    from autoscaler.config.version import version
    from autoscaler.daemon.clock import AnchoredClock
    from autoscaler.daemon.examine import examine

    flags = {
        "policies": policies,
        "kubernetes.kubeconfig": kubeconfig,
        "kubernetes.context": context,
        "apply": apply,
        "datasources.main.url": prometheus,
    }
    settings = load_settings(flags, file=config, environment=os.environ).settings
    found = asyncio.run(examine(settings, AnchoredClock(), version=version()))
    if output is Output.TABLE:
        _tell(found)
    else:
        print_rows([_row(one) for one in found], output, columns=("severity", "check", "what", "fix"))
    errors = [one for one in found if one.severity is Severity.ERROR]
    if any(one.check == "server" for one in errors):
        raise typer.Exit(ExitCode.UNREACHABLE)
    if errors:
        raise typer.Exit(ExitCode.FINDINGS)


def _tell(found: Sequence[Diagnosis]) -> None:
    from autoscaler.config.lint.finding import Severity

    for one in found:
        severity = "ok" if one.severity is None else str(one.severity)
        typer.echo(printable(f"{severity:<8}{one.check}: {one.what}"))
        if one.fix:
            typer.echo(printable(f"        fix: {one.fix}"))
    errors, warnings = (
        sum(one.severity is severity for one in found) for severity in (Severity.ERROR, Severity.WARNING)
    )
    typer.echo(f"\n{errors} to mend, {warnings} to look at, {len(found) - errors - warnings} in order.")


def _row(one: Diagnosis) -> dict[str, str | None]:
    severity = None if one.severity is None else str(one.severity)
    return {"severity": severity, "check": one.check, "what": one.what, "fix": one.fix}
