"""Statement C84: twelve questions that users of autoscalers keep asking, each answered by `why` and, where fit, `what-if`.

A journal holds one policy for each question, with the pass or two that lead to it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from autoscaler.adapters.journal.codec import write_schema
from autoscaler.adapters.journal.file import JournalFile, Row
from autoscaler.cli.app import run
from autoscaler.config.policies import load_policies
from autoscaler.config.policy_write import policy_document
from autoscaler.control.messages import EvaluationDue, PolicyAccepted, Record, ScaleWritten, TargetObserved, WriteScale
from autoscaler.control.recording import Heard, RecordedController
from autoscaler.daemon.journal_rows import RowWriter, journal_codec
from autoscaler.model.controller_config import ControllerConfig
from autoscaler.model.observation import (
    ContainerSpec,
    ContainerUsage,
    ExternalReading,
    NoReading,
    Observation,
    Pod,
    PodResources,
    PodUsage,
    Reading,
    ReadyCondition,
    ResourceReading,
    Scale,
    ScaleUnavailable,
)
from autoscaler.model.policy import Mode, ScalingPolicy
from autoscaler.model.quantity import Quantity
from autoscaler.model.time import MINUTE, SECOND, Instant

NOON: Instant = 1_767_614_400 * SECOND  # 2026-01-05T12:00:00Z
CPU = {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}}}
JOBS = {
    "type": "External",
    "external": {"metric": {"name": "jobs"}, "target": {"type": "AverageValue", "averageValue": "30"}},
}
STEP_BY_STEP = {"scaleUp": {"policies": [{"type": "Pods", "value": 2, "periodSeconds": 60}]}}


class Case:
    """The passes of one policy, told to the controller that all cases share."""

    def __init__(self, controller: RecordedController, folder: Path, name: str, **spec: object) -> None:
        manifest = {
            "apiVersion": "autoscaling/v2",
            "kind": "HorizontalPodAutoscaler",
            "metadata": {"name": "web", "namespace": name},
            "spec": {
                "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
                "minReplicas": 2,
                "maxReplicas": 10,
                "metrics": [CPU],
                **spec,
            },
        }
        file = folder / f"{name}.yaml"
        file.write_text(yaml.safe_dump(manifest))
        (read,) = load_policies([file]).policies
        self.policy = replace(read, mode=Mode.APPLY)
        self._controller = controller
        controller.handle(PolicyAccepted(policy=self.policy))

    def see(
        self, at: Instant, replicas: int, readings: Sequence[Reading], pods: Sequence[Pod], *, scale: object = None
    ) -> None:
        found = scale or Scale(spec_replicas=replicas, status_replicas=replicas, selector="app=web")
        seen = Observation(at=at, scale=found, readings=tuple(readings), pods=tuple(pods))
        self._controller.handle(EvaluationDue(key=self.policy.key, at=at))
        for each in self._controller.handle(TargetObserved(key=self.policy.key, observation=seen)):
            if isinstance(each, WriteScale):
                self._controller.handle(ScaleWritten(key=each.key))


def pods(count: int, *, at: Instant = NOON, unready: int = 0, request: bool = True) -> tuple[Pod, ...]:
    """So many pods, an hour old and ready but for the last few; each asks for 100m cpu."""
    requests = (("cpu", Quantity.parse("100m")),) if request else ()
    resources = PodResources(containers=(ContainerSpec(name="app", requests=requests),))
    started = at - 60 * MINUTE
    return tuple(
        Pod(
            name=f"web-{index}",
            resources=resources,
            started_at=started if index < count - unready else at - 10 * SECOND,
            ready=ReadyCondition(status="True" if index < count - unready else "False", last_transition=started),
        )
        for index in range(count)
    )


def cpu(count: int, millicores: int, *, at: Instant = NOON) -> ResourceReading:
    """So many pods use that much each."""
    used = (ContainerUsage(name="app", usage=(("cpu", millicores),)),)
    return ResourceReading(
        pods=tuple(
            PodUsage(pod=f"web-{index}", containers=used, at=at - 5 * SECOND, window=30 * SECOND)
            for index in range(count)
        )
    )


def tell(controller: RecordedController, folder: Path) -> list[ScalingPolicy]:
    """Let every question arise."""

    def case(name: str, **spec: object) -> Case:
        cases.append(Case(controller, folder, name, **spec))
        return cases[-1]

    cases: list[Case] = []
    case("above-target").see(NOON, 4, [cpu(4, 54)], pods(4))
    quiet = case("load-gone")
    quiet.see(NOON - 2 * MINUTE, 4, [cpu(4, 100, at=NOON - 2 * MINUTE)], pods(4, at=NOON - 2 * MINUTE))
    quiet.see(NOON, 8, [cpu(8, 10)], pods(8))
    case("too-slow", maxReplicas=40, behavior=STEP_BY_STEP).see(NOON, 4, [cpu(4, 500)], pods(4))
    case("stuck-at-max").see(NOON, 10, [cpu(10, 100)], pods(10))
    idle = case("stuck-at-min")
    for at in (NOON - 6 * MINUTE, NOON):  # what was asked for long ago is forgotten
        idle.see(at, 2, [cpu(2, 1, at=at)], pods(2, at=at))
    case("which-metric", metrics=[CPU, JOBS]).see(
        NOON, 4, [cpu(4, 60), ExternalReading(values=(240_000,), at=NOON)], pods(4)
    )
    case("one-broken", metrics=[CPU, JOBS]).see(NOON, 4, [cpu(4, 10), NoReading(error="no such metric jobs")], pods(4))
    case("no-samples").see(NOON, 4, [cpu(2, 90)], pods(4))
    case("slow-start").see(NOON, 4, [cpu(4, 75)], pods(4, unready=2))
    case("at-zero").see(NOON, 0, [NoReading(error="no pods")], ())
    case("no-requests").see(NOON, 4, [cpu(4, 90)], pods(4, request=False))
    gone = ScaleUnavailable(error='deployments.apps "web" not found')
    case("gone").see(NOON, 0, [], (), scale=gone)
    return [each.policy for each in cases]


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("questions")
    values: list[Heard | Record] = []
    controller = RecordedController(ControllerConfig(), values.append)
    original = controller.handle

    def handle(event):  # a driver would record these
        instructions = original(event)
        values.extend(each for each in instructions if isinstance(each, Record))
        return instructions

    controller.handle = handle  # type: ignore[method-assign]
    tell(controller, folder)
    path, codec = folder / "journal.db", journal_codec()
    writer, rows = RowWriter(codec, 1), list[Row]()
    for value in values:
        rows += writer.rows(getattr(value, "at", NOON - 2 * MINUTE), value)
    with JournalFile.write(path, write_schema(codec.schema)) as file:
        file.append(rows)
    return path


def sentence(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Give the verdict that a command prints."""
    assert run(list(arguments)) == 0
    return json.loads(capsys.readouterr().out)["sentence"]


