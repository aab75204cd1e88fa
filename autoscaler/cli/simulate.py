"""`autoscaler simulate`: traffic through policies, and what users and the bill would have seen."""

from __future__ import annotations

import math
import shlex
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from autoscaler.cli.errors import duration_option, say, usage_error
from autoscaler.cli.output import Cell, Output, OutputOption, print_rows, print_value
from autoscaler.model.controller_config import (
    DEFAULT_VERSION,
    ControllerConfig,
    Gates,
    KubernetesVersion,
    for_version,
)

_LONG: Final = 7 * 86_400  #: a run that takes long enough to say so beforehand [s]

if TYPE_CHECKING:
    from autoscaler.model.json_types import JsonValue
    from autoscaler.model.policy import ScalingPolicy
    from autoscaler.simulator.inputs import Inputs, Overrides
    from autoscaler.simulator.result import Result


def command(
    scenario: Annotated[Path, typer.Argument(metavar="SCENARIO", help="Scenario file: traffic, service, pods.")],
    policy: Annotated[
        list[Path] | None,
        typer.Option("--policy", "-p", metavar="POLICY", help="Policy file or folder; give several to compare."),
    ] = None,
    trace: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Replay this timestamp,rps file instead of the scenario's traffic."),
    ] = None,
    trace_offset: Annotated[
        str | None, typer.Option(metavar="DURATION", help="Begin this far into the trace, such as 40d.")
    ] = None,
    scale_to: Annotated[
        str | None, typer.Option(metavar="LO:HI", help="Map the run's lowest and highest rate to these [requests/s].")
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="DURATION", help="Stop after this much simulated time, such as 24h.")
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed of everything random.")] = None,
    kubernetes_version: Annotated[
        KubernetesVersion, typer.Option("--kubernetes-version", "-k", help="Release whose rules hold.")
    ] = DEFAULT_VERSION,
    references: Annotated[
        bool, typer.Option("--references", help="Compare with a fixed number for the peak, and with a clairvoyant.")
    ] = False,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a report: one HTML file that opens offline.")
    ] = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Replay traffic through policies; compare what users and the bill would see."""
    from autoscaler.config.scenario import load_scenario
    from autoscaler.simulator.inputs import prepare

    overrides = _overrides(trace, trace_offset, scale_to, until, seed)
    if not policy:
        raise usage_error("no policy to try", option="--policy", hint="give one, such as -p policies/web-app-hpa.yaml")
    if report is not None and not report.absolute().parent.is_dir():
        raise usage_error(f"the folder {report.parent} does not exist", option="--report")
    upstream = for_version(kubernetes_version)
    policies = _policies(policy, upstream.gates)
    inputs = prepare(load_scenario(scenario), scenario.parent, overrides)
    for note in inputs.notes:
        say(f"note: {note}")
    if until is None and inputs.duration > _LONG:
        say(f"note: all {inputs.duration // 86_400} days are played, at about a second a day; --until 24h plays less")
    results = [_run(inputs, name, each, upstream) for name, each in policies]
    beside = _references(inputs) if references else ()
    if report is not None:
        _write_report(report, results, beside)
    _print([*results, *beside], output)


def _overrides(
    trace: Path | None, offset: str | None, scale_to: str | None, until: str | None, seed: int | None
) -> Overrides:
    from autoscaler.model.time import as_seconds
    from autoscaler.simulator.inputs import Overrides

    if offset is not None and trace is None:
        raise usage_error("has no trace to begin in", option="--trace-offset", hint="give --trace FILE too")
    return Overrides(
        trace=trace,
        trace_offset=0.0 if offset is None else as_seconds(duration_option("--trace-offset", offset)),
        scale_to=None if scale_to is None else _range(scale_to),
        until=None if until is None else as_seconds(duration_option("--until", until)),
        seed=seed,
    )


def _range(text: str) -> tuple[float, float]:
    low, colon, high = text.partition(":")
    try:
        lowest, highest = float(low.replace(",", "")), float(high.replace(",", ""))
    except ValueError:
        lowest, highest = -1.0, -1.0
    if not colon or not 0 <= lowest <= highest < float("inf"):
        raise usage_error(
            f"`{text}` is not LO:HI with 0 <= LO <= HI", option="--scale-to", hint="such as --scale-to 10:10000"
        )
    return lowest, highest


def _policies(paths: Sequence[Path], gates: Gates) -> list[tuple[str, ScalingPolicy]]:
    """Read every policy, each under a name for tables: its file's, and its own where a file holds several."""
    from autoscaler.config.hpa import ReadOptions
    from autoscaler.config.policies import load_policies
    from autoscaler.model.errors import Fault, InvalidPolicyError

    faults: list[Fault] = []
    named: list[tuple[str, ScalingPolicy]] = []
    for file in [file for path in paths for file in _files(path)]:
        loaded = load_policies([file], ReadOptions(gates=gates))
        faults += loaded.faults
        for policy in loaded.policies:
            name = file.stem if len(loaded.policies) == 1 else f"{file.stem}/{policy.key.name}"
            named.append((_unused(name, [other for other, _ in named]), policy))
    if not named and not faults:
        faults.append(
            Fault(what="no policies in it", source=str(paths[0]), hint="a policy is a HorizontalPodAutoscaler")
        )
    if faults:
        raise InvalidPolicyError(faults)
    return named


