"""What the daemon keeps beyond its own life, as its settings ask for it: its journal, and what policies remember."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import assert_never

from autoscaler.adapters.documents import Folder
from autoscaler.adapters.kubernetes.client import Client
from autoscaler.adapters.kubernetes.config_maps import ConfigMaps
from autoscaler.config.settings import MemoryStore, Settings
from autoscaler.daemon.clock import Clock
from autoscaler.daemon.journal import Journal
from autoscaler.daemon.memories import Memories
from autoscaler.daemon.supervise import running
from autoscaler.daemon.telemetry import Telemetry


async def open_journal(stack: AsyncExitStack, settings: Settings, clock: Clock, telemetry: Telemetry) -> Journal | None:
    """Begin to write a journal, if one is asked for. It is closed after everything that it records."""
    path = settings.journal.path
    if path is None:
        return None
    journal = Journal(path, clock, telemetry, most_bytes=settings.journal.mebibytes * 1024 * 1024)
    stack.push_async_callback(journal.close)
    await stack.enter_async_context(running("journal", journal.run))
    return journal


def memories_of(settings: Settings, client: Client, clock: Clock) -> Memories | None:
    """Give what is to keep policies' memories; ``None``: they live as long as this process."""
    kept = settings.memory
    match kept.store:
        case MemoryStore.NONE:
            return None
        case MemoryStore.FOLDER:
            documents: Folder | ConfigMaps = Folder(kept.path)
        case MemoryStore.CLUSTER:
            documents = ConfigMaps(client, kept.namespace)
        case _:
            assert_never(kept.store)
    return Memories(documents, clock, period=settings.hpa.sync_period, prefix=kept.name)
