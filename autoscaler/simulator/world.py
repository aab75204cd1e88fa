"""The simulated world, driven from outside: move time on, set replicas, look.

Nothing here knows about policies. The simulator's driver, the emulator and tests all use the same few calls.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from autoscaler.config.scenario import LostNodes, NodePool, Scenario
from autoscaler.config.spot_traces import SpotTrace
from autoscaler.model.observation import Pod, Reading, Scale
from autoscaler.model.policy import Metric
from autoscaler.model.target import TargetState
from autoscaler.model.time import SECOND, Instant, seconds
from autoscaler.simulator.cluster import Counts, PodSet
from autoscaler.simulator.fidelity import serving_of
from autoscaler.simulator.kernel import EventQueue, Kind
from autoscaler.simulator.ledger import FIRST_SECONDS, Ledger
from autoscaler.simulator.metrics_apis import MetricsApis
from autoscaler.simulator.nodes.pools import NodePools
from autoscaler.simulator.noise import Noise
from autoscaler.simulator.pipeline import Pipeline
from autoscaler.simulator.placement import Anywhere, Placement
from autoscaler.simulator.pod import Container
from autoscaler.simulator.script import Parts, play
from autoscaler.simulator.serving import Latencies, Serving
from autoscaler.simulator.traffic import RateFunction
from autoscaler.simulator.waiting import latency_percentiles

_SCRAPE = Kind.SCRAPE  # bound once: a member is looked up slowly on Python 3.11


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What is true of a workload right now, for plots; a controller never sees it."""

    at: Instant
    demand: float  #: arriving requests/s, over the last whole second
    capacity: float  #: what ready pods can serve [requests/s]
    waiting: float  #: requests in the queue
    wanted: int  #: replicas asked for
    created: int  #: pods that exist and are not on their way out
    ready: int  #: pods in rotation
    latency: tuple[float, float, float]  #: p50, p95, p99 of requests arriving now [s]
    rejected: float  #: requests turned away in the last whole second
    timed_out: float  #: requests that gave up in the last whole second


class Workload:
    """One scale target with its traffic. Times passed in must not go back."""

    def __init__(
        self,
        scenario: Scenario,
        serving: Serving,
        placement: Placement,
        noise: Noise,
        events: EventQueue,
        start: Instant,
    ) -> None:
        self.scenario = scenario
        self.target = scenario.target
        self._now = start
        self._service = serving
        self._pipeline = Pipeline(scenario, noise)
        self._metrics = MetricsApis(scenario, self._pipeline)
        self._pods = PodSet(scenario, events, noise, start, self._service, placement)
        self._events = events
        self._scraped: tuple[tuple[Container, ...], list[int]] = (), []  # the containers, and serving's numbers of them
        self._shown: Scale | None = None
        self._version = 1
        self._interval = seconds(scenario.metrics.scrape_interval)
        events.push(start, Kind.SCRAPE, self._scrape)
        self.parts = Parts(self._pods, self._service, self._pipeline, self._metrics, noise)

    def advance(self, to: Instant) -> None:
        """Take note of the time; ``World.advance`` calls it."""
        self._now = to

    @property
    def ledger(self) -> Ledger:
        """What happened to requests in every second that is over."""
        self._service.catch_up(self._now)
        return self._service.ledger

    def latencies(self) -> Latencies:
        """Tell how long requests took so far."""
        self._service.catch_up(self._now)
        return self._service.latencies()

    def set_replicas(self, replicas: int) -> None:
        """Ask for that many pods, as writing the scale does."""
        if replicas != self._pods.wanted:
            self._version += 1
            self._shown = None
        self._pods.set_replicas(replicas, self._now)

    def create_pod(self, name: str | None = None) -> str:
        """Create one pod beyond what was asked for, under a name of the caller's choice, and give its name."""
        return self._pods.create(self._now, name)

    def delete_pod(self, name: str) -> None:
        """Delete one pod; nothing replaces it until replicas are set again."""
        self._pods.delete(name, self._now)

    def scale(self) -> Scale:
        """Give the scale subresource; the same object as long as nothing changed."""
        wanted, created, shown = self._pods.wanted, self._pods.created(), self._shown
        if shown is None or (shown.spec_replicas, shown.status_replicas) != (wanted, created):
            shown = self._shown = Scale(
                spec_replicas=wanted,
                status_replicas=created,
                selector=f"app={self.target.name}",
                resource_version=str(self._version),
            )
        return shown

    def target_state(self) -> TargetState | None:
        """Give what the target says of itself where that is worth a look: while a rollout is under way."""
        rollout = self._pods.rollout()
        return None if rollout is None else TargetState(workload=rollout)

    def pods(self) -> tuple[Pod, ...]:
        """Give every pod as the API server shows it; the same objects as long as nothing changed."""
        return self._pods.values()

    def readings(self, metrics: tuple[Metric, ...]) -> tuple[Reading, ...]:
        """Answer each metric as the metrics APIs would now."""
        return self._metrics.readings(metrics, self._now)

    def history(self) -> Sequence[Counts]:
        """Give how many pods there were, one entry for each change, oldest first."""
        return self._pods.history

    def probe(self) -> Probe:
        """Tell what is true right now."""
        pods = self._pods.counts(self._now)
        ledger = self.ledger
        last = max(0, ledger.seconds - 1)
        demand = float(ledger.arrived[last])
        return Probe(
            at=self._now,
            demand=demand,
            capacity=self._service.capacity,
            waiting=self._service.waiting,
            wanted=pods.wanted,
            created=pods.created,
            ready=pods.ready,
            latency=latency_percentiles(self.scenario.service, demand, pods.ready, self._service.waiting),
            rejected=float(ledger.rejected[last]),
            timed_out=float(ledger.timed_out[last]),
        )

    def _scrape(self, at: Instant) -> None:
        pods = self._pods.running()
        if pods is not self._scraped[0]:
            self._scraped = pods, [pod.number for pod in pods]
        self._service.catch_up(at)
        self._pipeline.scrape(at, pods, self._service.counters(self._scraped[1]))
        self._events.push(at + self._interval, _SCRAPE, self._scrape)


