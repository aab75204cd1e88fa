"""`autoscaler import`: HPAs and KEDA's ScaledObjects as ScalingPolicies."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autoscaler.cli.errors import ExitCode, say


def command(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Manifests, or folders of them; - is stdin.")],
    namespace: Annotated[
        str, typer.Option("--namespace", "-n", metavar="NAME", help="Of manifests that name none, in messages.")
    ] = "default",
) -> None:
    """Write the ScalingPolicy of every HPA and every KEDA ScaledObject to stdout, as YAML.

    What a manifest says that a ScalingPolicy cannot is told on stderr, one by one with file, line and field; then the exit
    code is 3. Manifests of other kinds are passed over.
    """
    import yaml

    from autoscaler.config.hpa import ReadOptions
    from autoscaler.config.importing.files import import_files
    from autoscaler.model.errors import Fault, InvalidInputError

    try:
        imported = import_files(files, ReadOptions(namespace=namespace))
    except OSError as error:
        raise InvalidInputError(
            [Fault(what=f"cannot be searched: {error.strerror}", source=str(error.filename))]
        ) from error
    for fault in imported.losses:
        say(str(fault))
    if not imported.manifests and not imported.losses:
        say(f"no HorizontalPodAutoscaler and no ScaledObject among {imported.passed_over} documents")
        raise typer.Exit(ExitCode.UNREACHABLE)
    typer.echo("---\n".join(yaml.safe_dump(each, sort_keys=False) for each in imported.manifests), nl=False)
    if imported.losses:
        raise typer.Exit(ExitCode.FINDINGS)
