"""Looks at the kill switch every few seconds, and tells the controller when it is thrown or released.

Whoever throws it means it: what is there but cannot be understood counts as thrown. What cannot be read leaves things as
they were; before it was read for the first time nothing is written.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Protocol, TypeAlias, assert_never

import structlog
from prometheus_client import Gauge

from autoscaler.adapters.kubernetes.client import Client
from autoscaler.adapters.kubernetes.errors import KubernetesError
from autoscaler.adapters.notes import ConfigMapNote, FileNote, UnreadableNoteError
from autoscaler.config.guard_settings import HaltSettings, HaltStore
from autoscaler.config.halt_document import InvalidHaltError, print_second, read_halt
from autoscaler.control.messages import WritesHalted, WritesResumed
from autoscaler.daemon.supervise import running
from autoscaler.model.safety import Halt
from autoscaler.model.time import as_seconds

Tell: TypeAlias = Callable[[WritesHalted | WritesResumed], object]

#: Holds until the switch was read once.
UNKNOWN = Halt(author="the controller itself", reason="whether the kill switch is thrown is not known yet")

_log = structlog.get_logger("autoscaler.halt")


class Note(Protocol):
    """Where the switch is kept. ``str`` of it says where for people."""

    async def read(self) -> dict[str, str] | None:
        """Give its fields; raises KubernetesError, OSError or UnreadableNoteError."""


class KillSwitch:
    """Follows one switch. ``gauge`` shows 1 while writes are halted."""

    def __init__(self, note: Note, tell: Tell, gauge: Gauge) -> None:
        self._note = note
        self._tell = tell
        self._gauge = gauge
        self._halt: Halt | None = UNKNOWN
        self._failure = ""
        tell(WritesHalted(halt=UNKNOWN))
        gauge.set(1)

    async def look(self) -> None:
        """Look once."""
        fields: dict[str, str] | None = None
        try:
            fields = await self._note.read()
            halt = None if fields is None else read_halt(fields)
        except (InvalidHaltError, UnreadableNoteError) as error:
            halt = Halt(author="somebody", reason=f"the kill switch ({self._note}) is there but not clear: {error}")
        except (KubernetesError, OSError) as error:
            self._fail(str(error))
            return
        self._failure = ""
        if halt != self._halt:
            self._turn(halt, fields or {})

    async def run(self, every: float) -> None:
        """Look every so often [s], until cancelled."""
        while True:
            await asyncio.sleep(every)
            await self.look()

    def _turn(self, halt: Halt | None, fields: dict[str, str]) -> None:
        before, self._halt = self._halt, halt
        self._gauge.set(0 if halt is None else 1)
        if halt is not None:
            until = {} if halt.until is None else {"until": print_second(halt.until)}
            _log.warning("writes are halted", author=halt.author, reason=halt.reason, **until)
            self._tell(WritesHalted(halt=halt))
            return
        if before is not UNKNOWN:
            _log.warning("writes go on", author=fields.get("author", ""), reason=fields.get("reason", ""))
        self._tell(WritesResumed())

    def _fail(self, error: str) -> None:
        if error != self._failure:
            _log.error(
                "the kill switch cannot be read; it counts as it stood before", where=str(self._note), error=error
            )
        self._failure = error


def note_of(settings: HaltSettings, client: Client) -> FileNote | ConfigMapNote | None:
    """Give where the switch is; ``None``: there is none."""
    match settings.store:
        case HaltStore.NONE:
            return None
        case HaltStore.FILE:
            return FileNote(settings.path)
        case HaltStore.CLUSTER:
            return ConfigMapNote(client, settings.namespace, settings.name)
        case _:
            assert_never(settings.store)


async def follow_switch(
    stack: AsyncExitStack, settings: HaltSettings, client: Client, tell: Tell, gauge: Gauge
) -> None:
    """Look at the switch, if there is one, and follow it from now on."""
    note = note_of(settings, client)
    if note is None:
        return
    switch = KillSwitch(note, tell, gauge)
    await switch.look()
    every = as_seconds(settings.interval)
    await stack.enter_async_context(running("kill switch", lambda: switch.run(every)))
