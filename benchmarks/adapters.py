"""What reading a cluster costs: pods from bytes, beside the generated models; the cache; a look at the metrics.

    python -m benchmarks.adapters [--quick] [--json FILE] [--seed N]

A pod is as a real API server prints it, managed fields included (about 6 kB). Lists hold 500, one page.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from kubernetes_asyncio.client import ApiClient, Configuration

from autoscaler.adapters.kubernetes.metrics_apis import read_resource
from autoscaler.adapters.kubernetes.pod_cache import PodCache
from autoscaler.adapters.kubernetes.pods import PodReader
from benchmarks.harness import Case, measure, publish, read_options

PODS = 500


class _Answer:
    """What the generated client deserializes."""

    def __init__(self, body: bytes) -> None:
        self.data = body.decode()


def pod(number: int, app: str) -> dict[str, Any]:
    """Make one pod in the size and shape of a real one."""
    fields: dict[str, Any] = {
        f"f:{name}": {"f:value": {}, "f:name": {}} for name in (f"field-{index}" for index in range(60))
    }
    return {
        "metadata": {
            "name": f"{app}-6d4b9c7f5-{number:05d}",
            "namespace": "shop",
            "uid": f"00000000-0000-4000-8000-{number:012d}",
            "resourceVersion": str(10_000 + number),
            "creationTimestamp": "2026-11-24T10:00:00Z",
            "labels": {"app": app, "pod-template-hash": "6d4b9c7f5", "team": "front"},
            "annotations": {"checksum/config": "a" * 64},
            "managedFields": [
                {
                    "manager": manager,
                    "operation": "Update",
                    "apiVersion": "v1",
                    "fieldsType": "FieldsV1",
                    "fieldsV1": fields,
                }
                for manager in ("kube-controller-manager", "kubelet")
            ],
        },
        "spec": {
            "containers": [
                {
                    "name": name,
                    "image": f"registry.example/{name}:1.0",
                    "env": [{"name": f"V{index}", "value": "x" * 20} for index in range(15)],
                    "resources": {"requests": {"cpu": "250m", "memory": "256Mi"}, "limits": {"memory": "512Mi"}},
                    "volumeMounts": [{"name": f"kube-api-access-{number}", "mountPath": "/var/run/secrets"}],
                }
                for name in ("app", "proxy")
            ],
            "nodeName": f"node-{number % 50}",
        },
        "status": {
            "phase": "Running",
            "startTime": "2026-11-24T10:00:01Z",
            "conditions": [
                {"type": kind, "status": "True", "lastTransitionTime": "2026-11-24T10:00:05Z"}
                for kind in ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")
            ],
        },
    }


def usage(number: int) -> dict[str, Any]:
    """Make one PodMetrics."""
    return {
        "metadata": {"name": f"web-6d4b9c7f5-{number:05d}", "namespace": "shop"},
        "timestamp": "2026-11-24T10:00:00Z",
        "window": "15.013s",
        "containers": [
            {"name": name, "usage": {"cpu": "123456789n", "memory": "123456Ki"}} for name in ("app", "proxy")
        ],
    }


def cases() -> tuple[Case, ...]:
    """Prepare the bodies and what reads them."""
    page = json.dumps(
        {"metadata": {"resourceVersion": "9"}, "items": [pod(number, "web") for number in range(PODS)]}
    ).encode()
    event = json.dumps(pod(1, "web")).encode()
    metrics = json.dumps({"items": [usage(number) for number in range(PODS)]}).encode()
    reader = PodReader()
    cache = PodCache()
    cache.replace(reader.page(page).items)
    for number in range(100):
        cache.select(f"app=app-{number}")
    changed = reader.pod(event)
    return (
        Case(name=f"list of {PODS} pods", call=lambda: reader.page(page)),
        Case(name=f"list of {PODS} pods, generated models", call=_generated(page)),
        Case(name="one watch event", call=lambda: reader.pod(event), aim=50_000),
        Case(name="change in a cache asked by 100 selectors", call=lambda: cache.put(changed)),
        Case(name="select between changes", call=lambda: cache.select("app=web"), aim=1_000_000),
        Case(name=f"pod metrics of {PODS} pods", call=lambda: read_resource(metrics)),
    )


def _generated(page: bytes) -> Callable[[], object]:
    client = ApiClient.__new__(ApiClient)  # without its connection pool, which needs an event loop
    client.configuration = Configuration()
    return lambda: client.deserialize(_Answer(page), "V1PodList")  # type: ignore[arg-type]  # it reads ``data`` only


def main() -> None:
    """Measure and print."""
    options = read_options(__doc__)
    publish("adapters", measure(cases(), options), options)


if __name__ == "__main__":
    main()
