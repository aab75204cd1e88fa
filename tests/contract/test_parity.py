"""One decision, two drivers: the daemon's on a virtual clock and the simulator's tell the same story of the same world.

Everything a pass saw, decided, wrote and announced is in its record; the two streams of records must be equal.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from autoscaler.config.policies import load_policies
from autoscaler.config.scenario import Rollout, Scenario, TimedFault
from autoscaler.control.controller import Controller
from autoscaler.control.messages import (
    Announce,
    Observe,
    Record,
    ScaleConflicted,
    ScaleRefused,
    ScaleWritten,
    StatusRefused,
    WriteScale,
    WriteStatus,
)
from autoscaler.daemon.driver import Driver as LiveDriver
from autoscaler.daemon.rounds import Rounds
from autoscaler.daemon.ticker import Tick, spread
from autoscaler.model.controller_config import DEFAULT_CONFIG
from autoscaler.model.decision import Action, WriteResult
from autoscaler.model.observation import Observation, ScaleUnavailable
from autoscaler.model.policy import Mode, PolicyKey, ScalingPolicy
from autoscaler.model.time import SECOND, Instant, Nanoseconds, as_seconds
from autoscaler.simulator.api import Api
from autoscaler.simulator.driver import Driver as SimulatorDriver
from autoscaler.simulator.faults import api_of
from autoscaler.simulator.inputs import prepare
from autoscaler.simulator.simulation import bind
from autoscaler.simulator.world import World, started

ROOT = Path(__file__).parents[2]
LENGTH = 40 * 60

SCENARIO = Scenario.model_validate(
    {
        "name": "parity",
        "duration": "40m",
        "traffic": {
            "sum": [
                {"ramp": {"from": 100, "to": 2500, "over": "15m"}},
                {"flash_crowd": {"at": "8m", "peak": 1500, "rise": "30s", "hold": "1m", "half_life": "1m"}},
            ]
        },
        "service": {"mean_service_time": "40ms", "slots": 20, "cpu_per_request": "1m", "memory_per_request": "1Mi"},
        "pods": {"initial_replicas": 2, "jitter": "20%"},
    }
)


def policy(file: str) -> ScalingPolicy:
    (loaded,) = load_policies([ROOT / "policies" / file]).policies
    return replace(bind(loaded, SCENARIO.target)[0], mode=Mode.APPLY)


#: Nothing of it happens at an instant at which both look, as they may look in another order then.
TROUBLED = SCENARIO.model_copy(
    update={
        "faults": tuple(
            TimedFault.model_validate(fault)
            for fault in (
                {"at": "3m1s", "for": "2m", "metrics_outage": {"of": "resource"}},
                {"at": "5m1s", "for": "3m", "failing_writes": {"answer": "throttled", "share": 0.8}},
                {"at": "9m1s", "killed_pods": {"share": 0.4}},
                {"at": "10m1s", "for": "4m", "failing_reads": {"share": 0.3}},
                {"at": "12m1s", "for": "6m", "dropped_samples": {"share": 0.5}},
                {"at": "8m1s", "for": "20m", "failing_writes": {"answer": "conflict", "share": 0.6}},
                {"at": "20m1s", "for": "3m", "metrics_outage": {"answer": "stale"}},
            )
        ),
        "rollouts": (Rollout(at="18m1s"),),
    }
)


def new_world(scenario: Scenario = SCENARIO) -> World:
    world = started(scenario)
    world.add(scenario, prepare(scenario, ROOT).traffic)
    return world


@dataclass
class LoopClock:
    """The event loop's virtual time, from the world's start on."""

    start: Instant

    def now(self) -> Instant:
        return self.start + round(asyncio.get_running_loop().time() * SECOND)

    def wait_for(self, span: Nanoseconds) -> float:
        return as_seconds(span)


@dataclass
class WorldCluster:
    """The simulated world, with its faults, behind the live driver's I/O."""

    world: World
    clock: LoopClock
    api: Api
    records: list[Record] = field(default_factory=list)

    async def observe(self, wanted: Observe) -> Observation:
        self.world.advance(self.clock.now())
        return self.api.observe(wanted)

    async def write_scale(self, wanted: WriteScale) -> ScaleWritten | ScaleConflicted | ScaleRefused:
        return self.api.write(wanted)

    async def write_status(self, wanted: WriteStatus) -> StatusRefused | None:
        return None

    async def announce(self, wanted: Announce) -> None:
        pass

    async def record(self, wanted: Record) -> None:
        self.records.append(wanted)


