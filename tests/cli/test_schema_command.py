"""`autoscaler schema`: what the schemas demand, seen through their parts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from autoscaler.cli.app import run


def schema(document: str, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert run(["schema", document]) == 0
    printed: dict[str, Any] = json.loads(capsys.readouterr().out)
    return printed


def test_a_policys_schema_knows_fields_lists_and_limits(capsys: pytest.CaptureFixture[str]) -> None:
    spec = schema("policy", capsys)["properties"]["spec"]

    assert spec["required"] == ["scaleTargetRef", "maxReplicas"]
    assert spec["additionalProperties"] is False
    assert spec["properties"]["maxReplicas"] == {
        "type": "integer",
        "minimum": 1,
        "maximum": 2147483647,
        "description": "Most replicas the metrics may lead to. Not below minReplicas.",
    }
    metric = spec["properties"]["metrics"]["items"]["properties"]
    assert metric["type"]["enum"] == ["ContainerResource", "External", "Object", "Pods", "Resource"]
    assert metric["pods"]["properties"]["target"]["properties"]["averageValue"]["type"] == ["string", "number"]
    rules = spec["properties"]["behavior"]["properties"]["scaleDown"]["properties"]
    assert rules["stabilizationWindowSeconds"]["maximum"] == 3600
    assert rules["policies"]["items"]["required"] == ["type", "value", "periodSeconds"]


def test_a_scenarios_schema_describes_every_field(capsys: pytest.CaptureFixture[str]) -> None:
    written = schema("scenario", capsys)

    assert written["properties"]["duration"]["description"].startswith("Length of the run [s].")
    assert "traffic" in written["required"]


def test_the_settings_schema_describes_every_field(capsys: pytest.CaptureFixture[str]) -> None:
    written = schema("settings", capsys)

    assert written["additionalProperties"] is False
    assert written["$defs"]["HpaSettings"]["properties"]["sync_period"] == {
        "default": "15s",
        "description": "Time between two evaluations of a policy.",
        "pattern": r"^([0-9]+(\.[0-9]+)?(ms|[smhdw]))+$",
        "title": "Sync Period",
        "type": "string",
    }


def test_nothing_else_has_a_schema(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema", "polcy"]) == 2

    assert capsys.readouterr().err.startswith("error: invalid value for 'DOCUMENT': 'polcy' is not one of")


def test_the_trials_schema_fits_what_simulate_writes(capsys: pytest.CaptureFixture[str]) -> None:
    written = schema("trials", capsys)
    root = Path(__file__).parents[2]
    arguments = [str(root / "simulations/steps.yaml"), "-p", str(root / "policies/web-app-hpa.yaml"), "--seeds", "2"]
    assert run(["simulate", *arguments, "--until", "20m", "-o", "json"]) == 0

    jsonschema.validate(json.loads(capsys.readouterr().out), written)
    assert written["$defs"]["RunRecord"]["required"] == ["seed", "complete", "played_s", "measures"]


def test_a_table_lists_the_fields_of_what_people_write(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema", "scenario", "-o", "table"]) == 0
    lines = capsys.readouterr().out.splitlines()

    assert lines[0].split() == ["field", "meaning"]
    assert ["service.slots", "Requests a pod serves at once. Default 10."] in [line.split(maxsplit=1) for line in lines]


def test_a_table_of_what_is_not_described_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema", "policy", "-o", "table"]) == 2
    assert "the fields of a policy are not described in its schema" in capsys.readouterr().err
