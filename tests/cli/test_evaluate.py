"""`autoscaler evaluate`: what it prints beyond the docs' cases, what it refuses, and that it never breaks."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from jsonschema import Draft202012Validator

from autoscaler.cli.app import run
from autoscaler.cli.evaluation_text import Page
from autoscaler.config.decision_record import Record
from autoscaler.config.decision_write import record_of
from autoscaler.config.documents import load_file
from autoscaler.engine.explained import explain
from autoscaler.model.controller_config import ControllerConfig
from autoscaler.model.memory import Memory
from autoscaler.model.observation import Observation
from autoscaler.model.policy import ScalingPolicy
from tests.engine.strategies import CONFIGS, MEMORIES, observations, policies

ROOT = Path(__file__).parents[2]
POLICY = """\
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 2
  maxReplicas: 10
  metrics:
  - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}}
"""


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("AUTOSCALER_HPA_VECTORS", "AUTOSCALER_API_SEQUENCES", "AUTOSCALER_TRACES"):
        monkeypatch.delenv(name, raising=False)  # they would be named as settings that do not exist
    Path("hpa.yaml").write_text(POLICY)


def evaluate(observation: str, *more: str) -> int:
    """Write the observation and evaluate it."""
    Path("obs.yaml").write_text(observation)
    return run(["evaluate", "-f", "hpa.yaml", "--observation", "obs.yaml", *more])


def printed(capsys: pytest.CaptureFixture[str]) -> Any:
    """Read what was printed as JSON."""
    return json.loads(capsys.readouterr().out)


def test_the_smallest_observation_is_enough(capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate("scale: 5\nmetrics: {cpu: 84%}\n") == 0

    out = capsys.readouterr().out
    assert out.startswith("Growing from 5 to 6. cpu asks for 6 (84% against 70%).\n")
    assert "each pod is taken to request 1 of cpu" in out


def test_without_a_date_times_are_told_from_now_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate("scale: 5\nmetrics: {cpu: 20%}\n") == 0

    out = capsys.readouterr().out
    assert out.startswith(
        "Staying at 5. cpu asks for 2 (20% against 70%), but the scale-down window still remembers 5; "
        "earliest change in 5m.\n"
    )
    assert "5 was asked for now, and the scale-down window of 5m remembers it for 5m more\n" in out
    assert "time            in 5m: 2\n" in out


def test_json_holds_the_whole_decision(capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate("at: 2026-01-05T12:00:00Z\nscale: 5\nmetrics: {cpu: 20%}\n", "-o", "json") == 0

    record = printed(capsys)
    assert (record["apiVersion"], record["kind"]) == ("autoscaler.dev/v1alpha1", "Decision")
    assert record["result"] == {
        "current": 5,
        "desired": 5,
        "action": "none",
        "reason": "StabilizationHold",
        "binding": "stabilization",
        "nextPossibleChangeAt": "2026-01-05T12:05:00.000000001Z",
        "remainingWaitSeconds": 300.000000001,
        "error": "",
    }
    assert record["windows"]["heldBy"] == {"at": "2026-01-05T12:00:00Z", "replicas": 5}
    assert [one["type"] for one in record["status"]["conditions"]] == ["AbleToScale", "ScalingActive", "ScalingLimited"]
    cpu, replicas, time = record["changes"]
    assert cpu["higher"] == {"value": "780m", "observed": "78%", "desired": 6}
    assert (cpu["lower"], cpu["now"], cpu["unit"]) == (None, "200m", "average per pod")
    assert (replicas["lower"]["desired"], replicas["higher"]["desired"]) == (5, 5)
    assert time["higher"] == {"value": "2026-01-05T12:05:00.000000001Z", "observed": "", "desired": 2}
    assert Record.model_validate(record).model_dump(mode="json", by_alias=True) == record


def test_the_bytes_are_the_same_in_any_process(tmp_path: Path) -> None:
    (tmp_path / "obs.yaml").write_text("scale: 5\nmetrics: {cpu: 20%}\nhistory: {recommendations: {-9s: 7, -8s: 6}}\n")
    arguments = ["evaluate", "-f", "hpa.yaml", "--observation", "obs.yaml", "-o", "json"]

    def output(seed: str) -> bytes:
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", "autoscaler", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, check=True, cwd=tmp_path).stdout

    assert output("1") == output("2") != b""


def test_yaml_and_json_hold_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    evaluate("scale: 5\nmetrics: {cpu: 84%}\n", "-o", "json")
    as_json = printed(capsys)
    evaluate("scale: 5\nmetrics: {cpu: 84%}\n", "-o", "yaml")

    assert yaml.safe_load(capsys.readouterr().out) == as_json


def test_passes_are_followed_by_hand_with_what_the_last_one_remembers(capsys: pytest.CaptureFixture[str]) -> None:
    evaluate("at: 2026-01-05T12:00:00Z\nscale: 4\nmetrics: {cpu: 140%}\n", "-o", "json")
    first = printed(capsys)
    Path("mem.json").write_text(json.dumps(first["remembers"]))
    evaluate("at: 2026-01-05T12:00:30Z\nscale: 8\nmetrics: {cpu: 30%}\n", "--memory", "mem.json", "-o", "json")
    second = printed(capsys)

    assert (first["result"]["desired"], second["result"]["desired"]) == (8, 8)
    assert second["windows"]["remembered"] == [
        {"at": "2026-01-05T12:00:00Z", "replicas": 4},  # what the controller started with
        {"at": "2026-01-05T12:00:00Z", "replicas": 8},
    ]
    assert second["windows"]["heldBy"] == {"at": "2026-01-05T12:00:00Z", "replicas": 8}
    assert second["remembers"]["last_scale"] == "2026-01-05T12:00:00Z"


def test_the_status_in_the_manifest_is_the_status_before(capsys: pytest.CaptureFixture[str]) -> None:
    conditions = [
        {"type": "AbleToScale", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z", "reason": "x"},
        {"type": "ScalingActive", "status": "False", "lastTransitionTime": "2026-01-01T00:00:00Z", "reason": "y"},
    ]
    status = {"currentReplicas": 5, "desiredReplicas": 5, "currentMetrics": None, "conditions": conditions}
    Path("hpa.yaml").write_text(POLICY + "status: " + json.dumps(status))
    evaluate("at: 2026-01-05T12:00:00Z\nscale: 5\nmetrics: {cpu: 70%}\n", "-o", "json")

    since = [one["lastTransitionTime"] for one in printed(capsys)["status"]["conditions"]]
    assert since == ["2026-01-01T00:00:00Z", "2026-01-05T12:00:00Z", "2026-01-05T12:00:00Z"]


@pytest.mark.parametrize(
    ("behavior", "observation", "rows"),
    [
        pytest.param(
            "",
            "scale: 5\nmetrics: {cpu: 300%}\n",
            [
                "rate rules      22 is left to the bounds: without `behavior` at most 10 at once",
                "bounds          22 -> 10: maxReplicas is 10",
            ],
            id="bounds-come-before-a-rule-that-allows-as-much",
        ),
        pytest.param(
            "",
            "scale: 3\nmetrics: {cpu: 300%}\n",
            [
                "rate rules      13 -> 6: without `behavior` at most 6 at once",
                "bounds          6 is within 2 to 10",
            ],
            id="without-behavior-at-most-twice",
        ),
        pytest.param(
            "",
            "scale: 8\nmetrics: {cpu: 10%}\nhistory: {recommendations: {}}\n",
            [
                "stabilization   2 stands: nothing remembered (5m down)",
                "rate rules      2 stands: without `behavior` nothing limits scaling down",
            ],
            id="without-behavior-nothing-limits-shrinking",
        ),
        pytest.param(
            "  behavior: {scaleDown: {selectPolicy: Disabled}}\n",
            "scale: 8\nmetrics: {cpu: 10%}\nhistory: {recommendations: {}}\n",
            ["rate rules      2 -> 8: scaling down is disabled"],
            id="disabled",
        ),
        pytest.param(
            "  behavior: {scaleDown: {policies: [{type: Pods, value: 1, periodSeconds: 60}]}}\n",
            "scale: 8\nmetrics: {cpu: 10%}\nhistory: {recommendations: {}, changes: {-20s: -1}}\n",
            [
                "rate rules      2 -> 8: the rules for scaling down allow 8 now",
                "1 pod per 60s: 9 when the period began, so 8; 0 left, more in 40s",
            ],
            id="the-budget-is-used-up",
        ),
        pytest.param(
            "",
            "scale: 8\nmetrics: {cpu: 5%}\nhistory: {recommendations: {}}\n",
            ["bounds          1 -> 2: minReplicas is 2"],
            id="the-minimum",
        ),
        pytest.param("", "scale: {error: gone}\n", ["answer          none: TargetMissing"], id="no-scale"),
        pytest.param(
            "",
            "scale: 12\nmetrics: {cpu: 5%}\n",
            ["bounds          12 -> 10: Current number of replicas above Spec.MaxReplicas"],
            id="outside-the-bounds",
        ),
        pytest.param(
            "  behavior: {scaleUp: {stabilizationWindowSeconds: 60}}\n",
            "scale: 5\nmetrics: {cpu: 105%}\nhistory: {recommendations: {-20s: 6}}\n",
            [
                "stabilization   8 -> 6: 6 was asked for 20s ago, and the scale-up window of 1m remembers it for 40s more",
            ],
            id="a-window-upwards",
        ),
    ],
)
def test_steps_are_told_with_their_figures(
    behavior: str, observation: str, rows: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("hpa.yaml").write_text(POLICY + behavior)

    assert evaluate(observation) == 0
    out = [line.strip() for line in capsys.readouterr().out.split("\n")]
    assert [row for row in rows if row not in out] == []


def test_releases_differ(capsys: pytest.CaptureFixture[str]) -> None:
    """Zero replicas with a minimum of zero: 1.35 computes on, 1.36 takes a person's zero for "off"."""
    queue = "{type: External, external: {metric: {name: queue}, target: {type: AverageValue, averageValue: 30}}}"
    cpu = "{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}}"
    Path("hpa.yaml").write_text(POLICY.replace("minReplicas: 2", "minReplicas: 0").replace(cpu, queue))
    Path("settings.yaml").write_text("gates: {scale_to_zero: true}\n")
    observation = "scale: 0\nmetrics: {queue: 90}\n"

    assert evaluate(observation, "--config", "settings.yaml", "-k", "1.35") == 0
    before = capsys.readouterr().out
    assert before.startswith("Growing from 0 to 3. queue asks for 3")
    assert "keeps 0 to 10, by the rules of Kubernetes 1.35\n" in before
    assert evaluate(observation, "--config", "settings.yaml") == 0
    assert capsys.readouterr().out.startswith("Switched off at 0.")
    assert evaluate(observation, "-k", "1.37", "-o", "json") == 0  # there the gate is on
    assert printed(capsys)["kubernetesVersion"] == "1.37"
    assert evaluate(observation, "-k", "1.20") == 2
    assert "'1.20' is not one of '1.35', '1.36', '1.37'" in capsys.readouterr().err


