"""`autoscaler resume`: release the kill switch."""

from __future__ import annotations

import typer

from autoscaler.cli.switch import Author, Config, File, Kubeconfig, Namespace, Reason, author_of, put, settings_of


def command(
    reason: Reason,
    author: Author = None,
    file: File = None,
    namespace: Namespace = None,
    kubeconfig: Kubeconfig = None,
    config: Config = None,
) -> None:
    """Let replicas be written again after `autoscaler halt`; what guards and budgets allow happens at the next passes."""
    from autoscaler.config.halt_document import write_release

    if not reason.strip():
        raise typer.BadParameter("say why", param_hint="--reason")
    settings = settings_of(file, namespace, kubeconfig, config)
    where = put(settings, write_release(author_of(author), reason.strip()))
    typer.echo(f"writes go on ({where})")
