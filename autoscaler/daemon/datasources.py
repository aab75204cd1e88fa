"""The administrator's datasources, as settings define them, behind what an observer asks."""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass

from autoscaler.adapters.prometheus.datasources import Datasource, Datasources, unknown_datasource
from autoscaler.adapters.prometheus.server import Connection, open_server
from autoscaler.adapters.prometheus.usage import PrometheusUsage
from autoscaler.config.datasources import DatasourceSettings, ResourceMetricsSettings, UsageSource
from autoscaler.config.settings import Settings
from autoscaler.daemon.caches import PodCaches, StaleCache
from autoscaler.daemon.clock import Clock
from autoscaler.daemon.datasource_telemetry import DatasourceTelemetry
from autoscaler.model.errors import Fault, InvalidSettingsError
from autoscaler.model.label_query import SelectorError
from autoscaler.model.observation import NoReading, Reading, ResourceReading
from autoscaler.model.policy import PolicyKey, PrometheusMetric
from autoscaler.model.time import as_seconds


@dataclass(frozen=True, slots=True)
class MetricSources:
    """What an observer asks beside the metrics APIs. ``usage`` absent: the metrics API gives it."""

    query: Callable[[PrometheusMetric], Awaitable[Reading]]
    usage: Callable[[PolicyKey, str], Awaitable[ResourceReading | NoReading]] | None
    sources: dict[str, Datasource]


async def open_sources(
    stack: AsyncExitStack,
    settings: Settings,
    clock: Clock,
    caches: PodCaches,
    telemetry: DatasourceTelemetry,
    version: str,
) -> MetricSources:
    """Open every datasource until the stack ends. Contacts none of them yet.

    Raises:
        InvalidSettingsError: the certificates of one cannot be read.
    """
    sources: dict[str, Datasource] = {}
    for name, one in settings.datasources.items():
        telemetry.begin(name)
        opening = open_server(_connection(name, one), telemetry, user_agent=f"autoscaler/{version}")
        try:
            server = await stack.enter_async_context(opening)
        except (OSError, ssl.SSLError) as error:
            what = f"{one.ca_file} cannot be used: {error}"
            raise InvalidSettingsError([Fault(what=what, path=f"datasources.{name}.ca_file")]) from error
        source = Datasource(server, clock.now, reuse=one.reuse, max_age=one.max_age or None)
        stack.push_async_callback(source.close)
        sources[name] = source
    return MetricSources(Datasources(sources).read, _usage(settings.resource_metrics, sources, caches), sources)


def _usage(
    wanted: ResourceMetricsSettings, sources: dict[str, Datasource], caches: PodCaches
) -> Callable[[PolicyKey, str], Awaitable[ResourceReading | NoReading]] | None:
    if wanted.source is UsageSource.METRICS_API:
        return None
    source = sources.get(wanted.datasource)
    reader = None if source is None else PrometheusUsage(source, window=wanted.window, matchers=wanted.matchers)

    async def usage(key: PolicyKey, selector: str) -> ResourceReading | NoReading:
        """Read the use of the pods that the selector matches: the queries know pods by name only."""
        if reader is None:
            return NoReading(error=unknown_datasource(wanted.datasource, sources))
        try:
            pods = await caches.select(key.namespace, selector)
        except SelectorError as error:
            return NoReading(error=str(error))
        if isinstance(pods, StaleCache):
            return NoReading(error=pods.error)
        return await reader.read(key.namespace, frozenset(pod.name for pod in pods))

    return usage


def _connection(name: str, one: DatasourceSettings) -> Connection:
    return Connection(
        name=name,
        url=one.url,
        deadline=as_seconds(one.deadline),
        concurrency=one.concurrency,
        headers=one.headers,
        bearer_token_file=one.bearer_token_file,
        username=one.username,
        password_file=one.password_file,
        ca_file=one.ca_file,
        verify=one.verify,
        any_address=one.any_address,
    )
