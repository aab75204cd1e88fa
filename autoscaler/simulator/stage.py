"""The world of a run with everything the scenario names in it, and what is to be told of it afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from autoscaler.model.time import SECOND
from autoscaler.simulator.bill import Bill, bill_of_nodes, bill_of_pods
from autoscaler.simulator.inputs import Inputs
from autoscaler.simulator.result import MetricTrack, Neighbour, Result, ScaleAction, Trouble
from autoscaler.simulator.scoring import Scorer, node_steps, replica_steps
from autoscaler.simulator.world import Workload, World, started


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A world with the main workload and its neighbours."""

    inputs: Inputs
    world: World
    workload: Workload
    neighbours: tuple[Workload, ...]

    def result(
        self,
        *,
        policy: str,
        actions: Sequence[ScaleAction] = (),
        metrics: tuple[MetricTrack, ...] = (),
        evaluations: int = 0,
        tolerance: float = 0.0,
        troubles: tuple[Trouble, ...] = (),
        is_complete: bool = True,
        notes: Sequence[str] = (),
        scaled: Mapping[str, tuple[str, Sequence[ScaleAction]]] | None = None,
    ) -> Result:
        """Tell how it went up to now; ``scaled`` gives policy and actions of the neighbours that have a policy, by name."""
        start, workload, nodes = self.world.start, self.workload, self.world.nodes
        ledger, history = workload.ledger, workload.history()
        played = ledger.seconds
        scorer = Scorer(workload.scenario, ledger, workload.latencies(), self._bill())
        score = scorer.score(history, actions, start)
        if nodes is not None:
            score = replace(score, node_hours=sum(nodes.books.node_hours(start + played * SECOND)))
        return Result(
            inputs=replace(self.inputs, duration=played),
            policy=policy,
            score=score,
            series=scorer.series(),
            replicas=replica_steps(history, start, played),
            metrics=metrics,
            actions=tuple(actions),
            worst=scorer.worst(),
            broken_minutes=scorer.broken_minutes,
            evaluations=evaluations,
            tolerance=tolerance,
            troubles=troubles,
            is_complete=is_complete,
            nodes=None if nodes is None else node_steps(nodes.books.history, start, played),
            neighbours=tuple(self._neighbour(each, scaled or {}) for each in self.neighbours),
            notes=(*notes, *(() if nodes is None else nodes.shortages(self.world.now))),
        )

    def _bill(self) -> Bill | None:
        """Give what is paid: for all nodes, or where there are none for the main workload's pods."""
        nodes, start = self.world.nodes, self.world.start
        if nodes is None:
            return bill_of_pods(self.workload.history(), self.workload.scenario.pods.price_per_hour, start)
        return bill_of_nodes(nodes.books.history, [pool.spec.price_per_hour for pool in nodes.pools], start)

    def _neighbour(self, workload: Workload, scaled: Mapping[str, tuple[str, Sequence[ScaleAction]]]) -> Neighbour:
        name, start = workload.target.name, self.world.start
        policy, actions = scaled.get(name, ("", ()))
        bill = bill_of_pods(workload.history(), workload.scenario.pods.price_per_hour, start)
        scorer = Scorer(workload.scenario, workload.ledger, workload.latencies(), bill)
        return Neighbour(name=name, policy=policy, score=scorer.score(workload.history(), actions, start))


def set_up(inputs: Inputs) -> Stage:
    """Build the scenario's world, at its start."""
    scenario = inputs.scenario
    world = started(scenario, inputs.spot_traces)
    shared = {"seed": scenario.seed, "fidelity": scenario.fidelity}
    return Stage(
        inputs=inputs,
        world=world,
        workload=world.add(scenario, inputs.traffic, inputs.duration),
        neighbours=tuple(
            world.add(each.scenario.model_copy(update=shared), each.traffic, inputs.duration)
            for each in inputs.neighbours
        ),
    )
