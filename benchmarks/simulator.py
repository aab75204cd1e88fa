"""How fast a day passes: as a fluid, with the real controller, and request by request, beside SimPy and Ciw.

    python -m benchmarks.simulator [--quick] [--json FILE] [--seed N]

The fluid's day is ``simulations/diurnal-day.yaml``: 86,400 seconds, 5,760 scrapes, 5,759 evaluations of two metrics, 2 to
10 pods. The requests' day is ``simulations/day-10-to-10000.yaml``: 432 million of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from autoscaler.config.policies import load_policies
from autoscaler.config.scenario import load_scenario
from autoscaler.control.controller import Controller
from autoscaler.control.messages import EvaluationDue, Event, PolicyAccepted, Record, ScaleWritten, TargetObserved
from autoscaler.model.decision import WriteResult
from autoscaler.model.policy import Mode, ScalingPolicy
from autoscaler.model.time import SECOND
from autoscaler.simulator.driver import Driver
from autoscaler.simulator.inputs import Inputs, Overrides, prepare
from autoscaler.simulator.simulation import bind, simulate
from autoscaler.simulator.world import started
from benchmarks.fluid_day import Follower
from benchmarks.harness import Case, measure, publish, read_options
from benchmarks.requestlevel.rates import as_json, publish_rates
from benchmarks.requestlevel.run import measured

ROOT = Path(__file__).parents[1]
DAY = ROOT / "simulations/diurnal-day.yaml"
POLICY = ROOT / "policies/web-app-hpa.yaml"


def policy_tick(inputs: Inputs, policy: ScalingPolicy) -> Callable[[], object]:
    """One pass of the controller, with what it sees and is answered in a recorded day; the day begins anew when over."""
    passes = _recorded(inputs, policy)

    def day() -> Iterator[None]:
        while True:
            controller = Controller()
            controller.handle(PolicyAccepted(policy=replace(policy, mode=Mode.APPLY)))
            for due, *answers in passes:
                controller.handle(due)
                for answer in answers:
                    controller.handle(answer)
                yield

    return day().__next__


def _recorded(inputs: Inputs, policy: ScalingPolicy) -> list[tuple[Event, ...]]:
    """What happened to the controller in each pass of a simulated day: due, observed, and written where it scaled."""
    passes: list[tuple[Event, ...]] = []

    def record(one: Record) -> None:
        due = EvaluationDue(key=one.key, at=one.observation.at)
        seen = TargetObserved(key=one.key, observation=one.observation)
        is_written = one.outcome.result is WriteResult.WRITTEN
        passes.append((due, seen, ScaleWritten(key=one.key)) if is_written else (due, seen))

    world = started(inputs.scenario)
    world.add(inputs.scenario, inputs.traffic, inputs.duration)
    driver = Driver(world, Controller(), record)
    driver.accept([policy])
    driver.run(range(world.start + 15 * SECOND, world.start + inputs.duration * SECOND + 1, 15 * SECOND))
    return passes


def main() -> None:
    """Measure and print."""
    options = read_options(__doc__)
    (policy,) = load_policies([POLICY]).policies
    inputs = prepare(load_scenario(DAY), DAY.parent, Overrides(seed=options.seed))
    bound, _ = bind(policy, inputs.scenario.target)
    hour = replace(inputs, duration=3_600)
    follower = Follower(inputs, bound)
    over = follower.played()
    cases = (
        Case(name="fluid day: all but the policy's own time", call=follower.day, aim=1e3 / 60),
        Case(name="fluid day: scores and series of it", call=lambda: follower.scored(over)),
        Case(name="policy tick: the controller alone", call=policy_tick(inputs, bound), aim=20_000.0),
        Case(name="fluid day: all, with the policy", call=lambda: simulate(inputs, policy), aim=1.0),
        Case(name="fluid hour: all, with the policy", call=lambda: simulate(hour, policy), aim=24.0),
    )
    figures = measure(cases, options)
    rates, numbers = measured(options)
    publish("simulator", figures, options, **as_json(rates, numbers))
    if options.json != "-":
        publish_rates(rates, numbers)


if __name__ == "__main__":
    main()