def _files(path: Path) -> list[Path]:
    """Give a file itself, or those files of a folder that hold policies or cannot be read."""
    from autoscaler.config.documents import scan_file
    from autoscaler.config.hpa import is_policy
    from autoscaler.config.policy_files import expand, policy_files

    def holds_policy(file: Path) -> bool:
        found = scan_file(file)
        return bool(found.faults) or any(is_policy(part.value) for each in found.documents for part in expand(each))

    return [file for file in policy_files(path) if holds_policy(file)] if path.is_dir() else [path]


def _unused(name: str, taken: Sequence[str]) -> str:
    number = 2
    unused = name
    while unused in taken:
        unused, number = f"{name} ({number})", number + 1
    return unused


def _run(inputs: Inputs, name: str, policy: ScalingPolicy, upstream: ControllerConfig) -> Result:
    from autoscaler.model.time import seconds
    from autoscaler.simulator.report.words import troubles
    from autoscaler.simulator.simulation import bind, simulate

    bound, note = bind(policy, inputs.scenario.target)
    if note:
        say(f"note: {name}: {note}")
    is_shown = sys.stderr.isatty()

    def progress(share: float) -> None:
        typer.echo(f"\r{name}: {share:4.0%}", err=True, nl=False)

    config = replace(upstream, sync_period=seconds(inputs.scenario.control.sync_period))
    result = simulate(inputs, bound, config, name=name, progress=progress if is_shown else None)
    if is_shown:
        typer.echo("\r\x1b[K", err=True, nl=False)
    for text in troubles(result):
        say(f"note: {name}: {text}")
    return result


def _references(inputs: Inputs) -> Sequence[Result]:
    from autoscaler.simulator.references import references

    return references(inputs)


def _write_report(path: Path, results: Sequence[Result], references: Sequence[Result]) -> None:
    from autoscaler.cli.app import version
    from autoscaler.simulator.report.page import render_report

    command = shlex.join(["autoscaler", *_what_counts(sys.argv[1:])])
    path.write_text(render_report(results, command=command, version=version(), references=references), encoding="utf-8")
    say(f"report: {path}")


def _what_counts(arguments: Sequence[str]) -> list[str]:
    """Leave out where and how results are written, so that equal runs give equal reports whatever they are called."""
    kept: list[str] = []
    words = iter(arguments)
    for word in words:
        if word in ("--report", "--output", "-o"):
            next(words, None)
        elif not word.startswith(("--report=", "--output=", "-o")):
            kept.append(word)
    return kept


def _print(results: Sequence[Result], output: Output) -> None:
    from autoscaler.simulator.report.words import rows

    match output:
        case Output.TABLE:
            names = [result.policy for result in results]
            print_rows(
                [{"": label, **dict(zip(names, values, strict=True))} for label, values in rows(results)], output
            )
        case Output.CSV:
            print_rows([_measures(result) for result in results], output)
        case Output.JSON | Output.YAML:
            print_value([{**_measures(result), "actions": _actions(result)} for result in results], output)


def _measures(result: Result) -> dict[str, Cell]:
    """Give the scores under names that tell their unit."""
    score, scenario = result.score, result.inputs.scenario
    return {
        "scenario": scenario.name,
        "policy": result.policy,
        "seed": scenario.seed,
        "duration_s": result.inputs.duration,
        "requests": score.requests,
        "served": score.served,
        "late": score.late,
        "rejected": score.rejected,
        "timed_out": score.timed_out,
        "lost": score.lost,
        "unserved_share": score.unserved_share,
        "slo_minutes_violated": score.slo_minutes_violated,
        "minutes": score.minutes,
        "latency_p50_s": _known(score.latency_p50),
        "latency_p95_s": _known(score.latency_p95),
        "latency_p99_s": _known(score.latency_p99),
        "replica_hours": score.replica_hours,
        "mean_replicas": score.mean_replicas,
        "peak_replicas": score.peak_replicas,
        "scale_ups": score.scale_ups,
        "scale_downs": score.scale_downs,
        "direction_changes": score.turns,
    }


def _known(value: float) -> float | None:
    """Give no number for a latency that nobody experienced."""
    return value if math.isfinite(value) else None


def _actions(result: Result) -> list[JsonValue]:
    return [
        {
            "t_s": action.t,
            "before": action.before,
            "after": action.after,
            "reason": str(action.reason),
            "why": action.sentence,
        }
        for action in result.actions
    ]
