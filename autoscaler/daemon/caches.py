"""Pod caches: one watched copy per namespace that a policy lives in, kept while one does."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from autoscaler.adapters.kubernetes.client import Client
from autoscaler.adapters.kubernetes.pod_cache import PodCache
from autoscaler.adapters.kubernetes.pods import pods_of
from autoscaler.adapters.kubernetes.watch import DEFAULT_PACE, Jitter, Pace, Reflector
from autoscaler.daemon.supervise import keep_running
from autoscaler.model.observation import Pod

#: Beyond this age [s] a copy is no longer evidence. A healthy watch renews it at least once a minute.
OLDEST = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StaleCache:
    """Why the pods of a namespace cannot be told."""

    error: str


@dataclass(slots=True)
class _Watched:
    cache: PodCache
    reflector: Reflector[Pod]
    task: asyncio.Task[None]
    users: int = 0


class PodCaches:
    """Starts a watch with the first user of a namespace and stops it with the last."""

    def __init__(self, client: Client, *, jitter: Jitter, pace: Pace = DEFAULT_PACE, oldest: float = OLDEST) -> None:
        self._client = client
        self._jitter = jitter
        self._pace = pace
        self._oldest = oldest
        self._watched: dict[str, _Watched] = {}

    def hold(self, namespace: str) -> None:
        """Begin to use a namespace."""
        watched = self._watched.get(namespace)
        if watched is None:
            cache = PodCache()
            reflector = Reflector(self._client, pods_of(namespace), cache, jitter=self._jitter, pace=self._pace)
            task = asyncio.create_task(keep_running(f"pods of {namespace}", reflector.run))
            watched = self._watched[namespace] = _Watched(cache, reflector, task)
        watched.users += 1

    async def release(self, namespace: str) -> None:
        """Use a namespace no longer."""
        watched = self._watched[namespace]
        watched.users -= 1
        if watched.users == 0:
            del self._watched[namespace]
            await _stop([watched])

    async def close(self) -> None:
        """Stop every watch."""
        ending = list(self._watched.values())
        self._watched.clear()
        await _stop(ending)

    async def select(self, namespace: str, selector: str) -> tuple[Pod, ...] | StaleCache:
        """Give the pods that a selector matches; waits for the first list of the namespace, as long as the caller may.

        Raises: SelectorError.
        """
        watched = self._watched.get(namespace)
        if watched is None:
            return StaleCache(error=f"the pods of namespace {namespace} are not watched")
        await watched.reflector.wait_synced()
        age = watched.reflector.age
        if age > self._oldest:
            trouble = watched.reflector.trouble or "its watch is silent"
            return StaleCache(error=f"the copy of the pods in {namespace} is {age:.0f} s old: {trouble}")
        return watched.cache.select(selector)

    def ages(self) -> dict[str, float]:
        """Give the age of each namespace's copy [s]; infinite before the first list."""
        return {namespace: watched.reflector.age for namespace, watched in self._watched.items()}

    def troubles(self) -> dict[str, str]:
        """Give what keeps each namespace's copy from being complete and fresh, where something does."""
        return {
            namespace: watched.reflector.trouble or "not listed yet"
            for namespace, watched in self._watched.items()
            if not watched.reflector.is_synced or watched.reflector.age > self._oldest
        }


async def _stop(ending: list[_Watched]) -> None:
    for watched in ending:
        watched.task.cancel()
    await asyncio.gather(*(watched.task for watched in ending), return_exceptions=True)
