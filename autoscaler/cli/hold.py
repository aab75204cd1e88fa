"""`autoscaler hold`: impose a number of replicas for a while, or take that back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from autoscaler.cli.switch import Author, Config, Kubeconfig, author_of, end_of

if TYPE_CHECKING:
    from autoscaler.model.policy import PolicyKey
    from autoscaler.model.time import Instant


def command(
    policy: Annotated[str, typer.Argument(metavar="NAMESPACE/NAME", help="The ScalingPolicy.")],
    replicas: Annotated[
        int | None, typer.Option("--replicas", min=0, help="How many; above maxReplicas it counts as that.")
    ] = None,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; shown wherever the decision is.")] = "",
    author: Author = None,
    lasts: Annotated[str | None, typer.Option("--for", metavar="DURATION", help="For so long, such as 2h.")] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="TIME", help="Until then, such as 2026-01-05T18:00:00Z.")
    ] = None,
    floor: Annotated[bool, typer.Option("--floor", help="The metrics may ask for more.")] = False,
    end: Annotated[bool, typer.Option("--end", help="Take every hold of the policy back.")] = False,
    show: Annotated[bool, typer.Option("--print", help="Only print what to add to a policy file.")] = False,
    kubeconfig: Kubeconfig = None,
    config: Config = None,
) -> None:
    """Hold a workload at a number of replicas, whatever its metrics say, until an end that has to be given.

    It is written into the ScalingPolicy object in the cluster; of several holds the newest counts. Afterwards the size goes
    back by 5% of that number in each period at most (safety.holdReturn).
    """
    from autoscaler.cli.errors import usage_error
    from autoscaler.cli.journals import policy_key
    from autoscaler.daemon.clock import AnchoredClock

    key = policy_key(policy)
    now = AnchoredClock().now()
    if end:
        if replicas is not None or show:
            raise usage_error("--end takes every hold back; nothing else goes with it")
        _write(key, None, now, kubeconfig, config)
        typer.echo(f"nothing holds {key} any more; its size goes back step by step")
        return
    if replicas is None or not reason.strip():
        raise usage_error(f"{'--replicas' if replicas is None else '--reason'} is missing")
    over = end_of(lasts, until, now)
    if over is None:
        raise usage_error("a hold has to end: say --for or --until", hint="such as --for 2h")
    if over <= now:
        raise usage_error("that is over already")
    hold = _hold(replicas, now, over, author_of(author), reason.strip(), floor)
    if show:
        typer.echo(_block(hold), nl=False)
        return
    _write(key, hold, now, kubeconfig, config)
    typer.echo(f"{key} is held at {'no less than ' if floor else ''}{replicas} until {hold['until']}")


def _hold(replicas: int, now: Instant, over: Instant, author: str, reason: str, floor: bool) -> dict[str, Any]:
    from autoscaler.config.halt_document import print_second

    written = {"replicas": replicas, "from": print_second(now), "until": print_second(over)}
    return {**written, **({"floor": True} if floor else {}), "author": author, "reason": reason}


def _block(hold: dict[str, Any]) -> str:
    import yaml

    return yaml.safe_dump({"spec": {"holds": [hold]}}, sort_keys=False, allow_unicode=True)


def _write(
    key: PolicyKey, hold: dict[str, Any] | None, now: Instant, kubeconfig: Path | None, config: Path | None
) -> None:
    import asyncio
    import os

    from autoscaler.config.settings_load import load_settings
    from autoscaler.daemon.imposing import impose

    flags = {"kubernetes.kubeconfig": kubeconfig}
    settings = load_settings(flags, file=config, environment=os.environ).settings
    asyncio.run(impose(settings, key, hold, now))
