"""Leader election without I/O: client-go's algorithm as questions to a lease and what their answers mean.

Remote times are never compared with our clock: a foreign record counts as long as its holder's lease lasts from when we
first saw it. So clocks may differ; they must only run at about the same speed.

Source: client-go tools/leaderelection/leaderelection.go, tryAcquireOrRenew; resourcelock/leaselock.go.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Final, TypeAlias

from autoscaler.model.time import SECOND, Instant, Nanoseconds

_JITTER: Final = 1.2  #: client-go's JitterFactor: a retry waits one to 2.2 periods


@dataclass(frozen=True, slots=True, kw_only=True)
class ElectionTimes:
    """How long a lease lasts, how long its holder tries to renew it before giving up, and how often anybody tries."""

    lease: Nanoseconds = 15 * SECOND
    renew_deadline: Nanoseconds = 10 * SECOND
    retry: Nanoseconds = 2 * SECOND

    @property
    def whole_seconds(self) -> int:
        """How long others wait, as a lease can say it: rounded up, since a shorter wait would let two lead."""
        return -(-self.lease // SECOND)

    def __post_init__(self) -> None:
        if not self.lease > self.renew_deadline > _JITTER * self.retry > 0:
            raise ValueError("it takes lease duration > renew deadline > 1.2 times the retry period > 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseRecord:
    """What a lease says. Times are wall-clock texts: only their owner reads them."""

    holder: str
    seconds: int  #: how long it lasts after each renewal
    acquired: str
    renewed: str
    transitions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """A record as the API server holds it."""

    record: LeaseRecord
    version: str


class Look:
    """Ask for the lease. Answered by a ``Lease``, ``Nothing.MISSING`` or ``Nothing.FAILED``."""


@dataclass(frozen=True, slots=True)
class Create:
    """Ask to create the lease. Answered by the ``Lease`` as it is now, or ``Nothing.FAILED``."""

    record: LeaseRecord


@dataclass(frozen=True, slots=True)
class Update:
    """Ask to replace the lease if it is still at ``version``. Answered as ``Create``."""

    record: LeaseRecord
    version: str


class Nothing(Enum):
    """There is no lease, or no answer that could be used."""

    MISSING = "missing"
    FAILED = "failed"


Question: TypeAlias = Look | Create | Update
Answer: TypeAlias = Lease | Nothing
Attempt: TypeAlias = Generator[Question, Answer, bool]


@dataclass(slots=True)
class Candidate:
    """One who would lead. ``renewed_at``: when the renewal that succeeded last was begun; nobody may rely on more."""

    identity: str
    times: ElectionTimes
    seen: Lease | None = None
    seen_at: Instant = 0
    renewed_at: Instant | None = field(default=None)

    @property
    def leads(self) -> bool:
        """Tell whether the lease, as last seen, is ours. It may have run out since: see ``leads_until``."""
        return self.seen is not None and self.seen.record.holder == self.identity

    @property
    def leads_until(self) -> Instant | None:
        """Give the instant after which we must not act as leader, unless a renewal succeeds before."""
        if not self.leads or self.renewed_at is None:
            return None
        return self.renewed_at + self.times.renew_deadline

    def attempt(self, now: Instant, wall: str) -> Attempt:
        """Try once to get or keep the lease. ``wall`` is now as the record writes it. Gives whether we lead."""
        own = LeaseRecord(
            holder=self.identity, seconds=self.times.whole_seconds, acquired=wall, renewed=wall, transitions=0
        )
        if self.leads and self._is_valid(now):
            answer = yield Update(self._continued(own), self._known.version)
            if isinstance(answer, Lease):
                return self._won(answer, now)
        answer = yield Look()
        if answer is Nothing.FAILED:
            return False
        if not isinstance(answer, Lease):
            answer = yield Create(own)
            return isinstance(answer, Lease) and self._won(answer, now)
        self._saw(answer, now)
        if answer.record.holder and not self.leads and self._is_valid(now):
            return False
        record = self._continued(own) if self.leads else replace(own, transitions=answer.record.transitions + 1)
        answer = yield Update(record, answer.version)
        return isinstance(answer, Lease) and self._won(answer, now)

    def release(self, wall: str) -> Attempt:
        """Give the lease up, so that another need not wait for its end. Gives whether that was seen to succeed."""
        while self.leads:
            left = LeaseRecord(
                holder="", seconds=1, acquired=wall, renewed=wall, transitions=self._known.record.transitions
            )
            answer = yield Update(left, self._known.version)
            if isinstance(answer, Lease):
                self.seen = answer
                return True
            answer = yield Look()
            if not isinstance(answer, Lease):
                return False
            self.seen = answer
        return False

    @property
    def _known(self) -> Lease:
        if self.seen is None:
            raise AssertionError("nobody leads a lease that was never seen")
        return self.seen

    def _is_valid(self, now: Instant) -> bool:
        return now < self.seen_at + self._known.record.seconds * SECOND

    def _continued(self, own: LeaseRecord) -> LeaseRecord:
        record = self._known.record
        return replace(own, acquired=record.acquired, transitions=record.transitions)

    def _saw(self, lease: Lease, now: Instant) -> None:
        """Take note of a record; only a changed one counts as a sign of life."""
        if self.seen is None or self.seen.record != lease.record:
            self.seen_at = now
        self.seen = lease

    def _won(self, lease: Lease, now: Instant) -> bool:
        self.seen, self.seen_at, self.renewed_at = lease, now, now
        return True


def retry_after(times: ElectionTimes, chance: float) -> Nanoseconds:
    """Give how long to wait before trying again to become leader; ``chance`` is in [0, 1)."""
    return round(times.retry * (1 + chance * _JITTER))
