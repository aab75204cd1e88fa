"""`autoscaler hpa`: hand a target over from the cluster's own HPA controller to this one, and back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="hpa",
    help="Hand a target over from an HPA object to a ScalingPolicy, and back.",
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
)

_Target = Annotated[str, typer.Argument(metavar="NAMESPACE/NAME", help="The HPA object, and the ScalingPolicy.")]
_Apply = Annotated[bool, typer.Option("--apply", help="Do it.  [default: only say what would be done]")]
_Kubeconfig = Annotated[
    Path | None, typer.Option(metavar="FILE", help="How to reach the cluster.  [default: as kubectl]")
]


@app.command()
def adopt(
    target: _Target,
    apply: _Apply = False,
    wait: Annotated[
        int, typer.Option(metavar="SECONDS", min=1, help="Longest wait for the controller's first decision.")
    ] = 60,
    kubeconfig: _Kubeconfig = None,
) -> None:
    """Take an HPA over: a ScalingPolicy observes beside it, and scales once it decides the same and the HPA is gone.

    The controller has to be running with --policies cluster --apply. Cut off in the middle, it goes on where it was.
    """
    _hand_over(target, apply, kubeconfig, back=False, wait=wait)


@app.command()
def release(target: _Target, apply: _Apply = False, kubeconfig: _Kubeconfig = None) -> None:
    """Give a target back: the ScalingPolicy stops writing, its HPA is created, and it is deleted."""
    _hand_over(target, apply, kubeconfig, back=True)


def _hand_over(target: str, apply: bool, kubeconfig: Path | None, *, back: bool, wait: int = 60) -> None:
    import asyncio

    asyncio.run(_run(target, apply, kubeconfig, back=back, wait=wait))


async def _run(target: str, apply: bool, kubeconfig: Path | None, *, back: bool, wait: int) -> None:
    import os

    from autoscaler.adapters.kubernetes.errors import KubernetesError
    from autoscaler.adapters.kubernetes.handover import HandedOver
    from autoscaler.config.settings_load import load_settings
    from autoscaler.config.version import version
    from autoscaler.daemon.handover import Handover
    from autoscaler.daemon.one_shot import opened
    from autoscaler.model.errors import UnreachableError
    from autoscaler.model.policy import PolicyKey

    namespace, slash, name = target.partition("/")
    if not (namespace and slash and name) or "/" in name:
        raise typer.BadParameter(f"{target!r} is not NAMESPACE/NAME", param_hint="NAMESPACE/NAME")
    settings = load_settings({"kubernetes.kubeconfig": kubeconfig}, environment=os.environ).settings
    try:
        async with opened(settings, version=version()) as client:
            key = PolicyKey(namespace=namespace, name=name)
            handover = Handover(objects=HandedOver(client), key=key, say=typer.echo, wait=wait)
            await (handover.release(apply=apply) if back else handover.adopt(apply=apply))
    except KubernetesError as error:
        raise UnreachableError(str(error)) from error
