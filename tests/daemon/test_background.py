"""What gives way: events at their rate, statuses that wait for calm, on a virtual clock."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from autoscaler.adapters.kubernetes.errors import NoAnswerError
from autoscaler.adapters.kubernetes.events import Events, Regarding, Reporter
from autoscaler.control.messages import StatusRefused, WriteStatus
from autoscaler.daemon.announcer import BackgroundAnnouncer
from autoscaler.daemon.clock import AnchoredClock
from autoscaler.daemon.late_statuses import LateStatuses
from autoscaler.model.decision import Announcement, PolicyStatus
from autoscaler.model.policy import ObjectRef, PolicyKey, ScalingPolicy
from autoscaler.model.time import SECOND, Instant

KEY = PolicyKey(namespace="shop", name="web")
WEB = ObjectRef(api_version="apps/v1", kind="Deployment", name="web")
POLICY = ScalingPolicy(key=KEY, target=WEB, max_replicas=9)
ABOUT = Regarding(api_version="apps/v1", kind="Deployment", namespace="shop", name="web")


class NotedEvents(Events):
    """Notes when each event is written [s], instead of writing it."""

    def __init__(self) -> None:
        self.held_back = 0
        self.times: list[float] = []
        self.failure: NoAnswerError | None = None

    async def write(self, about: Regarding, announcement: Announcement, *, by: Reporter, at: Instant) -> bool:
        self.times.append(round(asyncio.get_running_loop().time(), 3))
        if self.failure is not None:
            raise self.failure
        return True

    def untold(self, at: Instant, *, every: int = 0) -> tuple[()]:
        return ()


class Announced:
    """An announcer, what it wrote and what it dropped."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        clock = AnchoredClock(start=0, monotonic=lambda: round(loop.time() * SECOND))
        self.pressed = False
        self.events = NotedEvents()
        self.dropped: Counter[str] = Counter()
        self.announcer = BackgroundAnnouncer(
            self.events,
            clock,
            instance="autoscaler-test",
            per_second=5.0,
            is_pressed=lambda: self.pressed,
            dropped=lambda reason: self.dropped.update([reason]),
        )
        self.task = asyncio.ensure_future(self.announcer.run())

    def announce(self, count: int) -> None:
        for number in range(count):
            told = Announcement(type="Normal", reason="R", message=str(number))
            self.announcer.announce(POLICY, ABOUT, told)


@pytest.mark.looptime
async def test_a_second_s_worth_of_events_at_once_then_five_a_second() -> None:
    made = Announced()
    made.announce(12)
    await asyncio.sleep(10)
    made.task.cancel()

    assert made.events.times == [0, 0, 0, 0, 0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.2, 1.4]
    assert not made.dropped


@pytest.mark.looptime
async def test_events_wait_for_calm_and_the_oldest_of_too_many_are_dropped() -> None:
    made = Announced()
    made.pressed = True
    made.announce(1200)
    await asyncio.sleep(5)
    assert made.events.times == []
    assert made.dropped == {"overall": 200}

    made.pressed = False
    await asyncio.sleep(1)
    made.task.cancel()
    assert len(made.events.times) == 9


@pytest.mark.looptime
async def test_an_event_that_is_refused_is_counted_as_dropped() -> None:
    made = Announced()
    made.events.failure = NoAnswerError("connection refused")
    made.announce(2)
    await made.announcer.flush(grace=5)
    made.task.cancel()

    assert made.dropped == {"refused": 2}


class Shown:
    """Late statuses, and what is written of them."""

    def __init__(self) -> None:
        self.pressed = False
        self.shed = 0
        self.written: list[tuple[float, int]] = []
        self.refusals = 0
        self.late = LateStatuses(is_pressed=lambda: self.pressed, shed=self._count)
        self.task = asyncio.ensure_future(self.late.run(self.write))

    def _count(self) -> None:
        self.shed += 1

    async def write(self, wanted: WriteStatus) -> StatusRefused | None:
        if self.refusals:
            self.refusals -= 1
            return StatusRefused(key=wanted.key, error="no answer")
        self.written.append((round(asyncio.get_running_loop().time(), 1), wanted.status.desired_replicas))
        return None


def status(replicas: int, name: str = "web") -> WriteStatus:
    key = PolicyKey(namespace="shop", name=name)
    return WriteStatus(key=key, status=PolicyStatus(desired_replicas=replicas))


@pytest.mark.looptime
async def test_the_newest_status_of_each_policy_is_written_when_calm_comes() -> None:
    made = Shown()
    assert not made.late.keep(status(1))  # calm: the pass writes it itself

    made.pressed = True
    for replicas in (2, 3, 4):
        assert made.late.keep(status(replicas))
    assert made.late.keep(status(7, "api"))
    await asyncio.sleep(20)
    assert made.written == []

    made.pressed = False
    await asyncio.sleep(1)
    made.task.cancel()
    assert made.written == [(20.0, 4), (20.0, 7)]
    assert made.shed == 4
    assert len(made.late) == 0


@pytest.mark.looptime
async def test_under_pressure_that_does_not_end_a_status_goes_out_every_half_minute() -> None:
    made = Shown()
    made.pressed = True
    for number in range(5):
        made.late.keep(status(number, f"web-{number}"))
    await asyncio.sleep(70)
    made.task.cancel()

    assert [replicas for _, replicas in made.written] == [0, 1]


@pytest.mark.looptime
async def test_a_status_written_by_a_pass_replaces_the_one_that_waits() -> None:
    made = Shown()
    made.pressed = True
    made.late.keep(status(2))
    made.pressed = False
    assert not made.late.keep(status(3))
    await asyncio.sleep(5)
    made.task.cancel()

    assert made.written == []


@pytest.mark.looptime
async def test_a_late_status_that_is_refused_is_tried_again_ever_more_slowly() -> None:
    made = Shown()
    made.refusals = 3
    made.pressed = True
    made.late.keep(status(2))
    made.pressed = False
    await asyncio.sleep(20)
    made.task.cancel()

    assert made.written == [(7.0, 2)]  # after 1 s, 2 s and 4 s
