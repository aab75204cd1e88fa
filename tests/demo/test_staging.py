"""What the demo plays, and what it refuses to play."""

from __future__ import annotations

from pathlib import Path

import numpy as np
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


def test_a_long_trace_begins_shortly_before_its_peak(tmp_path: Path) -> None:
    trace = tmp_path / "day.csv"
    trace.write_text("timestamp,rps\n" + "".join(f"{60 * i},{1000 if i == 720 else 10}\n" for i in range(1440)))

    play = stage(None, Overrides(trace=trace))

    assert play.notes == ("the trace is 1d long; this begins 11h30m in, shortly before its peak",)
    assert play.inputs.duration == (24 * 60 - 690) * 60
    assert play.inputs.traffic.rate(np.array([0.0, 1800.0])).tolist() == [10.0, 1000.0]


def test_traffic_that_never_scales_anything_is_pointed_out(tmp_path: Path) -> None:
    trace = tmp_path / "small.csv"
    trace.write_text("timestamp,rps\n" + "".join(f"{60 * i},3\n" for i in range(60)))

    small, large = stage(None, Overrides(trace=trace)), stage(None, Overrides(trace=trace, scale_to=(10.0, 10_000.0)))

    assert small.notes == (
        "at most 3 requests/s arrive, too few to need more pods; --scale-to 10:10000 makes it large",
    )
    assert large.notes == ()


def test_a_missing_trace_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidTraceError, match=r"nowhere\.csv"):
        stage(None, Overrides(trace=tmp_path / "nowhere.csv"))