def test_one_of_several_policies_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    other = POLICY.replace("name: web}", "name: api}", 1).replace(
        "kind: Deployment, name: web", "kind: Deployment, name: api"
    )
    Path("hpa.yaml").write_text(f"{POLICY}---\n{other}")

    assert evaluate("scale: 2\nmetrics: {cpu: 70%}\n", "--name", "api") == 0
    assert "policy default/api keeps 2 to 10" in capsys.readouterr().out
    assert evaluate("scale: 2\nmetrics: {cpu: 70%}\n") == 2
    assert capsys.readouterr().err.startswith(
        "error: --name: 2 policies may be meant\n  hint: the file holds default/web, default/api\n"
    )
    assert evaluate("scale: 2\nmetrics: {cpu: 70%}\n", "--name", "db") == 2
    assert "no policy is named db" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("observation", "more", "message"),
    [
        pytest.param("", [], "error: obs.yaml: the file is empty\n  hint: it should hold one document\n", id="empty"),
        pytest.param(
            "scale: 5\nmetrics: {cpu: 84%}\nhistory: {}\n",
            ["--memory", "hpa.yaml"],
            "error: --memory: the observation has a history already\n  hint: give one of the two\n",
            id="two-histories",
        ),
        pytest.param(
            "scale: 5\nmetrics: {cpu: 84%}\n",
            ["--memory", "hpa.yaml"],
            "error: hpa.yaml:1: apiVersion: unknown field `apiVersion`\n",
            id="a-memory-of-another-shape",
        ),
    ],
)
def test_what_is_refused(observation: str, more: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate(observation, *more) == 2

    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(message)


def test_a_what_if_begins_with_the_answer_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate("scale: 5\nmetrics: {cpu: 70%}\n", "--set", "cpu=160%", "--set", "spec.maxReplicas=7") == 0

    assert capsys.readouterr().out.startswith(
        "As it is: Staying at 5. cpu at 70% is within tolerance of its target 70%.\n"
        "With cpu=160%, spec.maxReplicas=7:\n\n"
        "Growing from 5 to 7. cpu asks for 12 (160% against 70%), but 7 is the maximum.\n"
    )
    assert evaluate("scale: 5\nmetrics: {cpu: 70%}\n", "--set", "cpu=160%", "-o", "json") == 0
    assert printed(capsys)["result"]["desired"] == 10
    assert evaluate("scale: 5\nmetrics: {cpu: 70%}\n", "--set", "spec.maxReplicas=1") == 2
    assert capsys.readouterr().err.startswith("error: hpa.yaml:7: spec.maxReplicas: ")


def test_the_manifest_may_come_from_standard_input(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("obs.yaml").write_text("scale: 5\nmetrics: {cpu: 70%}\n")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(POLICY.encode())))

    assert run(["evaluate", "-f", "-", "--observation", "obs.yaml", "--set", "cpu=100%"]) == 0
    assert "With cpu=100%:\n\nGrowing from 5 to 8." in capsys.readouterr().out
    assert run(["evaluate", "-f", "-", "--observation", "-"]) == 2
    assert capsys.readouterr().err == "error: --observation: only one of policy and observation can be standard input\n"


