"""Watches of objects that are policies: one for the whole cluster, or one for each namespace where some are named."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TypeAlias

import structlog

from autoscaler.adapters.kubernetes.client import Client
from autoscaler.adapters.kubernetes.hpas import HpaCopy, HpaListener
from autoscaler.adapters.kubernetes.statuses import HpaObject
from autoscaler.adapters.kubernetes.watch import Collection, Jitter, Reflector
from autoscaler.daemon.caches import OLDEST
from autoscaler.daemon.supervise import running

#: How often it is looked whether the watches are in order [s].
_LOOK = 5.0
#: What a server says of a kind that it does not know.
_UNKNOWN_KIND = "could not find the requested resource"

Describe: TypeAlias = Callable[[str], Collection[HpaObject]]

_log = structlog.get_logger("autoscaler.watches")


class ObjectWatches:
    """Tells a listener of every object of one kind. ``describe`` gives the collection of a namespace, or of all for ""."""

    def __init__(
        self,
        client: Client,
        namespaces: Sequence[str],
        describe: Describe,
        listener: HpaListener,
        *,
        what: str,
        jitter: Jitter,
        unknown_kind: str = "",
    ) -> None:
        """``what`` names the objects in messages; ``unknown_kind`` says what to do where the server has no such kind."""
        self._what = what
        self._unknown_kind = unknown_kind
        self._told = ""
        self._reflectors: dict[str, Reflector[HpaObject]] = {
            namespace: Reflector(client, describe(namespace), HpaCopy(listener), jitter=jitter)
            for namespace in (namespaces or ("",))
        }

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Watch until the block ends."""
        async with AsyncExitStack() as stack:
            for namespace, reflector in self._reflectors.items():
                await stack.enter_async_context(running(f"{self._what} of {_name(namespace)}", reflector.run))
            await stack.enter_async_context(running(f"looks at {self._what}", self._look))
            yield

    def check(self) -> str:
        """Say so where the objects, or what is written there, may not be known; a readiness check."""
        return "; ".join(
            f"{self._what} of {_name(namespace)}: {self._words(reflector.trouble)}"
            for namespace, reflector in self._reflectors.items()
            if not reflector.is_synced or reflector.age > OLDEST
        )

    def _words(self, trouble: str) -> str:
        hint = f" ({self._unknown_kind})" if self._unknown_kind and _UNKNOWN_KIND in trouble else ""
        return f"{trouble}{hint}" if trouble else "not listed yet"

    async def _look(self) -> None:
        """Say in the log when the objects are not known, and when they are again."""
        while True:
            await asyncio.sleep(_LOOK)
            wrong = self.check()
            if wrong and wrong != self._told:
                _log.warning("objects not known", fault=wrong)
            elif self._told and not wrong:
                _log.info("objects known again", what=self._what)
            self._told = wrong


def _name(namespace: str) -> str:
    return namespace or "the cluster"
