"""One look at a scale target: its scale, then its pods and every metric at once, within a deadline.

What does not come in time, or comes from a copy that is too old, is said to be unknown; nothing here is ever guessed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeAlias, assert_never

from autoscaler.adapters.kubernetes.metrics_apis import MetricsApis
from autoscaler.adapters.kubernetes.scale import ScaleFound, Scales
from autoscaler.adapters.prometheus.datasources import Datasources
from autoscaler.control.messages import Observe
from autoscaler.daemon.caches import PodCaches, StaleCache
from autoscaler.model.label_query import SelectorError
from autoscaler.model.observation import NoReading, Observation, Pod, Reading, ResourceReading
from autoscaler.model.policy import (
    ContainerResourceMetric,
    ExternalMetric,
    Metric,
    ObjectMetric,
    PodsMetric,
    PolicyKey,
    PrometheusMetric,
    ResourceMetric,
    UnknownMetric,
)

_NO_DATASOURCES = Datasources({})
_LATE = NoReading(error="context deadline exceeded")

#: Answers a Prometheus metric from the administrator's datasources, by itself within their deadline.
Query: TypeAlias = Callable[[PrometheusMetric], Awaitable[Reading]]

#: Answers for cpu and memory of the pods that a selector matches in the policy's namespace.
Usage: TypeAlias = Callable[[PolicyKey, str], Awaitable[ResourceReading | NoReading]]

#: Told how long [s] reading one metric of a policy took, by kind of source.
Timed: TypeAlias = Callable[[PolicyKey, str, float], None]


class Observer:
    """Gathers observations, and remembers where each target's scale was found."""

    def __init__(
        self,
        scales: Scales,
        metrics: MetricsApis,
        caches: PodCaches,
        *,
        deadline: float,
        timed: Timed,
        query: Query = _NO_DATASOURCES.read,
        usage: Usage | None = None,
    ) -> None:
        """``usage`` answers for cpu and memory; by default each policy's pods are listed by themselves."""
        self._query = query
        self._timed = timed
        self._scales = scales
        self._metrics = metrics
        self._usage = usage or (lambda key, selector: metrics.resource(key.namespace, selector))
        self._caches = caches
        self._deadline = deadline

    async def observe(self, wanted: Observe) -> tuple[Observation, ScaleFound | None]:
        """Look at the target. The second value says where its scale is served, if it could be read."""
        namespace = wanted.key.namespace
        found = await self._scales.read(namespace, wanted.target)
        if not isinstance(found, ScaleFound):
            return Observation(at=wanted.at, scale=found), None
        selector = found.scale.selector
        if not selector:  # it would select every pod of the namespace; the engine refuses it
            unknown = tuple(NoReading(error="selector is required") for _ in wanted.metrics)
            return Observation(at=wanted.at, scale=found.scale, readings=unknown), found
        pods, readings = await asyncio.gather(
            self._pods(namespace, selector), self._readings(wanted.key, selector, wanted.metrics)
        )
        if isinstance(pods, StaleCache):
            # Without pods no reading can be judged: all of them are withheld, so that nothing is decided.
            unknown = tuple(NoReading(error=pods.error) for _ in wanted.metrics)
            return Observation(at=wanted.at, scale=found.scale, readings=unknown), found
        return Observation(at=wanted.at, scale=found.scale, pods=pods, readings=readings), found

    async def _pods(self, namespace: str, selector: str) -> tuple[Pod, ...] | StaleCache:
        try:
            async with asyncio.timeout(self._deadline):
                return await self._caches.select(namespace, selector)
        except SelectorError:
            return ()  # the engine parses the selector too, and says what is wrong with it
        except TimeoutError:
            return StaleCache(error=f"the pods of {namespace} were never listed: {self._trouble(namespace)}")

    def _trouble(self, namespace: str) -> str:
        return self._caches.troubles().get(namespace, "no answer yet")

    async def _readings(self, key: PolicyKey, selector: str, metrics: tuple[Metric, ...]) -> tuple[Reading, ...]:
        """Read every metric, at once; resource metrics share one request, since one list answers them all."""
        shares = any(isinstance(metric, ResourceMetric | ContainerResourceMetric) for metric in metrics)
        usage: asyncio.Future[Reading] | None = None
        if shares:
            usage = asyncio.ensure_future(self._in_time(key, "resource", self._usage(key, selector)))
        return tuple(await asyncio.gather(*(self._reading(key, selector, metric, usage) for metric in metrics)))

    async def _reading(
        self, key: PolicyKey, selector: str, metric: Metric, usage: asyncio.Future[Reading] | None
    ) -> Reading:
        namespace = key.namespace
        match metric:
            case ResourceMetric() | ContainerResourceMetric():
                return _LATE if usage is None else await usage
            case PodsMetric():
                return await self._in_time(key, "pods", self._metrics.pods(namespace, metric.metric, selector))
            case ObjectMetric():
                return await self._in_time(
                    key, "object", self._metrics.object(namespace, metric.metric, metric.described)
                )
            case ExternalMetric():
                return await self._in_time(key, "external", self._metrics.external(namespace, metric.metric))
            case PrometheusMetric():
                return await self._in_time(key, "prometheus", self._query(metric))
            case UnknownMetric():
                return NoReading(error=f'unknown metric source type "{metric.type}"')
            case _:
                assert_never(metric)

    async def _in_time(self, key: PolicyKey, source: str, reading: Awaitable[Reading]) -> Reading:
        began = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(self._deadline):
                return await reading
        except TimeoutError:
            return _LATE
        finally:
            self._timed(key, source, asyncio.get_running_loop().time() - began)
