"""The driver's protocol over HTTP: one look at a target, and writes that overwrite nobody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from autoscaler.adapters.kubernetes.discovery import Discovery
from autoscaler.adapters.kubernetes.events import Events, Regarding
from autoscaler.adapters.kubernetes.metrics_apis import MetricsApis
from autoscaler.adapters.kubernetes.scale import Scales
from autoscaler.adapters.kubernetes.statuses import Statuses
from autoscaler.adapters.kubernetes.watch import Pace
from autoscaler.control.messages import (
    Announce,
    Observe,
    ScaleConflicted,
    ScaleRefused,
    ScaleWritten,
    StatusRefused,
    WriteScale,
    WriteStatus,
)
from autoscaler.daemon.announcer import BackgroundAnnouncer
from autoscaler.daemon.caches import PodCaches
from autoscaler.daemon.clock import AnchoredClock
from autoscaler.daemon.cluster import LiveCluster
from autoscaler.daemon.observe import Observer
from autoscaler.daemon.recorder import PassRecorder
from autoscaler.daemon.telemetry import Telemetry
from autoscaler.model.decision import Announcement, PolicyStatus
from autoscaler.model.observation import NoReading, Scale, ScaleUnavailable
from autoscaler.model.policy import (
    ExternalMetric,
    Metric,
    MetricName,
    MetricTarget,
    ObjectRef,
    PolicyKey,
    ResourceMetric,
    ScalingPolicy,
    UnknownMetric,
)
from tests.scripted_server import ScriptedServer, says

KEY = PolicyKey(namespace="shop", name="web")
WEB = ObjectRef(api_version="apps/v1", kind="Deployment", name="web")
POLICY = ScalingPolicy(key=KEY, target=WEB, max_replicas=9)
SCALE = "/apis/apps/v1/namespaces/shop/deployments/web/scale"
PODS = "/api/v1/namespaces/shop/pods"
USAGE = "/apis/metrics.k8s.io/v1beta1/namespaces/shop/pods"
HPA = "/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers/web"
EVENTS = "/api/v1/namespaces/shop/events"

CPU = ResourceMetric(resource="cpu", target=MetricTarget(type="Utilization", average_utilization=70))
MEMORY = ResourceMetric(resource="memory", target=MetricTarget(type="Utilization", average_utilization=80))
DEPTH = ExternalMetric(metric=MetricName(name="depth"), target=MetricTarget(type="Value"))
CONFLICT = says(409, "Conflict", "the object has been modified; please apply your changes to the latest version")


def scale(replicas: int, version: int, uid: str = "deploy-uid") -> dict[str, Any]:
    return {
        "metadata": {"name": "web", "uid": uid, "resourceVersion": str(version)},
        "spec": {"replicas": replicas},
        "status": {"replicas": replicas, "selector": "app=web"},
    }


def observe(*metrics: Metric) -> Observe:
    return Observe(key=KEY, target=WEB, metrics=metrics, at=77)


def write(replicas: int, version: str = "5") -> WriteScale:
    return WriteScale(key=KEY, target=WEB, replicas=replicas, resource_version=version)


class World:
    """A live cluster and what surrounds it."""

    def __init__(self, client, *, may_write: bool = True, oldest: float = 120.0) -> None:
        self.times: list[str] = []
        discovery = Discovery(client)
        pace = Pace(backoff_first=0.01, backoff_longest=0.01)
        self.caches = PodCaches(client, jitter=lambda: 0.5, pace=pace, oldest=oldest)
        self.events = BackgroundAnnouncer(Events(client), AnchoredClock(), instance="autoscaler-test")
        scales = Scales(client, discovery)
        self.cluster = LiveCluster(
            observer=Observer(scales, MetricsApis(client, discovery), self.caches, deadline=0.2, timed=self.time),
            scales=scales,
            statuses=Statuses(client),
            status_document=lambda status, policy: {"desiredReplicas": status.desired_replicas},
            announcer=self.events,
            recorder=PassRecorder(Telemetry(version="1")),
            may_write=may_write,
        )
        self.caches.hold("shop")
        self.cluster.follow(POLICY, "")

    def time(self, key: PolicyKey, source: str, seconds: float) -> None:
        self.times.append(source)


@pytest.fixture
async def world(client, server) -> AsyncIterator[World]:
    prepare(server)
    made = World(client)
    yield made
    await made.caches.close()


def prepare(server: ScriptedServer) -> None:
    """A cluster with a Deployment of 3, one matching pod, and no metrics yet."""
    server.on("GET", "/apis/apps", {"preferredVersion": {"version": "v1"}, "versions": [{"version": "v1"}]})
    server.on("GET", "/apis/apps/v1", {"resources": [{"name": "deployments", "kind": "Deployment"}]})
    server.on("GET", SCALE, scale(3, 5))
    pods = [
        {"metadata": {"name": "web-1", "labels": {"app": "web"}}, "status": {"phase": "Running"}},
        {"metadata": {"name": "db-1", "labels": {"app": "db"}}, "status": {"phase": "Running"}},
    ]
    server.on("GET", PODS, {"metadata": {"resourceVersion": "1"}, "items": pods}, server.watch(then="hang"))


async def test_one_look_gathers_scale_pods_and_readings(world, server) -> None:
    server.on("GET", USAGE, {"items": []})
    server.on("GET", "/apis/external.metrics.k8s.io/v1beta1/namespaces/shop/depth", (503, "", {}))

    seen = await world.cluster.observe(observe(CPU, DEPTH, MEMORY, UnknownMetric(type="Moon")))

    assert seen.at == 77
    assert seen.scale == Scale(spec_replicas=3, status_replicas=3, selector="app=web", resource_version="5")
    assert [pod.name for pod in seen.pods] == ["web-1"]
    cpu, depth, memory, moon = seen.readings
    assert cpu is memory
    assert sorted(world.times) == ["external", "resource"]
    assert [asked.path for asked in server.asked].count(USAGE) == 1
    assert depth == NoReading(
        error="the server is currently unable to handle the request (get depth.external.metrics.k8s.io)"
    )
    assert moon == NoReading(error='unknown metric source type "Moon"')


async def test_a_metric_that_hangs_is_unknown_in_time_and_holds_up_nothing_else(world, server) -> None:
    server.on("GET", USAGE, server.hang)
    server.on("GET", "/apis/external.metrics.k8s.io/v1beta1/namespaces/shop/depth", {"items": [{"value": "4"}]})

    seen = await world.cluster.observe(observe(CPU, DEPTH))

    assert seen.readings[0] == NoReading(error="context deadline exceeded")
    assert not isinstance(seen.readings[1], NoReading)


async def test_a_scale_that_cannot_be_read_ends_the_look(world, server) -> None:
    server.on("GET", SCALE, says(404, "NotFound", 'deployments.apps "web" not found'))

    seen = await world.cluster.observe(observe(CPU))

    assert seen.scale == ScaleUnavailable(
        error='deployments.apps "web" not found',
        message='failed to query scale subresource for Deployment/shop/web: deployments.apps "web" not found',
        absent=True,
    )
    assert (seen.pods, seen.readings) == ((), ())


async def test_pods_that_were_never_listed_make_everything_unknown(client, server) -> None:
    prepare(server)
    server.on("GET", PODS, (403, "no entry", {}))
    server.on("GET", USAGE, {"items": []})
    world = World(client)

    seen = await world.cluster.observe(observe(CPU))
    await world.caches.close()

    assert seen.pods == ()
    assert seen.readings == (NoReading(error="the pods of shop were never listed: no entry (get pods)"),)


async def test_pods_from_a_copy_that_is_too_old_make_everything_unknown(client, server) -> None:
    prepare(server)
    server.on("GET", USAGE, {"items": []})
    world = World(client, oldest=-1.0)

    seen = await world.cluster.observe(observe(CPU, DEPTH))
    await world.caches.close()

    assert seen.pods == ()
    assert {reading.error for reading in seen.readings} == {
        "the copy of the pods in shop is 0 s old: its watch is silent"
    }


async def test_a_write_names_the_version_that_was_seen(world, server) -> None:
    server.on("PATCH", SCALE, {})
    await world.cluster.observe(observe())

    assert await world.cluster.write_scale(write(4)) == ScaleWritten(key=KEY)
    assert server.asked[-1].body == {"metadata": {"resourceVersion": "5"}, "spec": {"replicas": 4}}


async def test_after_a_conflict_the_scale_is_read_again(world, server) -> None:
    await world.cluster.observe(observe())
    server.on("PATCH", SCALE, CONFLICT)
    server.on("GET", SCALE, scale(7, 9))

    answer = await world.cluster.write_scale(write(4))

    assert isinstance(answer, ScaleConflicted)
    assert (answer.fresh.spec_replicas, answer.fresh.resource_version) == (7, "9")
    assert answer.error.startswith("the object has been modified")


async def test_a_refused_write_and_a_silent_server_are_answers(world, server) -> None:
    await world.cluster.observe(observe())
    server.on("PATCH", SCALE, says(403, "Forbidden", "forbidden: cannot patch"), server.cut)

    refused = await world.cluster.write_scale(write(4))
    silent = await world.cluster.write_scale(write(4))

    assert refused == ScaleRefused(key=KEY, error="forbidden: cannot patch")
    assert isinstance(silent, ScaleRefused)
    assert "connection reset by peer" in silent.error


async def test_an_observer_writes_nothing_whatever_is_asked(client, server) -> None:
    prepare(server)
    world = World(client, may_write=False)
    await world.cluster.observe(observe())

    refused = await world.cluster.write_scale(write(4))
    await world.cluster.write_status(WriteStatus(key=KEY, status=PolicyStatus()))
    await world.cluster.announce(Announce(key=KEY, announcement=Announcement(type="Normal", reason="R", message="m")))
    await world.events.flush(grace=0.1)
    await world.caches.close()

    assert refused == ScaleRefused(key=KEY, error="writing is switched off")
    assert {asked.method for asked in server.asked} == {"GET"}


async def test_a_status_is_written_where_there_is_an_object(world, server) -> None:
    wanted = WriteStatus(key=KEY, status=PolicyStatus(desired_replicas=4))
    assert await world.cluster.write_status(wanted) is None  # no HPA object of that name: nothing to say

    server.on("PATCH", f"{HPA}/status", (200, "{}", {}), (403, "no", {}))
    assert await world.cluster.write_status(wanted) is None
    refused = await world.cluster.write_status(wanted)

    assert server.asked[-1].body["status"]["desiredReplicas"] == 4
    assert isinstance(refused, StatusRefused)


async def test_an_object_that_came_after_its_policy_gets_the_status_it_missed(world, server) -> None:
    await world.cluster.write_status(WriteStatus(key=KEY, status=PolicyStatus(desired_replicas=4)))
    server.on("GET", HPA.rpartition("/")[0], {"items": [{"metadata": {"name": "web", "uid": "late"}}]})
    server.on("PATCH", f"{HPA}/status", {"metadata": {"uid": "late"}})

    await world.cluster.show_late()
    await world.cluster.show_late()

    paths = [(asked.method, asked.path) for asked in server.asked if asked.path.startswith(HPA.rpartition("/")[0])]
    assert paths == [
        ("PATCH", f"{HPA}/status"),  # there is no object yet
        ("GET", HPA.rpartition("/")[0]),
        ("PATCH", f"{HPA}/status"),  # shown; nothing is looked for any more
    ]
    assert server.asked[-1].body["status"]["desiredReplicas"] == 4


@pytest.mark.parametrize(
    ("hpa_uid", "about"),
    [
        pytest.param("hpa-uid", ("HorizontalPodAutoscaler", "web", "hpa-uid"), id="the-hpa-object-where-there-is-one"),
        pytest.param("", ("Deployment", "web", "deploy-uid"), id="else-the-target"),
    ],
)
async def test_an_event_is_about_what_people_describe(world, server, hpa_uid, about) -> None:
    server.on("POST", EVENTS, {})
    world.cluster.follow(POLICY, hpa_uid)
    await world.cluster.observe(observe())
    writing = asyncio.create_task(world.events.run())

    await world.cluster.announce(
        Announce(key=KEY, announcement=Announcement(type="Normal", reason="SuccessfulRescale", message="New size: 4"))
    )
    await world.events.flush(grace=2)
    writing.cancel()

    body = server.asked[-1].body
    involved = body["involvedObject"]
    assert (involved["kind"], involved["name"], involved["uid"]) == about
    assert body["source"] == {"component": "horizontal-pod-autoscaler"}


async def test_an_event_that_cannot_be_written_is_dropped_and_the_next_one_goes_on(world, server) -> None:
    server.on("POST", EVENTS, (500, "no", {}), {})
    about = Regarding(api_version="v1", kind="Pod", namespace="shop", name="web-1")
    writing = asyncio.create_task(world.events.run())

    for text in ("first", "second"):
        world.events.announce(POLICY, about, Announcement(type="Normal", reason="R", message=text))
    await world.events.flush(grace=2)
    writing.cancel()

    posts = [asked.body["message"] for asked in server.asked if asked.method == "POST"]
    assert posts == ["first", "second"]
