"""HPA manifests into policies: every field, every fault in literal words, and nothing else on any input."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from autoscaler.config.documents import Document, load, scan
from autoscaler.config.hpa import ReadOptions, policy_from_object, read_policy
from autoscaler.config.yaml_tree import Place
from autoscaler.model.controller_config import Gates
from autoscaler.model.errors import InvalidPolicyError
from autoscaler.model.policy import (
    Behavior,
    ContainerResourceMetric,
    ExternalMetric,
    MetricName,
    MetricTarget,
    Mode,
    ObjectMetric,
    ObjectRef,
    PodsMetric,
    PolicyKey,
    RateRule,
    RateRuleType,
    ResourceMetric,
    ScalingPolicy,
    ScalingRules,
    SelectPolicy,
    UnknownMetric,
)
from autoscaler.model.quantity import Quantity
from autoscaler.model.selector import LabelSelector

CORPUS: Any = yaml.safe_load(Path(__file__).with_name("bad_policies.yaml").read_text())
SOUND: str = CORPUS["sound"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda parts: st.lists(parts, max_size=3) | st.dictionaries(st.text(max_size=8), parts, max_size=3),
    max_leaves=8,
)


def read(text: str, options: ReadOptions | None = None) -> ScalingPolicy:
    (document,) = load(text, "f")
    return read_policy(document, options or ReadOptions())


def faults_of(text: str) -> list[str]:
    result = scan(text, "f")
    faults = list(result.faults)
    for document in result.documents:
        try:
            read_policy(document, ReadOptions())
        except InvalidPolicyError as error:
            faults += error.faults
    return [str(fault).removeprefix("f:") for fault in faults]


def test_every_field_of_a_manifest_arrives() -> None:
    assert read(SOUND) == ScalingPolicy(
        key=PolicyKey(namespace="shop", name="web"),
        target=ObjectRef(api_version="apps/v1", kind="Deployment", name="web"),
        min_replicas=2,
        max_replicas=10,
        metrics=(
            ResourceMetric(resource="cpu", target=MetricTarget(type="Utilization", average_utilization=70)),
            ContainerResourceMetric(
                resource="memory",
                container="app",
                target=MetricTarget(type="AverageValue", average_value=Quantity.parse("500Mi")),
            ),
            PodsMetric(
                metric=MetricName(name="rps"),
                target=MetricTarget(type="AverageValue", average_value=Quantity.parse("1k")),
            ),
            ObjectMetric(
                described=ObjectRef(api_version="networking.k8s.io/v1", kind="Ingress", name="front"),
                metric=MetricName(name="hits", selector=LabelSelector(match_labels=(("a", "b"),))),
                target=MetricTarget(type="Value", value=Quantity.parse("2k")),
            ),
            ExternalMetric(
                metric=MetricName(name="depth"),
                target=MetricTarget(type="AverageValue", average_value=Quantity.parse("30")),
            ),
        ),
        behavior=Behavior(
            scale_up=ScalingRules(
                stabilization_window_seconds=0,
                select_policy=SelectPolicy.MAX,
                rules=(
                    RateRule(type=RateRuleType.PODS, value=4, period_seconds=15),
                    RateRule(type=RateRuleType.PERCENT, value=100, period_seconds=15),
                ),
                tolerance=Quantity.parse("50m"),
            ),
            scale_down=ScalingRules(
                select_policy=SelectPolicy.MIN,
                rules=(RateRule(type=RateRuleType.PERCENT, value=50, period_seconds=60),),
            ),
        ),
        mode=Mode.OBSERVE,
    )


def test_quantities_are_held_as_the_api_server_stores_them() -> None:
    """0.3 is stored as 300m, whose double is another: upstream's controller sees the latter."""
    policy = read(SOUND.replace("tolerance: 0.05", "tolerance: 0.3"))

    assert policy.behavior is not None
    assert policy.behavior.scale_up.tolerance is not None
    assert str(policy.behavior.scale_up.tolerance) == "300m"
    assert policy.behavior.scale_up.tolerance.as_float() == 0.3


def test_a_short_manifest_gets_the_api_servers_defaults() -> None:
    policy = read(
        "{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: a}, "
        "spec: {maxReplicas: 5, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: a}}}",
        ReadOptions(namespace="elsewhere", mode=Mode.APPLY),
    )

    assert policy.key == PolicyKey(namespace="elsewhere", name="a")
    assert policy.min_replicas == 1
    assert policy.metrics == (
        ResourceMetric(resource="cpu", target=MetricTarget(type="Utilization", average_utilization=80)),
    )
    assert policy.behavior is None
    assert policy.mode is Mode.APPLY


def test_gates_decide_what_is_accepted() -> None:
    to_zero = SOUND.replace("minReplicas: 2", "minReplicas: 0")

    assert read(to_zero, ReadOptions(gates=Gates(scale_to_zero=True))).min_replicas == 0
    policy = read(SOUND, ReadOptions(gates=Gates(configurable_tolerance=False)))
    assert policy.behavior is not None
    assert policy.behavior.scale_up.tolerance is None


