"""`autoscaler check`: what is wrong with policies, scenarios and traces, and with policies among other manifests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autoscaler.cli.errors import ExitCode, printable, usage_error
from autoscaler.cli.output import Output, print_rows, print_value
from autoscaler.model.controller_config import DEFAULT_VERSION, KubernetesVersion, for_version

if TYPE_CHECKING:
    from autoscaler.config.check import Report
    from autoscaler.config.lint.finding import Finding


class Format(StrEnum):
    """How to print: as every command does, or for code scanning."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"
    CSV = "csv"
    SARIF = "sarif"


def _explain(rule: str | None) -> None:
    """Print the documentation of one rule, or of all, and end."""
    if rule is None:
        return
    from autoscaler.config.lint.documentation import all_rules, one_rule
    from autoscaler.config.lint.rules import RULES_BY_NAME

    if rule != "all":
        _refuse_unknown([rule])
    typer.echo(all_rules() if rule == "all" else one_rule(RULES_BY_NAME[rule]), nl=False)
    raise typer.Exit


def command(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILES", help="Files, or folders that are searched for them; - is stdin.")
    ],
    strict: Annotated[bool, typer.Option("--strict", help="Count warnings as findings too.")] = False,
    ignore: Annotated[
        list[str] | None, typer.Option("--ignore", metavar="RULE", help="Leave out a rule; may be given again.")
    ] = None,
    namespace: Annotated[str, typer.Option(metavar="NAME", help="Namespace of manifests that name none.")] = "default",
    kubernetes_version: Annotated[
        KubernetesVersion, typer.Option("--kubernetes-version", "-k", help="Release whose rules hold.")
    ] = DEFAULT_VERSION,
    scale_to_zero: Annotated[
        bool, typer.Option("--scale-to-zero", help="Allow minReplicas 0 (gate HPAScaleToZero; on from 1.37).")
    ] = False,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config", metavar="FILE", help="Settings of the controller, whose datasources policies may name."
        ),
    ] = None,
    output: Annotated[Format, typer.Option("--output", "-o", help="How to print the result.")] = Format.TABLE,
    _: Annotated[
        str | None,
        typer.Option(
            "--explain", metavar="RULE", callback=_explain, is_eager=True, help="Explain a rule, or all; then exit."
        ),
    ] = None,
) -> None:
    """Find what is wrong with policies, scenarios (YAML or JSON) and traces (CSV); exit with 3 if anything is.

    Policies go through the API server's own defaulting and validation, in its words. Then they are compared with each
    other and with the other manifests given: their targets, VerticalPodAutoscalers, CronJobs, quotas and more. Warnings
    are about what is valid but probably not meant.
    """
    from autoscaler.config.check import check_files
    from autoscaler.config.hpa import ReadOptions
    from autoscaler.config.lint.finding import Severity
    from autoscaler.config.settings_load import load_settings

    for file in files:
        if str(file) != "-" and not file.exists():
            raise usage_error(f"no such file: {file}", hint="relative paths start at the current directory")
    _refuse_unknown(ignore or [], "--ignore")
    gates = for_version(kubernetes_version).gates
    options = ReadOptions(namespace=namespace, gates=replace(gates, scale_to_zero=scale_to_zero or gates.scale_to_zero))
    datasources = None if config is None else load_settings(file=config, environment={}).settings.datasources
    report = check_files(files, options, ignored_rules=ignore or (), datasources=datasources)
    _print(report, output)
    if report.count(Severity.ERROR) or (strict and report.findings):
        raise typer.Exit(ExitCode.FINDINGS)


def _refuse_unknown(rules: Sequence[str], option: str = "") -> None:
    """Raise for a rule that does not exist. An option's own callback leaves ``option`` out: Typer names it then."""
    from autoscaler.config.lint.rules import RULES_BY_NAME
    from autoscaler.config.suggestions import nearest

    for rule in rules:
        if rule not in RULES_BY_NAME:
            guess = nearest(rule, RULES_BY_NAME)
            hint = f"did you mean `{guess}`?" if guess is not None else "`autoscaler check --explain all` names them"
            raise usage_error(f"no rule `{rule}`", option=option, hint=hint)


def _print(report: Report, output: Format) -> None:
    match output:
        case Format.TABLE:
            for finding in report.findings:
                typer.echo(printable(_sentence(finding)))
            typer.echo(_summary(report))
        case Format.CSV:
            print_rows([_row(finding) for finding in report.findings], Output.CSV, columns=_COLUMNS)
        case Format.SARIF:
            from autoscaler.cli.sarif import sarif_log
            from autoscaler.config.version import version

            print_value(sarif_log(report.findings, version()), Output.JSON)
        case Format.JSON | Format.YAML:
            checked = {name: getattr(report, name) for name in ("files", "policies", "scenarios", "traces", "related")}
            findings = [_row(finding) for finding in report.findings]
            value = {"findings": findings, "checked": checked, "passedOver": report.passed_over}
            print_value(value, Output(output.value))


_COLUMNS = ("severity", "rule", "file", "line", "path", "message", "why", "hint")


def _row(finding: Finding) -> dict[str, str | int | None]:
    fault = finding.fault
    where = (fault.source, fault.line, fault.path)
    values = (str(finding.severity), finding.rule, *where, fault.what, finding.why, fault.hint)
    return dict(zip(_COLUMNS, values, strict=True))


def _sentence(finding: Finding) -> str:
    fault = finding.fault
    place = fault.source + (f":{fault.line}" if fault.line is not None else "")
    head = ": ".join(part for part in (place, str(finding.severity), fault.path, fault.what) if part)
    lines = [
        f"{head} [{finding.rule}]" if finding.rule else head,
        f"  why: {finding.why}" if finding.why else "",
        f"  hint: {fault.hint}" if fault.hint else "",
    ]
    return "\n".join(line for line in lines if line)


def _summary(report: Report) -> str:
    from autoscaler.config.lint.finding import Severity

    looked_at = [
        _counted(number, name)
        for number, name in (
            (report.policies, "policy"),
            (report.scenarios, "scenario"),
            (report.traces, "trace"),
            (report.related, "related manifest"),
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
