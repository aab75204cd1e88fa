"""Nodes, prices and neighbours in scenario files: defaults, and a fault with place and reason for everything wrong."""

from __future__ import annotations

import pytest

from autoscaler.config.scenario import load_scenario
from autoscaler.model.errors import InvalidScenarioError

SMALL = "name: small\nduration: 1h\ntraffic:\n  constant: {rps: 50}\n"
POOL = "name: a, shape: {cpu: 4, memory: 16Gi}"
API = "beside: [{target: {name: api}, traffic: {constant: {rps: 1}}}]\n"


def read(folder, text):
    path = folder / "scenario.yaml"
    path.write_text(text)
    return load_scenario(path)


def test_a_pool_and_its_defaults(tmp_path):
    (pool,) = read(tmp_path, SMALL + f"nodes: [{{{POOL}, spot: {{storms: [{{at: 10m}}]}}}}]\n").nodes
    assert (pool.shape.cpu, pool.shape.memory, pool.shape.pods) == (4, 16 * 2**30, 110)
    assert (pool.min, pool.max, pool.priority, pool.price_per_hour) == (0, 100, 0, None)
    assert (pool.provisioning, pool.jitter, pool.scale_down_after, pool.scale_down_below) == (90, 0.2, 600, 0.5)
    assert (pool.spot.notice, pool.spot.together, pool.spot.storms[0].share, pool.spot.storms[0].dry) == (
        120,
        0.1,
        1,
        0,
    )


def test_neighbours_are_scenarios_of_their_own(tmp_path):
    scenario = read(tmp_path, SMALL + f"nodes: [{{{POOL}}}]\n" + API)
    (api,) = scenario.neighbours()
    assert (api.target.name, api.traffic.constant.rps, api.duration, api.seed) == ("api", 1, 3600, 1)
    assert (api.nodes, api.beside) == ((), ())


def test_a_neighbour_may_be_queue_workers(tmp_path):
    queue = (
        "beside: [{target: {name: mailer}, traffic: {constant: {rps: 1}}, workers: {job_time: 2s, concurrency: 5}}]\n"
    )
    (mailer,) = read(tmp_path, SMALL + queue).neighbours()
    assert (mailer.service.mean_service_time, mailer.service.slots) == (2, 5)


@pytest.mark.parametrize(
    ("text", "line", "path", "what"),
    [
        pytest.param(f"nodes: [{{{POOL}, min: 5, max: 3}}]\n", 5, "nodes[0]",
                     "min (5) is above max (3): swap them", id="min-above-max"),
        pytest.param("nodes: [{name: n, shape: {cpu: 0, memory: 1Gi}}]\n", 5, "nodes[0].shape.cpu",
                     "should be greater than 0", id="no-cpu"),
        pytest.param(f"nodes: [{{{POOL}, reserved: {{cpu: 4}}}}]\n", 5, "nodes[0]",
                     "reserved.cpu leaves nothing of shape.cpu for pods", id="all-reserved"),
        pytest.param(f"nodes: [{{{POOL}, provisioning: 90}}]\n", 5, "nodes[0].provisioning",
                     "90 is not a duration; write numbers with units, such as 250ms, 15s or 1h30m", id="no-unit"),
        pytest.param(f"nodes: [{{{POOL}, provisioning: 2h}}]\n", 5, "nodes[0].provisioning",
                     "7200 s is longer than the run (3600 s): nothing would ever happen",
                     id="too-slow-to-matter"),
        pytest.param(f"nodes: [{{{POOL}, spot: {{storms: [{{at: 2h}}]}}}}]\n", 5, "nodes[0].spot.storms[0].at",
                     "7200 s is not within the run (3600 s): it would never happen",
                     id="a-storm-after-the-end"),
        pytest.param(f"nodes: [{{{POOL}, spot: {{storms: [{{at: 2m, share: 0}}]}}}}]\n", 5, "nodes[0].spot.storms[0].share",
                     "should be greater than 0", id="a-storm-that-takes-nothing"),
        pytest.param(f"nodes: [{{{POOL}, spot: {{interruptions_per_hour: 1, trace: a.csv}}}}]\n", 5, "nodes[0].spot",
                     "interruptions_per_hour and trace both say when nodes are taken back: give one", id="two-sources"),
        pytest.param(f"nodes: [{{{POOL}}}, {{{POOL}}}]\n", None, "",
                     "two nodes are called a: give each a name of its own", id="two-pools-of-one-name"),
        pytest.param(f"nodes: [{{{POOL}, price_per_hour: 1}}, {{name: b, shape: {{cpu: 1, memory: 1Gi}}}}]\n", None, "",
                     "price_per_hour is missing for the nodes b: give it for all pools or for none", id="a-price-is-missing"),
        pytest.param(f"nodes: [{{{POOL}}}]\npods: {{price_per_hour: 0.1}}\n", None, "",
                     "pods.price_per_hour is for scenarios without nodes: here the nodes cost money, by their own price",
                     id="paid-twice"),
        pytest.param("beside: [{target: {name: web}, traffic: {constant: {rps: 1}}}]\n", None, "",
                     "two workloads are called default/web: give each a name of its own", id="two-workloads-of-one-name"),
        pytest.param("beside: [{target: {name: api}}]\n", 5, "beside[0].traffic", "is required", id="no-traffic"),
        pytest.param(f"nodes: [{{{POOL}, cost: 1}}]\n", 5, "nodes[0].cost", "unknown field `cost`", id="unknown-field"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named(tmp_path, text, line, path, what):
    with pytest.raises(InvalidScenarioError) as caught:
        read(tmp_path, SMALL + text)
    found = [(fault.path, fault.what) for fault in caught.value.faults]
    assert (path, what) in found
    if line is not None:
        assert caught.value.faults[0].line == line
