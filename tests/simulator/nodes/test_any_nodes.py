"""Whatever happens to pods and nodes, every pod is somewhere, no node holds more than it has, and no request is lost from the books."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoscaler.config.scenario import Scenario
from autoscaler.model.time import SECOND
from autoscaler.simulator.nodes.room import Room
from autoscaler.simulator.traffic import constant
from autoscaler.simulator.world import World, started

POOLS = [
    {"name": "spot", "shape": {"cpu": 2, "memory": "4Gi", "pods": 5}, "priority": 1, "max": 6, "price_per_hour": 0.1,
     "scale_down_after": "1m", "provisioning": "30s",
     "spot": {"interruptions_per_hour": 20, "together": "40%", "dry": "1m", "notice": "20s",
              "storms": [{"at": "90s"}, {"at": "4m", "share": "50%", "dry": "3m"}]}},
    {"name": "on-demand", "shape": {"cpu": 4, "memory": "8Gi"}, "reserved": {"cpu": "300m"}, "min": 1, "max": 3,
     "price_per_hour": 0.4, "scale_down_after": "2m", "scale_down_below": "70%"},
]  # fmt: skip
steps = st.lists(
    st.one_of(
        st.tuples(st.just("web"), st.integers(0, 30)),
        st.tuples(st.just("api"), st.integers(0, 12)),
        st.tuples(st.just("wait"), st.integers(1, 200)),
        st.tuples(st.just("lose"), st.integers(1, 3)),
        st.tuples(st.just("delete"), st.integers(0, 50)),
    ),
    min_size=1,
    max_size=25,
)


def scenario(fidelity: str, seed: int, name: str, cpu: str, priority: int = 0) -> Scenario:
    return Scenario.model_validate(
        {
            "name": "any", "duration": "2h", "traffic": {"constant": {"rps": 40}}, "seed": seed, "fidelity": fidelity,
            "target": {"name": name}, "nodes": POOLS,
            "pods": {"cpu_request": cpu, "initial_replicas": 3, "startup": "5s", "priority": priority, "image_pull": "3s",
                     "disruption_budget": 1 if priority else None},
        }
    )  # fmt: skip


def check(world: World) -> None:
    pools = world.nodes.pools
    placed: Counter[object] = Counter()
    for pool in pools:
        assert len(pool.nodes) <= pool.spec.max
        assert pool.ready == sum(node.ready for node in pool.nodes)
        for node in pool.nodes:
            assert not node.gone
            taken = [guest.need for guest in node.guests]
            used = Room(sum(n.cpu for n in taken), sum(n.memory for n in taken), len(taken))
            assert node.total.holds(used)
            assert node.free == node.total.less(used)
            assert node.ready or not taken
            placed.update(guest.pod for guest in node.guests)
    waiting = Counter(guest.pod for guest in world.nodes.pending)
    everybody = {pod for workload in world.workloads.values() for pod in workload._pods.pods}
    unbound_and_going = {pod for pod in everybody if pod.deleting and pod.bound_at is None}
    assert set(placed) | set(waiting) == everybody - unbound_and_going
    assert (placed + waiting).most_common(1)[:1] == [] or (placed + waiting).most_common(1)[0][1] == 1
    for guest in world.nodes.pending:
        assert not any(node.is_open and node.free.holds(guest.need) for pool in pools for node in pool.nodes)
    last = world.nodes.books.history[-1]
    assert (last.existing, last.pending) == (tuple(len(pool.nodes) for pool in pools), len(world.nodes.pending))


@pytest.mark.parametrize("fidelity", ["fluid", "request"])
@settings(max_examples=40, deadline=None, derandomize=True)
@given(steps=steps, seed=st.integers(0, 3))
def test_any_course_of_events(fidelity, steps, seed):
    web = scenario(fidelity, seed, "web", "700m")
    world = started(web)
    workloads = {
        "web": world.add(web, constant(40)),
        "api": world.add(scenario(fidelity, seed, "api", "1100m", priority=5), constant(10)),
    }
    check(world)
    for what, amount in steps:
        match what:
            case "wait":
                world.advance(world.now + amount * SECOND)
            case "lose":
                world.lose_nodes(POOLS[amount % 2]["name"], world.now, count=amount)
            case "delete":
                pods = workloads["web"].pods()
                if pods:
                    workloads["web"].delete_pod(pods[amount % len(pods)].name)
            case _:
                workloads[what].set_replicas(amount)
        check(world)
    world.advance(world.now + 600 * SECOND)
    check(world)
    for workload in workloads.values():
        ledger = workload.ledger
        n = ledger.seconds
        left = workload._service.waiting + workload._service.in_service * (fidelity == "request")
        counted = sum(
            float(column[:n].sum()) for column in (ledger.served, ledger.rejected, ledger.timed_out, ledger.lost)
        )
        assert float(ledger.arrived[:n].sum()) == pytest.approx(counted + left, rel=1e-9, abs=1e-6)
