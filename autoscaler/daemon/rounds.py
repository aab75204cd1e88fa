"""The rounds: every policy on its own ticker, one pass at a time, and no failure of one stops another."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Final, Protocol

import structlog

from autoscaler.control.messages import (
    EvaluationDue,
    PolicyAccepted,
    PolicyWithdrawn,
    StatusWrittenElsewhere,
    TargetAppeared,
    WritesHalted,
    WritesResumed,
)
from autoscaler.daemon.clock import Clock
from autoscaler.daemon.driver import Driver
from autoscaler.daemon.ticker import Bell, Tick, spread, ticks
from autoscaler.model.decision import PolicyStatus
from autoscaler.model.errors import InvariantError
from autoscaler.model.memory import Memory
from autoscaler.model.policy import PolicyKey, ScalingPolicy
from autoscaler.model.time import SECOND, Nanoseconds

#: Shortest time from one pass to the next that somebody asks for: a flood of requests is one pass a second.
LEAST_BETWEEN: Final = SECOND

_log = structlog.get_logger("autoscaler.rounds")


class RoundsWatcher(Protocol):
    """Told how the rounds go, for metrics and health."""

    def ticked(self, key: PolicyKey, tick: Tick) -> None:
        """A policy is due."""

    def failed(self, key: PolicyKey, error: Exception) -> None:
        """A pass ended in an exception: a defect of ours."""


@dataclass(slots=True)
class _Round:
    """One policy's task; ``passing`` is held while a pass is under way, since ``began`` [s, loop time].

    ``period`` [s] is what the task goes by; ``bell`` makes it due before its time.
    """

    period: float
    bell: Bell
    passing: asyncio.Lock = field(default_factory=asyncio.Lock)
    began: float = 0.0
    halted: bool = False
    task: asyncio.Task[None] | None = None


class Rounds:
    """Holds one task per policy. Periods are measured on the clock: a fast clock makes short rounds.

    ``period`` is that of policies that have none of their own.
    """

    def __init__(self, driver: Driver, clock: Clock, *, period: Nanoseconds, watcher: RoundsWatcher) -> None:
        self._driver = driver
        self._clock = clock
        self._period = period
        self._watcher = watcher
        self._rounds: dict[PolicyKey, _Round] = {}

    @property
    def keys(self) -> tuple[PolicyKey, ...]:
        """Names of the policies that have a round."""
        return tuple(self._rounds)

    @property
    def longest_pass(self) -> float:
        """How long the longest pass still under way has taken [s]; 0 where none is."""
        now = asyncio.get_running_loop().time()
        return max((now - going.began for going in self._rounds.values() if going.passing.locked()), default=0.0)

    async def accept(self, policy: ScalingPolicy, status: PolicyStatus | None, memory: Memory | None = None) -> None:
        """Take up a new policy, or a new version of one, between two of its passes."""
        await self._driver.tell(PolicyAccepted(policy=policy, status=status, memory=memory))
        period = self._clock.wait_for(policy.period_or(self._period))
        going = self._rounds.get(policy.key)
        if going is not None and going.period == period:
            going.halted = False
            return
        if going is not None:
            await _end(going, grace=None)
        going = self._rounds[policy.key] = _Round(period, Bell(least=self._clock.wait_for(LEAST_BETWEEN)))
        going.task = asyncio.create_task(self._run(policy.key, going), name=f"policy {policy.key}")

    def period_of(self, key: PolicyKey) -> float:
        """Give the time between two passes of a policy [s]."""
        going = self._rounds.get(key)
        return self._clock.wait_for(self._period) if going is None else going.period

    def ask(self, key: PolicyKey) -> bool:
        """Make a policy due now, or a second after its last pass began; asked again before that, it is due once.

        Gives whether there is such a policy. Its grid does not move.
        """
        going = self._rounds.get(key)
        if going is not None:
            going.bell.ring()
        return going is not None

    def note(self, event: StatusWrittenElsewhere | TargetAppeared | WritesHalted | WritesResumed) -> None:
        """Pass on what another controller or an operator did; it counts from the next decision on."""
        self._driver.note(event)

    async def withdraw(self, key: PolicyKey) -> None:
        """Drop a policy once its pass, if one is under way, has ended."""
        going = self._rounds.pop(key, None)
        if going is not None:
            await _end(going, grace=None)
        await self._driver.tell(PolicyWithdrawn(key=key))

    async def stop(self, *, grace: float) -> None:
        """Begin no more passes; give those under way ``grace`` [s] to finish their writes."""
        ending = list(self._rounds.values())
        self._rounds.clear()
        await asyncio.gather(*(_end(going, grace=grace) for going in ending))

    async def _run(self, key: PolicyKey, going: _Round) -> None:
        async for tick in ticks(going.period, spread(key, going.period), going.bell):
            self._watcher.ticked(key, tick)
            if not going.halted:
                async with going.passing:
                    going.began = asyncio.get_running_loop().time()
                    await self._pass(key, going)

    async def _pass(self, key: PolicyKey, going: _Round) -> None:
        """Evaluate once. The supervision point: whatever breaks here stays with this policy."""
        try:
            await self._driver.tell(EvaluationDue(key=key, at=self._clock.now()))
        except InvariantError as error:
            going.halted = True
            _log.critical(
                "promise broken: no more passes of this policy until it changes", error=str(error), **_of(key)
            )
            self._watcher.failed(key, error)
        except Exception as error:  # noqa: BLE001  # one policy's defect must not stop the others
            _log.exception("pass failed", **_of(key))
            self._watcher.failed(key, error)


async def _end(going: _Round, *, grace: float | None) -> None:
    """Stop a round while it is idle, or when ``grace`` [s] is over."""
    if going.task is None:
        return
    try:
        async with asyncio.timeout(grace), going.passing:
            going.task.cancel()
    except TimeoutError:
        going.task.cancel()
    await asyncio.wait([going.task])


def _of(key: PolicyKey) -> dict[str, str]:
    return {"namespace": key.namespace, "policy": key.name}