def test_a_file_without_a_policy_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    Path("hpa.yaml").write_text("kind: Deployment\n")

    assert evaluate("scale: 5\n") == 2
    assert capsys.readouterr().err == (
        "error: hpa.yaml: holds no policy\n  hint: a policy is a HorizontalPodAutoscaler of autoscaling/v2\n"
    )


@pytest.mark.parametrize("document", ["observation", "decision"])
def test_the_schemas_are_printed(document: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema", document]) == 0

    schema = printed(capsys)
    assert schema["additionalProperties"] is False
    Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("case", sorted(path.stem for path in (ROOT / "docs/cases").glob("*.yaml")))
def test_the_documented_cases_fit_the_schema_of_observations(case: str, capsys: pytest.CaptureFixture[str]) -> None:
    run(["schema", "observation"])
    validator = Draft202012Validator(printed(capsys))

    faults = [error.json_path for error in validator.iter_errors(load_file(ROOT / f"docs/cases/{case}.yaml")[0].value)]
    assert faults == (["$.pods"] if case == "mistaken" else [])


def test_what_is_printed_fits_the_schema_of_decisions(capsys: pytest.CaptureFixture[str]) -> None:
    run(["schema", "decision"])
    validator = Draft202012Validator(printed(capsys))
    evaluate("scale: 5\nmetrics: {cpu: 20%}\n", "-o", "json")

    validator.validate(printed(capsys))


@given(policies(), observations(), MEMORIES, CONFIGS)
@settings(max_examples=100, deadline=None)
def test_every_decision_can_be_explained(
    policy: ScalingPolicy, observation: Observation, memory: Memory, config: ControllerConfig
) -> None:
    explained = explain(policy, observation, memory, config)
    text = Page(explained=explained, observation=observation).text()
    record = record_of(explained, version="1.36")

    assert text.startswith(record.sentence.split(";")[0].split(" (")[0][:20])
    answer = "none" if explained.decision.current is None else f"{explained.decision.desired} "
    assert f"  answer          {answer}" in text
    assert json.loads(json.dumps(record.model_dump(mode="json", by_alias=True), allow_nan=False))
    if explained.waterfall is not None:
        assert explained.waterfall.desired == explained.decision.desired