QUESTIONS = [
    pytest.param(
        "above-target",
        "Staying at 4. cpu at 54% is within tolerance of its target 50%.",
        id="the-metric-is-above-its-target-why-does-nothing-grow",
    ),
    pytest.param(
        "load-gone",
        "Staying at 8. cpu asks for 2 (10% against 50%), but the scale-down window still remembers 8; earliest change 12:03:00.",
        id="load-is-gone-why-does-nothing-shrink",
    ),
    pytest.param(
        "too-slow",
        "Growing from 4 to 6. cpu asks for 40 (500% against 50%), but the scale-up rules allow 6 for now.",
        id="it-needs-forty-why-are-there-six",
    ),
    pytest.param(
        "stuck-at-max",
        "Staying at 10. cpu asks for 20 (100% against 50%), but 10 is the maximum.",
        id="everything-is-slow-why-does-it-stop-at-ten",
    ),
    pytest.param(
        "stuck-at-min",
        "Staying at 2. cpu asks for 1 (1% against 50%), but 2 is the minimum.",
        id="nobody-uses-it-why-are-there-two",
    ),
    pytest.param(
        "which-metric",
        "Growing from 4 to 8. jobs asks for 8 (60 against 30).",
        id="there-are-two-metrics-which-one-decided",
    ),
    pytest.param(
        "one-broken",
        "Staying at 4. cpu asks for 1 (10% against 50%), but jobs cannot be read: unable to get external metric one-broken/jobs/nil: unable to fetch metrics from external metrics API: no such metric jobs.",
        id="why-does-it-no-longer-shrink-since-a-metric-broke",
    ),
    pytest.param(
        "no-samples",
        "Staying at 4. cpu asks for no change (90% against 50%, with 2 pods without a sample counted cautiously).",
        id="two-pods-are-busy-why-does-it-not-grow",
    ),
    pytest.param(
        "slow-start",
        "Staying at 4. cpu asks for no change (75% against 50%, with 2 pods not ready counted cautiously).",
        id="why-are-pods-that-start-not-counted",
    ),
    pytest.param(
        "at-zero",
        "Switched off at 0. A target that stands at 0 replicas is left alone until somebody sets another number.",
        id="somebody-scaled-to-zero-why-does-nothing-happen",
    ),
    pytest.param(
        "no-requests",
        "Staying at 4. cpu cannot be read: missing request for cpu in container app of Pod web-0.",
        id="top-shows-load-why-is-it-unknown",
    ),
    pytest.param(
        "gone",
        'Doing nothing. The target\'s scale cannot be read: deployments.apps "web" not found.',
        id="why-does-the-policy-do-nothing-at-all",
    ),
]


