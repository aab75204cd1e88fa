"""A scenario as a live cluster: its workload behind the API server, its traffic arriving, time running."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator
from typing import Final

from autoscaler.config.scenario import Scenario
from autoscaler.emulator.api_server import ApiServer
from autoscaler.emulator.builtin import DEPLOYMENTS, NAMESPACES, STATEFULSETS
from autoscaler.emulator.cluster import EmulatedCluster
from autoscaler.emulator.cluster_metrics import ClusterMetrics
from autoscaler.emulator.controllers.nodes import DEFAULT_SHAPE
from autoscaler.emulator.manifests import workload
from autoscaler.emulator.repeated_traffic import Repeated
from autoscaler.emulator.scaled_clock import ScaledClock, real_now
from autoscaler.emulator.users import ADMIN
from autoscaler.model.json_types import JsonObject
from autoscaler.model.time import HOUR, MINUTE, SECOND, Instant, Nanoseconds, as_seconds, seconds
from autoscaler.simulator.inputs import Inputs
from autoscaler.simulator.world import World

DAY: Final[Nanoseconds] = 24 * HOUR
WARM_UP: Final = 6 * MINUTE  #: simulated time before the first request: no pod is younger than anybody distrusts
STEP: Final = 1.0  #: simulated time between two looks, where the machine keeps up [s]
SHORTEST_STEP: Final = 0.01  #: [real s]
LONGEST_STEP: Final = 0.1  #: [real s]: how long ``kubectl scale`` may wait for an effect
_NOT_PLAYED: Final = {
    "killed_pods": "`kubectl delete pod --grace-period=0 --force` ends one",
    "lost_nodes": "the cluster's nodes are not the scenario's",
    "failing_writes": "the API server takes every write",
    "failing_reads": "the API server answers every read",
    "controller_restart": "the controller is a process of its own",
    "clock_jump": "the controller has a clock of its own",
}


class Scene:
    """An emulated cluster with one workload under traffic. Simulated time starts at the present and runs faster."""

    def __init__(self, inputs: Inputs, *, speed: float, most_replicas: int = 100) -> None:
        """``most_replicas``: how many pods of the workload the nodes shall have room for."""
        start = real_now() - _head_start(speed)
        self.inputs = inputs
        self.began_at: Instant = start
        self.clock = ScaledClock(start - WARM_UP, speed)
        self.api = ApiServer(clock=self.clock.time_of_day, nobody=ADMIN)  # kubectl sends no token over plain HTTP
        self._resource = STATEFULSETS if inputs.scenario.target.kind == "StatefulSet" else DEPLOYMENTS
        self._world = World(self.clock.now())
        scenario = _staged(inputs.scenario)
        traffic = Repeated(inputs.traffic, float(inputs.duration), as_seconds(WARM_UP))
        self.workload = self._world.add(scenario, traffic)
        self.api.metrics.source = ClusterMetrics(self.api.store, self._world)
        self._cluster = EmulatedCluster(self.api.store, self._world, nodes=_nodes(inputs, most_replicas))
        self._apply(workload(inputs.scenario))

    async def start(self, port: int = 0) -> str:
        """Let the workload start up, then answer on a local port; gives the server's address.

        Raises:
            OSError: the port is taken.
        """
        self._warm_up()
        return await self.api.start(port=port)

    async def run(self) -> None:
        """Let time pass until cancelled."""
        self.clock.run()
        step = min(LONGEST_STEP, max(SHORTEST_STEP, self.clock.wait_for(seconds(STEP))))
        while True:
            self._cluster.advance(self.clock.now())
            await asyncio.sleep(step)

    async def stop(self) -> None:
        """Close the server and every connection to it."""
        await self.api.stop()

    def target(self) -> JsonObject:
        """Give the workload's object as it stands in the API.

        Raises:
            ApiError: somebody deleted it.
        """
        target = self.inputs.scenario.target
        return self.api.store.get(self._resource, target.name, target.namespace)

    def _apply(self, manifest: JsonObject) -> None:
        """Create the workload, and its namespace if there is none."""
        namespace = manifest["metadata"]["namespace"]
        if self.api.store.find(NAMESPACES, namespace) is None:
            self.api.store.create(NAMESPACES, {"metadata": {"name": namespace}})
        self.api.store.create(self._resource, manifest, namespace)

    def _warm_up(self) -> None:
        first = self.clock.now()
        for second in range(WARM_UP // SECOND + 1):
            self.clock.stand_at(first + second * SECOND)
            self._cluster.advance(self.clock.now())


def left_out(scenario: Scenario) -> Iterator[str]:
    """Name what a simulation plays and an emulated cluster does not."""
    if scenario.nodes:
        yield "nodes are not played here: the emulated cluster has nodes of its own, as many as its pods need"
    if scenario.beside:
        names = " and ".join(each.target.name for each in scenario.beside)
        yield f"beside is not played here: there is no {names}, only {scenario.target.name}"
    if scenario.rollouts:
        yield "rollouts are not played here; `kubectl rollout restart` begins one"
    if scenario.pods.crashes is not None:
        yield "pods.crashes is not played here: the kubelet does not look at containers again once they are ready"
    for number, fault in enumerate(scenario.faults):
        if fault.name in _NOT_PLAYED:
            yield f"faults[{number}] is not played here: {_NOT_PLAYED[fault.name]}"


def _staged(scenario: Scenario) -> Scenario:
    """Let faults begin as long after the first request as in a simulation; pods are the API's to make and to replace."""
    pods = scenario.pods.model_copy(update={"initial_replicas": 0, "crashes": None})
    faults = tuple(
        fault.model_copy(update={"at": fault.at + as_seconds(WARM_UP)})
        for fault in scenario.faults
        if fault.name not in _NOT_PLAYED
    )
    return scenario.model_copy(update={"pods": pods, "rollouts": (), "faults": faults})


def _head_start(speed: float) -> Nanoseconds:
    """Give how far in the past simulated time begins, in whole days so that the time of day is the real one.

    kubectl counts some ages by the clock of its own machine; times in the future would make them invalid. This keeps
    simulated time in the past for an hour of watching.
    """
    return math.ceil((speed - 1) / 24) * DAY if speed > 1 else 0


def _nodes(inputs: Inputs, most_replicas: int) -> int:
    """Give how many nodes hold that many pods and a quarter more, for rollouts; at least 3."""
    pods = inputs.scenario.pods
    per_node = min(
        DEFAULT_SHAPE.cores / pods.cpu_request,
        DEFAULT_SHAPE.memory_gib * 2**30 / pods.memory_request,
        DEFAULT_SHAPE.pods,
    )
    return max(3, math.ceil(1.25 * most_replicas / max(1.0, math.floor(per_node))))