def test_what_kubectl_get_prints_is_accepted() -> None:
    served = SOUND.replace(
        "  namespace: shop\n",
        "  namespace: shop\n  uid: 1-2\n  resourceVersion: '7'\n  generation: 3\n  creationTimestamp: '2026-01-02T03:04:05Z'\n",
    )

    assert read(served + "status: {desiredReplicas: 3, currentMetrics: null}\n") == read(SOUND)


VERSION_ONE = """\
apiVersion: autoscaling/v1
kind: HorizontalPodAutoscaler
metadata:
  name: a
  annotations:
    autoscaling.alpha.kubernetes.io/behavior: '{"ScaleUp":{"StabilizationWindowSeconds":5}}'
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: a}
  maxReplicas: 4
  targetCPUUtilizationPercentage: 60
"""


def test_version_one_is_read_with_what_its_annotations_hold() -> None:
    policy = read(VERSION_ONE)

    assert policy.metrics == (
        ResourceMetric(resource="cpu", target=MetricTarget(type="Utilization", average_utilization=60)),
    )
    assert policy.behavior is not None
    assert policy.behavior.scale_up.stabilization_window_seconds == 5


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "targetCPUUtilizationPercentage: 60",
            "targetCPUUtilizationPercentage: 60%",
            '10: spec.targetCPUUtilizationPercentage: must be a whole number, is text "60%"\n'
            "  hint: write 60, without quotes or a percent sign",
        ),
        (
            "targetCPUUtilizationPercentage: 60",
            "metrics: []",
            '10: spec.metrics: unknown field "metrics"\n  hint: allowed here: maxReplicas, minReplicas, '
            "scaleTargetRef, targetCPUUtilizationPercentage",
        ),
        (
            ":5}}",
            ':"x"}}',
            '7: spec.behavior.scaleUp.stabilizationWindowSeconds: must be a whole number, is text "x"\n'
            "  hint: seconds, without a unit: 300 is five minutes",
        ),
    ],
)
def test_faults_of_version_one(old: str, new: str, expected: str) -> None:
    assert faults_of(VERSION_ONE.replace(old, new)) == [expected]


def test_an_annotation_nested_beyond_all_reason_is_dropped() -> None:
    deep = '{"ScaleUp":' + '{"a":' * 800 + "1" + "}" * 801

    assert read(VERSION_ONE.replace('{"ScaleUp":{"StabilizationWindowSeconds":5}}', deep)).behavior is None


@given(st.text() | JSON.map(json.dumps))
def test_any_annotation_of_version_one_gives_a_policy_or_faults(text: str) -> None:
    (document,) = load(VERSION_ONE, "f")
    assert isinstance(document.value, dict)
    prefix = "autoscaling.alpha.kubernetes.io"
    document.value["metadata"]["annotations"] = {f"{prefix}/behavior": text, f"{prefix}/metrics": text}
    with contextlib.suppress(InvalidPolicyError):
        assert isinstance(read_policy(document, ReadOptions()), ScalingPolicy)


def test_the_corpus_is_large() -> None:
    assert len(CORPUS["wrong"]) >= 90


@pytest.mark.parametrize("case", CORPUS["wrong"], ids=lambda case: case["id"])
def test_what_is_said_of_a_wrong_manifest(case: dict[str, Any]) -> None:
    assert SOUND.count(case["replace"]) == 1

    assert faults_of(SOUND.replace(case["replace"], case["by"])) == case["says"]


def test_an_object_of_the_api_server_is_taken_with_fields_we_do_not_know_yet() -> None:
    obj = yaml.safe_load(SOUND)
    obj["metadata"] |= {"uid": "u", "generation": 4}
    obj["spec"]["novelty"] = True
    obj["spec"]["metrics"][1] = {"type": "Novel", "novel": {}}

    with pytest.raises(InvalidPolicyError, match=r"HorizontalPodAutoscaler shop/web: spec\.metrics\[1\]\.type"):
        policy_from_object(obj, Mode.APPLY)

    obj["spec"]["metrics"] = obj["spec"]["metrics"][:1]
    policy = policy_from_object(obj, Mode.APPLY)
    assert (policy.uid, policy.generation, policy.mode) == ("u", 4, Mode.APPLY)
    assert UnknownMetric not in {type(metric) for metric in policy.metrics}


def _paths(value: Any, above: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [above] * bool(above) + [path for key, part in inner for path in _paths(part, (*above, key))]


@given(st.data())
def test_any_value_at_any_place_gives_a_policy_or_faults(data: st.DataObject) -> None:
    manifest = yaml.safe_load(SOUND)
    for path in data.draw(st.lists(st.sampled_from(_paths(manifest)), min_size=1, max_size=3)):
        owner = manifest
        try:
            for step in path[:-1]:
                owner = owner[step]
            owner[path[-1]] = data.draw(JSON)
        except (TypeError, KeyError, IndexError):
            continue  # an earlier change took this place away
    document = Document(value=manifest, source="f", line=1, place=Place(1, 1))

    for attempt in (lambda: read_policy(document, ReadOptions()), lambda: policy_from_object(manifest, Mode.APPLY)):
        with contextlib.suppress(InvalidPolicyError):
            assert isinstance(attempt(), ScalingPolicy)
