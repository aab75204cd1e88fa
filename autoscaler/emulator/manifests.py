"""The objects of a scenario, as a user would have applied them."""

from __future__ import annotations

from typing import Final

from autoscaler.config.scenario import Scenario
from autoscaler.model.json_types import JsonObject
from autoscaler.model.quantity import Format, Quantity
from autoscaler.simulator.pod_values import CONTAINER

IMAGE: Final = "registry.example/web:1"


def workload(scenario: Scenario) -> JsonObject:
    """Make the manifest of the scenario's target, with its first number of replicas."""
    target, pods = scenario.target, scenario.pods
    labels = {"app": target.name}
    container = {
        "name": CONTAINER,
        "image": IMAGE,
        "resources": {
            "requests": {
                "cpu": str(Quantity.from_milli(round(pods.cpu_request * 1000), Format.DECIMAL_SI)),
                "memory": str(Quantity.from_milli(round(pods.memory_request) * 1000, Format.BINARY_SI)),
            }
        },
    }
    spec: JsonObject = {
        "replicas": pods.initial_replicas,
        "selector": {"matchLabels": labels},
        "template": {
            "metadata": {"labels": labels},
            "spec": {
                "terminationGracePeriodSeconds": round(pods.termination_grace),
                "containers": [container],
            },
        },
    }
    if target.kind == "StatefulSet":
        spec |= {"serviceName": target.name, "podManagementPolicy": "Parallel"}
    return {
        "apiVersion": "apps/v1",
        "kind": target.kind,
        "metadata": {"name": target.name, "namespace": target.namespace, "labels": labels},
        "spec": spec,
    }
