"""Observation files: what each form means, what is wrong with a bad one, and that none breaks the reader."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoscaler.config.documents import load_file
from autoscaler.config.hpa import ReadOptions, read_policy
from autoscaler.config.moments import instant_of, time_of
from autoscaler.config.observation import ObservationFile, load_observation
from autoscaler.config.observation_build import Seen, build_seen
from autoscaler.engine.evaluate import evaluate
from autoscaler.model.errors import Fault, InvalidObservationError
from autoscaler.model.memory import Recommendation, ScaleEvent
from autoscaler.model.observation import (
    ExternalReading,
    NoReading,
    ObjectReading,
    PodPhase,
    PodsReading,
    ResourceReading,
    Scale,
    ScaleUnavailable,
)
from autoscaler.model.policy import ScalingPolicy
from autoscaler.model.target import Competition, OtherScaler, Refusal, TargetState, WorkloadState, Writer
from autoscaler.model.time import HOUR, SECOND

HEAD = "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: web}\nspec:\n"
TARGET = "  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}\n  maxReplicas: 10\n  metrics:\n"
CPU = "  - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}}\n"
APP_CPU = (
    "  - type: ContainerResource\n"
    "    containerResource: {name: cpu, container: app, target: {type: Utilization, averageUtilization: 70}}\n"
)
RPS = "  - {type: Pods, pods: {metric: {name: rps}, target: {type: AverageValue, averageValue: 100}}}\n"
QUEUE = "  - {type: External, external: {metric: {name: queue}, target: {type: AverageValue, averageValue: 30}}}\n"
HITS = (
    "  - type: Object\n"
    "    object: {metric: {name: hits}, describedObject: {apiVersion: v1, kind: Service, name: web}, "
    "target: {type: Value, value: 100}}\n"
)
NOON = time_of("2026-01-05T12:00:00Z")


def policy(tmp_path: Path, *metrics: str) -> ScalingPolicy:
    """Read a policy with these metrics."""
    (tmp_path / "hpa.yaml").write_text(HEAD + TARGET + "".join(metrics))
    return read_policy(load_file(tmp_path / "hpa.yaml")[0], ReadOptions())


def seen(tmp_path: Path, text: str, *metrics: str) -> Seen:
    """Build what ``text`` describes, for a policy with these metrics."""
    (tmp_path / "obs.yaml").write_text(text)
    file, document = load_observation(tmp_path / "obs.yaml")
    return build_seen(file, document, policy(tmp_path, *metrics))


def used(one: Seen, index: int = 0) -> dict[str, int]:
    """Give each pod's value [milli-units]."""
    reading = one.observation.readings[index]
    if isinstance(reading, PodsReading):
        return {sample.pod: sample.value for sample in reading.samples}
    assert isinstance(reading, ResourceReading)
    return {pod.pod: pod.containers[0].usage[0][1] for pod in reading.pods}


@pytest.mark.parametrize(
    ("cpu", "expected"),
    [
        pytest.param("84%", {"web-1": 420, "web-2": 420, "web-3": 420}, id="share-of-the-request"),
        pytest.param("84.1%", {"web-1": 421, "web-2": 420, "web-3": 421}, id="rounded-up-once-in-all"),
        pytest.param("420m", {"web-1": 420, "web-2": 420, "web-3": 420}, id="each-pod"),
        pytest.param("[420m, 10%]", {"web-1": 420, "web-2": 50}, id="pod-by-pod-the-last-is-missing"),
        pytest.param("{pods: {web-2: 0.1}}", {"web-2": 100}, id="by-name"),
        pytest.param("{value: 1}", {"web-1": 1000, "web-2": 1000, "web-3": 1000}, id="long-form"),
    ],
)
def test_how_the_use_of_a_resource_is_written(tmp_path: Path, cpu: str, expected: dict[str, int]) -> None:
    text = f"scale: 3\npods: {{count: 3, requests: {{cpu: 500m}}}}\nmetrics: {{cpu: {cpu}}}\n"

    assert used(seen(tmp_path, text, CPU)) == expected


def test_every_type_of_metric_has_its_reading(tmp_path: Path) -> None:
    text = "scale: 2\nmetrics: {rps: 120, queue: [8, 9.5], hits: 250, app/cpu: 50%}\nat: 2026-01-05T12:00:00Z\n"
    one = seen(tmp_path, text, RPS, QUEUE, HITS, APP_CPU)

    assert used(one, 0) == {"web-1": 120_000, "web-2": 120_000}
    assert one.observation.readings[1:3] == (
        ExternalReading(values=(8_000, 9_500), at=NOON),
        ObjectReading(value=250_000, at=NOON),
    )
    assert used(one, 3) == {"web-1": 500, "web-2": 500}
    assert one.observation.pods[0].resources.containers[0].name == "app"
    assert one.notes[1] == "no requests are given: each pod is taken to request 1 of cpu"


