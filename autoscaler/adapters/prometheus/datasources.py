"""The administrator's datasources: what policies ask them, each query once however many policies ask it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from msgspec.structs import replace

from autoscaler.adapters.prometheus.answers import Answer, QueryError
from autoscaler.adapters.prometheus.reading import age_of, coverage_of, is_alive, number_of
from autoscaler.model.observation import NoReading, PrometheusReading
from autoscaler.model.policy import PrometheusMetric, WhenEmpty
from autoscaler.model.time import SECOND, Instant, Nanoseconds


class Asks(Protocol):
    """A server that is asked instant queries."""

    async def query(self, promql: str) -> Answer:
        """Ask one. Raises: QueryError."""

    async def metric_names(self) -> tuple[str, ...]:
        """Give the name of every metric that there is. Raises: QueryError."""


@dataclass(frozen=True, slots=True)
class Dated:
    """An answer, and when it was asked for."""

    answer: Answer
    at: Instant


class Datasource:
    """One server, asked each query once within ``reuse``, for all policies together: their polls are spread over time.

    What is given again keeps the instant at which it was asked for, so that nothing looks fresher than it is.
    """

    def __init__(
        self, server: Asks, now: Callable[[], Instant], *, reuse: Nanoseconds, max_age: Nanoseconds | None = None
    ) -> None:
        self._server = server
        self._now = now
        self._reuse = reuse
        self._max_age = max_age
        self._asked: dict[str, tuple[Instant, asyncio.Task[Dated | QueryError]]] = {}
        self._swept_at: Instant | None = None

    async def ask(self, promql: str) -> Dated:
        """Ask a query, or share the answer of somebody who asked it just now.

        Raises:
            QueryError: there is no answer that could be used.
        """
        now = self._now()
        known = self._asked.get(promql)
        if known is None or (known[1].done() and now - known[0] >= self._reuse):
            self._sweep(now)
            known = now, asyncio.create_task(self._fetch(promql, now), name=f"query {promql[:60]}")
            self._asked[promql] = known
        found = await asyncio.shield(known[1])  # one who gives up does not take the answer from the others
        if isinstance(found, QueryError):
            raise QueryError(str(found), is_outage=found.is_outage)  # one error, told to several
        return found

    async def read(self, metric: PrometheusMetric) -> PrometheusReading | NoReading:
        """Read a metric with its companions."""
        try:
            return await self._read(metric)
        except QueryError as error:
            return NoReading(error=str(error))

    async def metric_names(self) -> tuple[str, ...]:
        """Give the name of every metric that the server has; for people, not for polls.

        Raises:
            QueryError: there is no answer that could be used.
        """
        return await self._server.metric_names()

    async def close(self) -> None:
        """Give up every query under way."""
        tasks = [task for _, task in self._asked.values()]
        self._asked.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _read(self, metric: PrometheusMetric) -> PrometheusReading:
        beside = metric.companions
        value, age, coverage = await asyncio.gather(
            self.ask(metric.query),
            self.ask(beside.age),
            self._optional(beside.coverage),
            return_exceptions=True,
        )
        for one in (value, age, coverage):
            if isinstance(one, BaseException) and (one is value or not isinstance(one, QueryError)):
                raise one
        assert isinstance(value, Dated)
        if not value.answer.series and metric.empty is WhenEmpty.ZERO:
            return await self._zero(metric)
        number = number_of(value.answer, metric.multiple)
        if isinstance(age, BaseException):
            raise QueryError(f"the age of its data is not known: {age}") from age
        reading = PrometheusReading(
            value=number, at=self._dated(age), warnings=(*value.answer.warnings, *age.answer.warnings)
        )
        if isinstance(coverage, BaseException):
            return replace(reading, warnings=(*reading.warnings, f"its coverage is not known: {coverage}"))
        return reading if coverage is None else replace(reading, coverage=coverage_of(coverage.answer))

    async def _zero(self, metric: PrometheusMetric) -> PrometheusReading:
        """Take an empty answer for zero, if the source proves that it lives."""
        beside = metric.companions
        try:
            alive, age = await asyncio.gather(self.ask(beside.alive), self.ask(beside.alive_age))
            if is_alive(alive.answer):
                warnings = (*alive.answer.warnings, *age.answer.warnings)
                return PrometheusReading(value=0, at=self._dated(age), warnings=warnings)
        except QueryError as error:
            raise QueryError(f"the query returned nothing, and `alive` cannot be read: {error}") from error
        raise QueryError("the query returned nothing, and `alive` does not prove that its source lives")

    def _dated(self, age: Dated) -> Instant:
        old = age_of(age.answer)
        if self._max_age is not None and old > self._max_age:
            raise QueryError(f"its data is {old // SECOND} s old; the datasource allows {self._max_age // SECOND} s")
        return age.at - old

    async def _optional(self, promql: str) -> Dated | None:
        return await self.ask(promql) if promql else None

    async def _fetch(self, promql: str, now: Instant) -> Dated | QueryError:
        try:
            return Dated(await self._server.query(promql), now)
        except QueryError as error:
            return error

    def _sweep(self, now: Instant) -> None:
        """Forget old answers: queries of policies that are gone would stay for ever."""
        if self._swept_at is not None and now - self._swept_at < max(self._reuse, SECOND):
            return
        self._swept_at = now
        self._asked = {
            query: one for query, one in self._asked.items() if not one[1].done() or now - one[0] < self._reuse
        }


class Datasources:
    """Every datasource by its name."""

    def __init__(self, sources: Mapping[str, Datasource]) -> None:
        self._sources = sources

    async def read(self, metric: PrometheusMetric) -> PrometheusReading | NoReading:
        """Read a metric from the datasource that it names."""
        source = self._sources.get(metric.datasource)
        return (
            NoReading(error=unknown_datasource(metric.datasource, self._sources))
            if source is None
            else await source.read(metric)
        )

    def __getitem__(self, name: str) -> Datasource:
        return self._sources[name]


def unknown_datasource(name: str, known: Mapping[str, object]) -> str:
    """Say that there is no datasource of that name, and which there are."""
    there_are = f"the settings have {', '.join(sorted(known))}" if known else "the settings have none; see --prometheus"
    return f"there is no datasource {name}: {there_are}"
