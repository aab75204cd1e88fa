"""Builds the daemon from its settings, so that taking it down happens in the reverse order of building it."""

from __future__ import annotations

import asyncio
import math
import secrets
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC
from functools import partial
from uuid import uuid4

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger
from prometheus_client import Gauge

from autoscaler.adapters.kubernetes.client import Client
from autoscaler.adapters.kubernetes.discovery import Discovery
from autoscaler.adapters.kubernetes.hpas import hpas_of
from autoscaler.adapters.kubernetes.leases import Leases
from autoscaler.adapters.kubernetes.metrics_apis import MetricsApis
from autoscaler.adapters.kubernetes.scale import Scales
from autoscaler.adapters.kubernetes.scaling_policies import PolicyStatuses
from autoscaler.adapters.kubernetes.statuses import Statuses
from autoscaler.config.hpa import policy_from_object
from autoscaler.config.hpa_status import status_from_object, status_to_object
from autoscaler.config.policy_status import status_of_any
from autoscaler.config.settings import PolicySource, Settings
from autoscaler.control.controller import Controller
from autoscaler.control.election import Candidate
from autoscaler.control.recording import RecordedController
from autoscaler.daemon.background import late_statuses, open_announcer
from autoscaler.daemon.caches import PodCaches
from autoscaler.daemon.clients import lease_client, usual_client
from autoscaler.daemon.clock import Clock
from autoscaler.daemon.cluster import LiveCluster
from autoscaler.daemon.comparer import Comparer
from autoscaler.daemon.datasources import open_sources
from autoscaler.daemon.driver import Driver
from autoscaler.daemon.explaining import open_explanations
from autoscaler.daemon.explanations import Explanations
from autoscaler.daemon.halts import follow_switch
from autoscaler.daemon.health import Checks, Heartbeat, add_metrics, health_app, served
from autoscaler.daemon.in_force import PoliciesInForce
from autoscaler.daemon.journal import Journal
from autoscaler.daemon.leadership import Leadership, leading
from autoscaler.daemon.link import Link
from autoscaler.daemon.memories import Memories
from autoscaler.daemon.object_watches import ObjectWatches
from autoscaler.daemon.observe import Observer
from autoscaler.daemon.policy_board import PolicyBoard
from autoscaler.daemon.pushes import Pushes, open_pushes
from autoscaler.daemon.recorder import OnRecord, PassRecorder
from autoscaler.daemon.rounds import Rounds
from autoscaler.daemon.shadow_book import ShadowBook
from autoscaler.daemon.shadow_watch import open_comparer
from autoscaler.daemon.sources import Sources
from autoscaler.daemon.stores import memories_of, open_journal
from autoscaler.daemon.supervise import running
from autoscaler.daemon.targets import TargetWatches, wake_for
from autoscaler.daemon.telemetry import Telemetry
from autoscaler.daemon.usage import shared_usage
from autoscaler.model.time import as_seconds

