"""The metrics APIs: addresses, selectors, whole milli-units, and failures that never become a zero."""

from __future__ import annotations

import pytest

from autoscaler.adapters.kubernetes.discovery import Discovery
from autoscaler.adapters.kubernetes.metrics_apis import MetricsApis
from autoscaler.model.observation import (
    ContainerUsage,
    ExternalReading,
    NoReading,
    ObjectReading,
    PodSample,
    PodsReading,
    PodUsage,
    ResourceReading,
)
from autoscaler.model.policy import ExternalMetric, MetricName, MetricTarget, ObjectRef
from autoscaler.model.quantity import Quantity
from autoscaler.model.selector import LabelSelector, Requirement
from autoscaler.model.time import SECOND, ZERO_TIME
from tests.engine.worlds import decide, policy, seen

TEN = 1_795_514_400 * SECOND  # 2026-11-24T10:00:00Z
RPS = MetricName(name="rps")
NARROW = MetricName(name="rps", selector=LabelSelector(match_labels=(("verb", "GET"),)))
RESOURCE = "/apis/metrics.k8s.io/v1beta1/namespaces/shop/pods"
CUSTOM = "/apis/custom.metrics.k8s.io/v1beta2/namespaces/shop"
EXTERNAL = "/apis/external.metrics.k8s.io/v1beta1/namespaces/shop/rps"


@pytest.fixture
async def apis(client, server) -> MetricsApis:
    versions = [{"version": "v1beta1"}, {"version": "v1beta2"}]
    server.on("GET", "/apis/custom.metrics.k8s.io", {"preferredVersion": versions[1], "versions": versions})
    server.on("GET", "/api/v1", {"resources": [{"name": "services", "kind": "Service"}]})
    return MetricsApis(client, Discovery(client))


async def test_pod_usage_in_milli_units_rounded_up_per_container(apis, server) -> None:
    item = {
        "metadata": {"name": "web-1"},
        "timestamp": "2026-11-24T10:00:00Z",
        "window": "15.5s",
        "containers": [
            {"name": "app", "usage": {"cpu": "1234567n", "memory": "20Mi"}},
            {"name": "quiet", "usage": None},
        ],
    }
    server.on("GET", RESOURCE, {"items": [item]})

    assert await apis.resource("shop", "app=web") == ResourceReading(
        pods=(
            PodUsage(
                pod="web-1",
                containers=(
                    ContainerUsage(name="app", usage=(("cpu", 2), ("memory", 20 * 1024 * 1024 * 1000))),
                    ContainerUsage(name="quiet", usage=()),
                ),
                at=TEN,
                window=15_500_000_000,
            ),
        )
    )
    assert server.asked[0].query == {"labelSelector": "app=web"}


async def test_an_empty_list_is_a_reading_not_a_failure(apis, server) -> None:
    server.on("GET", RESOURCE, {"items": None})

    assert await apis.resource("shop", "app=web") == ResourceReading(pods=())


async def test_a_custom_metric_of_each_pod(apis, server) -> None:
    items = [
        {"describedObject": {"name": "web-1"}, "value": "1500m", "timestamp": "2026-11-24T10:00:00Z"},
        {"describedObject": {"name": "web-2"}, "value": "2", "windowSeconds": 0},
    ]
    server.on("GET", f"{CUSTOM}/pods/*/rps", {"items": items})

    assert await apis.pods("shop", NARROW, "app=web") == PodsReading(
        samples=(
            PodSample(pod="web-1", value=1500, at=TEN, window=60 * SECOND),
            PodSample(pod="web-2", value=2000, at=ZERO_TIME, window=0),
        )
    )
    assert server.asked[-1].query == {"labelSelector": "app=web", "metricLabelSelector": "verb=GET"}


async def test_a_custom_metric_of_one_object(apis, server) -> None:
    server.on("GET", f"{CUSTOM}/services/front/rps", {"items": [{"value": "7", "timestamp": "2026-11-24T10:00:00Z"}]})

    service = ObjectRef(api_version="v1", kind="Service", name="front")
    assert await apis.object("shop", RPS, service) == ObjectReading(value=7000, at=TEN)


