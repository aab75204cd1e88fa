"""`autoscaler check`: what is wrong with policies, scenarios and traces, before they are used."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autoscaler.cli.errors import ExitCode, printable, usage_error
from autoscaler.cli.output import Output, OutputOption, print_rows, print_value
from autoscaler.model.controller_config import DEFAULT_VERSION, KubernetesVersion, for_version

if TYPE_CHECKING:
    from autoscaler.config.check import Finding, Report


def command(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILES", help="Files, or folders that are searched for them; - is stdin.")
    ],
    strict: Annotated[bool, typer.Option("--strict", help="Count warnings as findings too.")] = False,
    namespace: Annotated[str, typer.Option(metavar="NAME", help="Namespace of policies that name none.")] = "default",
    kubernetes_version: Annotated[
        KubernetesVersion, typer.Option("--kubernetes-version", "-k", help="Release whose rules hold.")
    ] = DEFAULT_VERSION,
    scale_to_zero: Annotated[
        bool, typer.Option("--scale-to-zero", help="Allow minReplicas 0 (gate HPAScaleToZero; on from 1.37).")
    ] = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """Find what is wrong with policies, scenarios (YAML or JSON) and traces (CSV); exit with 3 if anything is.

    Policies go through the API server's own defaulting and validation, in its words; then they are compared with each
    other: two policies on one target fight. Warnings are about what is valid but probably not meant.
    """
    from autoscaler.config.check import Severity, check_files
    from autoscaler.config.hpa import ReadOptions

    for file in files:
        if str(file) != "-" and not file.exists():
            raise usage_error(f"no such file: {file}", hint="relative paths start at the current directory")
    gates = for_version(kubernetes_version).gates
    options = ReadOptions(namespace=namespace, gates=replace(gates, scale_to_zero=scale_to_zero or gates.scale_to_zero))
    report = check_files(files, options)
    _print(report, output)
    if report.count(Severity.ERROR) or (strict and report.findings):
        raise typer.Exit(ExitCode.FINDINGS)


def _print(report: Report, output: Output) -> None:
    match output:
        case Output.TABLE:
            for finding in report.findings:
                typer.echo(printable(_sentence(finding)))
            typer.echo(_summary(report))
        case Output.CSV:
            print_rows([_row(finding) for finding in report.findings], output, columns=_COLUMNS)
        case Output.JSON | Output.YAML:
            checked = {name: getattr(report, name) for name in ("files", "policies", "scenarios", "traces")}
            findings = [_row(finding) for finding in report.findings]
            print_value({"findings": findings, "checked": checked, "passedOver": report.passed_over}, output)


_COLUMNS = ("severity", "file", "line", "path", "message", "hint")


def _row(finding: Finding) -> dict[str, str | int | None]:
    fault = finding.fault
    values = (str(finding.severity), fault.source, fault.line, fault.path, fault.what, fault.hint)
    return dict(zip(_COLUMNS, values, strict=True))


def _sentence(finding: Finding) -> str:
    fault = finding.fault
    place = fault.source + (f":{fault.line}" if fault.line is not None else "")
    head = ": ".join(part for part in (place, str(finding.severity), fault.path, fault.what) if part)
    return f"{head}\n  hint: {fault.hint}" if fault.hint else head


def _summary(report: Report) -> str:
    from autoscaler.config.check import Severity

    looked_at = [
        _counted(number, name)
        for number, name in (
            (report.policies, "policy"),
            (report.scenarios, "scenario"),
            (report.traces, "trace"),
            (report.passed_over, "other document"),
        )
        if number
    ]
    found = [_counted(report.count(severity), str(severity)) for severity in Severity if report.count(severity)] or [
        "nothing wrong"
    ]
    content = f" ({', '.join(looked_at)})" if looked_at else ""
    return f"{_counted(report.files, 'file')}{content}: {', '.join(found)}"


def _counted(number: int, name: str) -> str:
    plural = name.removesuffix("y") + "ies" if name.endswith("y") else f"{name}s"
    return f"{number} {name if number == 1 else plural}"