#: What writes under way get to finish when the daemon is told to stop [s], and storing what policies remember after
#: that. Together with releasing the lease it is less than 5 s, also where the API server is silent.
GRACE = 2.5
SAVE_GRACE = 1.0
#: A pass that is this long under way [s] is stuck: every request in it ends sooner.
STUCK = 120.0
#: How often HPA objects that came after their policy are looked for [s]: one list per namespace that may have one.
SHOW_LATE_EVERY = 60.0
#: Housekeeping that a sleep of the machine delayed is still worth doing after this [s].
_MISFIRE_GRACE = 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A daemon that is up: ``port`` serves /livez, /readyz and /metrics; ``server`` is the API server's address.

    ``explain``: the port of /status and /why, ``push`` that of /evaluate; ``None``: they are not served.
    """

    port: int
    server: str
    explain: int | None = None
    push: int | None = None


@asynccontextmanager
async def assembled(
    settings: Settings, clock: Clock, *, on_record: OnRecord | None, version: str
) -> AsyncIterator[Running]:
    """Build and start everything; take it down when the block ends: no new pass, writes finished, then the rest.

    Raises: InvalidSettingsError where the kubeconfig or the listen address cannot be used.
    """
    async with AsyncExitStack() as stack:
        telemetry = Telemetry(version=version, per_policy=settings.telemetry.per_policy)
        link = Link(telemetry)
        client = await stack.enter_async_context(usual_client(settings, link, version))
        comparer = await open_comparer(stack, settings, telemetry) if settings.shadow else None
        journal = await open_journal(stack, settings, clock, telemetry)
        memories = memories_of(settings, client, clock) if comparer is None else None
        board = PolicyBoard(PolicyStatuses(client), clock) if _shows_policies(settings) else None
        hears = (comparer and comparer.record, journal and journal.record, memories and memories.recorded)
        ears = (on_record, *hears, board and board.record)
        recorder = PassRecorder(telemetry, *(told for told in ears if told))
        assembly = _Assembly(settings, clock, client, telemetry, recorder, journal, memories, link, version)
        assembly.board = board
        assembly.checks.ready["api-server"] = link.check
        port = await assembly.serve_probes(stack)
        explain = await open_explanations(stack, settings, assembly.explanations)
        push = await open_pushes(stack, settings, assembly.pushes)
        leadership = await assembly.join_election(stack) if _elects(settings) else None
        cluster = await assembly.start_cluster(stack, leadership)
        if comparer is not None:
            await assembly.open_shadow(stack, cluster, await assembly.start_rounds(stack, cluster), comparer)
        elif leadership is None:
            await assembly.open_book(stack, cluster, await assembly.start_rounds(stack, cluster))
        else:
            await stack.enter_async_context(leading(leadership, partial(assembly.work, cluster)))
        yield Running(port=port, server=client.server, explain=explain, push=push)


class _Assembly:
    """The parts that others are built from. Each method starts one part and puts its end on the stack."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        client: Client,
        telemetry: Telemetry,
        recorder: PassRecorder,
        journal: Journal | None,
        memories: Memories | None,
        link: Link,
        version: str,
    ) -> None:
        self._journal = journal
        self._memories = memories
        self._link = link
        self._version = version
        self._settings = settings
        self._clock = clock
        self._client = client
        self._telemetry = telemetry
        self._recorder = recorder
        self.explanations = Explanations(clock, version=version, journal=settings.journal.path)
        self.pushes = Pushes(telemetry.asked)
        self.board: PolicyBoard | None = None
        self._late = late_statuses(client, telemetry)
        self._caches = PodCaches(client, jitter=_jitter)
        self._targets: TargetWatches | None = None
        self.checks = Checks(live={}, ready={"pods": lambda: _join(self._caches.troubles())})

    async def serve_probes(self, stack: AsyncExitStack) -> int:
        """Serve probes and metrics first, so that an operator sees what the rest waits for. Gives the port in use."""
        heart = Heartbeat()
        self.checks.live["event-loop"] = heart.check
        self._telemetry.watch_ages(self._caches.ages)
        self._telemetry.watch_limit(lambda: self._client.gate.rate)
        app = health_app(self.checks)
        add_metrics(app, self._telemetry.registry, self._telemetry.refresh)
        listen = self._settings.http.listen
        port = await stack.enter_async_context(served(app, listen.host, listen.port))
        await stack.enter_async_context(running("heartbeat", heart.run))
        return port

    async def join_election(self, stack: AsyncExitStack) -> Leadership:
        """Be a candidate, over a connection pool of the lease's own: nothing else can keep it waiting."""
        election = self._settings.leader_election
        client = await stack.enter_async_context(lease_client(self._settings, self._link, self._version))
        leadership = Leadership(
            Candidate(identity=f"{socket.gethostname()}_{uuid4()}", times=election.times),
            Leases(client, election.namespace, election.name),
            self._clock,
            chance=_jitter,
            watcher=_Leads(self._telemetry.leader.labels(election.name)),
        )
        self.checks.live["lease"] = leadership.check
        self.explanations.leader = self.pushes.leader = lambda: leadership.holder
        return leadership

    async def work(self, cluster: LiveCluster) -> None:
        """Do what only the leader does, until cancelled."""
        async with AsyncExitStack() as stack:
            await self.open_book(stack, cluster, await self.start_rounds(stack, cluster))
            await asyncio.get_running_loop().create_future()

    async def start_cluster(self, stack: AsyncExitStack, leadership: Leadership | None) -> LiveCluster:
        """Put the adapters behind the driver's protocol; events go out in the background."""
        stack.push_async_callback(self._caches.close)
        announcer = await open_announcer(stack, self._settings, self._client, self._clock, self._telemetry)
        discovery = Discovery(self._client)
        if not self._settings.shadow:  # a shadow decides as the built-in controller does, which knows of nothing more
            self._targets = TargetWatches(self._client, discovery, jitter=_jitter)
            stack.push_async_callback(self._targets.close)
        scales = Scales(self._client, discovery)
        metrics = MetricsApis(self._client, discovery)
        sources = await open_sources(
            stack, self._settings, self._clock, self._caches, self._telemetry.datasources, self._version
        )
        observer = Observer(
            scales,
            metrics,
            self._caches,
            deadline=as_seconds(self._settings.kubernetes.request_timeout),
            timed=self._telemetry.timed,
            query=sources.query,
            usage=sources.usage or shared_usage(stack, metrics, self._clock, lambda: self.pushes.rounds),
        )
        cluster = LiveCluster(
            observer=observer,
            scales=scales,
            statuses=Statuses(self._client),
            status_document=status_to_object,
            announcer=announcer,
            recorder=self._recorder,
            may_write=self._settings.apply,
            durable=self._journal.durable if self._journal else None,
            authority=(lambda: leadership.remaining) if leadership else (lambda: math.inf),
            gives_way=self._late.keep,
            targets=self._targets,
        )
        await stack.enter_async_context(running("late statuses", partial(self._late.run, cluster.write_status_now)))
        return cluster

    async def start_rounds(self, stack: AsyncExitStack, cluster: LiveCluster) -> Rounds:
        """Start the rounds, still without a policy."""
        config = self._settings.controller
        journal = self._journal
        controller = RecordedController(config, journal.hear) if journal else Controller(config)
        self.explanations.controller = controller
        stack.callback(setattr, self.explanations, "controller", None)
        await self._keep_memories(stack, controller)
        await follow_switch(stack, self._settings.halt, self._client, controller.handle, self._telemetry.halted)
        driver = Driver(controller, cluster)
        rounds = Rounds(driver, self._clock, period=self._settings.hpa.sync_period, watcher=self._telemetry)
        wake_for(self._targets, rounds)
        stack.push_async_callback(rounds.stop, grace=GRACE)
        self.pushes.rounds = rounds
        stack.callback(self._late.clear)  # another leader writes its own
        stack.callback(setattr, self.pushes, "rounds", None)
        self.checks.live["passes"] = lambda: _stuck(rounds)
        stack.callback(self.checks.live.pop, "passes")
        return rounds

    async def _keep_memories(self, stack: AsyncExitStack, controller: Controller | RecordedController) -> None:
        """Read what was remembered, and store it from now on; the last time when the rounds have stopped."""
        if self._memories is None:
            return
        await self._memories.load()
        stack.push_async_callback(self._memories.save_last, controller.remembered, grace=SAVE_GRACE)
        every = self._clock.wait_for(self._settings.memory.interval)
        work = partial(self._memories.run, controller.remembered, every=every)
        await stack.enter_async_context(running("memory", work))

    async def open_book(self, stack: AsyncExitStack, cluster: LiveCluster, rounds: Rounds) -> None:
        """Read the policies, and look at their files again now and then."""
        sources = Sources(
            settings=self._settings,
            client=self._client,
            telemetry=self._telemetry,
            checks=self.checks,
            explanations=self.explanations,
            board=self.board,
            jitter=_jitter,
        )
        book = await sources.open(stack, self._in_force(cluster, rounds))
        every = as_seconds(self._settings.reload_interval)
        stack.enter_context(_housekeeping({book.reload: every, cluster.show_late: SHOW_LATE_EVERY}))

    async def open_shadow(
        self, stack: AsyncExitStack, cluster: LiveCluster, rounds: Rounds, comparer: Comparer
    ) -> None:
        """Follow the cluster's own HPA objects."""
        book = ShadowBook(
            read_policy=partial(policy_from_object, mode=self._settings.mode),
            read_status=status_from_object,
            in_force=self._in_force(cluster, rounds),
            rounds=rounds,
            comparer=comparer,
            clock=self._clock,
            telemetry=self._telemetry,
        )
        await stack.enter_async_context(running("policies", book.run))
        hpas = partial(hpas_of, selector=self._settings.selector)
        watches = ObjectWatches(self._client, self._settings.namespaces, hpas, book, what="HPA objects", jitter=_jitter)
        comparer.is_current = lambda: not watches.check()
        self.checks.ready["policies"] = watches.check
        await stack.enter_async_context(watches.open())

    def _in_force(self, cluster: LiveCluster, rounds: Rounds) -> PoliciesInForce:
        return PoliciesInForce(
            read_status=status_of_any,
            cluster=cluster,
            caches=self._caches,
            rounds=rounds,
            recorder=self._recorder,
            recall=self._memories.recall if self._memories else lambda _: None,
        )


