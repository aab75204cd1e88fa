"""Pods: from bytes to values that share what templates share, indexed by the selectors asked for."""

from __future__ import annotations

import json
from typing import Any

from autoscaler.adapters.kubernetes.pod_cache import PodCache
from autoscaler.adapters.kubernetes.pods import PodReader
from autoscaler.model.observation import ContainerSpec, Pod, PodPhase, PodResources, ReadyCondition
from autoscaler.model.quantity import Quantity
from autoscaler.model.time import SECOND

FULL: dict[str, Any] = {
    "metadata": {
        "name": "web-1",
        "namespace": "shop",
        "labels": {"app": "web", "tier": "front"},
        "deletionTimestamp": "2026-11-24T10:00:05Z",
        "managedFields": [{"manager": "kubectl"}],
    },
    "spec": {
        "containers": [
            {"name": "app", "image": "web:1", "resources": {"requests": {"memory": "1Gi", "cpu": "250m"}}},
            {"name": "bare"},
        ],
        "initContainers": [
            {"name": "setup", "resources": {"requests": {"cpu": "1"}}},
            {"name": "proxy", "restartPolicy": "Always", "resources": {"requests": {"cpu": "50m"}}},
        ],
        "resources": {"requests": {"cpu": "2"}, "limits": {"cpu": "3"}},
        "overhead": {"cpu": "10m"},
    },
    "status": {
        "phase": "Running",
        "startTime": "2026-11-24T10:00:00Z",
        "conditions": [
            {"type": "PodScheduled", "status": "True"},
            {"type": "Ready", "status": "False", "lastTransitionTime": "2026-11-24T10:00:03Z"},
        ],
    },
}
TEN = 1_795_514_400 * SECOND  # 2026-11-24T10:00:00Z


def read(document: dict[str, Any]) -> Pod:
    return PodReader().pod(json.dumps(document).encode())


def test_every_field_that_a_decision_looks_at() -> None:
    assert read(FULL) == Pod(
        name="web-1",
        resources=PodResources(
            containers=(
                ContainerSpec(
                    name="app", requests=(("cpu", Quantity.parse("250m")), ("memory", Quantity.parse("1Gi")))
                ),
                ContainerSpec(name="bare"),
            ),
            init_containers=(
                ContainerSpec(name="setup", requests=(("cpu", Quantity.parse("1")),)),
                ContainerSpec(name="proxy", requests=(("cpu", Quantity.parse("50m")),), sidecar=True),
            ),
            pod_requests=(("cpu", Quantity.parse("2")),),
            pod_limits=(("cpu", Quantity.parse("3")),),
            overhead=(("cpu", Quantity.parse("10m")),),
        ),
        phase=PodPhase.RUNNING,
        deleting=True,
        started_at=TEN,
        ready=ReadyCondition(status="False", last_transition=TEN + 3 * SECOND),
        labels=(("app", "web"), ("tier", "front")),
    )


def test_a_pod_that_says_nothing_is_a_pod() -> None:
    bare = read({"metadata": {"name": "x", "labels": None}, "spec": {"containers": None}, "status": {}})

    assert bare == Pod(name="x", resources=PodResources(), phase="")


def test_pods_of_one_template_share_what_they_ask_for() -> None:
    reader = PodReader()
    other = FULL | {"metadata": {"name": "web-2"}}
    bigger = FULL | {"spec": {"containers": [{"name": "app", "resources": {"requests": {"cpu": "300m"}}}]}}

    page = reader.page(json.dumps({"metadata": {"resourceVersion": "5"}, "items": [FULL, other, bigger]}).encode())

    first, second, third = page.items
    assert first.resources is second.resources
    assert first.resources is not third.resources
    assert (page.resource_version, page.continue_) == ("5", "")


def pod(name: str, app: str) -> Pod:
    return Pod(name=name, resources=PodResources(), labels=(("app", app),))


def test_the_cache_answers_by_selector_and_follows_every_change() -> None:
    cache = PodCache()
    cache.replace([pod("a", "web"), pod("b", "db"), pod("c", "web")])

    def web() -> list[str]:
        return [found.name for found in cache.select("app=web")]

    assert web() == ["a", "c"]
    cache.put(pod("b", "web"))
    assert web() == ["a", "c", "b"]
    cache.put(pod("a", "db"))
    assert web() == ["c", "b"]
    cache.remove(pod("c", "web"))
    cache.remove(pod("never-there", "web"))
    assert web() == ["b"]
    cache.replace([pod("z", "web")])
    assert web() == ["z"]


def test_the_same_answer_is_the_same_object_until_something_changes() -> None:
    cache = PodCache()
    cache.replace([pod("a", "web"), pod("b", "db")])

    def web() -> tuple[Pod, ...]:
        return cache.select("app=web")

    before = web()
    cache.put(pod("b", "other"))
    assert web() is before
    cache.put(pod("a", "web"))
    assert web() is not before


def test_a_list_that_says_nothing_new_changes_no_answer() -> None:
    cache = PodCache()
    pods = [Pod(name=name, resources=PodResources(), labels=(("app", "web"),)) for name in ("a", "b")]
    cache.replace(pods)
    before = cache.select("app=web")

    cache.replace([Pod(name=name, resources=PodResources(), labels=(("app", "web"),)) for name in ("b", "a")])

    assert cache.select("app=web") is before
