"""What pods request: containers, sidecars, pod-level numbers, and what is said where there is none."""

from __future__ import annotations

import pytest

from autoscaler.engine.recommend.calculation import MetricFailedError
from autoscaler.engine.recommend.requests import pod_requests
from autoscaler.model.observation import ContainerSpec, Pod, PodResources
from autoscaler.model.quantity import Quantity

Amounts = tuple[tuple[str, Quantity], ...]


def amounts(**given: str) -> Amounts:
    return tuple((name, Quantity.parse(text)) for name, text in given.items())


def box(name: str, *, sidecar: bool = False, **given: str) -> ContainerSpec:
    return ContainerSpec(name=name, requests=amounts(**given), sidecar=sidecar)


def asked(resources: PodResources, resource: str = "cpu", container: str = "", *, pod_level: bool = True) -> int:
    return pod_requests((Pod(name="p", resources=resources),), resource, container, pod_level=pod_level)["p"]


WITH_SIDECAR = PodResources(
    containers=(box("app", cpu="500m"), box("log", cpu="50m")),
    init_containers=(box("mesh", sidecar=True, cpu="10m"), box("migrate", cpu="2")),
)


def test_containers_and_sidecars_add_up_and_other_init_containers_do_not() -> None:
    assert asked(WITH_SIDECAR) == 560


def test_one_container_alone() -> None:
    assert asked(WITH_SIDECAR, container="log") == 50
    assert asked(WITH_SIDECAR, container="mesh") == 10


def test_each_request_is_rounded_up_to_a_milli_before_the_sum() -> None:
    assert asked(PodResources(containers=(box("a", cpu="100u"), box("b", cpu="100u")))) == 2


POD_LEVEL = PodResources(
    containers=(box("app", cpu="500m", memory="1Gi"), box("log")),
    init_containers=(box("mesh", sidecar=True, memory="1Gi"), box("migrate", memory="4Gi")),
    pod_requests=amounts(cpu="1500m"),
    overhead=amounts(cpu="250m"),
)


def test_a_pod_level_number_counts_with_the_overhead_if_the_gate_is_on() -> None:
    assert asked(POD_LEVEL) == 1750


def test_a_resource_the_pod_does_not_name_is_what_its_containers_need_at_any_moment() -> None:
    assert asked(POD_LEVEL, "memory") == 5 * 2**30 * 1000  # migrating beside the mesh needs more than running


def test_pod_level_sums_round_once() -> None:
    resources = PodResources(
        containers=(box("a", cpu="100u"), box("b", cpu="100u")), pod_requests=amounts(memory="1Gi")
    )

    assert asked(resources) == 1


@pytest.mark.parametrize(
    ("resources", "container", "pod_level", "error"),
    [
        pytest.param(POD_LEVEL, "", False, "missing request for cpu in container log of Pod p", id="gate-off"),
        pytest.param(POD_LEVEL, "log", True, "missing request for cpu in container log of Pod p", id="named"),
        pytest.param(WITH_SIDECAR, "gone", True, "container gone not found in Pod p", id="not-there"),
        pytest.param(
            PodResources(containers=(box("app"),), pod_requests=amounts(memory="1Gi")),
            "",
            True,
            "missing pod-level request for cpu in Pod p",
            id="pod-level-without-it",
        ),
    ],
)
def test_a_missing_request_is_an_error(resources: PodResources, container: str, pod_level: bool, error: str) -> None:
    with pytest.raises(MetricFailedError) as raised:
        asked(resources, container=container, pod_level=pod_level)
    assert str(raised.value) == error


def test_a_shared_template_is_summed_once_and_each_pod_is_named() -> None:
    shared, other = WITH_SIDECAR, PodResources(containers=(box("app", cpu="1"),))
    pods = tuple(Pod(name=name, resources=shape) for name, shape in (("a", shared), ("b", other), ("c", shared)))

    assert pod_requests(pods, "cpu", "", pod_level=True) == {"a": 560, "b": 1000, "c": 560}
    assert WITH_SIDECAR == PodResources(
        containers=WITH_SIDECAR.containers, init_containers=WITH_SIDECAR.init_containers
    )
