"""One decision, two drivers: the daemon's on a virtual clock and the simulator's tell the same story of the same world.

Everything a pass saw, decided, wrote and announced is in its record; the two streams of records must be equal.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from autoscaler.config.policies import load_policies
from autoscaler.config.scenario import Scenario
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
from autoscaler.simulator.driver import Driver as SimulatorDriver
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


def new_world() -> World:
    world = started(SCENARIO)
    world.add(SCENARIO, prepare(SCENARIO, ROOT).traffic)
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
    """The simulated world behind the live driver's I/O."""

    world: World
    clock: LoopClock
    records: list[Record] = field(default_factory=list)

    async def observe(self, wanted: Observe) -> Observation:
        self.world.advance(self.clock.now())
        workload = self.world.workloads.get((wanted.key.namespace, wanted.target.name))
        if workload is None:
            error = f'{wanted.target.kind.lower()}s "{wanted.target.name}" not found'
            return Observation(at=wanted.at, scale=ScaleUnavailable(error=error))
        return Observation(
            at=wanted.at, scale=workload.scale(), pods=workload.pods(), readings=workload.readings(wanted.metrics)
        )

    async def write_scale(self, wanted: WriteScale) -> ScaleWritten | ScaleConflicted | ScaleRefused:
        workload = self.world.workloads[wanted.key.namespace, wanted.target.name]
        assert wanted.resource_version in ("", workload.scale().resource_version)
        workload.set_replicas(wanted.replicas)
        return ScaleWritten(key=wanted.key)

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


async def live(wanted: ScalingPolicy) -> list[Record]:
    """Run the daemon's driver and rounds for the scenario's length of virtual time."""
    world = new_world()
    clock = LoopClock(world.start)
    cluster = WorldCluster(world, clock)
    rounds = Rounds(
        LiveDriver(Controller(DEFAULT_CONFIG), cluster), clock, period=DEFAULT_CONFIG.sync_period, watcher=Quiet()
    )
    await rounds.accept(wanted, None)
    await asyncio.sleep(LENGTH)
    await rounds.stop(grace=1.0)
    return cluster.records


def simulated(wanted: ScalingPolicy, ticks: list[Instant]) -> list[Record]:
    """Run the simulator's driver over the same instants."""
    records: list[Record] = []
    driver = SimulatorDriver(new_world(), Controller(DEFAULT_CONFIG), records.append)
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