def test_metrics_of_one_name_are_told_apart_by_their_place(tmp_path: Path) -> None:
    total = QUEUE.replace("type: AverageValue, averageValue: 30", "type: Value, value: 60")
    one = seen(tmp_path, "scale: 2\nmetrics: {'metrics[0]': 5, 'metrics[1]': {error: down}}\n", QUEUE, total)

    assert [type(reading) for reading in one.observation.readings] == [ExternalReading, NoReading]


def test_pods_in_groups(tmp_path: Path) -> None:
    text = """\
at: 2026-01-05T12:00:00Z
scale: {replicas: 6, running: 5, selector: app=other}
pods:
- {count: 3, ready: 2, missing: 1, started: -2m, requests: {cpu: 500m}}
- {name: canary, ready: false, since: -90s, containers: {app: {cpu: 1}}, sidecars: {mesh: {cpu: 100m}}, metrics: {cpu: 7m}}
- {name: new, phase: Pending, started: null, pod_requests: {cpu: 1}, overhead: {cpu: 10m}}
- {name: old, deleting: true}
metrics: {cpu: 100m}
samples: {at: -10s, window: 1m}
"""
    one = seen(tmp_path, text, CPU)
    pods = {pod.name: pod for pod in one.observation.pods}

    assert one.observation.scale == Scale(spec_replicas=6, status_replicas=5, selector="app=other")
    assert list(pods) == ["web-1", "web-2", "web-3", "canary", "new", "old"]
    assert [pod.ready.status for pod in pods.values() if pod.ready] == ["True", "True", "False", "False", "True"]
    assert pods["web-3"].ready == pods["web-3"].ready.__class__(status="False", last_transition=NOON - 120 * SECOND)
    assert pods["canary"].started_at == NOON - HOUR
    assert pods["canary"].resources.init_containers[0].sidecar
    assert (pods["new"].phase, pods["new"].ready, pods["new"].started_at) == (PodPhase.PENDING, None, None)
    assert pods["old"].deleting
    assert used(one) == {"web-1": 100, "web-2": 100, "canary": 7, "old": 100}  # web-3 and new report nothing
    reading = one.observation.readings[0]
    assert isinstance(reading, ResourceReading)
    assert (reading.pods[0].at, reading.pods[0].window) == (NOON - 10 * SECOND, 60 * SECOND)


def test_history_is_kept_in_order_of_time(tmp_path: Path) -> None:
    text = """\
at: 2026-01-05T12:00:00Z
scale: 4
metrics: {cpu: 70%}
history:
  recommendations: {-15s: 4, -90s: [5, 3], "2026-01-05T11:59:00Z": 6}
  changes: {-30s: -1, -2m: +4}
  last_scale: -30s
"""
    memory = seen(tmp_path, text, CPU).memory

    ago = {second: NOON - second * SECOND for second in (15, 30, 60, 90, 120)}
    assert memory.recommendations == (
        Recommendation(ago[90], 3),
        Recommendation(ago[90], 5),
        Recommendation(ago[60], 6),
        Recommendation(ago[15], 4),
    )
    assert memory.scale_ups == (ScaleEvent(ago[120], 4),)
    assert memory.scale_downs == (ScaleEvent(ago[30], 1),)
    assert memory.status.last_scale_at == ago[30]


def test_no_history_and_an_empty_one_differ(tmp_path: Path) -> None:
    def desired(history: str) -> int:
        one = seen(tmp_path, f"scale: 5\nmetrics: {{cpu: 20%}}\n{history}", CPU)
        return evaluate(policy(tmp_path, CPU), one.observation, one.memory)[0].desired

    assert desired("") == 5  # just started: the present replicas are remembered
    assert desired("history: {recommendations: {}}\n") == 2


def test_a_scale_that_cannot_be_read_needs_no_metrics(tmp_path: Path) -> None:
    one = seen(tmp_path, "scale: {error: not found}\n", CPU)

    assert one.observation.scale == ScaleUnavailable(error="not found")


