"""What is known of targets beyond their scale: watched copies of workloads and of other autoscalers, by namespace.

None of it is needed to scale. Without the right to watch, a guard that would look at it does not bind, and that is said.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeVar

import structlog

from autoscaler.adapters.kubernetes.client import Client
from autoscaler.adapters.kubernetes.discovery import Discovery
from autoscaler.adapters.kubernetes.scalers import autoscalers_of, scaled_objects_of
from autoscaler.adapters.kubernetes.watch import DEFAULT_PACE, Collection, Jitter, Pace, Reflector, Sink
from autoscaler.adapters.kubernetes.workloads import RESOURCES, workloads_of
from autoscaler.control.messages import TargetAppeared
from autoscaler.daemon.caches import OLDEST
from autoscaler.daemon.rounds import Rounds
from autoscaler.daemon.supervise import keep_running
from autoscaler.daemon.target_copies import KedaWatch, ScalerIndex, Watch, Workloads
from autoscaler.model.policy import Mode, ObjectRef, PolicyKey, ScalingPolicy
from autoscaler.model.target import TargetState

#: The first pass of a namespace waits so long [s] for its first lists: who competes should be known before a write.
PATIENCE: Final = 1.0
_HPAS: Final = "HorizontalPodAutoscaler"
_KEDA: Final = "ScaledObject"

Appeared = Callable[[PolicyKey], None]
_T = TypeVar("_T")

_log = structlog.get_logger("autoscaler.targets")


@dataclass(slots=True)
class _Watch:
    """One of a namespace's watches. ``told``: the trouble that was logged last."""

    watch: Watch
    task: asyncio.Task[None]
    told: str = ""

    def is_fresh(self) -> bool:
        return self.watch.is_synced and self.watch.age <= OLDEST


@dataclass(slots=True)
class _Namespace:
    """What is watched in one namespace, and for which policies."""

    watches: dict[str, _Watch] = field(default_factory=dict)
    workloads: dict[str, Workloads] = field(default_factory=dict)
    scalers: dict[str, ScalerIndex] = field(default_factory=dict)
    policies: dict[PolicyKey, ScalingPolicy] = field(default_factory=dict)
    waited: bool = False


class TargetWatches:
    """Starts watches with the first policy of a namespace that minds, and stops them with the last."""

    def __init__(self, client: Client, discovery: Discovery, *, jitter: Jitter, pace: Pace = DEFAULT_PACE) -> None:
        self._client = client
        self._discovery = discovery
        self._jitter = jitter
        self._pace = pace
        self._namespaces: dict[str, _Namespace] = {}
        self.appeared: Appeared = lambda _: None  #: told of a policy whose target comes into being

    def follow(self, policy: ScalingPolicy) -> None:
        """Begin to watch for a policy, or for a new version of it; one that only observes as upstream does needs nothing."""
        key = policy.key
        if policy.guarding is None and policy.mode is not Mode.APPLY:
            return
        space = self._namespaces.setdefault(key.namespace, _Namespace())
        space.policies[key] = policy
        kind = policy.target.kind
        if kind in RESOURCES and kind not in space.watches:
            copy = space.workloads[kind] = Workloads(lambda name: self._tell(key.namespace, kind, name))
            self._start(space, kind, key.namespace, self._reflector(workloads_of(key.namespace, kind), copy))
        if _HPAS not in space.watches:
            index = space.scalers[_HPAS] = ScalerIndex()
            self._start(space, _HPAS, key.namespace, self._reflector(autoscalers_of(key.namespace), index))
            others = space.scalers[_KEDA] = ScalerIndex()
            optional = KedaWatch(
                self._discovery,
                lambda version: self._reflector(scaled_objects_of(key.namespace, version), others),
            )
            self._start(space, _KEDA, key.namespace, optional)

    def forget(self, key: PolicyKey) -> None:
        """Watch for a policy no longer."""
        space = self._namespaces.get(key.namespace)
        if space is None or space.policies.pop(key, None) is None or space.policies:
            return
        del self._namespaces[key.namespace]
        for watched in space.watches.values():
            watched.task.cancel()

    async def close(self) -> None:
        """Stop every watch."""
        tasks = [watched.task for space in self._namespaces.values() for watched in space.watches.values()]
        self._namespaces.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def state(self, key: PolicyKey, target: ObjectRef, uid: str) -> TargetState | None:
        """Give what is known of a policy's target, which exists; ``None``: nothing is watched for that policy."""
        space = self._namespaces.get(key.namespace)
        if space is None or key not in space.policies:
            return None
        await self._wait(space, key.namespace)
        watch, copy = space.watches.get(target.kind), space.workloads.get(target.kind)
        known = watch is not None and copy is not None and watch.is_fresh() and target.api_version.startswith("apps/")
        return TargetState(
            uid=uid,
            workload=copy.get(target.name) if known and copy is not None else None,
            scalers=tuple(
                scaler
                for kind, index in space.scalers.items()
                if space.watches[kind].is_fresh()
                for scaler in index.of(target)
            ),
        )

    async def _wait(self, space: _Namespace, namespace: str) -> None:
        """Wait for first lists once, and log what cannot be watched."""
        if not space.waited:
            space.waited = True
            waiting = [asyncio.ensure_future(each.watch.wait_synced()) for each in space.watches.values()]
            _, late = await asyncio.wait(waiting, timeout=PATIENCE)
            for each in late:
                each.cancel()
        for kind, watched in space.watches.items():
            trouble = "" if watched.is_fresh() else watched.watch.trouble
            if trouble and trouble != watched.told:
                words = "guards and checks that look at these are blind; scaling goes on without them"
                _log.warning(words, kind=kind, namespace=namespace, error=trouble)
            watched.told = trouble

    def _reflector(self, collection: Collection[_T], sink: Sink[_T]) -> Reflector[_T]:
        return Reflector(self._client, collection, sink, jitter=self._jitter, pace=self._pace)

    def _start(self, space: _Namespace, kind: str, namespace: str, watch: Watch) -> None:
        task = asyncio.create_task(keep_running(f"{kind} of {namespace}", watch.run))
        space.watches[kind] = _Watch(watch, task)

    def _tell(self, namespace: str, kind: str, name: str) -> None:
        space = self._namespaces.get(namespace)
        for key, policy in space.policies.items() if space is not None else ():
            if policy.guarding is not None and (policy.target.kind, policy.target.name) == (kind, name):
                self.appeared(key)


def wake_for(watches: TargetWatches | None, rounds: Rounds) -> None:
    """Evaluate policies as soon as a target that they wait for comes into being."""

    def appeared(key: PolicyKey) -> None:
        rounds.note(TargetAppeared(key=key))
        rounds.ask(key)

    if watches is not None:
        watches.appeared = appeared
