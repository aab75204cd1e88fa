"""Use of cpu and memory by pods, from cAdvisor's metrics: the answer of metrics.k8s.io without metrics-server.

One set of queries per namespace answers every policy there. A sample is dated as the metrics API dates it: ``at`` is the
end of the time that it covers, ``window`` its length.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from decimal import ROUND_CEILING, Decimal
from typing import Final

from autoscaler.adapters.prometheus.answers import Answer, QueryError
from autoscaler.adapters.prometheus.datasources import Datasource
from autoscaler.adapters.prometheus.reading import age_of
from autoscaler.model.observation import ContainerUsage, Milli, NoReading, PodUsage, ResourceReading
from autoscaler.model.time import SECOND, Instant, Nanoseconds

_BY: Final = "by (pod, container)"
_Container = tuple[str, str]


class PrometheusUsage:
    """Reads what containers use. ``matchers`` narrows the series, where several jobs scrape the same."""

    def __init__(self, source: Datasource, *, window: Nanoseconds, matchers: str = "") -> None:
        self._source = source
        self._window = window
        self._matchers = matchers.strip().strip("{},")

    async def read(self, namespace: str, pods: frozenset[str]) -> ResourceReading | NoReading:
        """Read the use of ``pods``; one without a sample of both cpu and memory is missing."""
        cpu, memory, age = self.queries(namespace)
        try:
            answers = await asyncio.gather(self._source.ask(cpu), self._source.ask(memory), self._source.ask(age))
        except QueryError as error:
            return NoReading(error=str(error))
        if pods and not answers[1].answer.series:
            return NoReading(error=f"there is no use of containers in namespace {namespace}: is cAdvisor scraped?")
        asked = answers[2].at
        ages = _by_container(answers[2].answer)
        used = {"cpu": _milli(answers[0].answer), "memory": _milli(answers[1].answer)}
        return ResourceReading(pods=tuple(_pods(used, ages, asked, self._window, pods)))

    def queries(self, namespace: str) -> tuple[str, str, str]:
        """Give the queries for cpu [cores], memory [bytes] and the age of a container's newest sample [s].

        Series without a container are those of the pod's whole group, which would count everything twice.
        """
        quoted = namespace.replace("\\", "\\\\").replace('"', '\\"')
        more = f", {self._matchers}" if self._matchers else ""
        matchers = f'namespace="{quoted}", container!="", container!="POD"{more}'
        seconds = max(1, self._window // SECOND)
        memory = f"container_memory_working_set_bytes{{{matchers}}}"
        return (
            f"sum {_BY} (rate(container_cpu_usage_seconds_total{{{matchers}}}[{seconds}s]))",
            f"sum {_BY} ({memory})",
            f"max {_BY} (time() - timestamp({memory}))",
        )


def _pods(
    used: dict[str, dict[_Container, Milli]],
    ages: dict[_Container, Answer],
    asked: Instant,
    window: Nanoseconds,
    wanted: frozenset[str],
) -> list[PodUsage]:
    containers: defaultdict[str, list[_Container]] = defaultdict(list)
    for container in sorted(used["memory"]):
        if container[0] in wanted:
            containers[container[0]].append(container)
    found = []
    for pod, its in containers.items():
        if any(container not in used["cpu"] or container not in ages for container in its):
            continue  # too young for a rate: as with the metrics API, it has no sample yet
        found.append(
            PodUsage(
                pod=pod,
                containers=tuple(
                    ContainerUsage(
                        name=container[1], usage=tuple((name, amounts[container]) for name, amounts in used.items())
                    )
                    for container in its
                ),
                at=asked - max(age_of(ages[container]) for container in its),
                window=window,
            )
        )
    return found


def _by_container(answer: Answer) -> dict[_Container, Answer]:
    return {
        (one.labels.get("pod", ""), one.labels.get("container", "")): Answer((one,))
        for one in answer.series
        if one.value.is_finite()
    }


def _milli(answer: Answer) -> dict[_Container, Milli]:
    """Give the amounts in milli-units, rounded up; what is not a number that can be used is missing."""
    return {
        container: int((one.series[0].value * 1000).to_integral_value(rounding=ROUND_CEILING))
        for container, one in _by_container(answer).items()
        if 0 <= one.series[0].value < Decimal(2) ** 53
    }
