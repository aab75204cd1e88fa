"""Our passes beside those of the built-in controller, aligned in time.

Neither knows when the other looks. Within one period before ours lies one pass of theirs, and within one after it
another: so our pass is held against all that their status said from a period before to a period after, and waits that
long for its verdict. Their status is written only when it changes; between two news the older one holds.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from autoscaler.control.messages import Record
from autoscaler.engine.adopt import history_needed
from autoscaler.engine.compare import Circumstances, judge, said_by_them, said_by_us
from autoscaler.model.comparison import Comparison, Said
from autoscaler.model.controller_config import ControllerConfig
from autoscaler.model.decision import PolicyStatus
from autoscaler.model.policy import PolicyKey, ScalingPolicy
from autoscaler.model.time import Instant, Nanoseconds


@dataclass(frozen=True, slots=True)
class _Dated:
    at: Instant
    said: Said | None


@dataclass(slots=True)
class _Watched:
    """One policy. ``since``: from when on our passes follow each other without a gap.

    ``rescaled_at``: when we learnt of the last change of size, which their clock dates ``last_scale_at``.
    """

    policy: ScalingPolicy
    edited_at: Instant | None = None
    since: Instant | None = None
    last_scale_at: Instant | None = None
    rescaled_at: Instant | None = None
    ours: deque[_Dated] = field(default_factory=deque)
    theirs: deque[_Dated] = field(default_factory=deque)
    waiting: deque[_Dated] = field(default_factory=deque)


class Shadowing:
    """Takes what both say, and gives the verdict on each of our passes once both had the time to say it."""

    def __init__(self, config: ControllerConfig) -> None:
        self._config = config
        # A pass takes a while, and so does the news of it: a fifth of the period, 3 s of 15 s.
        self._reach: Nanoseconds = config.sync_period + config.sync_period // 5
        self._watched: dict[PolicyKey, _Watched] = {}

    def follow(self, policy: ScalingPolicy, at: Instant) -> None:
        """Begin with a policy, or go on with a new version of it."""
        watched = self._watched.get(policy.key)
        if watched is None:
            self._watched[policy.key] = _Watched(policy)
        else:
            watched.policy, watched.edited_at = policy, at

    def forget(self, key: PolicyKey) -> None:
        """Stop with a policy; passes that wait for their verdict get none."""
        self._watched.pop(key, None)

    def seen(self, key: PolicyKey, status: PolicyStatus, at: Instant) -> None:
        """Take what the policy's object says, with the instant of the news."""
        watched = self._watched.get(key)
        if watched is None:
            return
        watched.theirs.append(_Dated(at, said_by_them(status)))
        if status.last_scale_at != watched.last_scale_at:
            watched.last_scale_at, watched.rescaled_at = status.last_scale_at, at

    def decided(self, record: Record, *, is_current: bool = True) -> tuple[Comparison, ...]:
        """Take a pass of ours; give the verdicts that are due now.

        ``is_current`` off: we may have missed news of theirs, so that nothing they said counts.
        """
        watched, at = self._watched.get(record.key), record.decision.at
        if watched is None:
            return ()
        if watched.since is None or at - watched.ours[-1].at > 2 * self._reach:
            watched.since = at
        said = _Dated(at, said_by_us(record.decision, record.outcome))
        watched.ours.append(said)
        watched.waiting.append(said)
        due = tuple(self._due(record.key, watched, at, is_current))
        self._drop_old(watched)
        return due

    def _due(self, key: PolicyKey, watched: _Watched, now: Instant, is_current: bool) -> Iterator[Comparison]:
        while watched.waiting and watched.waiting[0].at + self._reach <= now:
            asked = watched.waiting.popleft()
            assert asked.said is not None
            verdict, theirs = judge(
                asked.said,
                _within(watched.ours, asked.at - self._reach, asked.at + self._reach),
                self._in_force(watched, asked.at) if is_current else (),
                self._circumstances(watched, asked.at),
            )
            yield Comparison(key=key, at=asked.at, verdict=verdict, ours=asked.said, theirs=theirs)

    def _in_force(self, watched: _Watched, at: Instant) -> list[Said]:
        """What their status said at some moment around ``at``, oldest first; the older news hold until the newer come."""
        begin, end = at - self._reach, at + self._reach
        before = [news for news in watched.theirs if news.at <= begin][-1:]
        return [
            news.said
            for news in (*before, *(news for news in watched.theirs if begin < news.at <= end))
            if news.said is not None
        ]

    def _circumstances(self, watched: _Watched, at: Instant) -> Circumstances:
        remembered = history_needed(watched.policy, self._config) + self._reach
        return Circumstances(
            is_young=watched.since is None or at < watched.since + remembered,
            was_edited=watched.edited_at is not None and abs(watched.edited_at - at) <= self._reach,
            was_rescaled=watched.rescaled_at is not None and at < watched.rescaled_at + remembered,
        )

    def _drop_old(self, watched: _Watched) -> None:
        """Keep what a waiting pass may still need: our answers around it, their last news before that."""
        oldest = watched.waiting[0].at - self._reach
        while watched.ours[0].at < oldest:
            watched.ours.popleft()
        while len(watched.theirs) > 1 and watched.theirs[1].at <= oldest:
            watched.theirs.popleft()


def _within(answers: deque[_Dated], begin: Instant, end: Instant) -> list[Said]:
    return [answer.said for answer in answers if answer.said is not None and begin <= answer.at <= end]