async def test_a_namespace_is_described_by_the_policy_s_own(apis, server) -> None:
    server.on("GET", f"{CUSTOM}/metrics/rps", {"items": [{"value": "1"}]})

    elsewhere = ObjectRef(api_version="v1", kind="Namespace", name="elsewhere")
    assert await apis.object("shop", RPS, elsewhere) == ObjectReading(value=1000, at=ZERO_TIME)


async def test_one_object_has_one_value(apis, server) -> None:
    server.on("GET", f"{CUSTOM}/services/front/rps", {"items": [{"value": "1"}, {"value": "2"}]})

    assert await apis.object("shop", RPS, ObjectRef(api_version="v1", kind="Service", name="front")) == NoReading(
        error="the custom metrics API server returned 2 results when we asked for exactly one"
    )


async def test_no_selector_and_an_empty_one_ask_for_everything(apis, server) -> None:
    server.on("GET", EXTERNAL, {"items": []})

    assert await apis.external("shop", RPS) == ExternalReading(values=(), at=ZERO_TIME)
    assert server.asked[0].query == {"labelSelector": ""}


async def test_every_series_of_an_external_metric_in_order(apis, server) -> None:
    items = [{"value": "3", "timestamp": "2026-11-24T10:00:00Z"}, {"value": "-1500m", "timestamp": None}]
    server.on("GET", EXTERNAL, {"items": items})

    assert await apis.external("shop", NARROW) == ExternalReading(values=(3000, -1500), at=TEN)
    assert server.asked[0].query == {"labelSelector": "verb=GET"}


async def test_what_fails_keeps_the_server_s_words(apis, server) -> None:
    server.on("GET", RESOURCE, (503, "service unavailable", {}))
    server.on("GET", EXTERNAL, {"items": [{"value": "many"}]})
    gone = '{"kind":"Status","message":"the server could not find the metric rps for pods","reason":"NotFound"}'
    server.on("GET", f"{CUSTOM}/pods/*/rps", (404, gone, {}))

    resource = await apis.resource("shop", "app=web")
    pods = await apis.pods("shop", RPS, "app=web")
    external = await apis.external("shop", RPS)

    assert resource == NoReading(error="the server is currently unable to handle the request (get pods.metrics.k8s.io)")
    assert pods == NoReading(error="the server could not find the metric rps for pods")
    assert isinstance(external, NoReading)
    assert "quantities must match the regular expression" in external.error


async def test_no_custom_metrics_api_is_said(apis, server) -> None:
    server.on("GET", "/apis/custom.metrics.k8s.io", (404, "404 page not found", {}))

    assert await apis.pods("shop", RPS, "app=web") == NoReading(
        error="no custom metrics API (custom.metrics.k8s.io) registered"
    )


def needs(key: str, operator: str, *values: str) -> Requirement:
    return Requirement(key=key, operator=operator, values=values)


async def test_a_bad_selector_fails_its_metric_only(apis) -> None:
    bad = MetricName(name="rps", selector=LabelSelector(match_expressions=(needs("a", "Near", "b"),)))

    assert await apis.pods("shop", bad, "app=web") == NoReading(error='"Near" is not a valid label selector operator')


async def test_c21_series_of_an_external_metric_are_summed_and_an_overflow_is_capped(apis, server) -> None:
    """What the API gives, through the calculation: the sum of all series, and the largest number instead of a wrapped one."""
    target = MetricTarget(type="AverageValue", average_value=Quantity.parse("10"))
    metric = ExternalMetric(metric=RPS, target=target)

    async def wanted(*values: str) -> int | None:
        server.on(
            "GET", EXTERNAL, {"items": [{"value": value, "timestamp": "2026-11-24T10:00:00Z"} for value in values]}
        )
        reading = await apis.external("shop", RPS)
        return decide(policy(metric, high=1000), seen(0, 2, reading)).proposals[0].replicas

    assert await wanted("20", "15", "5500m") == 5
    assert await wanted("9P", "9P") == 2**31 - 1
    assert await wanted() is None
