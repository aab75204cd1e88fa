"""Events are written in the background: a slow or busy server delays them, never a decision."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass

import structlog

from autoscaler.adapters.kubernetes.errors import KubernetesError
from autoscaler.adapters.kubernetes.events import Events, Regarding, Reporter
from autoscaler.daemon.clock import Clock
from autoscaler.model.decision import Announcement
from autoscaler.model.policy import Profile, ScalingPolicy
from autoscaler.model.time import Instant

#: Events waiting to be written; beyond this the oldest are dropped.
_WAITING = 1000
#: The component people look for in events: upstream's name where the semantics are upstream's.
_COMPONENT = {Profile.EXACT: "horizontal-pod-autoscaler", Profile.GUARDED: "autoscaler"}

_log = structlog.get_logger("autoscaler.events")


@dataclass(frozen=True, slots=True)
class _Waiting:
    about: Regarding
    announcement: Announcement
    component: str
    at: Instant


class BackgroundAnnouncer:
    """Writes events one after the other, in order. Run ``run`` as a task."""

    def __init__(self, events: Events, clock: Clock, *, instance: str) -> None:
        self._events = events
        self._clock = clock
        self._instance = instance
        self._waiting: deque[_Waiting] = deque(maxlen=_WAITING)
        self._arrived = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._writing = False

    def announce(self, policy: ScalingPolicy, about: Regarding, announcement: Announcement) -> None:
        """Write an event, soon."""
        self._waiting.append(_Waiting(about, announcement, _COMPONENT[policy.profile], self._clock.now()))
        self._idle.clear()
        self._arrived.set()

    async def run(self) -> None:
        """Write events until cancelled. One that cannot be written is dropped: it would be old news later."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            while self._waiting:
                await self._write(self._waiting.popleft())
            self._idle.set()

    async def flush(self, *, grace: float) -> None:
        """Wait until everything is written, at most ``grace`` [s]."""
        try:
            async with asyncio.timeout(grace):
                await self._idle.wait()
        except TimeoutError:
            _log.warning("events not written", count=len(self._waiting) + self._writing)

    async def _write(self, waiting: _Waiting) -> None:
        reporter = Reporter(component=waiting.component, instance=self._instance)
        self._writing = True
        try:
            await self._events.write(waiting.about, waiting.announcement, by=reporter, at=waiting.at)
        except KubernetesError as error:
            _log.warning("event not written", reason=waiting.announcement.reason, error=str(error))
        finally:
            self._writing = False
