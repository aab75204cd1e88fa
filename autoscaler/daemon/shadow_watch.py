"""Shadow mode's own parts: what compares, and what keeps the comparisons."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

from autoscaler.adapters.comparison_log import ComparisonLog
from autoscaler.config.settings import Settings
from autoscaler.daemon.comparer import AgreementMetrics, Comparer
from autoscaler.daemon.supervise import running
from autoscaler.daemon.telemetry import Telemetry
from autoscaler.model.errors import Fault, InvalidSettingsError

_MEBIBYTE = 1024 * 1024


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
