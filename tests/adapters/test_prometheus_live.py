"""What a policy may believe of a real Prometheus: exporters that die, servers that hang, and every odd answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from autoscaler.adapters.prometheus.answers import QueryError
from autoscaler.adapters.prometheus.datasources import Datasource
from autoscaler.adapters.prometheus.server import open_server
from autoscaler.adapters.prometheus.usage import PrometheusUsage
from autoscaler.config.promql import age_query, coverage_query
from autoscaler.daemon.clock import AnchoredClock
from autoscaler.model.observation import NoReading, PrometheusReading, ResourceReading
from autoscaler.model.policy import Companions, MetricTarget, PrometheusMetric, WhenEmpty, WhenMultiple
from autoscaler.model.quantity import Quantity
from autoscaler.model.time import MINUTE, SECOND
from tests.adapters.prometheus_server import Exporter, RealPrometheus, real_prometheus

pytestmark = [pytest.mark.service("prometheus"), pytest.mark.asyncio(loop_scope="module")]

CADVISOR = """\
container_cpu_usage_seconds_total{namespace="shop",pod="web-0",container="app"} 100
container_cpu_usage_seconds_total{namespace="shop",pod="web-0",container=""} 900
container_memory_working_set_bytes{namespace="shop",pod="web-0",container="app"} 1048576
container_memory_working_set_bytes{namespace="shop",pod="web-0",container=""} 9048576
container_memory_working_set_bytes{namespace="shop",pod="web-1",container="app"} 2097152
container_memory_working_set_bytes{namespace="other",pod="web-0",container="app"} 5
"""


class Told:
    """Remembers what the watcher was told."""

    def __init__(self) -> None:
        self.outcomes: list[str] = []
        self.is_open = False

    def asked(self, datasource: str, outcome: str, seconds: float) -> None:
        self.outcomes.append(outcome)

    def breaker(self, datasource: str, *, is_open: bool) -> None:
        self.is_open = is_open


def metric(query: str, **more: Any) -> PrometheusMetric:
    alive = more.pop("alive", "")
    return PrometheusMetric(
        name="m",
        query=query,
        target=MetricTarget(type="AverageValue", average_value=Quantity.parse("1")),
        companions=Companions(
            age=more.pop("age", "") or age_query(query),
            coverage=coverage_query(query),
            alive=alive,
            alive_age=age_query(alive) if alive else "",
        ),
        **more,
    )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def prometheus(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RealPrometheus]:
    first = Exporter("load 40\nrequests_total 7\nodd NaN\nendless +Inf\nminus -4\nhuge 1e300\n" + CADVISOR)
    async with real_prometheus(tmp_path_factory.mktemp("prometheus"), first, Exporter("load 2")) as running:
        await running.until("count(load) == 2 and count(rate(requests_total[1m])) == 1")
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def told() -> Told:
    return Told()


@pytest_asyncio.fixture(loop_scope="module")
async def source(prometheus: RealPrometheus, told: Told) -> AsyncIterator[Datasource]:
    async with open_server(prometheus.connection(deadline=2.0), told, user_agent="test") as server:
        made = Datasource(server, AnchoredClock().now, reuse=0)
        yield made
        await made.close()


async def read(source: Datasource, query: str, **more: Any) -> PrometheusReading | str:
    reading = await source.read(metric(query, **more))
    return reading.error if isinstance(reading, NoReading) else reading


async def test_a_number_has_its_time_and_its_coverage(source: Datasource) -> None:
    before = AnchoredClock().now()
    reading = await read(source, "sum(load)")

    assert isinstance(reading, PrometheusReading)
    assert (reading.value, reading.coverage, reading.warnings) == (42_000, 1.0, ())
    assert 0 <= before - reading.at < 3 * SECOND


NOTHING, PROOF = "the query returned nothing", {"empty": WhenEmpty.ZERO, "alive": "up"}
NAN = "the query returned NaN: a division of zero by zero?"
INFINITE = "the query returned an infinite number: a division by zero?"
#: Query, what the policy declares, and what it gets [milli-units], or why nothing.
SHAPES: list[tuple[str, dict[str, Any], str | int]] = [
    ("sum(nothing)", {}, NOTHING),
    ("sum(nothing)", PROOF, 0),
    ("sum(nothing)", {**PROOF, "alive": "nobody"}, f"{NOTHING}, and `alive` does not prove that its source lives"),
    ("sum(nothing)", {"multiple": WhenMultiple.SUM}, NOTHING),
    ("odd", {}, NAN),
    ("odd", PROOF, NAN),
    ("odd", {"multiple": WhenMultiple.MAX}, NAN),
    ("endless", {}, INFINITE),
    ("endless", PROOF, INFINITE),
    ("endless", {"multiple": WhenMultiple.SUM}, INFINITE),
    ("load", {}, f"{NOTHING[:-7]}2 series instead of one; aggregate it with sum(), or say `multiple: Sum`"),
    ("load", PROOF, f"{NOTHING[:-7]}2 series instead of one; aggregate it with sum(), or say `multiple: Sum`"),
    ("load", {"multiple": WhenMultiple.SUM}, 42_000),
    ("load", {"multiple": WhenMultiple.MAX}, 40_000),
    ("sum(load)", {"age": "vector(0/0)"}, "the age of its data is not a number of seconds"),
    ("sum(load)", {"age": "nothing"}, "there is no fresh sample behind it: its series have ended"),
    ("sum(load)", {"age": "nothing", **PROOF}, "there is no fresh sample behind it: its series have ended"),
    ("minus", {}, "the query returned -4, and nothing that replicas are counted by is negative"),
    ("huge", {}, "the query returned 1.00e+300, which is more than can be counted with"),
    ("load[1m]", {"age": "vector(0)"}, "the query gives a matrix, not numbers of one instant"),
]


async def test_c22_every_shape_of_an_answer_follows_a_declared_policy(source: Datasource) -> None:
    for query, declared, expected in SHAPES:
        reading = await read(source, query, **declared)
        got = reading.value if isinstance(reading, PrometheusReading) else reading
        assert got == expected, (query, declared)


async def test_c22_a_dead_exporter_is_missing_at_once_though_its_rate_still_looks_alive(
    prometheus: RealPrometheus, source: Datasource
) -> None:
    prometheus.exporters[0].is_up = False
    await prometheus.until('up{instance="web-0"} == 0')

    assert (await source.ask("sum(rate(requests_total[1m]))")).answer.series, "Prometheus goes on giving its rate"
    assert (
        await read(source, "sum(rate(requests_total[1m]))")
        == "there is no fresh sample behind it: its series have ended"
    )
    reading = await read(source, "sum(load)")
    assert isinstance(reading, PrometheusReading)
    assert (reading.value, reading.coverage) == (2_000, 0.5), "half of the sources answer"
    prometheus.exporters[0].is_up = True
    await prometheus.until("count(load) == 2")


async def test_a_deadline_with_a_fraction_is_understood(prometheus: RealPrometheus, told: Told) -> None:
    async with open_server(prometheus.connection(deadline=1.25), told, user_agent="test") as server:
        assert len((await server.query("load")).series) == 2


async def test_a_query_of_two_metrics_needs_fresh_samples_of_both(source: Datasource) -> None:
    both = await read(source, "sum(load) / sum(requests_total)")
    assert isinstance(both, PrometheusReading)
    assert (both.value, both.coverage) == (6_000, 1.0)

    assert await read(source, "sum(load) / (sum(nothing) or vector(2))") == (
        "there is no fresh sample behind it: its series have ended"
    )


async def test_a_server_that_hangs_is_given_up_and_then_left_alone(prometheus: RealPrometheus, told: Told) -> None:
    async with open_server(prometheus.connection(deadline=0.2), told, user_agent="test") as server:
        source = Datasource(server, AnchoredClock().now, reuse=0)
        async with prometheus.stopped():
            assert await read(source, "sum(load)") == "no answer within 0.2 s"
            await asyncio.gather(*(read(source, f"sum(load) + {n}") for n in range(3)))
            assert told.is_open
            said = await read(source, "sum(load)")
            assert isinstance(said, str)
            assert said.startswith("main has not answered for some time; asked again in ")
        assert told.outcomes.count("late") >= 5
        assert told.outcomes[-1] == "held_back"
        await source.close()


async def test_the_servers_own_words_tell_where_a_query_is_wrong(source: Datasource) -> None:
    assert await read(source, "sum(load) +", age="vector(0)") == (
        'the server refuses the query: invalid parameter "query": 1:12: parse error: unexpected end of input'
    )
    assert await read(source, "summ(load)", age="vector(0)") == (
        'the server refuses the query: invalid parameter "query": 1:1: parse error: unknown function with name "summ"'
    )


async def test_what_is_wrong_with_a_query_is_no_outage(source: Datasource, told: Told) -> None:
    for _ in range(6):
        with pytest.raises(QueryError):
            await source.ask("sum(")
    assert (told.is_open, set(told.outcomes)) == (False, {"refused"})


async def test_the_names_of_all_metrics_are_known(source: Datasource) -> None:
    assert {"load", "requests_total", "up"} <= set(await source.metric_names())


async def test_c21_cpu_and_memory_come_dated_as_the_metrics_api_gives_them(
    prometheus: RealPrometheus, source: Datasource
) -> None:
    await prometheus.until('rate(container_cpu_usage_seconds_total{container="app"}[1m])')
    reading = await PrometheusUsage(source, window=MINUTE).read("shop", frozenset({"web-0", "web-1"}))

    assert isinstance(reading, ResourceReading)
    (pod,) = reading.pods
    assert (pod.pod, pod.window) == ("web-0", MINUTE)
    assert [(one.name, dict(one.usage)) for one in pod.containers] == [("app", {"cpu": 0, "memory": 1_048_576_000})]
    assert 0 <= AnchoredClock().now() - pod.at < 5 * SECOND


async def test_pods_that_are_not_asked_for_are_left_out(prometheus: RealPrometheus, source: Datasource) -> None:
    await prometheus.until('rate(container_cpu_usage_seconds_total{container="app"}[1m])')

    assert await PrometheusUsage(source, window=MINUTE).read("shop", frozenset({"web-9"})) == ResourceReading(pods=())
    assert await PrometheusUsage(source, window=MINUTE, matchers='job="kubelet"').read(
        "shop", frozenset({"web-0"})
    ) == NoReading(error="there is no use of containers in namespace shop: is cAdvisor scraped?")


async def test_what_a_restarted_server_remembers_is_as_old_as_it_is(
    prometheus: RealPrometheus, source: Datasource
) -> None:
    """A query right after the start looks back five minutes, and gives the old number as of now."""
    clock = AnchoredClock()
    killed = clock.now()
    await prometheus.restart()
    began = clock.now()
    reading = await read(source, "sum(load)")

    assert isinstance(reading, PrometheusReading)
    assert reading.value == 42_000
    assert killed - 3 * SECOND <= reading.at <= killed < began, "nothing was scraped since"
