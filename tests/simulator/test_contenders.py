"""Sets of policies: what is compared, and what scales the workloads beside it."""

from __future__ import annotations

import json

import pytest

import autoscaler
from autoscaler.cli.app import run
from autoscaler.config.scenario import Target
from autoscaler.model.controller_config import Gates
from autoscaler.model.errors import InvalidPolicyError
from autoscaler.simulator.contenders import read_contenders

NEIGHBOURS = [Target(name="search"), Target(name="mail")]
SCENARIO = """
name: pair
duration: 20m
traffic: {constant: {rps: 100}}
pods: {cpu_request: 500m, initial_replicas: 2, startup: 5s}
nodes: [{name: pool, shape: {cpu: "4", memory: 16Gi}, price_per_hour: 0.2, min: 3, max: 6}]
beside:
  - target: {name: search}
    traffic: {steps: [{at: 0s, rps: 50}, {at: 5m, rps: 400}]}
    pods: {cpu_request: 500m, initial_replicas: 1, startup: 5s}
"""


def hpa(name, target, most=9):
    return f"""
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {{name: {name}}}
spec:
  scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: {target}}}
  minReplicas: 1
  maxReplicas: {most}
  metrics:
    - type: Resource
      resource: {{name: cpu, target: {{type: Utilization, averageUtilization: 60}}}}
---"""


def write(folder, name, *policies):
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(policies))
    return path


def read(*paths, neighbours=NEIGHBOURS):
    found = read_contenders(paths, Gates(), neighbours)
    return [(each.name, each.policy.target.name, [b.target.name for b in each.beside]) for each in found]


def test_policies_of_neighbours_go_beside_the_others_of_their_file(tmp_path):
    one = write(tmp_path, "one.yaml", hpa("web", "web"), hpa("search", "search"))
    two = write(tmp_path, "two.yaml", hpa("web", "web"), hpa("mail", "mail"), hpa("search", "search"))
    assert read(one, two) == [("one", "web", ["search"]), ("two", "web", ["mail", "search"])]


def test_a_folder_is_a_set(tmp_path):
    write(tmp_path, "set/fast.yaml", hpa("fast", "web"))
    write(tmp_path, "set/slow.yaml", hpa("slow", "web"))
    folder = write(tmp_path, "set/search.yaml", hpa("search", "search")).parent
    assert read(folder) == [("fast", "web", ["search"]), ("slow", "web", ["search"])]


def test_without_neighbours_every_policy_is_compared(tmp_path):
    one = write(tmp_path, "one.yaml", hpa("web", "web"), hpa("search", "search"))
    assert read(one, one, neighbours=()) == [
        ("one/web", "web", []),
        ("one/search", "search", []),
        ("one/web (2)", "web", []),
        ("one/search (2)", "search", []),
    ]


def test_a_set_without_a_policy_to_compare_is_refused(tmp_path):
    path = write(tmp_path, "one.yaml", hpa("search", "search"), hpa("mail", "mail"))
    with pytest.raises(InvalidPolicyError, match=r"one\.yaml: holds only policies for search and mail"):
        read(path)


def test_two_policies_for_one_neighbour_are_refused(tmp_path):
    write(tmp_path, "set/web.yaml", hpa("web", "web"))
    write(tmp_path, "set/a.yaml", hpa("a", "search"))
    folder = write(tmp_path, "set/b.yaml", hpa("b", "search")).parent
    with pytest.raises(InvalidPolicyError, match="set: holds two policies for search"):
        read(folder)


def test_neighbours_are_scaled_and_told_of(tmp_path, capsys):
    scenario = write(tmp_path, "pair.yaml", SCENARIO)
    policies = write(tmp_path, "set.yaml", hpa("web", "web"), hpa("search", "search"))
    alone = write(tmp_path, "alone.yaml", hpa("web", "web"))
    assert run(["simulate", str(scenario), "-p", str(policies), "-p", str(alone), "-o", "json"]) == 0
    both, fixed = json.loads(capsys.readouterr().out)["policies"]
    (scaled,), (held,) = both["runs"][0]["neighbours"], fixed["runs"][0]["neighbours"]
    assert (scaled["name"], scaled["policy"], held["policy"]) == ("search", "search", "")
    assert (scaled["measures"]["peak_replicas"] > 4, held["measures"]["peak_replicas"]) == (True, 1)
    assert both["runs"][0]["measures"]["cost"] == pytest.approx(3 * 0.2 / 3)  # three nodes for a third of an hour


def test_a_notebook_takes_sets_as_well():
    results = autoscaler.simulate(SCENARIO, {"both": hpa("web", "web") + hpa("search", "search")})
    (neighbour,) = results.result("both").neighbours
    assert (neighbour.name, neighbour.policy) == ("search", "search")


def test_the_traffic_of_neighbours_is_part_of_the_experiment(tmp_path, capsys):
    policies = write(tmp_path, "set.yaml", hpa("web", "web"))
    files = []
    for name, text in (("a", SCENARIO), ("b", SCENARIO.replace("rps: 400", "rps: 300"))):
        scenario, out = write(tmp_path, f"{name}.yaml", text), tmp_path / f"{name}.json"
        assert run(["simulate", str(scenario), "-p", str(policies), "-o", "json", "--out", str(out)]) == 0
        files.append(str(out))
    capsys.readouterr()
    assert run(["compare", *files]) == 2
    assert capsys.readouterr().err.startswith("error: the traffic of a.json is not that of b.json")


def test_paths_into_lists_are_named(tmp_path, capsys):
    policies = write(tmp_path, "set.yaml", hpa("web", "web"))
    files = []
    for name, text in (("a", SCENARIO), ("b", SCENARIO.replace("price_per_hour: 0.2", "price_per_hour: 0.3"))):
        scenario, out = write(tmp_path, f"{name}.yaml", text), tmp_path / f"{name}.json"
        assert run(["simulate", str(scenario), "-p", str(policies), "-o", "json", "--out", str(out)]) == 0
        files.append(str(out))
    capsys.readouterr()
    assert run(["compare", *files]) == 2
    assert capsys.readouterr().err.startswith("error: nodes[0].price_per_hour is 0.2 in a.json and 0.3 in b.json")
