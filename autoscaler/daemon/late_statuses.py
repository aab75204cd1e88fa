"""Statuses that give way while the server cannot bear all that is urgent: the newest of each policy is written later."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

import structlog

from autoscaler.control.messages import StatusRefused, WriteStatus
from autoscaler.model.policy import PolicyKey

#: How often it is looked at whether the server bears more again [s].
_LOOK: Final = 0.2
#: Under pressure that does not end, one status is written this often all the same [s]: people should see what goes on.
_LONGEST_PRESSURE: Final = 30.0
#: Between two attempts where a status is refused [s], growing.
_FIRST_WAIT, _LONGEST_WAIT = 1.0, 30.0

Write: TypeAlias = Callable[[WriteStatus], Awaitable[StatusRefused | None]]

_log = structlog.get_logger("autoscaler.statuses")


class LateStatuses:
    """Keeps statuses while ``is_pressed``; ``shed`` is told of each. Run ``run`` as a task."""

    def __init__(self, is_pressed: Callable[[], bool], shed: Callable[[], None]) -> None:
        self._is_pressed = is_pressed
        self._shed = shed
        self._kept: dict[PolicyKey, WriteStatus] = {}
        self._news = asyncio.Event()

    def __len__(self) -> int:
        return len(self._kept)

    def keep(self, wanted: WriteStatus) -> bool:
        """Keep a status for later if it has to give way; otherwise it replaces the one that is kept."""
        if not self._is_pressed():
            self._kept.pop(wanted.key, None)
            return False
        self._kept[wanted.key] = wanted
        self._shed()
        self._news.set()
        return True

    def clear(self) -> None:
        """Forget what is kept: somebody else leads from now on."""
        self._kept.clear()

    async def run(self, write: Write) -> None:
        """Write what is kept, whenever the server bears it, until cancelled."""
        wait = _FIRST_WAIT
        while True:
            await self._news.wait()
            await self._calm()
            if not self._kept:
                self._news.clear()
                continue
            key = next(iter(self._kept))
            wanted = self._kept.pop(key)
            refused = await write(wanted)
            if refused is None:
                wait = _FIRST_WAIT
                continue
            self._kept.setdefault(key, wanted)  # unless a newer one came meanwhile
            _log.warning("status not written yet", namespace=key.namespace, policy=key.name, error=refused.error)
            await asyncio.sleep(wait)
            wait = min(2 * wait, _LONGEST_WAIT)

    async def _calm(self) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + _LONGEST_PRESSURE
        while self._is_pressed() and loop.time() < until:  # noqa: ASYNC110  # a count of requests presses; it tells nobody
            await asyncio.sleep(_LOOK)
