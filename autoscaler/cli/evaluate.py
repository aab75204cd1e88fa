"""`autoscaler evaluate`: one dry decision, explained."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autoscaler.cli.controller_options import ConfigOption
from autoscaler.cli.errors import say
from autoscaler.cli.output import Output, has_colour, print_value
from autoscaler.model.controller_config import KubernetesVersion

if TYPE_CHECKING:
    from autoscaler.cli.evaluation_text import Page
    from autoscaler.config.observation_build import Seen
    from autoscaler.config.settings import Settings
    from autoscaler.engine.explained import Explained


class Form(StrEnum):
    """How to print the decision."""

    TEXT = "text"
    JSON = "json"
    YAML = "yaml"


def command(
    file: Annotated[
        Path, typer.Option("--file", "-f", metavar="HPA", help="The policy: an HPA manifest, - for stdin.")
    ],
    observation: Annotated[
        Path, typer.Option("--observation", metavar="FILE", help="What is seen: replicas, pods, metrics, history.")
    ],
    memory: Annotated[
        Path | None,
        typer.Option(
            "--memory", metavar="FILE", help="What earlier evaluations left, if the observation does not say it."
        ),
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="Which policy, where the file holds several.")
    ] = None,
    kubernetes_version: Annotated[
        KubernetesVersion | None,
        typer.Option("--kubernetes-version", "-k", help="Release whose rules hold.  [default: 1.36]"),
    ] = None,
    edits: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="PATH=VALUE",
            help="What if: cpu=80%, replicas=7, spec.maxReplicas=20 ...; may be given again.",
        ),
    ] = None,
    config: ConfigOption = None,
    output: Annotated[Form, typer.Option("--output", "-o", help="How to print the decision.")] = Form.TEXT,
) -> None:
    """Make one dry decision and explain it: every step, and what would change the answer.

    Nothing is read from a cluster and nothing is written. docs/evaluate.md shows ten cases and how to write an
    observation; `autoscaler schema observation` is its schema, `autoscaler schema decision` that of the JSON output.
    """
    from autoscaler.config.decision_write import record_of
    from autoscaler.config.dry_run import DryRun, Files
    from autoscaler.engine.explained import explain

    settings = _settings(config, kubernetes_version)
    dry_run = DryRun.read(Files(policy=file, observation=observation, memory=memory, name=name))
    before = ""
    if edits and output is Form.TEXT:
        unedited = dry_run.inputs(settings.controller)
        explained = explain(unedited.policy, unedited.seen.observation, unedited.seen.memory, settings.controller)
        before = _page(explained, unedited.seen, settings.kubernetes_version).verdict()
    inputs = dry_run.inputs(settings.controller, edits or ())
    explained = explain(inputs.policy, inputs.seen.observation, inputs.seen.memory, settings.controller)
    if output is not Form.TEXT:
        record = record_of(explained, version=settings.kubernetes_version, notes=inputs.seen.notes)
        print_value(record.model_dump(mode="json", by_alias=True), Output(output.value))
        return
    if before:
        typer.echo(f"As it is: {before}\nWith {', '.join(edits or ())}:\n")
    typer.echo(_page(explained, inputs.seen, settings.kubernetes_version).text(), nl=False)


def _page(explained: Explained, seen: Seen, version: KubernetesVersion) -> Page:
    import sys

    from autoscaler.cli.evaluation_text import Page

    return Page(
        explained=explained,
        observation=seen.observation,
        version=version,
        notes=seen.notes,
        is_dated=seen.is_dated,
        bold=("\x1b[1m", "\x1b[0m") if has_colour(sys.stdout) else ("", ""),
    )


def _settings(config: Path | None, version: KubernetesVersion | None) -> Settings:
    import os

    from autoscaler.config.settings_load import load_settings

    loaded = load_settings({"kubernetes_version": version}, file=config, environment=os.environ)
    for warning in loaded.warnings:
        say(f"warning: {warning}")
    return loaded.settings
