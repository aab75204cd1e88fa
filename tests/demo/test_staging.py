"""What the demo plays, and what it refuses to play."""

from __future__ import annotations

from pathlib import Path

import pytest

from autoscaler.demo.metric_titles import metric_title
from autoscaler.demo.staging import stage
from autoscaler.model.errors import InvalidPolicyError, InvalidTraceError
from autoscaler.simulator.inputs import Overrides

HPA = """
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: %s}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: %s, name: web}
  maxReplicas: 9
"""


def test_needs_no_files() -> None:
    play = stage(None, Overrides())

    assert str(play.policy.key) == "default/web"
    assert (play.policy.min_replicas, play.policy.max_replicas) == (2, 60)
    assert play.inputs.duration == 75 * 60
    assert play.notes == ()
    assert [(title.label, title.target) for title in map(metric_title, play.policy.metrics)] == [
        ("cpu", "70%"),
        ("redis_queue_depth", "30 per pod"),
    ]


def test_the_seed_and_the_range_of_traffic_can_be_chosen() -> None:
    play = stage(None, Overrides(seed=5, scale_to=(1.0, 20.0)))

    assert play.inputs.scenario.seed == 5
    assert play.inputs.scenario.traffic.scale_to == (1.0, 20.0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("kind: Service\n", r"holds 0 policies; the demo plays one", id="no-policy"),
        pytest.param(
            f"{HPA % ('a', 'Deployment')}---{HPA % ('b', 'Deployment')}", r"holds 2 policies", id="two-policies"
        ),
        pytest.param(HPA % ("a", "ReplicationController"), r"hpa\.yaml:6: spec\.scaleTargetRef\.kind", id="other-kind"),
        pytest.param(
            (HPA % ("a", "Deployment")).replace("maxReplicas: 9", "maxReplicas: 0"),
            r"hpa\.yaml:7: spec\.maxReplicas",
            id="invalid",
        ),
    ],
)
def test_a_policy_it_cannot_play_is_named_with_its_fault(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "hpa.yaml"
    path.write_text(text)

    with pytest.raises(InvalidPolicyError, match=message):
        stage(path, Overrides())


def test_a_missing_trace_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidTraceError, match=r"nowhere\.csv"):
        stage(None, Overrides(trace=tmp_path / "nowhere.csv"))
