"""The policies of shadow mode: the cluster's own HPA objects, watched, with all that their controller writes there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import structlog

from autoscaler.adapters.kubernetes.statuses import HpaObject
from autoscaler.control.messages import StatusWrittenElsewhere
from autoscaler.daemon.clock import Clock
from autoscaler.daemon.comparer import Comparer
from autoscaler.daemon.in_force import PoliciesInForce, ReadStatus
from autoscaler.daemon.rounds import Rounds
from autoscaler.daemon.telemetry import Telemetry
from autoscaler.model.errors import InvalidPolicyError
from autoscaler.model.policy import PolicyKey, ScalingPolicy

ReadPolicy: TypeAlias = Callable[[dict[str, Any]], ScalingPolicy]

_log = structlog.get_logger("autoscaler.shadow")


@dataclass(frozen=True, slots=True)
class _Change:
    """A policy is new or changed; without ``policy`` and its object it is to be followed no more."""

    key: PolicyKey
    policy: ScalingPolicy | None = None
    hpa: HpaObject | None = None


class ShadowBook:
    """Keeps the policies in force in step with the cluster's HPA objects. Run ``run`` as a task."""

    def __init__(
        self,
        *,
        read_policy: ReadPolicy,
        read_status: ReadStatus,
        in_force: PoliciesInForce,
        rounds: Rounds,
        comparer: Comparer,
        clock: Clock,
        telemetry: Telemetry,
    ) -> None:
        self._read_policy = read_policy
        self._read_status = read_status
        self._in_force = in_force
        self._rounds = rounds
        self._comparer = comparer
        self._clock = clock
        self._telemetry = telemetry
        self._changes: asyncio.Queue[_Change] = asyncio.Queue()
        self._specs: dict[PolicyKey, object] = {}
        self._statuses: dict[PolicyKey, StatusWrittenElsewhere] = {}
        self._refused: set[PolicyKey] = set()

    # --- told by the watch: what was written counts from the instant of the news, so nothing here waits -------------

    def appeared(self, key: PolicyKey, hpa: HpaObject) -> None:
        """An object is new, changed, or was listed again."""
        at = self._clock.now()
        spec = (hpa.uid, hpa.document.get("spec"))
        if self._specs.get(key) != spec:  # statuses change all the time, specs hardly ever
            self._specs[key] = spec
            policy = self._read(key, hpa)
            if policy is None:
                return
            self._comparer.follow(policy, at)
            self._changes.put_nowait(_Change(key, policy, hpa))
        if key not in self._refused:
            status = self._read_status(hpa.document)
            self._comparer.seen(key, status, at)
            self._statuses[key] = StatusWrittenElsewhere(key=key, status=status, at=at)
            self._rounds.note(self._statuses[key])

    def vanished(self, key: PolicyKey) -> None:
        """An object is gone."""
        self._specs.pop(key, None)
        self._refused.discard(key)
        self._leave(key)

    def _read(self, key: PolicyKey, hpa: HpaObject) -> ScalingPolicy | None:
        """Read the policy; one that cannot be understood is followed no longer."""
        try:
            policy = self._read_policy(hpa.document)
        except InvalidPolicyError as error:
            _log.error("HPA object not understood", namespace=key.namespace, policy=key.name, fault=str(error))
            self._refused.add(key)
            self._leave(key)
            return None
        self._refused.discard(key)
        return policy

    def _leave(self, key: PolicyKey) -> None:
        self._statuses.pop(key, None)
        self._comparer.forget(key)
        self._changes.put_nowait(_Change(key))

    # --- at leisure: a policy that changes waits for its pass, where one is under way -------------------------------

    async def run(self) -> None:
        """Put policies in force and withdraw them, until cancelled."""
        while True:
            await self._follow(await self._changes.get())
            self._telemetry.policies.labels("in_force").set(len(self._in_force))
            self._telemetry.policies.labels("refused").set(len(self._refused))

    async def _follow(self, change: _Change) -> None:
        if change.policy is None:
            await self._in_force.withdraw(change.key)
            return
        await self._in_force.put(change.policy, change.hpa)
        written = self._statuses.get(change.key)
        if written is not None:  # until now nobody knew the policy, so that what was noted of it is lost
            self._rounds.note(written)
