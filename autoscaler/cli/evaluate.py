"""`autoscaler evaluate`: one dry decision, explained."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autoscaler.cli.errors import say, usage_error
from autoscaler.cli.output import Output, has_colour, print_value
from autoscaler.model.controller_config import KubernetesVersion

if TYPE_CHECKING:
    from autoscaler.config.observation_build import Seen
    from autoscaler.config.policy_files import Candidate
    from autoscaler.config.settings import Settings
    from autoscaler.model.controller_config import ControllerConfig


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
    config: Annotated[
        Path | None,
        typer.Option("--config", metavar="FILE", help="Settings file.  [default: what AUTOSCALER_CONFIG names]"),
    ] = None,
    output: Annotated[Form, typer.Option("--output", "-o", help="How to print the decision.")] = Form.TEXT,
) -> None:
    """Make one dry decision and explain it: every step, and what would change the answer.

    Nothing is read from a cluster and nothing is written. docs/evaluate.md shows ten cases and how to write an
    observation; `autoscaler schema observation` is its schema, `autoscaler schema decision` that of the JSON output.
    """
    from autoscaler.config.decision_write import explain, record_of

    chosen_settings = _settings(config, kubernetes_version)
    version, controller = chosen_settings.kubernetes_version, chosen_settings.controller
    chosen = _policy(file, name, controller)
    seen = _seen(observation, memory, chosen, controller)
    explained = explain(chosen.policy, seen.observation, seen.memory, controller)
    if output is Form.TEXT:
        from autoscaler.cli.evaluation_text import Page

        bold = ("\x1b[1m", "\x1b[0m") if _is_coloured() else ("", "")
        page = Page(
            explained=explained,
            observation=seen.observation,
            version=version,
            notes=seen.notes,
            is_dated=seen.is_dated,
            bold=bold,
        )
        typer.echo(page.text(), nl=False)
        return
    record = record_of(explained, version=version, notes=seen.notes)
    print_value(record.model_dump(mode="json", by_alias=True), Output(output.value))


def _is_coloured() -> bool:
    import sys

    return has_colour(sys.stdout)


def _settings(config: Path | None, version: KubernetesVersion | None) -> Settings:
    import os

    from autoscaler.config.settings_load import load_settings

    loaded = load_settings({"kubernetes_version": version}, file=config, environment=os.environ)
    for warning in loaded.warnings:
        say(f"warning: {warning}")
    return loaded.settings


def _policy(file: Path, name: str | None, controller: ControllerConfig) -> Candidate:
    """Read the one policy that is meant."""
    from autoscaler.config.documents import scan_file
    from autoscaler.config.hpa import ReadOptions
    from autoscaler.config.policy_files import read_policies
    from autoscaler.model.errors import Fault, InvalidPolicyError

    found, faults = read_policies(scan_file(file), ReadOptions(gates=controller.gates))
    if faults:
        raise InvalidPolicyError(faults)
    if not found:
        hint = "a policy is a HorizontalPodAutoscaler of autoscaling/v2"
        raise InvalidPolicyError([Fault(what="holds no policy", source=str(file), hint=hint)])
    named = [one for one in found if name in (None, one.policy.key.name, str(one.policy.key))]
    if len(named) == 1:
        return named[0]
    names = ", ".join(str(one.policy.key) for one in found)
    what = f"{len(named)} policies are meant" if named else f"no policy is named {name}"
    raise usage_error(what, option="--name", hint=f"the file holds {names}")


def _seen(observation: Path, memory: Path | None, chosen: Candidate, controller: ControllerConfig) -> Seen:
    from autoscaler.config.hpa_status import status_from_object
    from autoscaler.config.observation import load_history, load_observation
    from autoscaler.config.observation_build import build_seen

    file, document = load_observation(observation)
    past = None
    if memory is not None:
        if file.history is not None:
            raise usage_error("the observation has a history already", option="--memory", hint="give one of the two")
        past = load_history(memory)
    status = status_from_object(chosen.source.manifest)
    return build_seen(file, document, chosen.policy, status=status, past=past, config=controller)
