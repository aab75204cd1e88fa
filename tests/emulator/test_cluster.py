"""The emulated cluster does with objects what a real one would: pods come, are replaced, rolled out and taken away."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from autoscaler.config.scenario import Scenario
from autoscaler.emulator.api_server import ApiServer
from autoscaler.emulator.builtin import DEPLOYMENTS, EVENTS, NAMESPACES, NODES, PODS, REPLICASETS, STATEFULSETS
from autoscaler.emulator.cluster import EmulatedCluster
from autoscaler.emulator.controllers import conditions, pods
from autoscaler.emulator.controllers.nodes import Shape
from autoscaler.emulator.deletion import DeleteOptions
from autoscaler.emulator.manifests import workload
from autoscaler.emulator.resources import Resource
from autoscaler.emulator.scaled_clock import ScaledClock
from autoscaler.emulator.store import ObjectStore
from autoscaler.model.json_types import JsonObject
from autoscaler.model.time import HOUR, SECOND
from autoscaler.simulator.traffic import constant
from autoscaler.simulator.world import World

NOON = 1_795_521_600 * SECOND


@dataclass
class Stage:
    """A cluster whose time is moved by hand, a second at a time."""

    store: ObjectStore
    clock: ScaledClock
    world: World
    cluster: EmulatedCluster

    def wait(self, seconds: int) -> None:
        for _ in range(seconds):
            self.clock.stand_at(self.clock.now() + SECOND)
            self.cluster.advance(self.clock.now())

    def spec(self, resource: Resource, name: str, **changes: object) -> None:
        self.store.change(resource, name, "default", lambda obj: obj | {"spec": obj["spec"] | changes})

    def pods(self) -> list[JsonObject]:
        return self.store.items(PODS)

    def names(self) -> set[str]:
        return {pod["metadata"]["name"] for pod in self.pods()}

    def ready(self) -> int:
        return sum(pods.is_ready(pod) for pod in self.pods())

    def messages(self, reason: str) -> list[str]:
        return [event["message"] for event in self.store.items(EVENTS) if event["reason"] == reason]


def stage_of(*scenarios: Scenario, nodes: int = 3, shape: Shape | None = None) -> Stage:
    clock = ScaledClock(NOON, 1)
    api = ApiServer(clock=clock.time_of_day)
    world = World(NOON)
    for scenario in scenarios:
        bare = scenario.pods.model_copy(update={"initial_replicas": 0})
        world.add(scenario.model_copy(update={"pods": bare}), constant(100.0))
    cluster = EmulatedCluster(api.store, world, nodes=nodes, shape=shape or Shape())
    return Stage(api.store, clock, world, cluster)


@pytest.fixture
def stage() -> Stage:
    return stage_of()


def template(image: str, app: str = "web", cpu: str = "500m") -> JsonObject:
    container = {"name": "app", "image": image, "resources": {"requests": {"cpu": cpu, "memory": "64Mi"}}}
    return {"metadata": {"labels": {"app": app}}, "spec": {"containers": [container]}}


def deploy(stage: Stage, replicas: int, *, cpu: str = "500m", **spec: object) -> None:
    selector = {"matchLabels": {"app": "web"}}
    whole = {"replicas": replicas, "selector": selector, "template": template("web:1", cpu=cpu), **spec}
    stage.store.create(DEPLOYMENTS, {"metadata": {"name": "web"}, "spec": whole}, "default")


def test_a_deployment_gets_a_replica_set_and_pods_that_become_ready(stage: Stage) -> None:
    deploy(stage, 3)
    stage.wait(1)
    assert len(stage.pods()) == 3
    assert {pod["status"]["phase"] for pod in stage.pods()} == {"Pending"}
    assert {pod["spec"]["nodeName"] for pod in stage.pods()} == {"node-1", "node-2", "node-3"}

    stage.wait(5)
    (deployment,) = stage.store.items(DEPLOYMENTS)
    (replica_set,) = stage.store.items(REPLICASETS)

    assert stage.ready() == 3
    assert all(pod["metadata"]["ownerReferences"][0]["name"] == replica_set["metadata"]["name"] for pod in stage.pods())
    assert replica_set["metadata"]["name"] == f"web-{replica_set['metadata']['labels']['pod-template-hash']}"
    assert deployment["status"]["readyReplicas"] == 3
    assert deployment["status"]["observedGeneration"] == 1
    assert conditions.holds(deployment, "Available")
    assert (conditions.find(deployment, "Progressing") or {})["reason"] == "NewReplicaSetAvailable"
    assert stage.messages("ScalingReplicaSet") == [
        f"Scaled up replica set {replica_set['metadata']['name']} from 0 to 3"
    ]


def test_scaling_takes_effect_both_ways(stage: Stage) -> None:
    deploy(stage, 2)
    stage.wait(6)
    before = stage.names()

    stage.spec(DEPLOYMENTS, "web", replicas=5)
    stage.wait(6)
    assert stage.ready() == 5
    assert before < stage.names()

    stage.spec(DEPLOYMENTS, "web", replicas=1)
    stage.wait(1)
    assert stage.ready() == 1
    stage.wait(3)
    assert len(stage.pods()) == 1
    assert stage.messages("ScalingReplicaSet")[-1].endswith("from 5 to 1")


def test_pods_that_are_not_ready_go_first(stage: Stage) -> None:
    deploy(stage, 2)
    stage.wait(6)
    serving = stage.names()
    stage.spec(DEPLOYMENTS, "web", replicas=4)
    stage.wait(1)

    stage.spec(DEPLOYMENTS, "web", replicas=2)
    stage.wait(4)

    assert stage.names() == serving


def test_a_deleted_pod_drains_and_is_replaced(stage: Stage) -> None:
    deploy(stage, 2)
    stage.wait(6)
    victim = min(stage.names())

    stage.store.delete(PODS, victim, "default")
    stage.wait(1)
    assert "deletionTimestamp" in stage.store.get(PODS, victim, "default")["metadata"]
    assert stage.ready() == 1
    assert len(stage.pods()) == 3

    stage.wait(5)
    assert victim not in stage.names()
    assert stage.ready() == 2


def test_a_pod_deleted_by_force_is_gone_at_once_and_replaced(stage: Stage) -> None:
    deploy(stage, 1)
    stage.wait(6)
    (victim,) = stage.names()

    stage.store.delete(PODS, victim, "default", DeleteOptions(grace_period_seconds=0))
    assert stage.names() == set()

    stage.wait(6)
    assert stage.ready() == 1


def test_a_new_image_is_rolled_out_without_losing_availability(stage: Stage) -> None:
    deploy(stage, 4)
    stage.wait(6)
    stage.spec(DEPLOYMENTS, "web", template=template("web:2"))

    least, most = 4, 0
    for _ in range(20):
        stage.wait(1)
        least = min(least, stage.ready())
        most = max(most, sum(pods.is_active(pod) for pod in stage.pods()))

    assert {pod["spec"]["containers"][0]["image"] for pod in stage.pods()} == {"web:2"}
    assert (least, most) == (3, 5)
    old, new = sorted(stage.store.items(REPLICASETS), key=lambda each: each["spec"]["replicas"])
    assert (old["spec"]["replicas"], new["spec"]["replicas"]) == (0, 4)
    assert new["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "2"


def test_going_back_to_an_old_image_takes_up_its_replica_set(stage: Stage) -> None:
    deploy(stage, 1)
    stage.wait(6)
    (first,) = [each["metadata"]["name"] for each in stage.store.items(REPLICASETS)]
    stage.spec(DEPLOYMENTS, "web", template=template("web:2"))
    stage.wait(12)
    stage.spec(DEPLOYMENTS, "web", template=template("web:1"))
    stage.wait(12)

    live = stage.store.get(REPLICASETS, first, "default")
    assert len(stage.store.items(REPLICASETS)) == 2
    assert live["spec"]["replicas"] == 1
    assert live["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "3"


def test_recreate_ends_all_old_pods_before_it_makes_new_ones(stage: Stage) -> None:
    deploy(stage, 2, strategy={"type": "Recreate"})
    stage.wait(6)
    stage.spec(DEPLOYMENTS, "web", template=template("web:2"))

    for _ in range(12):
        stage.wait(1)
        assert len({pod["spec"]["containers"][0]["image"] for pod in stage.pods()}) <= 1

    assert stage.ready() == 2


def test_a_paused_deployment_scales_but_does_not_roll(stage: Stage) -> None:
    deploy(stage, 1)
    stage.wait(6)
    stage.spec(DEPLOYMENTS, "web", paused=True, template=template("web:2"))
    stage.wait(4)
    assert len(stage.store.items(REPLICASETS)) == 1

    stage.spec(DEPLOYMENTS, "web", replicas=3)
    stage.wait(6)
    assert {pod["spec"]["containers"][0]["image"] for pod in stage.pods()} == {"web:1"}
    assert stage.ready() == 3


@pytest.mark.parametrize("policy", ["Background", "Foreground"])
def test_deleting_a_deployment_takes_everything_along(stage: Stage, policy: str) -> None:
    deploy(stage, 2)
    stage.wait(6)

    stage.store.delete(DEPLOYMENTS, "web", "default", DeleteOptions(propagation_policy=policy))
    stage.wait(6)

    assert not [*stage.store.items(DEPLOYMENTS), *stage.store.items(REPLICASETS), *stage.pods()]


def test_deleting_with_orphans_leaves_the_pods_alone(stage: Stage) -> None:
    deploy(stage, 2)
    stage.wait(6)

    stage.store.delete(DEPLOYMENTS, "web", "default", DeleteOptions(propagation_policy="Orphan"))
    stage.wait(6)

    assert not stage.store.items(DEPLOYMENTS)
    assert len(stage.store.items(REPLICASETS)) == 1
    assert stage.ready() == 2


def test_a_namespace_is_emptied_before_it_goes(stage: Stage) -> None:
    stage.store.create(NAMESPACES, {"metadata": {"name": "team"}})
    spec = {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": template("web:1")}
    stage.store.create(DEPLOYMENTS, {"metadata": {"name": "web"}, "spec": spec}, "team")
    stage.wait(6)

    stage.store.delete(NAMESPACES, "team")
    stage.wait(6)

    assert stage.store.find(NAMESPACES, "team") is None
    assert not stage.pods()


def test_pods_that_find_no_room_wait_and_say_why() -> None:
    stage = stage_of(nodes=1, shape=Shape(cores=1))
    deploy(stage, 3)
    stage.wait(6)
    assert stage.ready() == 2
    assert stage.messages("FailedScheduling") == ["0/1 nodes are available: 1 Insufficient cpu."]

    stage.store.delete(PODS, next(pod["metadata"]["name"] for pod in stage.pods() if pods.is_ready(pod)), "default")
    stage.wait(8)
    assert stage.ready() == 2


def test_a_cordoned_node_gets_no_pods(stage: Stage) -> None:
    for name in ("node-1", "node-2"):
        stage.store.change(NODES, name, "", lambda node: node | {"spec": node["spec"] | {"unschedulable": True}})
    deploy(stage, 4)
    stage.wait(2)

    assert {pod["spec"]["nodeName"] for pod in stage.pods()} == {"node-3"}


def stateful(stage: Stage, replicas: int, **spec: object) -> None:
    whole = {
        "replicas": replicas,
        "serviceName": "db",
        "selector": {"matchLabels": {"app": "db"}},
        "template": template("db:1", app="db"),
        **spec,
    }
    stage.store.create(STATEFULSETS, {"metadata": {"name": "db"}, "spec": whole}, "default")


def test_a_stateful_set_grows_in_order_and_shrinks_from_the_end(stage: Stage) -> None:
    stateful(stage, 3)
    stage.wait(2)
    assert stage.names() == {"db-0"}
    stage.wait(12)
    assert stage.names() == {"db-0", "db-1", "db-2"}

    stage.spec(STATEFULSETS, "db", replicas=1)
    stage.wait(8)
    assert stage.names() == {"db-0"}
    assert stage.store.get(STATEFULSETS, "db", "default")["status"]["readyReplicas"] == 1


def test_a_stateful_set_is_updated_from_the_highest_pod_down(stage: Stage) -> None:
    stateful(stage, 2)
    stage.wait(12)
    stage.spec(STATEFULSETS, "db", template=template("db:2", app="db"))

    stage.wait(5)
    images = {pod["metadata"]["name"]: pod["spec"]["containers"][0]["image"] for pod in stage.pods()}
    assert images["db-0"] == "db:1"

    stage.wait(15)
    assert {pod["spec"]["containers"][0]["image"] for pod in stage.pods()} == {"db:2"}
    status = stage.store.get(STATEFULSETS, "db", "default")["status"]
    assert status["currentRevision"] == status["updateRevision"]


def test_a_parallel_stateful_set_does_not_wait(stage: Stage) -> None:
    stateful(stage, 3, podManagementPolicy="Parallel")
    stage.wait(1)

    assert stage.names() == {"db-0", "db-1", "db-2"}


def test_pods_under_traffic_start_at_the_world_s_pace(web: Scenario) -> None:
    stage = stage_of(web)
    stage.store.create(DEPLOYMENTS, workload(web), "default")
    service = stage.world.workloads["default", "web"]

    stage.wait(20)
    assert stage.ready() == 0
    stage.wait(7)

    assert stage.ready() == 2
    assert service.probe().ready == 2
    assert {pod.name for pod in service.pods()} == stage.names()

    stage.spec(DEPLOYMENTS, "web", replicas=1)
    stage.wait(1)
    assert service.probe().ready == 1


@pytest.fixture
def web() -> Scenario:
    return Scenario.model_validate(
        {
            "name": "web",
            "duration": "1h",
            "traffic": {"constant": {"rps": 100}},
            "pods": {"initial_replicas": 2, "startup": "20s", "readiness": "5s", "jitter": 0},
        }
    )


def test_events_are_forgotten_after_an_hour(stage: Stage) -> None:
    deploy(stage, 1)
    stage.wait(6)
    assert stage.messages("Scheduled")

    stage.clock.stand_at(stage.clock.now() + 2 * HOUR)
    stage.cluster.advance(stage.clock.now())
    assert stage.store.items(EVENTS) == []


def test_each_component_owns_what_it_wrote(stage: Stage) -> None:
    deploy(stage, 1)
    stage.wait(6)
    (pod,) = stage.pods()

    owners = [(entry["manager"], entry.get("subresource", "")) for entry in pod["metadata"]["managedFields"]]
    assert sorted(owners) == [("kube-controller-manager", ""), ("kube-scheduler", "status"), ("kubelet", "status")]