class Quiet:
    """Nobody watches; a failed pass is a failed test."""

    def ticked(self, key: PolicyKey, tick: Tick) -> None:
        assert tick.skipped == 0

    def failed(self, key: PolicyKey, error: Exception) -> None:
        raise AssertionError(f"{key}: {error!r}")


async def live(wanted: ScalingPolicy, scenario: Scenario = SCENARIO) -> list[Record]:
    """Run the daemon's driver and rounds for the scenario's length of virtual time."""
    world = new_world(scenario)
    clock = LoopClock(world.start)
    cluster = WorldCluster(world, clock, api_of(world, scenario))
    rounds = Rounds(
        LiveDriver(Controller(DEFAULT_CONFIG), cluster), clock, period=DEFAULT_CONFIG.sync_period, watcher=Quiet()
    )
    await rounds.accept(wanted, None)
    await asyncio.sleep(LENGTH)
    await rounds.stop(grace=1.0)
    return cluster.records


def simulated(wanted: ScalingPolicy, ticks: list[Instant], scenario: Scenario = SCENARIO) -> list[Record]:
    """Run the simulator's driver over the same instants."""
    records: list[Record] = []
    world = new_world(scenario)
    driver = SimulatorDriver(world, Controller(DEFAULT_CONFIG), records.append, api_of(world, scenario))
    driver.accept([wanted])
    driver.run(ticks)
    return records


@pytest.mark.looptime
@pytest.mark.parametrize("file", ["web-app-hpa.yaml", "web-app-production-hpa.yaml", "rps-and-queue-hpa.yaml"])
async def test_c87_live_and_simulated_records_are_equal(file: str) -> None:
    wanted = policy(file)
    from_live = await live(wanted)
    from_simulator = simulated(wanted, [record.observation.at for record in from_live])

    assert len(from_live) == 160
    assert from_simulator == from_live

    moves = [record.decision.action for record in from_live if record.outcome.result is WriteResult.WRITTEN]
    assert moves.count(Action.SCALE_UP) >= 3
    assert moves.count(Action.SCALE_DOWN) >= 1


@pytest.mark.looptime
@pytest.mark.parametrize("file", ["web-app-hpa.yaml", "rps-and-queue-hpa.yaml"])
async def test_they_are_equal_in_trouble_too(file: str) -> None:
    wanted = policy(file)
    from_live = await live(wanted, TROUBLED)
    from_simulator = simulated(wanted, [record.observation.at for record in from_live], TROUBLED)

    assert from_simulator == from_live
    results = {record.outcome.result for record in from_live}
    assert results == {WriteResult.WRITTEN, WriteResult.FAILED, WriteResult.NOT_NEEDED}
    assert any(isinstance(record.observation.scale, ScaleUnavailable) for record in from_live)


@pytest.mark.looptime
async def test_a_missing_target_is_the_same_story_too() -> None:
    wanted = policy("web-app-hpa.yaml")
    wanted = replace(wanted, target=replace(wanted.target, name="gone"))
    from_live = await live(wanted)

    assert {record.decision.error for record in from_live} == {from_live[0].decision.error}
    assert simulated(wanted, [record.observation.at for record in from_live]) == from_live


@pytest.mark.looptime
async def test_the_daemon_s_ticks_are_a_period_apart_from_its_own_offset_on() -> None:
    wanted = policy("web-app-hpa.yaml")
    start = new_world().start
    offset = spread(wanted.key, 15.0)
    seen = [(record.observation.at - start) / SECOND for record in await live(wanted)]
    assert seen == pytest.approx([offset + 15 * k for k in range(160)], abs=1e-4)


@pytest.mark.looptime
async def test_c31_a_period_of_its_own_is_the_same_story_live_and_simulated() -> None:
    wanted = replace(policy("shop-guarded.yaml"), mode=Mode.APPLY)
    assert wanted.guarding is not None
    wanted = replace(wanted, guarding=replace(wanted.guarding, period=5 * SECOND))
    from_live = await live(wanted)
    from_simulator = simulated(wanted, [record.observation.at for record in from_live])

    assert len(from_live) == LENGTH / 5
    assert from_simulator == from_live
