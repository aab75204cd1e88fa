"""What the API server fills into an autoscaling/v2 object."""

from autoscaler.config.hpa_defaults import with_defaults
from autoscaler.model.json_types import JsonObject

CPU_80 = {
    "type": "Resource",
    "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}},
}


def test_a_bare_object_gets_one_replica_and_cpu_and_no_behavior() -> None:
    given: JsonObject = {"spec": {"maxReplicas": 5}}

    assert with_defaults(given)["spec"] == {"maxReplicas": 5, "minReplicas": 1, "metrics": [CPU_80]}
    assert given == {"spec": {"maxReplicas": 5}}


def test_zero_replicas_stay_and_an_empty_metrics_list_counts_as_absent() -> None:
    spec = with_defaults({"spec": {"minReplicas": 0, "metrics": []}})["spec"]

    assert spec["minReplicas"] == 0
    assert spec["metrics"] == [CPU_80]


def test_an_empty_behavior_gets_both_directions() -> None:
    behavior = with_defaults({"spec": {"behavior": {}}})["spec"]["behavior"]

    assert behavior["scaleUp"] == {
        "stabilizationWindowSeconds": 0,
        "selectPolicy": "Max",
        "policies": [
            {"type": "Pods", "value": 4, "periodSeconds": 15},
            {"type": "Percent", "value": 100, "periodSeconds": 15},
        ],
    }
    assert behavior["scaleDown"] == {
        "selectPolicy": "Max",
        "policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}],
    }


def test_fields_given_win_one_by_one_and_an_empty_list_of_rules_counts_as_given() -> None:
    up = with_defaults({"spec": {"behavior": {"scaleUp": {"selectPolicy": "Min", "policies": []}}}})["spec"]["behavior"]

    assert up["scaleUp"] == {"stabilizationWindowSeconds": 0, "selectPolicy": "Min"}