@pytest.mark.parametrize(("name", "answer"), QUESTIONS)
def test_c84_why_answers_twelve_classic_questions(
    name: str, answer: str, journal: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = sentence(capsys, "why", f"{name}/web", "--journal", str(journal), "-o", "json")
    assert told == answer


def test_c84_why_answers_at_a_time_too(journal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("why", "load-gone/web", "--journal", str(journal), "-o", "json", "--at")
    assert sentence(capsys, *asked, "2026-01-05T11:59:00Z") == "Growing from 4 to 8. cpu asks for 8 (100% against 50%)."
    assert sentence(capsys, *asked, "-0s").startswith("Staying at 8.")


@pytest.mark.parametrize(
    ("name", "changes", "answer"),
    [
        pytest.param(
            "above-target",
            ["cpu=80%"],
            "Growing from 4 to 7. cpu asks for 7 (80% against 50%).",
            id="a-metric-elsewhere",
        ),
        pytest.param(
            "above-target", ["cpu=+20%"], "Growing from 4 to 6. cpu asks for 6 (65% against 50%).", id="a-fifth-more"
        ),
        pytest.param(
            "above-target",
            ["cpu=-50%", "time=+6m"],
            "Staying at 4. cpu asks for 3 (27% against 50%), but the scale-down window still remembers 4; earliest change 12:11:00.",
            id="half-of-it-and-later",
        ),
        pytest.param(
            "load-gone",
            ["time=+3m1s"],
            "Shrinking from 8 to 2. cpu asks for 2 (10% against 50%).",
            id="once-the-window-has-passed",
        ),
        pytest.param(
            "load-gone",
            ["spec.behavior.scaleDown.stabilizationWindowSeconds=0"],
            "Shrinking from 8 to 2. cpu asks for 2 (10% against 50%).",
            id="no-window",
        ),
        pytest.param(
            "too-slow",
            ["spec.behavior.scaleUp.policies[0].value=20"],
            "Growing from 4 to 24. cpu asks for 40 (500% against 50%), but the scale-up rules allow 24 for now.",
            id="a-bolder-rule",
        ),
        pytest.param(
            "stuck-at-max",
            ["spec.maxReplicas=30"],
            "Growing from 10 to 20. cpu asks for 20 (100% against 50%).",
            id="a-higher-maximum",
        ),
        pytest.param(
            "stuck-at-min",
            ["spec.minReplicas=1"],
            "Shrinking from 2 to 1. cpu asks for 1 (1% against 50%).",
            id="a-lower-minimum",
        ),
        pytest.param(
            "which-metric",
            ["jobs=30"],
            "Growing from 4 to 5. cpu asks for 5 (60% against 50%).",
            id="a-queue-nearly-empty",
        ),
        pytest.param(
            "one-broken",
            ["jobs=30"],
            "Staying at 4. cpu asks for 1 (10% against 50%), but the scale-down window still remembers 4; earliest change 12:05:00.",
            id="the-broken-metric-back",
        ),
        pytest.param(
            "no-samples",
            ["spec.metrics[0].resource.target.averageUtilization=20"],
            "Growing from 4 to 8. cpu asks for 9 (90% against 20%), but the scale-up rules allow 8 for now.",
            id="a-lower-target",
        ),
        pytest.param(
            "stuck-at-max",
            ["replicas=12"],
            "Shrinking from 12 to 10. 10 is the maximum.",
            id="beyond-the-maximum",
        ),
        pytest.param(
            "which-metric",
            ["jobs=missing"],
            "Growing from 4 to 5. cpu asks for 5 (60% against 50%).",
            id="a-metric-lost",
        ),
    ],
)
def test_c84_what_if_takes_values_and_edits_of_the_policy(
    name: str, changes: list[str], answer: str, journal: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = sentence(capsys, "what-if", f"{name}/web", *changes, "--journal", str(journal), "-o", "json")
    assert told == answer


def test_what_if_says_first_how_it_was(journal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["what-if", "stuck-at-max/web", "spec.maxReplicas=30", "--journal", str(journal)]) == 0
    assert capsys.readouterr().out.splitlines()[:6] == [
        "stuck-at-max/web at 2026-01-05T12:00:00Z, Apply",
        "",
        "As it was: Staying at 10. cpu asks for 20 (100% against 50%), but 10 is the maximum.",
        "With spec.maxReplicas=30:",
        "",
        "Growing from 10 to 20. cpu asks for 20 (100% against 50%).",
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            "cpu",
            "error: 'cpu' is no change; write NAME=VALUE, such as cpu=80%, cpu=+20%, cpu=missing, replicas=7, "
            "time=+5m or spec.maxReplicas=30",
        ),
        ("cpx=80%", "error: cpx=80%: nothing is called cpx; did you mean `cpu`?"),
        ("cpu=abc", "error: cpu=abc: 'abc' is no value; write a percentage, a quantity such as 250m, +20% or missing"),
        ("cpu=79.5%", "error: cpu=79.5%: a utilization is a whole percentage"),
        ("jobs=80%", "error: jobs=80%: its target is no percentage; write a quantity, or +20% for that much more"),
        ("cpu=-200%", "error: cpu=-200%: cpu cannot be below 0"),
        ("replicas=many", "error: replicas=many: replicas is a whole number, such as 7, or +2 for two more"),
        ("time=-5m", "error: time=-5m: time only goes on; write how much later, such as time=+5m"),
        (
            "spec.maxReplicas=1",
            "error: spec.maxReplicas: Invalid value: 1: must be greater than or equal to `minReplicas`",
        ),
        ("spec.minReplicaz=3", 'error: spec.minReplicaz: unknown field "minReplicaz"'),
        (
            "spec.safety.maxStepDown=off",
            "error: spec.safety.maxStepDown=off: an HPA has no safety; a ScalingPolicy has",
        ),
    ],
)
def test_a_change_that_is_none_is_said(
    change: str, message: str, journal: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["what-if", "which-metric/web", change, "--journal", str(journal)]) == 2
    assert capsys.readouterr().err.splitlines()[0] == message


@pytest.mark.parametrize("file", sorted(Path(__file__).parents[2].glob("policies/*.yaml")), ids=lambda file: file.stem)
def test_a_policy_written_down_is_read_as_the_same(file: Path, tmp_path: Path) -> None:
    for policy in load_policies([file]).policies:
        again = tmp_path / "again.yaml"
        again.write_text(yaml.safe_dump(policy_document(policy)))
        (read,) = load_policies([again]).policies
        assert (read.target, read.min_replicas, read.max_replicas) == (
            policy.target, policy.min_replicas, policy.max_replicas,
        )  # fmt: skip
        assert (read.metrics, read.behavior) == (policy.metrics, policy.behavior)
