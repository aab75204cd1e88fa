"""The policies in force: what the files say, admitted one by one once the cluster was asked about each.

A file that breaks keeps its last good version; a policy whose HPA object cannot be read, because the API server is
away, waits. So a controller that starts without a server does nothing, and goes on by itself when there is one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeAlias

import structlog

from autoscaler.adapters.kubernetes.errors import NoAnswerError, RefusedError
from autoscaler.adapters.kubernetes.statuses import HpaObject, Statuses
from autoscaler.config.policies import LoadedPolicies
from autoscaler.daemon.admission import Entrance
from autoscaler.daemon.policy_counts import Counts
from autoscaler.daemon.telemetry import Telemetry
from autoscaler.model.policy import PolicyKey, ScalingPolicy

#: How often a waiting policy is tried again [s].
_RETRY = 2.0

Load: TypeAlias = Callable[[LoadedPolicies], LoadedPolicies]

_log = structlog.get_logger("autoscaler.policies")


class PolicyBook:
    """Keeps the policies in force in step with the policy files."""

    def __init__(
        self,
        *,
        load: Load,
        statuses: Statuses,
        in_force: Entrance,
        telemetry: Telemetry,
        counts: Counts,
        namespaces: frozenset[str] = frozenset(),
    ) -> None:
        self._load = load
        self._namespaces = namespaces
        self._statuses = statuses
        self._in_force = in_force
        self._telemetry = telemetry
        self._counts = counts
        self._loaded = LoadedPolicies()
        self._told: frozenset[str] = frozenset()
        self._is_read = False
        self._waiting: dict[PolicyKey, ScalingPolicy] = {}
        self._woken = asyncio.Event()
        self._turn = asyncio.Lock()
        self._looked = asyncio.Event()

    def check(self) -> str:
        """Say so while policies are not in force that should be; a readiness check. A faulty file is no reason."""
        if not self._is_read:
            return "the policy files were not read yet"
        waiting = ", ".join(str(key) for key in sorted(self._waiting))
        return f"waiting for the API server: {waiting}" if waiting else ""

    def refused(self) -> tuple[str, ...]:
        """Say what is wrong with policies that are not in force, or not in their newest version."""
        return tuple(sorted(self._told))

    def waiting(self) -> tuple[str, ...]:
        """Name the policies that wait for the API server."""
        return tuple(str(key) for key in sorted(self._waiting))

    async def reload(self) -> None:
        """Look at the files again, and take over what changed."""
        async with self._turn:
            self._loaded = await asyncio.to_thread(self._load, self._loaded)
            wanted = {policy.key: policy for policy in self._loaded.policies if self._is_ours(policy.key)}
            for key in [key for key in (*self._in_force.keys, *self._waiting) if key not in wanted]:
                await self._withdraw(key)
            for key, policy in wanted.items():
                if self._in_force.get(key) != policy:
                    self._waiting[key] = policy
            self._is_read = True
            self._tell_faults()
            await self._admit()
            self._looked.set()

    async def wait_read(self) -> None:
        """Wait until the files were read once, and what can be in force is."""
        await self._looked.wait()

    async def run(self) -> None:
        """Read the files, then admit policies that wait for the API server, until cancelled."""
        await self.reload()
        while True:
            await self._woken.wait()
            await asyncio.sleep(_RETRY)
            async with self._turn:
                await self._admit()

    async def _admit(self) -> None:
        """Take up every waiting policy about whose HPA object the server has something to say."""
        asked = list(self._waiting.values())
        answers = await asyncio.gather(*(self._look_up(policy.key) for policy in asked))
        for policy, answer in zip(asked, answers, strict=True):
            if not isinstance(answer, NoAnswerError):
                await self._in_force.put(policy, answer)
                del self._waiting[policy.key]
        if self._waiting:
            self._woken.set()
        else:
            self._woken.clear()
        self._count()

    async def _look_up(self, key: PolicyKey) -> HpaObject | NoAnswerError | None:
        try:
            return await self._statuses.read(key.namespace, key.name)
        except NoAnswerError as error:
            return error
        except RefusedError as error:
            # Without the right to read HPA objects a policy works all the same: only its status is not shown.
            _log.warning("HPA object not readable", namespace=key.namespace, policy=key.name, error=str(error))
            return None

    async def _withdraw(self, key: PolicyKey) -> None:
        self._waiting.pop(key, None)
        await self._in_force.withdraw(key)

    def _is_ours(self, key: PolicyKey) -> bool:
        return not self._namespaces or key.namespace in self._namespaces

    def _tell_faults(self) -> None:
        """Log each fault once, when it appears; and once when all are gone."""
        faults = frozenset(str(fault) for fault in self._loaded.faults) | {
            f"{policy.key}: its namespace is not among those to act in"
            for policy in self._loaded.policies
            if not self._is_ours(policy.key)
        }
        for fault in sorted(faults - self._told):
            _log.error("policy refused; its last good version, if any, stays in force", fault=fault)
        if self._told and not faults:
            _log.info("every policy file is sound again")
        self._telemetry.reloads.labels("faulty" if faults else "sound").inc()
        self._told = faults
        self._count()

    def _count(self) -> None:
        self._counts.set(in_force=len(self._in_force), waiting=len(self._waiting), refused=len(self._told))
