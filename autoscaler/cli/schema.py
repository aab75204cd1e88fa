"""`autoscaler schema`: the JSON schema of what people write, for editors that complete and check while typing."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from autoscaler.cli.output import Output, print_value


class Document(StrEnum):
    """What has a schema."""

    POLICY = "policy"
    SCALING_POLICY = "scaling-policy"
    SCENARIO = "scenario"
    SETTINGS = "settings"
    OBSERVATION = "observation"
    DECISION = "decision"
    TRIALS = "trials"


def command(
    document: Annotated[
        Document,
        typer.Argument(
            metavar="DOCUMENT",
            help="policy (an HPA), scaling-policy, scenario, settings, observation, decision or trials",
        ),
    ],
) -> None:
    """Print the JSON schema of a policy, a scenario, the settings file, an observation, a decision or trials.

    Observation and decision are what `autoscaler evaluate` reads and, with -o json, prints; trials are what `autoscaler
    simulate -o json` prints.
    An editor with a YAML language server uses it by a first line such as:
    # yaml-language-server: $schema=policy.schema.json
    """
    match document:
        case Document.POLICY:
            from autoscaler.config.policy_schema import policy_schema

            print_value(policy_schema(), Output.JSON)
        case Document.SCALING_POLICY:
            from autoscaler.config.scaling_policy import scaling_policy_schema

            print_value(scaling_policy_schema(), Output.JSON)
        case Document.SCENARIO:
            from autoscaler.config.scenario import Scenario

            print_value(Scenario.model_json_schema(), Output.JSON)
        case Document.SETTINGS:
            from autoscaler.config.settings import Settings

            print_value(Settings.model_json_schema(mode="serialization"), Output.JSON)
        case Document.OBSERVATION:
            from autoscaler.config.observation import ObservationFile

            print_value(ObservationFile.model_json_schema(), Output.JSON)
        case Document.DECISION:
            from autoscaler.config.decision_record import Record

            print_value(Record.model_json_schema(mode="serialization"), Output.JSON)
        case Document.TRIALS:
            import msgspec

            from autoscaler.simulator.records import TrialsRecord

            print_value(msgspec.json.schema(TrialsRecord), Output.JSON)
