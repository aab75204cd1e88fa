"""`autoscaler simulate`: traffic through policies, and what users and the bill would have seen."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from autoscaler.cli.errors import ExitCode, duration_option, say, usage_error
from autoscaler.cli.ranges import rate_range
from autoscaler.cli.trials_output import (
    OutOption,
    TrialsOutput,
    TrialsOutputOption,
    check_output,
    check_target,
    write_trials,
)
from autoscaler.model.controller_config import DEFAULT_VERSION, KubernetesVersion, for_version

_LONG: Final = 7 * 86_400  #: a run that takes long enough to say so beforehand [s]
#: Options that say where and how results are written, and so are no part of what repeats them.
_ABOUT_OUTPUT: Final = ("--report", "--output", "-o", "--out", "--workers")

if TYPE_CHECKING:
    from autoscaler.config.scenario import Fidelity
    from autoscaler.simulator.inputs import Inputs, Overrides
    from autoscaler.simulator.jobs import Contender, Job
    from autoscaler.simulator.trials import Trials


def command(
    scenario: Annotated[Path, typer.Argument(metavar="SCENARIO", help="Scenario file: traffic, service, pods.")],
    policy: Annotated[
        list[Path] | None,
        typer.Option("--policy", "-p", metavar="POLICY", help="Policy file or folder; give several to compare."),
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Play every policy under so many seeds, the same for all.")] = 1,
    seed: Annotated[int | None, typer.Option(min=0, help="The first seed of everything random.")] = None,
    fidelity: Annotated[
        str | None, typer.Option(metavar="fluid|request", help="Requests as a fluid (fast), or one by one (exact).")
    ] = None,
    trace: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Replay this trace instead: timestamp,rps rows, or Prometheus's JSON."),
    ] = None,
    trace_offset: Annotated[
        str | None, typer.Option(metavar="DURATION", help="Begin this far into the trace, such as 40d.")
    ] = None,
    scale_to: Annotated[
        str | None, typer.Option(metavar="LO:HI", help="Map the run's lowest and highest rate to these [requests/s].")
    ] = None,
    speed_up: Annotated[
        float | None, typer.Option(metavar="FACTOR", help="Play the traffic so many times as fast, at its rates.")
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="DURATION", help="Stop after this much simulated time, such as 24h.")
    ] = None,
    kubernetes_version: Annotated[
        KubernetesVersion, typer.Option("--kubernetes-version", "-k", help="Release whose rules hold.")
    ] = DEFAULT_VERSION,
    references: Annotated[
        bool, typer.Option("--references", help="Compare with a fixed number for the peak, and with a clairvoyant.")
    ] = False,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes; by default one a core where the work is worth it.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a report: one HTML file that opens offline.")
    ] = None,
    out: OutOption = None,
    output: TrialsOutputOption = TrialsOutput.TABLE,
) -> None:
    """Replay traffic through policies; compare what users and the bill would see.

    Results are the same for any number of workers. Ctrl-C keeps what was played.
    """
    from autoscaler.cli.progress import watcher_for
    from autoscaler.config.scenario import load_scenario
    from autoscaler.simulator.contenders import read_contenders
    from autoscaler.simulator.inputs import prepare
    from autoscaler.simulator.jobs import jobs_of, run_trials

    overrides = _overrides(trace, trace_offset, scale_to, speed_up, until, seed, fidelity)
    if not policy:
        raise usage_error("no policy to try", option="--policy", hint="give one, such as -p policies/web-app-hpa.yaml")
    check_target("--report", report)
    check_output(output, out)
    upstream = for_version(kubernetes_version)
    loaded = load_scenario(scenario)
    contenders = read_contenders(policy, upstream.gates, [each.target for each in loaded.neighbours()])
    inputs = prepare(loaded, scenario.parent, overrides)
    _say_before(inputs, contenders, is_whole=until is None)
    first = inputs.scenario.seed
    jobs = jobs_of(inputs, contenders, range(first, first + seeds), upstream, with_references=references)
    with watcher_for(jobs) as watcher:
        trials = run_trials(jobs, workers=workers, watcher=watcher)
    _say_after(trials)
    if trials.contenders:
        if report is not None:
            _write_report(report, trials)
        write_trials(trials, output, out, command=_repeating(), release=str(kubernetes_version))
    if watcher.is_stopping() and not trials.is_complete:
        _leave(trials, jobs)


def _overrides(
    trace: Path | None,
    offset: str | None,
    scale_to: str | None,
    speed_up: float | None,
    until: str | None,
    seed: int | None,
    fidelity: str | None,
) -> Overrides:
    from autoscaler.config.traffic import FASTEST, SLOWEST
    from autoscaler.model.time import as_seconds
    from autoscaler.simulator.inputs import Overrides

    if offset is not None and trace is None:
        raise usage_error("has no trace to begin in", option="--trace-offset", hint="give --trace FILE too")
    if speed_up is not None and not SLOWEST <= speed_up <= FASTEST:
        hint = "24 plays a day in an hour, 0.5 takes twice as long"
        raise usage_error(f"{speed_up:g} is not between {SLOWEST} and {FASTEST:,}", option="--speed-up", hint=hint)
    return Overrides(
        trace=trace,
        trace_offset=0.0 if offset is None else as_seconds(duration_option("--trace-offset", offset)),
        scale_to=None if scale_to is None else rate_range("--scale-to", scale_to),
        speed_up=speed_up,
        until=None if until is None else as_seconds(duration_option("--until", until)),
        seed=seed,
        fidelity=None if fidelity is None else _fidelity(fidelity),
    )


def _fidelity(text: str) -> Fidelity:
    from autoscaler.config.scenario import Fidelity

    try:
        return Fidelity(text)
    except ValueError:
        hint = "fluid is fast, request plays each request by itself"
        raise usage_error(f"`{text}` is neither fluid nor request", option="--fidelity", hint=hint) from None


def _say_before(inputs: Inputs, contenders: Sequence[Contender], *, is_whole: bool) -> None:
    from autoscaler.simulator.simulation import bind

    for note in inputs.notes:
        say(f"note: {note}")
    if is_whole and inputs.duration > _LONG:
        say(f"note: all {inputs.duration // 86_400} days are played, at about a second a day; --until 24h plays less")
    for contender in contenders:
        _, note = bind(contender.policy, inputs.scenario.target)
        if note:
            say(f"note: {contender.name}: {note}")


def _say_after(trials: Trials) -> None:
    """Tell of each policy which metrics it could not read, and what else there is to know, as its first run saw it."""
    from autoscaler.simulator.report.words import troubles

    for each in trials.policies:
        for text in (*troubles(each.results[0]), *each.results[0].notes):
            say(f"note: {each.policy}: {text}")


def _leave(trials: Trials, jobs: Sequence[Job]) -> None:
    from autoscaler.simulator.jobs import stopped_short

    say(f"note: {stopped_short(trials, jobs)}")
    raise typer.Exit(ExitCode.INTERRUPTED)


def _write_report(path: Path, trials: Trials) -> None:
    from autoscaler.config.version import version
    from autoscaler.simulator.report.page import render_report

    path.write_text(render_report(trials, command=_repeating(), version=version()), encoding="utf-8")
    say(f"report: {path}")


def _repeating() -> str:
    """Give the command that repeats this one: equal runs give equal files, whatever these are called."""
    kept: list[str] = []
    words = iter(sys.argv[1:])
    for word in words:
        if word in _ABOUT_OUTPUT:
            next(words, None)
        elif not word.startswith(("--report=", "--output=", "--out=", "--workers=", "-o")):
            kept.append(word)
    return shlex.join(["autoscaler", *kept])
