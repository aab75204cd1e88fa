"""Everything `autoscaler doctor` looks at, in order; what cannot be asked because of an earlier fault is left out."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

from prometheus_client import CollectorRegistry

from autoscaler.adapters.kubernetes.discovery import Discovery
from autoscaler.adapters.kubernetes.examination import Examination
from autoscaler.adapters.kubernetes.metrics_apis import MetricsApis
from autoscaler.adapters.kubernetes.scale import Scales
from autoscaler.config.lint.finding import Severity
from autoscaler.config.policies import LoadedPolicies
from autoscaler.config.settings import Settings
from autoscaler.daemon.caches import PodCaches
from autoscaler.daemon.clock import Clock
from autoscaler.daemon.datasource_telemetry import DatasourceTelemetry
from autoscaler.daemon.datasources import open_sources
from autoscaler.daemon.doctor import Diagnosis, examine_metrics, examine_rights, examine_server
from autoscaler.daemon.doctor_datasources import examine_datasources
from autoscaler.daemon.doctor_objects import with_objects
from autoscaler.daemon.doctor_policies import examine_policy, examine_surroundings
from autoscaler.daemon.doctor_switch import examine_switch
from autoscaler.daemon.doctor_targets import examine_sight
from autoscaler.daemon.halts import note_of
from autoscaler.daemon.observe import Observer
from autoscaler.daemon.one_shot import opened, timeouts_of
from autoscaler.daemon.sources import policy_loader, read_options


async def examine(settings: Settings, clock: Clock, *, version: str) -> list[Diagnosis]:
    """Look at everything that these settings and policies need.

    Raises:
        InvalidSettingsError: the kubeconfig cannot be used.
    """
    loaded = await asyncio.to_thread(policy_loader(settings), LoadedPolicies())
    found = [
        Diagnosis(check="policy file", what=str(fault).split("\n")[0], fix=fault.hint, severity=Severity.ERROR)
        for fault in loaded.faults
    ]
    async with opened(settings, version=version) as client:
        examination = Examination(client)
        found += await examine_server(examination, clock)
        if any(one.severity is Severity.ERROR and one.check in ("server", "identity") for one in found):
            return found
        loaded, told = await with_objects(examination, settings, loaded, read_options(settings))
        found += told
        found += await examine_rights(examination, settings, loaded.policies)
        found += await examine_sight(examination, loaded.policies, writes=settings.apply)
        found += await examine_switch(note_of(settings.halt, client), clock)
        found += await examine_metrics(examination, settings, loaded.policies)
        discovery = Discovery(client)
        caches = PodCaches(client, jitter=lambda: 0.0)
        async with AsyncExitStack() as stack:
            stack.push_async_callback(caches.close)
            sources = await open_sources(
                stack, settings, clock, caches, DatasourceTelemetry(CollectorRegistry()), version
            )
            observer = Observer(
                Scales(client, discovery), MetricsApis(client, discovery), caches,
                deadline=timeouts_of(settings).total, timed=lambda _key, _source, _seconds: None,
                query=sources.query, usage=sources.usage,
            )  # fmt: skip
            found += await examine_datasources(sources.sources, settings, loaded.policies)
            for policy in loaded.policies:
                caches.hold(policy.key.namespace)
                found += await examine_policy(policy, observer, clock, settings.controller)
        found += await examine_surroundings(examination, loaded, writes=settings.apply)
    return found
