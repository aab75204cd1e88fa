"""Shadow mode's own parts: the watches of HPA objects, and what compares and keeps."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from autoscaler.adapters.comparison_log import ComparisonLog
from autoscaler.adapters.kubernetes.client import Client
from autoscaler.adapters.kubernetes.hpas import HpaCopy, HpaListener, hpas_of
from autoscaler.adapters.kubernetes.statuses import HpaObject
from autoscaler.adapters.kubernetes.watch import Jitter, Reflector
from autoscaler.config.settings import Settings
from autoscaler.daemon.caches import OLDEST
from autoscaler.daemon.comparer import AgreementMetrics, Comparer
from autoscaler.daemon.supervise import running
from autoscaler.daemon.telemetry import Telemetry
from autoscaler.model.errors import Fault, InvalidSettingsError

_MEBIBYTE = 1024 * 1024


class HpaWatches:
    """One watch for the whole cluster, or one for each namespace where some are named."""

    def __init__(
        self, client: Client, namespaces: Sequence[str], selector: str, listener: HpaListener, *, jitter: Jitter
    ) -> None:
        self._reflectors: dict[str, Reflector[HpaObject]] = {
            namespace: Reflector(client, hpas_of(namespace, selector), HpaCopy(listener), jitter=jitter)
            for namespace in (namespaces or ("",))
        }

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Watch until the block ends."""
        async with AsyncExitStack() as stack:
            for namespace, reflector in self._reflectors.items():
                await stack.enter_async_context(running(f"HPA objects of {namespace or 'the cluster'}", reflector.run))
            yield

    def check(self) -> str:
        """Say so where the objects, or what is written there, may not be known; a readiness check."""
        return "; ".join(
            f"HPA objects of {namespace or 'the cluster'}: {reflector.trouble or 'not listed yet'}"
            for namespace, reflector in self._reflectors.items()
            if not reflector.is_synced or reflector.age > OLDEST
        )


async def open_comparer(stack: AsyncExitStack, settings: Settings, telemetry: Telemetry) -> Comparer:
    """Build what compares; at its end all that was counted is written.

    Raises: InvalidSettingsError where the log cannot be written.
    """
    log = None if settings.comparisons is None else await _log(settings.comparisons, settings.comparisons_mebibytes)
    comparer = Comparer(settings.controller, AgreementMetrics(telemetry.registry), log)
    stack.push_async_callback(comparer.close)
    await stack.enter_async_context(running("comparisons", comparer.run))
    return comparer


async def _log(path: Path, mebibytes: int) -> ComparisonLog:
    log = ComparisonLog(path, limit=mebibytes * _MEBIBYTE)
    try:
        await asyncio.to_thread(log.prepare)
    except OSError as error:
        fault = Fault(what=f"{path}: cannot be written: {error.strerror or error}", path="comparisons")
        raise InvalidSettingsError([fault]) from error
    return log
