"""What ScalingPolicy objects show of their policies: their status, written on news at once, of values once a minute.

A status is written from the newest that is known, in the background: a slow server delays it and never a decision. A time
alone is no reason to write.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import structlog

from autoscaler.adapters.kubernetes.errors import KubernetesError, RefusedError
from autoscaler.adapters.kubernetes.scaling_policies import PolicyStatuses
from autoscaler.adapters.kubernetes.statuses import HpaObject
from autoscaler.config.policy_conditions import Trouble, conditions_of_policy
from autoscaler.config.policy_status import as_patch, news_of, shown_conditions, values_of, write_policy_status
from autoscaler.control.messages import Record
from autoscaler.daemon.clock import Clock
from autoscaler.model.decision import Condition
from autoscaler.model.policy import Mode, PolicyKey, ScalingPolicy
from autoscaler.model.time import MINUTE, Instant, Nanoseconds

#: Values that change with every pass are written this often at most.
VALUES_EVERY: Nanoseconds = MINUTE
#: What the server may recover in, after a status could not be written [s].
_PAUSE = 2.0

_log = structlog.get_logger("autoscaler.statuses")


@dataclass(slots=True)
class _Shown:
    """One object: what is known of its policy, and what its status says."""

    uid: str
    generation: int
    conditions: tuple[Condition, ...]
    written: dict[str, Any]
    written_at: Instant
    policy: ScalingPolicy | None = None
    record: Record | None = None
    trouble: Trouble | None = None


class PolicyBoard:
    """Keeps the statuses of ScalingPolicy objects. Run ``run`` as a task; until then nothing is written."""

    def __init__(self, statuses: PolicyStatuses, clock: Clock) -> None:
        self._statuses = statuses
        self._clock = clock
        self._shown: dict[PolicyKey, _Shown] = {}
        self._waiting: dict[PolicyKey, None] = {}
        self._arrived = asyncio.Event()
        self._failing: dict[PolicyKey, str] = {}

    # --- told by the book and the recorder: nothing here waits ------------------------------------------------------

    def appeared(self, key: PolicyKey, obj: HpaObject) -> None:
        """An object is new or changed; what its status says already is not written again."""
        generation = int((obj.document.get("metadata") or {}).get("generation") or 0)
        known = self._shown.get(key)
        if known is None or known.uid != obj.uid:
            status = dict(obj.document.get("status") or {})
            self._shown[key] = _Shown(obj.uid, generation, shown_conditions(obj.document), status, self._clock.now())
        else:
            known.generation = generation

    def vanished(self, key: PolicyKey) -> None:
        """An object is gone."""
        self._shown.pop(key, None)
        self._waiting.pop(key, None)
        self._failing.pop(key, None)

    def in_force(self, key: PolicyKey, policy: ScalingPolicy) -> None:
        """The object's newest version is in force."""
        shown = self._shown.get(key)
        if shown is None:
            return
        shown.policy, shown.trouble = policy, None
        if policy.mode is Mode.PAUSED:
            shown.record = None  # no pass will follow that could tell
            self._consider(key, shown, self._clock.now())

    def troubled(self, key: PolicyKey, trouble: Trouble) -> None:
        """The object's newest version is not in force."""
        shown = self._shown.get(key)
        if shown is None:
            return
        shown.trouble = trouble
        if not trouble.in_force:
            shown.policy = shown.record = None
        self._consider(key, shown, self._clock.now())

    def record(self, record: Record) -> None:
        """A pass is over."""
        shown = self._shown.get(record.key)
        if shown is not None and shown.policy is not None:
            shown.record = record
            self._consider(record.key, shown, record.decision.at)

    def _consider(self, key: PolicyKey, shown: _Shown, at: Instant) -> None:
        """Write the status if it is news, or if its values are and the last ones are old enough."""
        status = self._status(shown, at)
        is_news = news_of(status) != news_of(shown.written)
        is_due = at - shown.written_at >= VALUES_EVERY and values_of(status) != values_of(shown.written)
        if is_news or is_due:
            self._waiting[key] = None
            self._arrived.set()

    def _status(self, shown: _Shown, at: Instant) -> dict[str, Any]:
        shown.conditions = conditions_of_policy(
            shown.policy, shown.record, shown.conditions, at=at, generation=shown.generation, trouble=shown.trouble
        )
        return write_policy_status(
            shown.policy, shown.record, shown.conditions, generation=shown.generation, source=_source(shown)
        )

    # --- at leisure -------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Write statuses until cancelled, the one that waits longest first; one that fails is tried again."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            failed: list[PolicyKey] = []
            while self._waiting:
                key = next(iter(self._waiting))
                del self._waiting[key]
                if not await self._write(key):
                    failed.append(key)
            if failed:
                self._waiting |= dict.fromkeys(key for key in failed if key in self._shown)
                await asyncio.sleep(_PAUSE)
                self._arrived.set()

    async def _write(self, key: PolicyKey) -> bool:
        """Write one status; tell whether there is nothing more to do about it."""
        shown = self._shown.get(key)
        if shown is None:
            return True
        now = self._clock.now()
        status = self._status(shown, now)
        try:
            await self._statuses.write(key, shown.uid, as_patch(status))
        except RefusedError as error:
            self._tell(key, str(error))
            return error.is_not_found or error.is_conflict or error.code == 422
        except KubernetesError as error:
            self._tell(key, str(error))
            return False
        shown.written, shown.written_at = status, now
        if self._failing.pop(key, None) is not None:
            _log.info("status written again", namespace=key.namespace, policy=key.name)
        return True

    def _tell(self, key: PolicyKey, error: str) -> None:
        if self._failing.get(key) != error:
            self._failing[key] = error
            _log.warning("status not written", namespace=key.namespace, policy=key.name, error=error)


def _source(shown: _Shown) -> str:
    """Say where the policy in force comes from, as far as this object is concerned."""
    if shown.policy is None:
        return "another source" if shown.trouble is not None and shown.trouble.reason == "Conflict" else "nothing yet"
    if shown.trouble is not None and shown.trouble.in_force:
        return f"this object, generation {shown.trouble.in_force}"
    return "this object"
