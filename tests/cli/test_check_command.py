"""`autoscaler check`: findings on stdout, exit code 3 where there are any."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from autoscaler.cli.app import run

ROOT = Path(__file__).parents[2]
POLICY = """\
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: NAME}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  maxReplicas: 10
  metrics:
  - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}}
"""
SCENARIO = "name: calm\nduration: 10m\ntraffic:\n  constant: {rps: 100}\n"


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(name: str, text: str) -> str:
    Path(name).write_text(text)
    return name


def test_the_shipped_policies_are_fine(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", str(ROOT / "policies"), "--strict"]) == 0

    assert capsys.readouterr() == ("7 files (6 policies, 1 other document): nothing wrong\n", "")


def test_every_finding_has_its_line_and_the_exit_code_is_3(capsys: pytest.CaptureFixture[str]) -> None:
    write("a.yaml", POLICY.replace("NAME", "a").replace("maxReplicas", "maxReplica"))
    write("b.yaml", POLICY.replace("NAME", "b"))
    write("c.yaml", POLICY.replace("NAME", "c"))
    write("s.yaml", SCENARIO.replace("100", "-1"))
    write("t.csv", "timestamp,rps\n0,1\n60,-5\n")
    write("x.json", "[1]")

    assert run(["check", ".", "t.csv"]) == 3

    printed = capsys.readouterr()
    assert printed.err == ""
    assert printed.out == (
        'a.yaml:6: error: spec.maxReplica: unknown field "maxReplica"\n'
        "  hint: did you mean `maxReplicas`?\n"
        "c.yaml:5: error: spec.scaleTargetRef: Deployment default/web is already scaled by policy default/b (b.yaml:1)"
        " [two-scalers]\n"
        "  why: Each sets the count that its own metrics ask for, in turn. Upstream notices two HPAs on the same pods and "
        "then both stop (AmbiguousSelector); KEDA refuses a second ScaledObject.\n"
        "  hint: two policies on one target fight each other: join their metrics in one policy\n"
        "s.yaml:4: error: traffic.constant.rps: should be greater than or equal to 0, not -1\n"
        "  hint: Rate [requests/s].\n"
        "x.json:1: error: is neither a manifest nor a scenario\n"
        "  hint: a manifest has `kind:`, a scenario has `traffic:`\n"
        "t.csv:3: error: rps is negative: -5\n"
        "  hint: a rate is zero or more; leave it empty where it is unknown\n"
        "6 files (3 policies, 1 scenario, 1 trace): 5 errors\n"
    )


def test_warnings_are_findings_only_when_strict(capsys: pytest.CaptureFixture[str]) -> None:
    file = write("a.yaml", POLICY.replace("NAME", "a") + "  minReplicas: 10\n")

    assert run(["check", file]) == 0
    assert run(["check", file, "--strict"]) == 3

    assert capsys.readouterr().out == 2 * (
        "a.yaml:6: warning: spec.maxReplicas: minReplicas and maxReplicas are both 10: nothing can scale [equal-bounds]\n"
        "  why: Nothing can ever be scaled, yet the replicas can no longer be set on the workload.\n"
        "  hint: raise maxReplicas, or remove the policy and set the replicas on the workload\n"
        "1 file (1 policy): 1 warning\n"
    )


def test_findings_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    file = write("a.yaml", "kind: [")

    assert run(["check", file, "-o", "json"]) == 3

    assert json.loads(capsys.readouterr().out) == {
        "findings": [
            {
                "severity": "error",
                "rule": "",
                "file": "a.yaml",
                "line": 1,
                "path": "",
                "message": "a value is missing",
                "why": "",
                "hint": "close every [ and {; write a value between commas",
            }
        ],
        "checked": {"files": 1, "policies": 0, "scenarios": 0, "traces": 0, "related": 0},
        "passedOver": 0,
    }


def test_a_rule_can_be_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    file = write("a.yaml", POLICY.replace("NAME", "a") + "  minReplicas: 10\n")

    assert run(["check", file, "--strict", "--ignore", "equal-bounds"]) == 0

    assert capsys.readouterr().out == "1 file (1 policy): nothing wrong\n"


def test_a_rule_can_be_explained_without_files(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "--explain", "equal-bounds"]) == 0

    printed = capsys.readouterr().out
    assert printed.startswith("### equal-bounds\n\n*warning*: The minimum and the maximum are the same.\n\n**Why.**")
    assert "Found in:\n\n```yaml\nminReplicas: 10\nmaxReplicas: 10\n```\n" in printed


def test_the_manifests_around_a_policy_are_looked_at_together(capsys: pytest.CaptureFixture[str]) -> None:
    write("a.yaml", POLICY.replace("NAME", "a"))
    write(
        "web.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n"
        "      containers:\n      - name: app\n---\nkind: ConfigMap\n",
    )

    assert run(["check", "."]) == 3

    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == (
        "web.yaml:8: error: spec.template.spec.containers[0]: container app requests no cpu, and "
        "HorizontalPodAutoscaler default/a scales on its share [request-missing]"
    )
    assert printed[-1] == "2 files (1 policy, 1 related manifest, 1 other document): 1 error"


def test_manifests_may_come_from_a_pipe(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    text = POLICY.replace("NAME", "a") + "  minReplicas: 10\n"
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))

    assert run(["check", "-", "--strict"]) == 3

    assert capsys.readouterr().out.startswith("<stdin>:6: warning: spec.maxReplicas: ")


def test_findings_for_code_scanning(capsys: pytest.CaptureFixture[str]) -> None:
    write("a b.yaml", POLICY.replace("NAME", "a") + "  minReplicas: 10\n")
    write("c.yaml", "kind: [")

    assert run(["check", ".", "-o", "sarif"]) == 3

    log = json.loads(capsys.readouterr().out)
    (checked,) = log["runs"]
    assert log["version"] == "2.1.0"
    assert [rule["id"] for rule in checked["tool"]["driver"]["rules"]] == ["equal-bounds", "validation"]
    assert checked["results"] == [
        {
            "ruleId": "equal-bounds",
            "level": "warning",
            "message": {
                "text": "spec.maxReplicas: minReplicas and maxReplicas are both 10: nothing can scale (raise maxReplicas, "
                "or remove the policy and set the replicas on the workload)"
            },
            "locations": [
                {"physicalLocation": {"artifactLocation": {"uri": "a%20b.yaml"}, "region": {"startLine": 6}}}
            ],
        },
        {
            "ruleId": "validation",
            "level": "error",
            "message": {"text": "a value is missing (close every [ and {; write a value between commas)"},
            "locations": [{"physicalLocation": {"artifactLocation": {"uri": "c.yaml"}, "region": {"startLine": 1}}}],
        },
    ]


def test_findings_as_csv(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", write("a.yaml", ""), "-o", "csv"]) == 0

    assert capsys.readouterr().out == (
        "severity,rule,file,line,path,message,why,hint\nwarning,,a.yaml,,,the file is empty,,\n"
    )


def test_scaling_to_zero_is_allowed_when_the_gate_is_on() -> None:
    external = "  - {type: External, external: {metric: {name: q}, target: {type: Value, value: 1}}}\n"
    file = write("a.yaml", POLICY.replace("NAME", "a") + external + "  minReplicas: 0\n")

    assert run(["check", file]) == 3
    assert run(["check", file, "--scale-to-zero"]) == 0
    assert run(["check", file, "-k", "1.37"]) == 0


def test_an_answer_of_prometheus_is_checked_as_a_trace(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "answer.json"
    path.write_text('{"data": {"resultType": "matrix", "result": [{"metric": {}, "values": [[0, "1"], [60, "-2"]]}]}}')
    assert run(["check", str(path)]) == 3
    assert "data.result[0].values[1]: rps is negative: -2" in capsys.readouterr().out


def test_a_scenario_whose_trace_is_missing_is_warned_of(capsys: pytest.CaptureFixture[str]) -> None:
    write("s.yaml", "name: replay\ntraffic:\n  csv: {path: gone.csv}\n")

    assert run(["check", "s.yaml"]) == 0

    assert capsys.readouterr().out == (
        "s.yaml:3: warning: traffic.csv: no such file: gone.csv\n"
        "  hint: the path counts from the scenario's folder\n"
        "1 file (1 scenario): 1 warning\n"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "error: no such file: nowhere\n  hint: relative paths start at the current directory\n"),
        ([], "error: missing argument 'FILES'.\n"),
        (
            [".", "--ignore", "equal-bound"],
            "error: --ignore: no rule `equal-bound`\n  hint: did you mean `equal-bounds`?\n",
        ),
        (
            ["--explain", "bounds-of-nothing-at-all"],
            "error: invalid value for '--explain': no rule `bounds-of-nothing-at-all`\n"
            "  hint: `autoscaler check --explain all` names them\n",
        ),
    ],
)
def test_what_is_not_there_cannot_be_checked(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["check", *arguments]) == 2

    assert capsys.readouterr().err.startswith(message)
