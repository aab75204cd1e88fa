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
from autoscaler.model.time import Instant

ReadPolicy: TypeAlias = Callable[[dict[str, Any]], ScalingPolicy]

_log = structlog.get_logger("autoscaler.shadow")


@dataclass(frozen=True, slots=True)
class _News:
    """One change of one object. ``policy`` is there where it is new; ``hpa`` is ``None`` where it is to be followed no more.

    ``at``: when we learnt of it, whenever it is dealt with.
    """

    key: PolicyKey
    at: Instant
    hpa: HpaObject | None = None
    policy: ScalingPolicy | None = None


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
        self._news: asyncio.Queue[_News] = asyncio.Queue()
        self._specs: dict[PolicyKey, object] = {}
        self._refused: set[PolicyKey] = set()

    # --- told by the watch; comparisons go by the instant of the news, so the comparer learns of it at once ---------

    def appeared(self, key: PolicyKey, hpa: HpaObject) -> None:
        """An object is new, changed, or was listed again."""
        at, policy = self._clock.now(), None
        spec = (hpa.uid, hpa.document.get("spec"))
        if self._specs.get(key) != spec:  # statuses change all the time, specs hardly ever
            self._specs[key] = spec
            policy = self._read(key, hpa)
            if policy is None:
                return
            self._comparer.follow(policy, at)
        self._comparer.seen(key, self._read_status(hpa.document), at)
        self._news.put_nowait(_News(key, at, hpa, policy))

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
        self._comparer.forget(key)
        self._news.put_nowait(_News(key, self._clock.now()))

    # --- at leisure: a policy's pass, when one is under way, is waited for ------------------------------------------

    async def run(self) -> None:
        """Follow the news until cancelled."""
        while True:
            await self._follow(await self._news.get())
            self._telemetry.policies.labels("in_force").set(len(self._in_force))
            self._telemetry.policies.labels("refused").set(len(self._refused))

    async def _follow(self, news: _News) -> None:
        if news.hpa is None:
            await self._in_force.withdraw(news.key)
            return
        if news.policy is not None:
            await self._in_force.put(news.policy, news.hpa)
        if news.key in self._in_force:
            status = self._read_status(news.hpa.document)
            await self._rounds.tell(StatusWrittenElsewhere(key=news.key, status=status, at=news.at))