class _Leads:
    """Shows on a gauge whether we lead."""

    def __init__(self, gauge: Gauge) -> None:
        self._gauge = gauge
        gauge.set(0)

    def leads(self, leads: bool) -> None:
        self._gauge.set(leads)


def _elects(settings: Settings) -> bool:
    """Tell whether there is anything that only one replica may do: without writes there is not."""
    return settings.leader_election.enabled and settings.apply


def _shows_policies(settings: Settings) -> bool:
    """Tell whether ScalingPolicy objects are to show what is decided; without the right to write nothing is."""
    return settings.apply and PolicySource.CLUSTER in settings.policies


@contextmanager
def _housekeeping(chores: Mapping[Callable[[], Awaitable[None]], float]) -> Iterator[None]:
    """Do each chore at its interval [s]. Only such work is scheduled: the rounds have their own ticker."""
    scheduler = AsyncIOScheduler(timezone=UTC)
    for chore, every in chores.items():
        scheduler.add_job(
            chore,
            IntervalTrigger(seconds=max(1, round(every))),
            coalesce=True,
            max_instances=1,
            misfire_grace_time=_MISFIRE_GRACE,
        )
    scheduler.start()
    try:
        yield
    finally:
        scheduler.shutdown(wait=False)


def _jitter() -> float:
    """Chance for back-off: the daemon is where it comes from, and nothing needs to repeat it."""
    return secrets.randbelow(1 << 32) / (1 << 32)


def _stuck(rounds: Rounds) -> str:
    longest = rounds.longest_pass
    return f"a pass has been under way for {longest:.0f} s" if longest > STUCK else ""


def _join(troubles: Mapping[str, str]) -> str:
    return "; ".join(f"{namespace}: {trouble}" for namespace, trouble in sorted(troubles.items()))
