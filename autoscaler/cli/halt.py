"""`autoscaler halt`: throw the kill switch."""

from __future__ import annotations

from typing import Annotated

import typer

from autoscaler.cli.switch import (
    Author,
    Config,
    File,
    Kubeconfig,
    Namespace,
    Reason,
    author_of,
    end_of,
    put,
    settings_of,
)


def command(
    reason: Reason,
    author: Author = None,
    lasts: Annotated[
        str | None, typer.Option("--for", metavar="DURATION", help="End by itself after so long, such as 2h.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="TIME", help="End by itself then, such as 2026-01-05T18:00:00Z.")
    ] = None,
    file: File = None,
    namespace: Namespace = None,
    kubeconfig: Kubeconfig = None,
    config: Config = None,
) -> None:
    """Stop every write of replicas within seconds; everything is decided and shown as ever.

    The controller has to know the switch: halt.store=cluster (a ConfigMap) or file. Until `autoscaler resume`, or until
    the end given here, each policy shows the condition WritesHalted, with author and reason.
    """
    from autoscaler.config.halt_document import print_second, write_halt
    from autoscaler.daemon.clock import AnchoredClock
    from autoscaler.model.safety import Halt

    end = end_of(lasts, until, AnchoredClock().now())
    if not reason.strip():
        raise typer.BadParameter("say why", param_hint="--reason")
    settings = settings_of(file, namespace, kubeconfig, config)
    halt = Halt(author=author_of(author), reason=reason.strip(), until=end)
    where = put(settings, write_halt(halt))
    lasting = "until `autoscaler resume`" if end is None else f"until {print_second(end)}"
    typer.echo(f"writes are halted {lasting} ({where})")
