"""Policies in force: rounds, cluster, caches and records learn of each one together, whoever brings it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import structlog

from autoscaler.adapters.kubernetes.statuses import HpaObject
from autoscaler.daemon.caches import PodCaches
from autoscaler.daemon.cluster import LiveCluster
from autoscaler.daemon.recorder import PassRecorder
from autoscaler.daemon.rounds import Rounds
from autoscaler.model.decision import PolicyStatus
from autoscaler.model.memory import Memory
from autoscaler.model.policy import PolicyKey, ScalingPolicy

ReadStatus: TypeAlias = Callable[[dict[str, Any]], PolicyStatus]

_log = structlog.get_logger("autoscaler.policies")


class PoliciesInForce:
    """Puts policies in force and takes them out again."""

    def __init__(
        self,
        *,
        read_status: ReadStatus,
        cluster: LiveCluster,
        caches: PodCaches,
        rounds: Rounds,
        recorder: PassRecorder,
        recall: Callable[[ScalingPolicy], Memory | None] = lambda _: None,
    ) -> None:
        """``recall`` gives what a policy remembered before it came into force here."""
        self._read_status = read_status
        self._cluster = cluster
        self._caches = caches
        self._rounds = rounds
        self._recorder = recorder
        self._recall = recall
        self._policies: dict[PolicyKey, ScalingPolicy] = {}

    def __contains__(self, key: PolicyKey) -> bool:
        return key in self._policies

    def __len__(self) -> int:
        return len(self._policies)

    @property
    def keys(self) -> tuple[PolicyKey, ...]:
        """Names of all of them."""
        return tuple(self._policies)

    def get(self, key: PolicyKey) -> ScalingPolicy | None:
        """Give the version in force."""
        return self._policies.get(key)

    async def put(self, policy: ScalingPolicy, found: HpaObject | None) -> None:
        """Put a policy in force, or a new version of it; ``found`` is the HPA object of its name, if there is one."""
        key, known = policy.key, policy.key in self._policies
        if not known:
            self._caches.hold(key.namespace)
        self._cluster.follow(policy, found.uid if found else "")
        status = self._read_status(found.document) if found else None
        await self._rounds.accept(policy, status, None if known else self._recall(policy))
        self._policies[key] = policy
        _log.info(
            "policy changed" if known else "policy in force",
            namespace=key.namespace,
            policy=key.name,
            mode=policy.mode.value,
            target=f"{policy.target.kind}/{policy.target.name}",
            object=found is not None,
        )

    async def withdraw(self, key: PolicyKey) -> None:
        """Take a policy out of force, once its pass has ended; harmless where it is not."""
        if self._policies.pop(key, None) is None:
            return
        await self._rounds.withdraw(key)
        self._cluster.forget(key)
        self._recorder.forget(key)
        await self._caches.release(key.namespace)
        _log.info("policy withdrawn", namespace=key.namespace, policy=key.name)
