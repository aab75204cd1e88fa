"""`autoscaler demo`: an emulated cluster under traffic, the real controller, a live page, all in one process."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autoscaler.cli.output import Output, OutputOption

if TYPE_CHECKING:
    from autoscaler.demo.run import Options
    from autoscaler.demo.staging import Play
    from autoscaler.demo.tally import Summary


def command(
    speed: Annotated[float, typer.Option(min=0.1, max=300, help="Simulated seconds in one real second.")] = 30.0,
    trace: Annotated[Path | None, typer.Option(metavar="FILE", help="Replay this timestamp,rps file instead.")] = None,
    scale_to: Annotated[
        str | None, typer.Option(metavar="LO:HI", help="Map the traffic to this range [requests/s].")
    ] = None,
    policy: Annotated[
        Path | None, typer.Option("--policy", "-p", metavar="FILE", help="An HPA manifest of yours to play with.")
    ] = None,
    until: Annotated[str | None, typer.Option(metavar="DURATION", help="End after this much simulated time.")] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Of the page; 0 takes any free one.")] = 8090,
    seed: Annotated[int | None, typer.Option(min=0, help="Of everything random in the world.")] = None,
    journal: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Keep what the controller sees and decides, for why, status and replay."),
    ] = None,
    headless: Annotated[bool, typer.Option("--headless", help="No page; needs --until and prints a summary.")] = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """Watch the controller scale an emulated cluster under traffic. Needs no cluster, no network and no files.

    The controller is the one that `autoscaler run` starts, and reaches the cluster only over HTTP; so does your
    kubectl, with the kubeconfig that is printed.
    """
    from autoscaler.cli.errors import duration_option, say, usage_error
    from autoscaler.cli.ranges import rate_range
    from autoscaler.config.version import version

    if headless and until is None:
        raise usage_error("needs an end", option="--headless", hint="add --until 10m")
    say("Starting a cluster, traffic and the controller.")  # the imports below take a moment
    from autoscaler.demo.run import Options
    from autoscaler.demo.staging import stage
    from autoscaler.simulator.inputs import Overrides

    scale = rate_range("--scale-to", scale_to) if scale_to is not None else None
    play = stage(policy, Overrides(trace=trace, scale_to=scale, seed=seed))
    options = Options(
        speed=speed,
        until=duration_option("--until", until) if until is not None else None,
        port=None if headless else port,
        journal=journal,
        version=version(),
    )
    _report(_perform(play, options), output)


def _perform(play: Play, options: Options) -> Summary:
    """Play until the time is up, or Ctrl-C; what the controller logs goes to a file beside the kubeconfig."""
    import asyncio
    import signal
    import sys
    import tempfile

    from autoscaler.daemon.logs import set_up
    from autoscaler.demo.run import Performance
    from autoscaler.demo.terminal import Terminal

    async def run(folder: Path) -> Summary:
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        terminal = Terminal(sys.stderr)
        with terminal.follow():
            return await Performance(play, options, folder, terminal).run(stop)

    with (
        tempfile.TemporaryDirectory(prefix="autoscaler-demo-") as name,
        (Path(name) / "controller.log").open("w") as log,
    ):
        set_up(level="info", style="json", stream=log)
        return asyncio.run(run(Path(name)))


def _report(summary: Summary, output: Output) -> None:
    from dataclasses import asdict

    from autoscaler.cli.output import print_rows

    row = {name: round(value, 4) if isinstance(value, float) else value for name, value in asdict(summary).items()}
    if output is Output.TABLE:
        print_rows([{"": name.replace("_", " "), "demo": value} for name, value in row.items()], output)
    else:
        print_rows([row], output)
