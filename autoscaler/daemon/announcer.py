"""Events are written in the background: a slow or busy server delays them, never a decision.

They are the least urgent of all writes: so many a second and no more, none while the server cannot bear what is urgent,
and where too many wait the oldest are dropped, and counted.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import structlog

from autoscaler.adapters.kubernetes.errors import KubernetesError
from autoscaler.adapters.kubernetes.events import COUNTED_EVERY, Events, Regarding, Reporter
from autoscaler.daemon.clock import Clock
from autoscaler.model.decision import Announcement
from autoscaler.model.policy import Profile, ScalingPolicy
from autoscaler.model.time import Instant, Nanoseconds

#: Events waiting to be written; beyond this the oldest are dropped.
_WAITING: Final = 1000
#: How often it is looked at whether the server bears more again [s].
_LOOK: Final = 0.2
#: The component people look for in events: upstream's name where the semantics are upstream's.
_COMPONENT: Final = {Profile.EXACT: "horizontal-pod-autoscaler", Profile.GUARDED: "autoscaler"}

_log = structlog.get_logger("autoscaler.events")


@dataclass(frozen=True, slots=True)
class _Waiting:
    about: Regarding
    announcement: Announcement
    component: str
    at: Instant


class BackgroundAnnouncer:
    """Writes events one after the other, in order. Run ``run`` as a task."""

    def __init__(
        self,
        events: Events,
        clock: Clock,
        *,
        instance: str,
        per_second: float = 5.0,
        is_pressed: Callable[[], bool] = lambda: False,
        dropped: Callable[[str], None] = lambda _: None,
    ) -> None:
        """``per_second``: most writes, over all policies. ``dropped`` is told why each event that is lost is lost."""
        self._events = events
        self._clock = clock
        self._instance = instance
        self._gap = 1.0 / per_second
        self._is_pressed = is_pressed
        self._dropped = dropped
        self._waiting: deque[_Waiting] = deque()
        self._arrived = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._writing = False
        self._paid_until = float("-inf")

    def announce(self, policy: ScalingPolicy, about: Regarding, announcement: Announcement) -> None:
        """Write an event, soon."""
        if len(self._waiting) >= _WAITING:
            self._waiting.popleft()
            self._dropped("overall")
        self._waiting.append(_Waiting(about, announcement, _COMPONENT[policy.profile], self._clock.now()))
        self._idle.clear()
        self._arrived.set()

    async def run(self) -> None:
        """Write events until cancelled. One that cannot be written is dropped: it would be old news later."""
        loop = asyncio.get_running_loop()
        every = self._clock.wait_for(COUNTED_EVERY)
        counted_at = loop.time()
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout_at(counted_at + every):
                    await self._arrived.wait()
            self._arrived.clear()
            while self._waiting:
                await self._turn()
                await self._write(self._waiting.popleft())
            self._idle.set()
            if loop.time() >= counted_at + every:
                await self._count(COUNTED_EVERY)
                counted_at = loop.time()

    async def flush(self, *, grace: float) -> None:
        """Wait until everything is written and counted, at most ``grace`` [s]."""
        try:
            async with asyncio.timeout(grace):
                await self._idle.wait()
                await self._count(0)
        except TimeoutError:
            _log.warning("events not written", count=len(self._waiting) + self._writing)

    async def _turn(self) -> None:
        """Wait until one more write is within the rate, of which a second's worth may come at once, and nothing presses."""
        loop = asyncio.get_running_loop()
        await asyncio.sleep(max(0.0, self._paid_until - loop.time() - (1.0 - self._gap)))
        while self._is_pressed():  # noqa: ASYNC110  # what presses is a count of requests, which tells nobody
            await asyncio.sleep(_LOOK)

    def _pay(self) -> None:
        self._paid_until = max(self._paid_until, asyncio.get_running_loop().time()) + self._gap

    async def _write(self, waiting: _Waiting) -> None:
        reporter = Reporter(component=waiting.component, instance=self._instance)
        self._writing = True
        held_back = self._events.held_back
        try:
            asked = await self._events.write(waiting.about, waiting.announcement, by=reporter, at=waiting.at)
        except KubernetesError as error:
            self._dropped("refused")
            _log.warning("event not written", reason=waiting.announcement.reason, error=str(error))
            asked = True
        finally:
            self._writing = False
        if self._events.held_back > held_back:
            self._dropped("policy")
        if asked:
            self._pay()

    async def _count(self, every: Nanoseconds) -> None:
        """Tell the server of repeats that it has not been told of for ``every``; new events go first."""
        for key in self._events.untold(self._clock.now(), every=every):
            await self._turn()
            if self._waiting:
                return
            self._pay()
            try:
                await self._events.tell(key)
            except KubernetesError as error:
                _log.warning("repeats of events not counted", error=str(error))
                return
