"""The daemon on metrics of a real Prometheus, beside the emulated API server: what it scales on, and what it says if not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from autoscaler.config.lint.finding import Severity
from autoscaler.daemon.clock import AnchoredClock
from autoscaler.daemon.doctor import Diagnosis
from autoscaler.daemon.examine import examine
from autoscaler.emulator.builtin import AUTOSCALERS
from tests.adapters.prometheus_server import Exporter, RealPrometheus, real_prometheus
from tests.daemon.emulated import Emulated, daemon, emulated

pytestmark = [pytest.mark.service("prometheus"), pytest.mark.asyncio(loop_scope="module")]

POLICY = """\
apiVersion: autoscaler.dev/v1alpha1
kind: ScalingPolicy
metadata: {name: web, namespace: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 1
  maxReplicas: 10
  metrics:
  - type: Prometheus
    prometheus:
      name: rps
      query: sum(http_requests_per_second{namespace="shop"})
      target: {type: AverageValue, averageValue: 100}
"""
USAGE = 'container_cpu_usage_seconds_total{{namespace="shop",pod="{pod}",container="app"}} {cpu}\n' + (
    'container_memory_working_set_bytes{{namespace="shop",pod="{pod}",container="app"}} 1000000\n'
)


def lines(rps: int) -> str:
    return f'http_requests_per_second{{namespace="shop"}} {rps}\nodd NaN'


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def prometheus(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RealPrometheus]:
    async with real_prometheus(tmp_path_factory.mktemp("prometheus"), Exporter(lines(180))) as running:
        await running.until("http_requests_per_second")
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def cluster(tmp_path: Path, prometheus: RealPrometheus) -> AsyncIterator[Emulated]:
    prometheus.exporters[0].is_up = True
    prometheus.exporters[0].lines = lines(180)
    await prometheus.until("http_requests_per_second == 180")
    async with emulated(tmp_path) as made:
        (made.policies / "web.yaml").write_text(POLICY)
        made.api.store.delete(AUTOSCALERS, "web", "shop")
        yield made


def asking(url: str, **more: Any) -> dict[str, Any]:
    return {"datasources": {"main": {"url": url, "deadline": "1s", "reuse": "0s", **more}}}


async def test_it_follows_a_query_and_holds_when_the_exporter_dies(
    cluster: Emulated, prometheus: RealPrometheus
) -> None:
    exporter = prometheus.exporters[0]
    async with daemon(cluster, **asking(prometheus.url)):
        await cluster.passes(2)
        assert cluster.replicas() == 2
        exporter.lines = lines(390)
        await cluster.until(lambda: cluster.replicas() == 4)
        assert cluster.records[-1].decision.proposals[0].name == "Prometheus metric rps"

        exporter.is_up = False
        await prometheus.until("absent(http_requests_per_second)")
        await cluster.until(lambda: bool(cluster.records[-1].decision.error))
        decision = cluster.records[-1].decision
        assert decision.proposals[0].error == "the query returned nothing"
        active = next(one for one in decision.status.conditions if one.type == "ScalingActive")
        assert (active.status, active.reason) == ("False", "FailedGetPrometheusMetric")
        await cluster.passes(5)
        assert cluster.replicas() == 4

        _, text = await cluster.probe("/metrics")
        assert 'autoscaler_datasource_breaker_open{datasource="main"} 0.0' in text
        assert 'autoscaler_datasource_requests_total{datasource="main",outcome="answered"}' in text
        assert 'autoscaler_datasource_latency_seconds_bucket{datasource="main"' in text


async def test_a_server_that_hangs_shrinks_nothing_and_comes_back_by_itself(
    cluster: Emulated, prometheus: RealPrometheus
) -> None:
    prometheus.exporters[0].lines = lines(350)
    await prometheus.until("http_requests_per_second == 350")
    async with daemon(cluster, **asking(prometheus.url, deadline="200ms")):
        await cluster.until(lambda: cluster.replicas() == 4)
        async with prometheus.stopped():
            await cluster.metric('autoscaler_datasource_breaker_open{datasource="main"} 1.0')
            error = cluster.records[-1].decision.proposals[0].error
            assert error == "no answer within 0.2 s" or error.startswith("main has not answered for some time")
            assert cluster.replicas() == 4


async def test_an_unknown_datasource_is_a_condition_that_names_those_there_are(
    cluster: Emulated, prometheus: RealPrometheus
) -> None:
    (cluster.policies / "web.yaml").write_text(POLICY.replace("name: rps", "name: rps\n      datasource: mian"))
    async with daemon(cluster, **asking(prometheus.url)):
        (record, *_) = await cluster.passes(1)
        assert record.decision.proposals[0].error == "there is no datasource mian: the settings have main"
        assert cluster.replicas() == 2


async def test_c21_cpu_straight_from_prometheus_needs_no_metrics_api(
    cluster: Emulated, prometheus: RealPrometheus
) -> None:
    cluster.metrics.pod_usage = []
    (cluster.policies / "web.yaml").write_text(
        POLICY[: POLICY.index("  - type: Prometheus")]
        + "  - type: Resource\n    resource: {name: cpu, target: {type: AverageValue, averageValue: 25m}}\n"
    )
    exporter = prometheus.exporters[0]
    exporter.lines = "".join(USAGE.format(pod=f"web-{number}", cpu=10) for number in range(2))
    await prometheus.until("count(container_cpu_usage_seconds_total == 10) == 2")
    exporter.lines = "".join(USAGE.format(pod=f"web-{number}", cpu=11) for number in range(2))
    await prometheus.until("sum(rate(container_cpu_usage_seconds_total[1m])) > 0")
    usage = {"resource_metrics": {"source": "prometheus", "window": "1m"}}
    async with daemon(cluster, **asking(prometheus.url), **usage):
        await cluster.until(lambda: any(one.decision.proposals[0].replicas for one in cluster.records))
        proposal = cluster.records[-1].decision.proposals[0]
        assert (proposal.error, proposal.target) == ("", "0.025")
        assert proposal.observed.startswith("0.0"), "one core-second within a minute is some 17m for each"


async def look(cluster: Emulated, **changes: Any) -> list[Diagnosis]:
    return await examine(cluster.settings(**changes), AnchoredClock(), version="test")


def told(found: list[Diagnosis]) -> list[tuple[str, str, str]]:
    return [(one.check, one.what, one.fix) for one in found if one.severity is Severity.ERROR]


def query(cluster: Emulated, text: str) -> None:
    (cluster.policies / "web.yaml").write_text(POLICY.replace('sum(http_requests_per_second{namespace="shop"})', text))


async def test_the_doctor_finds_a_sound_datasource_in_order(cluster: Emulated, prometheus: RealPrometheus) -> None:
    found = await look(cluster, **asking(prometheus.url))

    assert told(found) == []
    assert ("datasource main", f"{prometheus.url} answers") in [(one.check, one.what) for one in found]
    assert found[-1].what == "Staying at 2. rps at 90 is within tolerance of its target 100."


async def test_the_doctor_names_a_datasource_that_there_is_not(cluster: Emulated, prometheus: RealPrometheus) -> None:
    (cluster.policies / "web.yaml").write_text(POLICY.replace("name: rps", "name: rps\n      datasource: mian"))

    assert told(await look(cluster, **asking(prometheus.url)))[0] == (
        "policy shop/web",
        "rps: there is no datasource mian: the settings have main",
        "did you mean `main`?",
    )
    assert told(await look(cluster))[0] == (
        "policy shop/web",
        "rps: there is no datasource mian: the settings have none; see --prometheus",
        "define datasources.mian.url in the settings",
    )


async def test_the_doctor_names_a_server_that_does_not_answer(cluster: Emulated) -> None:
    assert told(await look(cluster, **asking("http://127.0.0.1:1")))[0] == (
        "datasource main",
        "http://127.0.0.1:1: cannot be reached: 127.0.0.1:1: Connection refused",
        "mend the datasource's url; is the server up, and does a NetworkPolicy let this program reach it?",
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "sum(http_request_per_second)",
            (
                "policy shop/web",
                "rps: no series matches http_request_per_second",
                "did you mean `http_requests_per_second`?",
            ),
            id="wrong-name",
        ),
        pytest.param(
            'sum(http_requests_per_second{namespace="shpo"})',
            (
                "policy shop/web",
                "rps: there is http_requests_per_second, but no series of it matches "
                'http_requests_per_second{namespace="shpo"}',
                "mend the labels in the query; `count by (...)` of the bare name shows which there are",
            ),
            id="wrong-label",
        ),
        pytest.param(
            "summ(http_requests_per_second)",
            (
                "policy shop/web",
                'rps cannot be read: the server refuses the query: invalid parameter "query": 1:1: parse error: unknown '
                'function with name "summ"',
                "mend the query; the numbers before its error are line and column",
            ),
            id="wrong-promql",
        ),
        pytest.param(
            "odd",
            (
                "policy shop/web",
                "rps cannot be read: the query returned NaN: a division of zero by zero?",
                "let the query give a number where nothing happens, such as x / (y > 0)",
            ),
            id="nan",
        ),
    ],
)
async def test_the_doctor_says_what_is_wrong_with_a_query(
    cluster: Emulated, prometheus: RealPrometheus, text: str, expected: tuple[str, str, str]
) -> None:
    query(cluster, text)

    assert told(await look(cluster, **asking(prometheus.url)))[0] == expected
