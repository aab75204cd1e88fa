"""What is written beside the passes, and gives way to them: events, and statuses that had to wait."""

from __future__ import annotations

import socket
from contextlib import AsyncExitStack

from autoscaler.adapters.kubernetes.client import Client
from autoscaler.adapters.kubernetes.events import Events
from autoscaler.config.settings import Settings
from autoscaler.daemon.announcer import BackgroundAnnouncer
from autoscaler.daemon.clock import Clock
from autoscaler.daemon.late_statuses import LateStatuses
from autoscaler.daemon.supervise import running
from autoscaler.daemon.telemetry import Telemetry

#: What events that still wait get when the daemon is told to stop [s].
GRACE = 1.0


async def open_announcer(
    stack: AsyncExitStack, settings: Settings, client: Client, clock: Clock, telemetry: Telemetry
) -> BackgroundAnnouncer:
    """Begin to write events, as many as the settings allow."""
    announcer = BackgroundAnnouncer(
        Events(client, per_minute=settings.events.per_minute),
        clock,
        instance=f"autoscaler-{socket.gethostname()}",
        per_second=settings.events.per_second,
        is_pressed=lambda: client.gate.is_pressed,
        dropped=lambda reason: telemetry.shed.labels("event", reason).inc(),
    )
    await stack.enter_async_context(running("events", announcer.run))
    stack.push_async_callback(announcer.flush, grace=GRACE)
    return announcer


def late_statuses(client: Client, telemetry: Telemetry) -> LateStatuses:
    """Give the place for statuses that give way to what is urgent."""
    return LateStatuses(
        is_pressed=lambda: client.gate.is_pressed, shed=lambda: telemetry.shed.labels("status", "late").inc()
    )
