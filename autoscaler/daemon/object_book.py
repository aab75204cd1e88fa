"""The policies that are objects of the cluster: watched, read, offered, withdrawn with their object.

An object that breaks keeps its last good version in force, and its status says what is wrong with the newest.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import structlog

from autoscaler.adapters.kubernetes.statuses import HpaObject
from autoscaler.config.policy_conditions import Trouble
from autoscaler.daemon.admission import Entrance
from autoscaler.daemon.policy_board import PolicyBoard
from autoscaler.daemon.policy_counts import Counts
from autoscaler.model.errors import InvalidPolicyError
from autoscaler.model.policy import PolicyKey, ScalingPolicy

ReadPolicy: TypeAlias = Callable[[dict[str, Any]], ScalingPolicy]

INVALID = "InvalidSpec"
CONFLICT = "Conflict"

_log = structlog.get_logger("autoscaler.policies")


@dataclass(frozen=True, slots=True)
class _Change:
    """A policy is new or changed; without it and its object it is to be followed no more."""

    key: PolicyKey
    policy: ScalingPolicy | None = None
    found: HpaObject | None = None


class ObjectBook:
    """Keeps what one entrance is offered in step with the objects of one kind. Run ``run`` as a task."""

    def __init__(
        self,
        *,
        kind: str,
        read_policy: ReadPolicy,
        entrance: Entrance,
        counts: Counts,
        board: PolicyBoard | None = None,
    ) -> None:
        """``kind`` names the objects in messages; ``board`` shows their statuses, where they are of our own kind."""
        self._kind = kind
        self._read_policy = read_policy
        self._entrance = entrance
        self._board = board
        self._counts = counts
        self._changes: asyncio.Queue[_Change] = asyncio.Queue()
        self._seen: dict[PolicyKey, object] = {}
        self._good: dict[PolicyKey, ScalingPolicy] = {}
        self._faults: dict[PolicyKey, str] = {}
        self._kept_out: dict[PolicyKey, str] = {}

    def refused(self) -> tuple[str, ...]:
        """Say what is wrong with objects whose newest version is not in force."""
        wrong = self._kept_out | self._faults
        return tuple(f"{self._kind} {key}: {wrong[key]}" for key in sorted(wrong))

    # --- told by the watch and at the entrance: nothing here waits ------------------------------------------------------

    def appeared(self, key: PolicyKey, obj: HpaObject) -> None:
        """An object is new, changed, or was listed again."""
        seen = (obj.uid, obj.document.get("spec"), (obj.document.get("metadata") or {}).get("annotations"))
        if self._board is not None:
            self._board.appeared(key, obj)
        if self._seen.get(key) == seen:
            return  # statuses change all the time, specs hardly ever
        self._seen[key] = seen
        last = self._good.get(key)
        if last is not None and last.uid != obj.uid:
            self._forget(key)  # another object of the same name: nothing of the old one holds
            last = None
        try:
            policy = self._read_policy(obj.document)
        except InvalidPolicyError as error:
            self._refuse(key, error, last)
            return
        if self._faults.pop(key, None) is not None:
            _log.info("object is sound again", kind=self._kind, namespace=key.namespace, policy=key.name)
        self._good[key] = policy
        self._changes.put_nowait(_Change(key, policy, obj))

    def vanished(self, key: PolicyKey) -> None:
        """An object is gone."""
        self._seen.pop(key, None)
        self._faults.pop(key, None)
        self._kept_out.pop(key, None)
        if self._board is not None:
            self._board.vanished(key)
        self._forget(key)

    def told(self, key: PolicyKey, why_not: str) -> None:
        """The entrance let a policy in, or says why not."""
        if why_not:
            self._kept_out[key] = why_not
        else:
            self._kept_out.pop(key, None)
        good = self._good.get(key)
        if self._board is None or good is None:
            return
        if why_not:
            self._board.troubled(key, Trouble(CONFLICT, why_not))
            return
        self._board.in_force(key, good)
        if key in self._faults:  # of a newer version
            self._board.troubled(key, Trouble(INVALID, self._faults[key], good.generation))

    def _refuse(self, key: PolicyKey, error: InvalidPolicyError, last: ScalingPolicy | None) -> None:
        """Keep the last good version, if there is one, and say what is wrong with this one."""
        told = "; ".join(" ".join(str(replace(fault, source="")).split()) for fault in error.faults)
        self._faults[key] = told
        _log.error(
            "object refused; its last good version, if any, stays in force",
            kind=self._kind, namespace=key.namespace, policy=key.name, fault=told,
        )  # fmt: skip
        if self._board is not None:
            holds = last is not None and key not in self._kept_out
            self._board.troubled(key, Trouble(INVALID, told, last.generation if holds and last else 0))
        self._count()

    def _forget(self, key: PolicyKey) -> None:
        if self._good.pop(key, None) is not None:
            self._changes.put_nowait(_Change(key))

    # --- at leisure: a policy that changes waits for its pass, where one is under way -------------------------------

    async def run(self) -> None:
        """Offer policies and withdraw them, until cancelled."""
        while True:
            change = await self._changes.get()
            if change.policy is None:
                await self._entrance.withdraw(change.key)
            else:
                await self._entrance.put(change.policy, change.found)
            self._count()

    def _count(self) -> None:
        self._counts.set(in_force=len(self._entrance), refused=len(self._kept_out | self._faults))
