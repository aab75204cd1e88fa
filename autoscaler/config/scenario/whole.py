"""What can be told of a whole scenario: which files it names, and which of its pods fit on none of its nodes."""

from __future__ import annotations

from collections.abc import Iterator

from autoscaler.config.scenario.document import Scenario
from autoscaler.config.scenario.nodes import NodePool
from autoscaler.config.scenario.pods import Pods
from autoscaler.config.traffic import Traffic


def files_of(scenario: Scenario) -> Iterator[tuple[str, str]]:
    """Give the field and the path of each file that a scenario names; paths count from its folder."""
    yield from _of_traffic("traffic", scenario.traffic)
    for number, neighbour in enumerate(scenario.beside):
        yield from _of_traffic(f"beside[{number}].traffic", neighbour.traffic)
    for number, pool in enumerate(scenario.nodes):
        if pool.spot is not None and pool.spot.trace is not None:
            yield f"nodes[{number}].spot.trace", pool.spot.trace


def misfits(scenario: Scenario) -> Iterator[tuple[str, str]]:
    """Give the field of the pods that fit on no node, not even an empty one, and say so: they would wait for ever."""
    if not scenario.nodes:
        return
    rooms = ", ".join(f"{pool.name} has {_amounts(*pool.for_pods)}" for pool in scenario.nodes)
    workloads = [("pods", scenario.target.name, scenario.pods)]
    workloads += [(f"beside[{k}].pods", each.target.name, each.pods) for k, each in enumerate(scenario.beside)]
    for field, name, pods in workloads:
        if not any(_holds(pool, pods) for pool in scenario.nodes):
            asks = _amounts(pods.cpu_request, pods.memory_request)
            yield field, f"a pod of {name} asks for {asks} and fits on no node: {rooms}; its pods stay pending"


def _of_traffic(field: str, traffic: Traffic) -> Iterator[tuple[str, str]]:
    if traffic.csv is not None:
        yield f"{field}.csv", traffic.csv.path
    if traffic.requests is not None:
        yield f"{field}.requests", traffic.requests.path
    for shape, parts in (("sum", traffic.sum), ("product", traffic.product)):
        for number, part in enumerate(parts or ()):
            yield from _of_traffic(f"{field}.{shape}[{number}]", part)


def _holds(pool: NodePool, pods: Pods) -> bool:
    cpu, memory = pool.for_pods
    return round(pods.cpu_request * 1000) <= round(cpu * 1000) and round(pods.memory_request) <= round(memory)


def _amounts(cpu: float, memory: float) -> str:
    return f"{cpu:.4g} cores and {memory / 2**30:.3g} GiB"