class World:
    """Workloads on one clock, and on the same nodes where there are any."""

    def __init__(
        self,
        start: Instant,
        *,
        nodes: Sequence[NodePool] = (),
        seed: int = 0,
        spot_traces: Mapping[str, SpotTrace] | None = None,
    ) -> None:
        """``spot_traces`` holds the recorded pools that ``nodes`` name, by path. Without nodes there is room for all.

        Raises:
            ValueError: a recorded pool is missing.
        """
        self.start = start
        self.now = start
        self.workloads: dict[tuple[str, str], Workload] = {}
        self._events = EventQueue()
        self.nodes = NodePools(nodes, self._events, start, seed=seed, traces=spot_traces) if nodes else None

    def add(self, scenario: Scenario, traffic: RateFunction, seconds: int = FIRST_SECONDS) -> Workload:
        """Add a scenario's workload, from now on. Its traffic begins now, whatever ``scenario.start`` says.

        ``seconds``: how long it will run, if that is known; saves room and time, and changes nothing else.
        """
        stream = len(self.workloads)
        noise = Noise(scenario.seed, stream)
        serving = serving_of(scenario, traffic, Ledger(traffic, seconds), self.now, noise, stream)
        workload = Workload(scenario, serving, self._placement(scenario), noise, self._events, self.now)
        play(scenario, workload.parts, self._events, self.now, self._lose)
        self.workloads[scenario.target.namespace, scenario.target.name] = workload
        return workload

    def lose_nodes(self, pool: str, at: Instant, *, count: int | None = None, share: float = 1.0) -> int:
        """End nodes of a pool at ``at``, which is now, without notice: ``count`` of them, or that share; gives how many.

        Raises:
            ValueError: there is no such pool.
        """
        found = next((each for each in self.nodes.pools if each.spec.name == pool), None) if self.nodes else None
        if self.nodes is None or found is None:
            raise ValueError(f"there are no nodes called {pool}")
        return self.nodes.lose(found, at, found.part(share) if count is None else count)

    def _lose(self, lost: LostNodes, at: Instant) -> None:
        self.lose_nodes(lost.pool, at, count=lost.count, share=lost.share or 1.0)

    def next_event_at(self) -> Instant | None:
        """Tell when something happens by itself next: a pod starts, a scrape is due."""
        return self._events.next_at()

    def advance(self, to: Instant) -> None:
        """Let everything happen that is due up to and including ``to``.

        Raises:
            ValueError: ``to`` is in the past.
        """
        if to < self.now:
            raise ValueError(f"time does not go back: {to} is before {self.now}")
        for at, action in self._events.due(to):
            self.now = at
            action(at)
        self.now = to
        for workload in self.workloads.values():
            workload.advance(to)

    def _placement(self, scenario: Scenario) -> Placement:
        pull = seconds(scenario.pods.image_pull)
        return Anywhere(pull) if self.nodes is None else self.nodes.tenant(scenario, pull)


def started(scenario: Scenario, spot_traces: Mapping[str, SpotTrace] | None = None) -> World:
    """Give a world without workloads, with the scenario's nodes, whose clock shows its start.

    Raises:
        ValueError: a recorded pool that the nodes name is not among ``spot_traces``.
    """
    start = round(scenario.start.timestamp()) * SECOND
    return World(start, nodes=scenario.nodes, seed=scenario.seed, spot_traces=spot_traces)
