"""What a pod asks for as a whole."""

from autoscaler.emulator.kinds.amounts import minus, plus, pod_amounts
from autoscaler.emulator.kinds.quota_usage import usage_of
from autoscaler.model.json_types import JsonObject
from autoscaler.model.quantity import Quantity


def _container(cpu: str, **more: str) -> JsonObject:
    return {"resources": {"requests": {"cpu": cpu}, "limits": {"cpu": cpu}}} | more


def _cpu(spec: JsonObject, side: str = "requests") -> str:
    return pod_amounts(spec, side)["cpu"].canonical()


def test_sums_are_exact_and_zero_takes_the_others_format() -> None:
    assert plus(Quantity.parse("100m"), Quantity.parse("0.9")).canonical() == "1"
    assert plus(Quantity(0), Quantity.parse("1536Mi")).canonical() == "1536Mi"
    assert minus(Quantity.parse("1Gi"), Quantity.parse("512Mi")).canonical() == "512Mi"


def test_containers_add_up_and_the_largest_init_container_counts_alone() -> None:
    spec = {"containers": [_container("100m"), _container("200m")]}

    assert _cpu(spec) == "300m"
    assert _cpu(spec | {"initContainers": [_container("250m"), _container("1")]}) == "1"


def test_sidecars_run_beside_everything_that_follows_them() -> None:
    init = [_container("100m", restartPolicy="Always"), _container("500m")]

    assert _cpu({"containers": [_container("200m")], "initContainers": init}) == "600m"


def test_overhead_is_requested_and_limits_only_what_is_limited() -> None:
    spec = {"containers": [_container("200m")], "overhead": {"cpu": "50m", "memory": "1Mi"}}

    assert _cpu(spec) == "250m"
    assert pod_amounts(spec, "limits").keys() == {"cpu"}


def test_services_count_their_balancers_and_node_ports() -> None:
    usage = usage_of("", "services", {"spec": {"type": "LoadBalancer", "ports": [{}, {}]}})

    assert {name: amount.canonical() for name, amount in usage.items()} == {
        "count/services": "1",
        "services": "1",
        "services.loadbalancers": "1",
        "services.nodeports": "2",
    }
