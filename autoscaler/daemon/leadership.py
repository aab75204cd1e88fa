"""Being the one who acts: holds the lease, does the work while it is held, and stops in time when it is not.

The lease has a connection pool of its own, so that nothing else can keep it waiting, and every request a timeout.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Protocol, assert_never

import structlog

from autoscaler.adapters.kubernetes.errors import KubernetesError
from autoscaler.adapters.kubernetes.leases import LeaseSpec
from autoscaler.adapters.kubernetes.wire import micro_timestamp
from autoscaler.control.election import (
    Answer,
    Attempt,
    Candidate,
    Create,
    Lease,
    LeaseRecord,
    Look,
    Nothing,
    Question,
    Update,
    retry_after,
)
from autoscaler.daemon.clock import Clock
from autoscaler.daemon.supervise import running
from autoscaler.model.time import Nanoseconds, as_seconds

#: Longest wait for the lease to be given up [s].
RELEASE_PATIENCE = 1.0

_log = structlog.get_logger("autoscaler.leadership")

Work = Callable[[], Awaitable[None]]


class LeaseStore(Protocol):
    """Where the lease is kept. Every method raises KubernetesError."""

    async def read(self) -> tuple[LeaseSpec, str] | None:
        """Give spec and version, ``None`` where there is none."""

    async def create(self, spec: LeaseSpec) -> tuple[LeaseSpec, str]:
        """Create it."""

    async def update(self, spec: LeaseSpec, version: str) -> tuple[LeaseSpec, str]:
        """Replace it if it is still at ``version``."""


class Watcher(Protocol):
    """Told of changes, for metrics and events."""

    def leads(self, leads: bool) -> None:
        """We lead, or no longer do."""


class Leadership:
    """One candidate. ``chance`` gives numbers in [0, 1) for the wait between attempts."""

    def __init__(
        self, candidate: Candidate, store: LeaseStore, clock: Clock, *, chance: Callable[[], float], watcher: Watcher
    ) -> None:
        self._candidate = candidate
        self._store = store
        self._clock = clock
        self._chance = chance
        self._watcher = watcher
        self._failure = ""

    @property
    def remaining(self) -> float:
        """How long a write may take that begins now [s]; 0 where we do not lead."""
        return self._clock.wait_for(self._left())

    @property
    def term(self) -> int:
        """Which leader we are: a number that grows with each change of holder."""
        return self._candidate.seen.record.transitions if self._candidate.seen else 0

    @property
    def holder(self) -> str:
        """Who holds the lease, as far as we know."""
        return self._candidate.seen.record.holder if self._candidate.seen else ""

    def check(self) -> str:
        """Say what is wrong for liveness: we still act although the lease ran out long ago."""
        overdue = self._overdue()
        limit = self._candidate.times.lease + 2 * self._candidate.times.renew_deadline
        return f"leading without a lease for {as_seconds(overdue):.0f} s" if overdue > limit else ""

    async def run(self, work: Work) -> None:
        """Do ``work`` whenever we lead; it is cancelled, and waited for, when we no longer do."""
        while True:
            await self._acquire()
            task = asyncio.ensure_future(work())
            self._watcher.leads(True)
            _log.info("leading", lease_transitions=self.term)
            try:
                await self._hold(task)
            finally:
                task.cancel()
                await asyncio.wait([task])
                self._watcher.leads(False)
            if not task.cancelled() and (failure := task.exception()) is not None:
                raise failure
            _log.warning("leading no longer: the lease could not be renewed", error=self._failure)

    async def release(self) -> None:
        """Give the lease up, if it is ours: the last thing to do. A silent server does not keep us from going."""
        try:
            async with asyncio.timeout(RELEASE_PATIENCE):
                released = await self._finish(self._candidate.release(self._wall()))
        except TimeoutError:
            _log.warning("lease not released in time: others wait until it runs out")
            return
        if released:
            _log.info("lease released")

    async def _acquire(self) -> None:
        seen = ""
        while not await self._try(self._candidate.times.renew_deadline):
            if self.holder != seen:
                seen = self.holder
                _log.info("standing by", leader=seen)
            await self._sleep(retry_after(self._candidate.times, self._chance()))

    async def _hold(self, work: asyncio.Future[None]) -> None:
        """Renew until that fails for as long as the deadline allows, or the work ends by itself."""
        times = self._candidate.times
        while not work.done():
            if (await asyncio.wait([work], timeout=self._clock.wait_for(times.retry)))[0]:
                return
            left = self._left()
            if not left or not await self._try_until(left):
                return

    async def _try_until(self, span: Nanoseconds) -> bool:
        """Try again and again for ``span``; whatever hangs is cut off there."""
        try:
            async with asyncio.timeout(self._clock.wait_for(span)):
                while not await self._try(span):
                    if not self._candidate.leads:
                        return False
                    await self._sleep(self._candidate.times.retry)
                return True
        except TimeoutError:
            self._failure = self._failure or "no answer within the renew deadline"
            return False

    async def _try(self, span: Nanoseconds) -> bool:
        """Try once, for ``span`` at most."""
        try:
            async with asyncio.timeout(self._clock.wait_for(span)):
                return await self._finish(self._candidate.attempt(self._clock.now(), self._wall()))
        except TimeoutError:
            self._failure = "no answer within the renew deadline"
            return False

    async def _finish(self, attempt: Attempt) -> bool:
        """Ask the store whatever the attempt asks, to its end."""
        try:
            question = next(attempt)
            while True:
                question = attempt.send(await self._ask(question))
        except StopIteration as end:
            return bool(end.value)

    async def _ask(self, question: Question) -> Answer:
        try:
            match question:
                case Look():
                    found = await self._store.read()
                case Create(record=record):
                    found = await self._store.create(_spec(record))
                case Update(record=record, version=version):
                    found = await self._store.update(_spec(record), version)
                case _:
                    assert_never(question)
        except KubernetesError as error:
            self._failure = str(error)
            return Nothing.FAILED
        return Nothing.MISSING if found is None else Lease(record=_record(found[0]), version=found[1])

    def _left(self) -> Nanoseconds:
        until = self._candidate.leads_until
        return 0 if until is None else max(0, until - self._clock.now())

    def _overdue(self) -> Nanoseconds:
        until = self._candidate.leads_until
        return 0 if until is None else self._clock.now() - until

    def _wall(self) -> str:
        return micro_timestamp(self._clock.now())

    async def _sleep(self, span: Nanoseconds) -> None:
        await asyncio.sleep(self._clock.wait_for(span))


@asynccontextmanager
async def leading(leadership: Leadership, work: Work) -> AsyncIterator[None]:
    """Take part in the election until the block ends; then stop the work, and release the lease last."""
    try:
        async with running("leadership", partial(leadership.run, work)):
            yield
    finally:
        await leadership.release()


def _spec(record: LeaseRecord) -> LeaseSpec:
    return LeaseSpec(
        holder_identity=record.holder,
        lease_duration_seconds=record.seconds,
        acquire_time=record.acquired,
        renew_time=record.renewed,
        lease_transitions=record.transitions,
    )


def _record(spec: LeaseSpec) -> LeaseRecord:
    return LeaseRecord(
        holder=spec.holder_identity or "",
        seconds=spec.lease_duration_seconds or 1,
        acquired=spec.acquire_time or "",
        renewed=spec.renew_time or "",
        transitions=spec.lease_transitions or 0,
    )
