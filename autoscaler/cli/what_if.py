"""`autoscaler what-if`: a decision as it was, and as it would be with another metric value, size, time or policy."""

from __future__ import annotations

from typing import Annotated

import typer

from autoscaler.cli.evaluate import Form
from autoscaler.cli.journals import JournalOption, policy_key, second
from autoscaler.cli.live import TokenOption, UrlOption
from autoscaler.cli.output import Output, print_value
from autoscaler.cli.why import AtOption, PolicyArgument, find, page


def command(
    policy: PolicyArgument,
    changes: Annotated[
        list[str], typer.Argument(metavar="NAME=VALUE...", help="What is otherwise; all of it at once.")
    ],
    at: AtOption = None,
    url: UrlOption = None,
    file: JournalOption = None,
    token_file: TokenOption = None,
    output: Annotated[Form, typer.Option("--output", "-o", help="How to print the decision.")] = Form.TEXT,
) -> None:
    """Ask what a decision would have been, had something been otherwise. Nothing is changed by asking.

    cpu=80%  cpu=+20%  cpu=250m  cpu=missing: a metric, by what `why` calls it; metrics[1]=... is the second one.
    replicas=7  replicas=+2: where the target stands.  time=+5m: the same seen later.
    spec.maxReplicas=30  spec.behavior.scaleDown.stabilizationWindowSeconds=0  spec.safety.maxStepDown=off: the policy.

    The decision is found as `autoscaler why` finds it. What would have followed later is the simulator's question.
    """
    from dataclasses import replace

    from msgspec import structs

    from autoscaler.config.what_if import changed
    from autoscaler.engine.explain import sentence
    from autoscaler.engine.explained import explain

    past = find(policy_key(policy), at, url=url, file=file, token_file=token_file)
    other = changed(past, changes)
    record = past.record
    explained = explain(other.policy, other.observation, past.memory, past.config)
    if output is not Form.TEXT:
        from autoscaler.config.decision_write import record_of
        from autoscaler.model.controller_config import version_of

        notes = (f"what if: {', '.join(changes)}",)
        document = record_of(explained, version=version_of(past.config), notes=notes)
        print_value(document.model_dump(mode="json", by_alias=True), Output(output.value))
        return
    typer.echo(f"{record.key} at {second(record.decision.at)}, {past.policy.mode.value}\n")
    typer.echo(f"As it was: {sentence(record.decision, record.outcome)}\nWith {', '.join(changes)}:\n")
    unwritten = structs.replace(record, observation=other.observation, decision=explained.decision)
    typer.echo(page(replace(past, policy=other.policy, record=unwritten), explained, dry=True), nl=False)
