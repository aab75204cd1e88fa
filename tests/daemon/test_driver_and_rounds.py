"""The driver and the rounds on a virtual clock, with the real controller and an in-memory cluster."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest

from autoscaler.control.controller import Controller
from autoscaler.control.messages import (
    Announce,
    EvaluationDue,
    Observe,
    PolicyAccepted,
    Record,
    ScaleConflicted,
    ScaleRefused,
    ScaleWritten,
    StatusRefused,
    WriteScale,
    WriteStatus,
)
from autoscaler.daemon.clock import AnchoredClock
from autoscaler.daemon.driver import Driver
from autoscaler.daemon.rounds import Rounds
from autoscaler.daemon.ticker import Tick, spread
from autoscaler.model.decision import WriteResult
from autoscaler.model.errors import InvariantError
from autoscaler.model.observation import ExternalReading, NoReading, Observation, Reading, Scale
from autoscaler.model.policy import (
    ExternalMetric,
    MetricName,
    MetricTarget,
    Mode,
    ObjectRef,
    PolicyKey,
    ScalingPolicy,
)
from autoscaler.model.quantity import Quantity
from autoscaler.model.time import SECOND

KEY = PolicyKey(namespace="shop", name="web")
QUEUE = ExternalMetric(
    metric=MetricName(name="depth"), target=MetricTarget(type="AverageValue", average_value=Quantity.parse("10"))
)
POLICY = ScalingPolicy(
    key=KEY,
    target=ObjectRef(api_version="apps/v1", kind="Deployment", name="web"),
    max_replicas=20,
    metrics=(QUEUE,),
    mode=Mode.APPLY,
)

Done = Observe | WriteScale | WriteStatus | Announce | Record


@dataclass
class MemoryCluster:
    """A target in memory. ``takes`` [s] is how long one look lasts."""

    replicas: int = 3
    reading: Reading = field(default_factory=lambda: ExternalReading(values=(60_000,), at=0))
    takes: float = 0.0
    done: list[Done] = field(default_factory=list)
    write_answers: list[Any] = field(default_factory=list)
    status_answer: StatusRefused | None = None
    looks: list[float] = field(default_factory=list)
    failure: Exception | None = None
    at_once: int = 0
    most_at_once: int = 0

    async def observe(self, wanted: Observe) -> Observation:
        self.done.append(wanted)
        self.looks.append(round(asyncio.get_running_loop().time(), 3))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(self.takes)
        self.at_once -= 1
        if self.failure is not None:
            raise self.failure
        scale = Scale(spec_replicas=self.replicas, status_replicas=self.replicas, selector="app=web")
        return Observation(at=wanted.at, scale=scale, readings=(self.reading,))

    async def write_scale(self, wanted: WriteScale) -> ScaleWritten | ScaleConflicted | ScaleRefused:
        self.done.append(wanted)
        if self.write_answers:
            answer = self.write_answers.pop(0)
            if answer is not None:
                return answer
        self.replicas = wanted.replicas
        return ScaleWritten(key=wanted.key)

    async def write_status(self, wanted: WriteStatus) -> StatusRefused | None:
        self.done.append(wanted)
        return self.status_answer

    async def announce(self, wanted: Announce) -> None:
        self.done.append(wanted)

    async def record(self, wanted: Record) -> None:
        self.done.append(wanted)

    def kinds(self) -> list[str]:
        return [done.announcement.reason if isinstance(done, Announce) else type(done).__name__ for done in self.done]


@dataclass
class Watcher:
    ticks: list[Tick] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def ticked(self, key: PolicyKey, tick: Tick) -> None:
        self.ticks.append(tick)

    def failed(self, key: PolicyKey, error: Exception) -> None:
        self.failures.append(str(error))


async def drive(cluster: MemoryCluster, at: int = 0, policy: ScalingPolicy = POLICY) -> None:
    driver = Driver(Controller(), cluster)
    await driver.tell(PolicyAccepted(policy=policy))
    await driver.tell(EvaluationDue(key=KEY, at=at))


async def test_a_pass_looks_writes_announces_and_records_in_upstreams_order() -> None:
    cluster = MemoryCluster()

    await drive(cluster)

    assert cluster.replicas == 6
    assert cluster.kinds() == ["Observe", "WriteScale", "SuccessfulRescale", "Record", "WriteStatus"]


async def test_a_metric_that_cannot_be_read_changes_nothing() -> None:
    cluster = MemoryCluster(reading=NoReading(error="the server is currently unable to handle the request"))

    await drive(cluster)

    assert cluster.replicas == 3
    assert "WriteScale" not in cluster.kinds()
    assert "FailedGetExternalMetric" in cluster.kinds()


async def test_observing_writes_and_announces_nothing() -> None:
    from dataclasses import replace

    cluster = MemoryCluster()

    await drive(cluster, policy=replace(POLICY, mode=Mode.OBSERVE))

    assert cluster.kinds() == ["Observe", "Record"]
    record = cluster.done[-1]
    assert isinstance(record, Record)
    assert (record.outcome.result, record.decision.desired) == (WriteResult.WITHHELD, 6)


async def test_a_conflict_is_followed_by_the_same_size_onto_the_fresh_scale() -> None:
    fresh = Scale(spec_replicas=4, status_replicas=4, selector="app=web", resource_version="9")
    cluster = MemoryCluster(write_answers=[ScaleConflicted(key=KEY, fresh=fresh, error="modified"), None])

    await drive(cluster)

    writes = [done for done in cluster.done if isinstance(done, WriteScale)]
    assert [(write.replicas, write.resource_version) for write in writes] == [(6, ""), (6, "9")]


async def test_a_status_that_is_refused_is_announced_before_the_pass_ends() -> None:
    cluster = MemoryCluster(status_answer=StatusRefused(key=KEY, error="no"))

    await drive(cluster)

    kinds = cluster.kinds()
    assert kinds.index("FailedUpdateStatus") > kinds.index("WriteStatus")


def rounds_of(cluster: MemoryCluster, watcher: Watcher | None = None) -> Rounds:
    loop = asyncio.get_running_loop()
    clock = AnchoredClock(start=0, monotonic=lambda: round(loop.time() * SECOND))
    return Rounds(Driver(Controller(), cluster), clock, period=15 * SECOND, watcher=watcher or Watcher())


@pytest.mark.looptime
async def test_a_policy_is_looked_at_once_per_period_from_its_own_offset() -> None:
    cluster = MemoryCluster(takes=2)
    rounds = rounds_of(cluster)
    offset = spread(KEY, 15.0)

    await rounds.accept(POLICY, None)
    await asyncio.sleep(offset + 31)
    await rounds.stop(grace=5)

    assert cluster.looks == [round(offset + 15 * turn, 3) for turn in range(3)]
    observes = [done for done in cluster.done if isinstance(done, Observe)]
    assert [round(done.at / SECOND, 3) for done in observes] == cluster.looks


@pytest.mark.looptime
async def test_passes_of_one_policy_never_overlap_and_missed_ticks_are_counted() -> None:
    cluster, watcher = MemoryCluster(takes=40), Watcher()
    rounds = rounds_of(cluster, watcher)

    await rounds.accept(POLICY, None)
    await asyncio.sleep(spread(KEY, 15.0) + 81)
    await rounds.stop(grace=100)

    assert cluster.most_at_once == 1
    assert [tick.skipped for tick in watcher.ticks] == [0, 1, 2]


@pytest.mark.looptime
async def test_a_stop_lets_a_write_under_way_finish() -> None:
    cluster = MemoryCluster(takes=3)
    rounds = rounds_of(cluster)
    await rounds.accept(POLICY, None)
    await asyncio.sleep(spread(KEY, 15.0) + 1)

    await rounds.stop(grace=5)

    assert cluster.kinds()[-1] == "WriteStatus"
    assert cluster.replicas == 6


@pytest.mark.looptime
async def test_a_pass_that_outlasts_the_grace_is_abandoned() -> None:
    loop = asyncio.get_running_loop()
    cluster = MemoryCluster(takes=1000)
    rounds = rounds_of(cluster)
    await rounds.accept(POLICY, None)
    await asyncio.sleep(spread(KEY, 15.0) + 1)
    assert round(rounds.longest_pass, 3) == 1.0

    before = loop.time()
    await rounds.stop(grace=5)

    assert round(loop.time() - before, 3) == 5.0
    assert cluster.kinds() == ["Observe"]


@pytest.mark.looptime
async def test_a_policy_withdrawn_is_looked_at_no_more() -> None:
    cluster = MemoryCluster()
    rounds = rounds_of(cluster)
    await rounds.accept(POLICY, None)
    await asyncio.sleep(20)

    await rounds.withdraw(KEY)
    seen = len(cluster.looks)
    await asyncio.sleep(60)

    assert len(cluster.looks) == seen


@pytest.mark.looptime
async def test_a_defect_in_one_pass_is_reported_and_the_next_pass_goes_on() -> None:
    cluster, watcher = MemoryCluster(failure=RuntimeError("odd")), Watcher()
    rounds = rounds_of(cluster, watcher)

    await rounds.accept(POLICY, None)
    await asyncio.sleep(spread(KEY, 15.0) + 31)
    await rounds.stop(grace=5)

    assert watcher.failures == ["odd"] * 3


@pytest.mark.looptime
async def test_a_broken_promise_halts_the_policy_until_it_changes() -> None:
    cluster, watcher = MemoryCluster(failure=InvariantError("desired above max")), Watcher()
    rounds = rounds_of(cluster, watcher)

    await rounds.accept(POLICY, None)
    await asyncio.sleep(61)
    assert watcher.failures == ["desired above max"]

    cluster.failure = None
    await rounds.accept(POLICY, None)
    await asyncio.sleep(15)
    await rounds.stop(grace=5)
    assert cluster.replicas == 6