GOOD = "scale: 3\npods: {count: 3, requests: {cpu: 500m}}\nmetrics: {cpu: 84%}\n"


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("metrics: {cpu: 84%}\n", ["obs.yaml:1: scale: is required"]),
        ("scale: -1\n", ["obs.yaml:1: scale.replicas: should be greater than or equal to 0, not -1"]),
        ("scale: five\n", ["obs.yaml:1: scale: should be a number of replicas, or a mapping, not 'five'"]),
        ("scale: {running: 3}\n", ["obs.yaml:1: scale: replicas is missing; write how many replicas the target has, or error"]),
        ("scale: 3\nmetric: {}\n", ["obs.yaml:2: metric: unknown field `metric`"]),
        ("scale: 3\npods: {count: 3, ready: 4}\n", ["obs.yaml:2: pods: 4 ready pods are more than the 3 there are"]),
        ("scale: 3\npods: {count: 3, missing: 4}\n", ["obs.yaml:2: pods: 4 pods without metrics are more than the 3 there are"]),
        ("scale: 3\npods: [{requests: {cpu: 1}, containers: {a: {cpu: 1}}}]\n", ["obs.yaml:2: pods[0]: requests and containers are two ways to say one thing; give one of them"]),
        ("scale: 3\npods: {phase: Happy}\n", ["obs.yaml:2: pods.phase: should be 'Pending', 'Running', 'Succeeded', 'Failed' or 'Unknown', not 'Happy'"]),
        ("scale: 3\npods: {requests: {cpu: 500 m}}\n", ["obs.yaml:2: pods.requests.cpu: '500 m' is not a quantity; write a number such as 250m, 1.5 or 128Mi"]),
        ("scale: 3\npods: {requests: {cpu: true}}\n", ["obs.yaml:2: pods.requests.cpu: should be a quantity: a number with an optional suffix, such as 250m, 1.5 or 128Mi, not True"]),
        ("scale: 3\npods: {started: 1h}\n", ["obs.yaml:2: pods.started: '1h' has no sign: the past is written -1h"]),
        ("scale: 3\npods: {started: yesterday}\n", ["obs.yaml:2: pods.started: 'yesterday' is not a point in time; write an age such as -90s, a time such as 2026-01-05T12:00:00Z, or now"]),
        ("at: -5m\nscale: 3\nmetrics: {cpu: 84%}\n", ["obs.yaml:1: at: -5m is not a time"]),
        ("at: 2026-13-05T12:00:00Z\nscale: 3\n", ["obs.yaml:1: at: '2026-13-05T12:00:00Z' is not a point in time; write an age such as -90s, a time such as 2026-01-05T12:00:00Z, or now"]),
        (GOOD.replace("cpu: 84%", "CPU: 84%"), ["obs.yaml:3: metrics.CPU: the policy has no metric `CPU`", "obs.yaml:3: metrics: says nothing of the policy's metric `cpu`"]),
        (GOOD.replace("metrics: {cpu: 84%}", ""), ["obs.yaml:1: metrics: says nothing of the policy's metric `cpu`"]),
        (GOOD.replace("84%", "84 percent"), ["obs.yaml:3: metrics.cpu.value: '84 percent' is not a quantity; write a number such as 250m, 1.5 or 128Mi"]),
        (GOOD.replace("84%", "{}"), ["obs.yaml:3: metrics.cpu: takes exactly one of value, values, pods, error; none given"]),
        (GOOD.replace("84%", "{value: 1, error: x}"), ["obs.yaml:3: metrics.cpu: takes exactly one of value, values, pods, error; value and error given"]),
        (GOOD.replace("84%", "[1, 2, 3, 4]"), ["obs.yaml:3: metrics.cpu: 4 values for 3 pods"]),
        (GOOD.replace("84%", "{pods: {web-9: 1}}"), ["obs.yaml:3: metrics.cpu.pods.web-9: there is no pod web-9"]),
        (GOOD.replace("{cpu: 500m}", "{memory: 1Gi}"), ["obs.yaml:3: metrics.cpu: 84% of nothing: missing request for cpu in container app of Pod web-1"]),
        (GOOD + "history: {recommendations: {soon: 1}}\n", ["obs.yaml:4: history.recommendations.soon: 'soon' is not a point in time; write an age such as -90s, a time such as 2026-01-05T12:00:00Z, or now"]),
        (GOOD + "history: {recommendations: {-1m: 2.5}}\n", ["obs.yaml:4: history.recommendations.-1m[0]: should be a valid integer, got a number with a fractional part, not 2.5"]),
        (GOOD + "history: {recommendations: {2036-01-01T00:00:00Z: 2}}\n", ["obs.yaml:4: history.recommendations.2036-01-01T00:00:00Z: lies after the observation"]),
        (GOOD + "history: {changes: {-1m: 0}}\n", ["obs.yaml:4: history.changes.-1m: is no change"]),
        (GOOD + "samples: {window: 30}\n", ["obs.yaml:4: samples.window: 30 is not a duration; write numbers with units, such as 250ms, 15s or 1h30m"]),
        ("scale: 2\npods: [{name: a, metrics: {cpu: 1}}, {name: a}]\nmetrics: {cpu: 1}\n", ["obs.yaml:2: pods[1].name: two pods are named a"]),
        ("scale: 2\npods: [{metrics: {cpi: 1}}]\nmetrics: {cpu: 1}\n", ["obs.yaml:2: pods[0].metrics.cpi: the policy has no metric `cpi`"]),
        ("- 1\n", ["obs.yaml:1: should be a mapping: `field: value` lines"]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, faults: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("obs.yaml").write_text(text)
    rules = policy(tmp_path, CPU)

    with pytest.raises(InvalidObservationError) as refused:
        build_seen(*load_observation(Path("obs.yaml")), rules)

    assert sorted(str(fault).split("\n")[0] for fault in refused.value.faults) == faults


@pytest.mark.parametrize(
    ("metric", "value", "fault"),
    [
        (QUEUE, "queue: {pods: {web-1: 3}}", "metrics.queue: is not measured pod by pod"),
        (QUEUE, "queue: 50%", "metrics.queue: 50% is a share of requests, which this metric knows nothing of"),
        (RPS, "rps: 50%", "metrics.rps: 50% is a share of requests, which this metric knows nothing of"),
        (HITS, "hits: [1, 2]", "metrics.hits: has one value for the whole target"),
        (APP_CPU, "cpu: 50%", "metrics.cpu: the policy has no metric `cpu`"),
    ],
)
def test_a_value_must_suit_its_metric(tmp_path: Path, metric: str, value: str, fault: str) -> None:
    with pytest.raises(InvalidObservationError) as refused:
        seen(tmp_path, f"scale: 2\nmetrics: {{{value}}}\n", metric)

    assert any(fault in str(one) for one in refused.value.faults)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("now", NOON),
        ("-1h30m", NOON - 90 * 60 * SECOND),
        ("-250ms", NOON - SECOND // 4),
        ("2026-01-05T13:00:00.000001+01:00", NOON + 1000),
    ],
)
def test_points_in_time(text: str, expected: int) -> None:
    assert instant_of(text, NOON) == expected


SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**20), 10**20), st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["84%", "-90s", "500m", "now", "9e999%", "1e400", "2026-01-01T00:00:00Z", "-", "%", "-999999999w"]),
    st.text(max_size=6),
)  # fmt: skip
KEYS = st.sampled_from(
    [
        *ObservationFile.model_fields, "count", "ready", "requests", "containers", "cpu", "rps", "queue", "metrics[0]",
        "value", "values", "pods", "error", "replicas", "recommendations", "changes", "-90s", "-15s", "web-1", "window",
    ]
)  # fmt: skip
TREES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5), max_leaves=20
)


@given(st.dictionaries(st.sampled_from(list(ObservationFile.model_fields)), TREES, max_size=6))
@settings(max_examples=300, deadline=None)
def test_any_document_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, value: dict[str, Any]) -> None:
    folder = tmp_path_factory.mktemp("fuzz", numbered=True)
    (folder / "obs.json").write_text(json.dumps({"scale": 2, **value}))
    rules = policy(folder, CPU, RPS, QUEUE)
    faults: tuple[Fault, ...] = ()
    try:
        one = build_seen(*load_observation(folder / "obs.json"), rules)
        evaluate(rules, one.observation, one.memory)
    except InvalidObservationError as error:
        faults = error.faults
    assert all(fault.what for fault in faults)


def test_what_the_target_says_of_itself(tmp_path: Path) -> None:
    text = """\
at: 2026-01-05T12:00:00Z
scale: {replicas: 10, running: 6}
metrics: {cpu: 50%}
target:
  uid: a
  created: 7
  updated: 3
  ready: 5
  refused: "exceeded quota: few"
  refused_since: -30s
  writer: kubectl
  written: -2m
  scalers: [ScaledObject shop/queue]
"""
    made = seen(tmp_path, text).observation
    queue = OtherScaler(kind="ScaledObject", namespace="shop", name="queue")
    assert made.target == TargetState(
        uid="a",
        workload=WorkloadState(
            spec_replicas=10,
            replicas=7,
            updated_replicas=3,
            ready_replicas=5,
            available_replicas=5,
            refusal=Refusal(message="exceeded quota: few", since=made.at - 30 * SECOND),
            writer=Writer(manager="kubectl", at=made.at - 120 * SECOND),
        ),
        scalers=(queue,),
    )
    assert made.competition == Competition(others=(queue,))
    plain = seen(tmp_path, "scale: 10\nmetrics: {cpu: 50%}\ntarget: {paused: true}\n").observation.target
    assert plain == TargetState(
        workload=WorkloadState(
            spec_replicas=10, replicas=10, updated_replicas=10, ready_replicas=10, available_replicas=10, paused=True
        )
    )
    assert seen(tmp_path, "scale: 10\nmetrics: {cpu: 50%}\n").observation.target is None


def test_a_scaler_is_written_with_kind_namespace_and_name(tmp_path: Path) -> None:
    with pytest.raises(InvalidObservationError, match=r"target\.scalers"):
        seen(tmp_path, "scale: 10\nmetrics: {cpu: 50%}\ntarget: {scalers: [queue]}\n")
