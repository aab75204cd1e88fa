"""`autoscaler emulate`: the emulated cluster alone, for kubectl and for other controllers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from autoscaler.simulator.inputs import Inputs


def command(
    scenario: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Its workload and traffic; else those of the demo.")
    ] = None,
    speed: Annotated[float, typer.Option(min=0.1, max=300, help="Simulated seconds in one real second.")] = 1.0,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Of the API server; 0 takes any free one.")] = 0,
    kubeconfig: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where to write the kubeconfig; removed at the end.")
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Of everything random in the world.")] = None,
) -> None:
    """Serve an emulated Kubernetes cluster on a local port: nodes, a workload under traffic, the metrics APIs.

    Nothing scales the workload by itself: that is up to you, or to the controller that you point at it.
    """
    from autoscaler.cli.errors import usage_error

    if kubeconfig is not None and kubeconfig.exists():
        raise usage_error(f"{kubeconfig} exists", option="--kubeconfig", hint="name a new file")

    from autoscaler.cli.errors import say
    from autoscaler.config.scenario import load_scenario
    from autoscaler.demo.staging import builtin_scenario
    from autoscaler.emulator.scene import left_out
    from autoscaler.simulator.inputs import Overrides, prepare

    chosen = builtin_scenario() if scenario is None else load_scenario(scenario)
    inputs = prepare(chosen, Path() if scenario is None else scenario.parent, Overrides(seed=seed))
    for note in (*inputs.notes, *left_out(inputs.scenario)):
        say(f"note: {note}")
    _serve(inputs, speed, port, kubeconfig)


def _serve(inputs: Inputs, speed: float, port: int, kubeconfig: Path | None) -> None:
    """Serve until Ctrl-C."""
    import asyncio
    import signal
    import tempfile

    from autoscaler.cli.errors import say, usage_error
    from autoscaler.emulator.api_server import ADMIN_TOKEN
    from autoscaler.emulator.kubeconfig import write_kubeconfig
    from autoscaler.emulator.scene import Scene

    async def run(path: Path) -> None:
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        scene = Scene(inputs, speed=speed)
        try:
            url = await scene.start(port)
        except OSError as error:
            raise usage_error(
                f"cannot listen on {port}: {error.strerror}", option="--port", hint="0 takes a free one"
            ) from error
        write_kubeconfig(path, url, ADMIN_TOKEN, namespace=inputs.scenario.target.namespace)
        say(f"Kubernetes API at {url}\nexport KUBECONFIG={path}\nCtrl-C ends it.")
        running = asyncio.create_task(scene.run())
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait((running, stopping), return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            running.result()
        running.cancel()
        await scene.stop()

    with tempfile.TemporaryDirectory(prefix="autoscaler-emulate-") as folder:
        path = kubeconfig if kubeconfig is not None else Path(folder) / "kubeconfig"
        try:
            asyncio.run(run(path))
        finally:
            path.unlink(missing_ok=True)
