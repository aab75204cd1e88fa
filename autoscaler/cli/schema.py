"""`autoscaler schema`: what people can write, as a JSON schema for editors or as a list of fields for people."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Final

import typer

from autoscaler.cli.errors import usage_error
from autoscaler.cli.output import Output, print_rows, print_value

if TYPE_CHECKING:
    from autoscaler.model.json_types import JsonObject


class Document(StrEnum):
    """What has a schema."""

    POLICY = "policy"
    SCALING_POLICY = "scaling-policy"
    SCENARIO = "scenario"
    SETTINGS = "settings"
    OBSERVATION = "observation"
    DECISION = "decision"
    TRIALS = "trials"


class Form(StrEnum):
    """How to print a schema."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"
    CSV = "csv"
    CRD = "crd"


#: What people write by hand, field by field with its meaning.
_DESCRIBED: Final = (Document.SCENARIO, Document.SETTINGS, Document.OBSERVATION)


def command(
    document: Annotated[
        Document,
        typer.Argument(
            metavar="DOCUMENT",
            help="policy (an HPA), scaling-policy, scenario, settings, observation, decision or trials",
        ),
    ],
    output: Annotated[
        Form,
        typer.Option(
            "--output",
            "-o",
            help="json (or yaml) for editors; table or csv lists the fields; crd (scaling-policy) is for kubectl apply.",
        ),
    ] = Form.JSON,
) -> None:
    """Print the JSON schema of a policy, a scenario, the settings file, an observation, a decision or trials.

    Observation and decision are what `autoscaler evaluate` reads and, with -o json, prints; trials are what `autoscaler
    simulate -o json` prints. With -o table (scenario, settings, observation): every field with its meaning. With -o crd
    (scaling-policy): the CustomResourceDefinition, to be applied to a cluster.
    An editor with a YAML language server uses the schema by a first line such as:
    # yaml-language-server: $schema=policy.schema.json
    """
    if output in (Form.JSON, Form.YAML):
        print_value(_schema(document), Output(output))
        return
    if output is Form.CRD:
        typer.echo(_definition(document), nl=False)
        return
    if document not in _DESCRIBED:
        raise usage_error(
            f"the fields of a {document} are not described in its schema",
            option="--output",
            hint="`-o json` prints it; kubectl explain hpa.spec --recursive tells of policies",
        )
    from autoscaler.config.schema_fields import field_rows

    print_rows([{"field": row.path, "meaning": row.meaning} for row in field_rows(_schema(document))], Output(output))


def _definition(document: Document) -> str:
    if document is not Document.SCALING_POLICY:
        raise usage_error(
            f"a {document} is no kind of a cluster's",
            option="--output",
            hint="autoscaler schema scaling-policy -o crd",
        )
    from autoscaler.config.crd.definition import print_definition

    return print_definition()


def _schema(document: Document) -> JsonObject:
    match document:
        case Document.POLICY:
            from autoscaler.config.policy_schema import policy_schema

            return policy_schema()
        case Document.SCALING_POLICY:
            from autoscaler.config.scaling_policy import scaling_policy_schema

            return scaling_policy_schema()
        case Document.SCENARIO:
            from autoscaler.config.scenario import Scenario

            return Scenario.model_json_schema()
        case Document.SETTINGS:
            from autoscaler.config.settings import Settings

            return Settings.model_json_schema(mode="serialization")
        case Document.OBSERVATION:
            from autoscaler.config.observation import ObservationFile

            return ObservationFile.model_json_schema()
        case Document.DECISION:
            from autoscaler.config.decision_record import Record

            return Record.model_json_schema(mode="serialization")
        case Document.TRIALS:
            import msgspec

            from autoscaler.simulator.records import TrialsRecord

            return msgspec.json.schema(TrialsRecord)
