"""Workloads and other autoscalers from bytes: what is read of them, what is absent or odd, and what 10,000 of them cost."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from autoscaler.adapters.kubernetes.errors import NoAnswerError
from autoscaler.adapters.kubernetes.scalers import WatchedScaler, autoscalers_of, scaled_objects_of
from autoscaler.adapters.kubernetes.workloads import WatchedWorkload, workloads_of
from autoscaler.daemon.target_copies import ScalerIndex, Workloads
from autoscaler.model.policy import ObjectRef
from autoscaler.model.target import OtherScaler, Refusal, WorkloadState, Writer
from autoscaler.model.time import SECOND

WEB = ObjectRef(api_version="apps/v1", kind="Deployment", name="web")


def raw(document: dict[str, Any]) -> msgspec.Raw:
    return msgspec.Raw(json.dumps(document).encode())


def state(kind: str, **parts: Any) -> WorkloadState:
    document = {"metadata": {"name": "web", "namespace": "shop", "uid": "u"} | parts.pop("metadata", {}), **parts}
    return workloads_of("shop", kind).read_item(raw(document)).state


def test_a_deployment_in_the_middle_of_a_rollout() -> None:
    seen = state(
        "Deployment",
        metadata={"generation": 4},
        spec={"replicas": 10, "paused": True},
        status={
            "replicas": 12, "updatedReplicas": 4, "readyReplicas": 9, "availableReplicas": 8, "observedGeneration": 3,
        },
    )  # fmt: skip
    assert seen == WorkloadState(
        spec_replicas=10, replicas=12, updated_replicas=4, ready_replicas=9, available_replicas=8, generation=4,
        observed_generation=3, paused=True,
    )  # fmt: skip
    assert (seen.has_old_pods, seen.is_rolling) == (True, False)


def test_what_is_absent_or_null_has_its_default() -> None:
    assert state("Deployment") == WorkloadState(spec_replicas=1)
    assert state("Deployment", spec={"replicas": None}, status={"conditions": None}) == WorkloadState(spec_replicas=1)


@pytest.mark.parametrize(
    ("strategy", "status", "rolls"),
    [
        pytest.param(
            {}, {"currentRevision": "a", "updateRevision": "b", "updatedReplicas": 1}, True, id="two-revisions"
        ),
        pytest.param(
            {}, {"currentRevision": "a", "updateRevision": "a"}, False, id="one-revision-counts-none-as-updated"
        ),
        pytest.param(
            {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}},
            {"currentRevision": "a", "updateRevision": "b", "updatedReplicas": 1},
            False,
            id="a-partition-leaves-the-others-as-they-are",
        ),
        pytest.param(
            {"type": "OnDelete"},
            {"currentRevision": "a", "updateRevision": "b", "updatedReplicas": 0},
            False,
            id="on-delete-replaces-none-by-itself",
        ),
    ],
)
def test_a_stateful_set_rolls(strategy: dict[str, Any], status: dict[str, Any], rolls: bool) -> None:
    seen = state("StatefulSet", spec={"replicas": 3, "updateStrategy": strategy}, status={"replicas": 3} | status)
    assert seen.is_rolling is rolls


def test_the_last_owner_of_the_replicas_is_their_writer() -> None:
    def entry(manager: str, time: str, fields: dict[str, Any], subresource: str = "") -> dict[str, Any]:
        return {"manager": manager, "time": time, "fieldsV1": fields, "subresource": subresource}

    owns = {"f:spec": {"f:replicas": {}}}
    seen = state(
        "Deployment",
        metadata={
            "managedFields": [
                entry("kubectl-client-side-apply", "2026-01-01T00:00:00Z", owns),
                entry("argocd-controller", "2026-01-01T00:00:05Z", owns),
                entry("kubectl", "2026-01-01T00:00:09Z", {"f:spec": {"f:paused": {}}}),
                entry("kube-controller-manager", "2026-01-01T00:00:10Z", {"f:status": {"f:replicas": {}}}, "status"),
            ]
        },
    )
    assert seen.writer == Writer(manager="argocd-controller", at=1_767_225_605 * SECOND)
    assert state("Deployment", metadata={"managedFields": [{"manager": "x"}]}).writer is None


def test_refused_pods_are_told_in_the_servers_words() -> None:
    failed = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": "exceeded quota: few"}
    seen = state("Deployment", status={"conditions": [failed | {"lastTransitionTime": "2026-01-01T00:00:00Z"}]})
    assert seen.refusal == Refusal(message="exceeded quota: few", since=1_767_225_600 * SECOND)
    assert seen.refusal.is_quota
    over = state("Deployment", status={"conditions": [failed | {"status": "False"}]})
    assert over.refusal is None


def test_an_unreadable_object_is_no_answer() -> None:
    with pytest.raises(NoAnswerError, match="unreadable answer to watch deployments"):
        workloads_of("shop", "Deployment").read_item(msgspec.Raw(b'{"metadata": {"name": 3}}'))
    bad = {"type": "ReplicaFailure", "status": "True", "lastTransitionTime": "yesterday"}
    with pytest.raises(NoAnswerError, match="unreadable Deployment shop/web"):
        state("Deployment", status={"conditions": [bad]})


def scaler(document: dict[str, Any], *, keda: bool = False) -> WatchedScaler:
    collection = scaled_objects_of("shop", "v1alpha1") if keda else autoscalers_of("shop")
    return collection.read_item(raw(document))


def test_an_hpa_says_what_it_scales_and_one_that_keda_made_leaves_that_to_its_maker() -> None:
    hpa = {
        "metadata": {"name": "other", "namespace": "shop"},
        "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}},
    }
    assert scaler(hpa) == WatchedScaler(
        name="other",
        scaler=OtherScaler(kind="HorizontalPodAutoscaler", namespace="shop", name="other"),
        target=WEB,
    )
    hpa["metadata"]["ownerReferences"] = [{"kind": "ScaledObject"}]  # type: ignore[assignment]  # of another shape
    assert not scaler(hpa).acts


@pytest.mark.parametrize(
    ("annotations", "acts"),
    [
        pytest.param({}, True, id="plain"),
        pytest.param({"autoscaling.keda.sh/paused": "true"}, False, id="paused"),
        pytest.param({"autoscaling.keda.sh/paused": "false"}, True, id="not-paused-any-longer"),
        pytest.param({"autoscaling.keda.sh/paused-replicas": "0"}, False, id="paused-at-a-number"),
    ],
)
def test_a_scaled_object_scales_a_deployment_unless_it_says_otherwise(annotations: dict[str, str], acts: bool) -> None:
    seen = scaler(
        {
            "metadata": {"name": "queue", "namespace": "shop", "annotations": annotations},
            "spec": {"scaleTargetRef": {"name": "web"}},
        },
        keda=True,
    )
    assert (seen.target, seen.acts) == (WEB, acts)


def one(number: int, target: int | None = None) -> WatchedScaler:
    return WatchedScaler(
        name=f"s{number}",
        scaler=OtherScaler(kind="HorizontalPodAutoscaler", namespace="shop", name=f"s{number}"),
        target=ObjectRef(api_version="apps/v1", kind="Deployment", name=f"t{number if target is None else target}"),
    )


def operations(work: Callable[[], object]) -> int:
    """Count the calls that ``work`` makes, Python's own and built-in ones."""
    calls = 0

    def count(frame: object, event: str, arg: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return calls


def test_f21_ten_thousand_autoscalers_cost_each_look_and_each_change_the_same_as_ten() -> None:
    few, many = ScalerIndex(), ScalerIndex()
    few.replace([one(number) for number in range(10)])
    ten_thousand = [one(number) for number in range(10_000)]
    listed = operations(lambda: many.replace(ten_thousand))

    assert many.of(one(7).target) == (one(7).scaler,)
    assert operations(lambda: many.of(one(7).target)) == operations(lambda: few.of(one(7).target))
    assert operations(lambda: many.put(one(7, target=3))) == operations(lambda: few.put(one(7, target=3)))
    assert listed <= 1_000 * operations(lambda: few.replace([one(number) for number in range(10)]))


def test_an_index_follows_its_objects() -> None:
    index = ScalerIndex()
    index.replace([one(1, target=5), one(2, target=5)])
    assert [each.name for each in index.of(one(5).target)] == ["s1", "s2"]
    index.put(one(1, target=6))
    index.remove(one(2))
    index.remove(one(3))
    assert (index.of(one(5).target), [each.name for each in index.of(one(6).target)]) == ((), ["s1"])
    index.put(msgspec.structs.replace(one(1, target=6), acts=False))
    assert index.of(one(6).target) == ()


def test_workloads_tell_of_those_that_come_after_the_first_list() -> None:
    told: list[str] = []
    copy = Workloads(told.append)
    web, cart = (WatchedWorkload(name=name, uid="u", state=WorkloadState(spec_replicas=1)) for name in ("web", "cart"))
    copy.replace([web])
    copy.put(cart)
    copy.put(cart)
    copy.remove(web)
    copy.replace([web, cart])
    assert told == ["cart", "web"]
    assert (copy.get("web"), copy.get("other")) == (web.state, None)
