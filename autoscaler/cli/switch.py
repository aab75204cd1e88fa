"""What `autoscaler halt` and `autoscaler resume` share: where the kill switch is, and who throws it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from autoscaler.config.settings import Settings
    from autoscaler.model.time import Instant

Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; shown wherever a decision is.")]
Author = Annotated[
    str | None,
    typer.Option("--author", metavar="NAME", help="Who; shown with the reason.  [default: you, as logged in]"),
]
File = Annotated[
    Path | None, typer.Option("--file", metavar="FILE", help="The switch is this file, as halt.path of the controller.")
]
Namespace = Annotated[
    str | None,
    typer.Option("--namespace", "-n", metavar="NAME", help="The switch is a ConfigMap here, as halt.namespace."),
]
Kubeconfig = Annotated[
    Path | None, typer.Option(metavar="FILE", help="How to reach the cluster.  [default: as kubectl]")
]
Config = Annotated[Path | None, typer.Option(metavar="FILE", help="Settings file of the controller.")]


def settings_of(file: Path | None, namespace: str | None, kubeconfig: Path | None, config: Path | None) -> Settings:
    """Give the controller's settings, with the switch that was named.

    Raises:
        InvalidSettingsError: they are not sound.
    """
    import os

    from autoscaler.config.guard_settings import HaltStore
    from autoscaler.config.settings_load import load_settings

    if file is not None and namespace is not None:
        raise typer.BadParameter("the switch is a file or in a namespace, not both", param_hint="--file")
    store = "file" if file is not None else "cluster" if namespace is not None else None
    flags = {"halt.store": store, "halt.path": file, "halt.namespace": namespace, "kubernetes.kubeconfig": kubeconfig}
    settings = load_settings(flags, file=config, environment=os.environ).settings
    if settings.halt.store is HaltStore.NONE:
        raise typer.BadParameter(
            "where is the kill switch? name --namespace or --file, or the controller's settings with --config",
            param_hint="--namespace",
        )
    return settings


def end_of(lasts: str | None, until: str | None, now: Instant) -> Instant | None:
    """Read --for or --until; ``None``: neither was given.

    Raises:
        typer.BadParameter: both were, or one that cannot be read.
    """
    from autoscaler.config.durations import DurationError, parse_duration
    from autoscaler.config.go_time import GoTimeError
    from autoscaler.config.moments import time_of

    if lasts is not None and until is not None:
        raise typer.BadParameter("say --for or --until, not both", param_hint="--for")
    try:
        return now + parse_duration(lasts) if lasts else time_of(until) if until else None
    except (DurationError, GoTimeError) as error:
        raise typer.BadParameter(str(error), param_hint="--for" if lasts else "--until") from error


def author_of(name: str | None) -> str:
    """Give who throws the switch: the name given, else that of the account."""
    import getpass

    try:
        return name or getpass.getuser()
    except (OSError, KeyError, ImportError):
        raise typer.BadParameter("your account has no name; say who you are", param_hint="--author") from None


def put(settings: Settings, fields: dict[str, str]) -> str:
    """Write the switch, and give where it is.

    Raises:
        UnreachableError: the cluster or the file does not take it.
    """
    import asyncio

    return asyncio.run(_put(settings, fields))


async def _put(settings: Settings, fields: dict[str, str]) -> str:
    from autoscaler.adapters.kubernetes.errors import KubernetesError
    from autoscaler.adapters.notes import FileNote
    from autoscaler.config.guard_settings import HaltStore
    from autoscaler.config.version import version
    from autoscaler.daemon.halts import note_of
    from autoscaler.daemon.one_shot import opened
    from autoscaler.model.errors import UnreachableError

    try:
        if settings.halt.store is HaltStore.FILE:
            note = FileNote(settings.halt.path)
            await note.write(fields)
            return str(note)
        async with opened(settings, version=version()) as client:
            found = note_of(settings.halt, client)
            assert found is not None
            await found.write(fields)
            return str(found)
    except (KubernetesError, OSError) as error:
        raise UnreachableError(f"the kill switch could not be written: {error}") from error
