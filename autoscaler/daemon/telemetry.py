"""The daemon's own metrics, for Prometheus. Labels that upstream has keep upstream's values.

No histogram per policy: thousands of them would take a second of the event loop at each scrape. Gauges per policy can
be switched off. The label is ``target_namespace``: plain ``namespace`` collides with the scrape's own.
"""

from __future__ import annotations

import asyncio
import platform
from collections.abc import Callable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics

from autoscaler.adapters.kubernetes.errors import Subject
from autoscaler.control.messages import Record
from autoscaler.daemon.datasource_telemetry import DatasourceTelemetry
from autoscaler.daemon.policy_metrics import Directions, PolicyMetrics
from autoscaler.daemon.signals import Signals
from autoscaler.daemon.ticker import Tick
from autoscaler.model.decision import WriteResult
from autoscaler.model.policy import PolicyKey

#: Upstream's: 15 powers of two from a millisecond.
_BUCKETS = tuple(0.001 * 2**power for power in range(15))
#: Which source answers a metric of which type.
_SOURCES = {
    "Resource": "resource",
    "ContainerResource": "resource",
    "Pods": "pods",
    "Object": "object",
    "External": "external",
    "Prometheus": "prometheus",
}


class Telemetry:
    """Every metric of the daemon, in a registry of its own."""

    def __init__(self, *, version: str, per_policy: bool = True) -> None:
        # Without this every counter brings a second series, that no question of ours needs.
        disable_created_metrics()  # type: ignore[no-untyped-call]  # not annotated by the library
        self.registry = CollectorRegistry()
        self._reads: dict[PolicyKey, dict[str, list[float]]] = {}  # how long each took in the present pass [s]
        self._began: dict[PolicyKey, float] = {}
        self._ages: Callable[[], Mapping[str, float]] = dict
        self._limit: Callable[[], float] = float
        self._define_passes()
        self._define_policies()
        self._define_requests()
        self._define_journal()
        self.signals = Signals(self.registry)
        self.datasources = DatasourceTelemetry(self.registry)
        self._shown = PolicyMetrics(self.registry) if per_policy else None
        self._directions = Directions(self.registry, per_policy=per_policy)
        build = self._gauge("build_info", "Version of the running program.", ("version", "python_version"))
        build.labels(version, platform.python_version()).set(1)

    def _define_passes(self) -> None:
        outcome = ("action", "error")
        self.reconciliations = self._counter("reconciliations", "Passes over a policy.", outcome)
        self.durations = self._histogram("reconciliation_duration_seconds", "Time one pass takes.", outcome)
        self.computations = self._counter(
            "metric_computation", "Proposals computed from one metric.", (*outcome, "metric_type")
        )
        self.computing = self._histogram(
            "metric_computation_duration_seconds",
            "Time to get what one metric asks for, reading it included.",
            (*outcome, "metric_type"),
        )
        self.limited = self._counter("decision_limited", "Decisions by what settled the number.", ("reason",))
        self.writes = self._counter("scale_writes", "Replica counts written or meant to be, by outcome.", ("result",))
        self.lag = self._histogram("sync_lag_seconds", "Time from when a policy is due to when its pass begins.", ())
        self.skipped = self._counter("ticks_skipped", "Ticks passed over because a pass outlasted its period.", ())
        self.asked = self._counter("evaluations_asked", "Evaluations that were asked for.", ("result",))
        self.halted = self._gauge("writes_halted", "1 while the kill switch keeps sizes from being written.", ())
        self.defects = self._counter("pass_failures", "Passes ended by a defect of this program.", ("type",))

    def _define_policies(self) -> None:
        self.policies = self._gauge("policies", "Policies, by whether they can be used.", ("state",))
        self.reloads = self._counter("policy_reloads", "Looks at the policy files, by outcome.", ("result",))

    def _define_requests(self) -> None:
        self.requests = self._counter(
            "api_requests",
            "Requests to the API server; code `none` got no usable answer.",
            ("verb", "resource", "code"),
        )
        self.throttle = self._counter(
            "api_throttle_seconds",
            "Time that requests waited for their turn, or because the API server asked for it.",
            (),
        )
        self.rate = self._gauge(
            "api_request_rate_limit", "Requests to the API server allowed per second, at present.", ()
        )
        self.shed = self._counter(
            "api_writes_shed",
            "Writes put off or dropped, because too many others went before them.",
            ("kind", "reason"),
        )
        # The oldest copy only: a series per namespace would be unbounded.
        self.cache_age = self._gauge("cache_age_seconds", "Age of the oldest watched copy.", ("resource",))
        # Upstream's name, so that its alerts and dashboards hold.
        self.leader = Gauge(
            "leader_election_master_status", "1 while this replica leads, 0 while it stands by.", ("name",),
            registry=self.registry,
        )  # fmt: skip
        self.reachable = self._gauge("api_reachable", "1 while the API server answers, 0 while it does not.", ())

    def _define_journal(self) -> None:
        self.journal_errors = self._counter("journal_write_errors", "Failed writes of the journal.", ())
        self.journal_dropped = self._counter("journal_dropped", "Events and passes that no journal holds.", ())
        self.journal_size = self._gauge("journal_bytes", "Room that the journal's rows take.", ())

    def watch_ages(self, ages: Callable[[], Mapping[str, float]]) -> None:
        """Take the ages [s] of watched copies of pods from here, at each scrape."""
        self._ages = ages

    def watch_limit(self, limit: Callable[[], float]) -> None:
        """Take the rate at which the API server is asked at most [requests/s] from here, at each scrape."""
        self._limit = limit

    def refresh(self) -> None:
        """Bring up to date what only a scrape asks for. Runs in the event loop, unlike the printing."""
        self.signals.refresh()
        self.rate.set(self._limit())
        self.cache_age.labels("pods").set(max(self._ages().values(), default=0.0))

    # --- told by the client -------------------------------------------------------------------------------------

    def answered(self, subject: Subject, code: int) -> None:
        """Count an answer."""
        self.requests.labels(subject.verb, subject.resource, str(code)).inc()

    def unanswered(self, subject: Subject, error: str) -> None:
        """Count a request without an answer."""
        self.requests.labels(subject.verb, subject.resource, "none").inc()

    def throttled(self, subject: Subject, seconds: float) -> None:
        """Count time that a request waited."""
        self.throttle.inc(seconds)

    # --- told by the journal ------------------------------------------------------------------------------------

    def journal_failed(self, dropped: int) -> None:
        """Count a failure, and what it cost."""
        self.journal_errors.inc()
        self.journal_dropped.inc(dropped)

    def journal_written(self, size: int) -> None:
        """Note the journal's size [bytes]."""
        self.journal_size.set(size)

    # --- told by the rounds -------------------------------------------------------------------------------------

    def ticked(self, key: PolicyKey, tick: Tick) -> None:
        """Note how punctual a policy's turn is."""
        self._began[key] = asyncio.get_running_loop().time()
        self._reads.pop(key, None)
        self.lag.observe(tick.lag)
        self.skipped.inc(tick.skipped)

    def timed(self, key: PolicyKey, source: str, seconds: float) -> None:
        """Note how long reading one metric of a policy took."""
        self.signals.timed(source, seconds)
        self._reads.setdefault(key, {}).setdefault(source, []).append(seconds)

    def record(self, wanted: Record) -> None:
        """Note a pass and what it decided."""
        decision, settlement = wanted.decision, wanted.settlement
        outcome = (settlement.action.value, settlement.error_kind.value)
        self.reconciliations.labels(*outcome).inc()
        began = self._began.pop(wanted.key, None)
        if began is not None:
            self.durations.labels(*outcome).observe(asyncio.get_running_loop().time() - began)
        self.limited.labels(decision.reason.value).inc()
        if wanted.outcome.result is not WriteResult.NOT_NEEDED:
            self.writes.labels(wanted.outcome.result.value).inc()
        self._count_proposals(wanted)
        self.signals.note(wanted)
        self._directions.note(wanted)
        if self._shown is not None:
            self._shown.note(wanted)

    def _count_proposals(self, wanted: Record) -> None:
        """Count each metric, with the time of its reading: working out what it asks for takes next to none."""
        reads = self._reads.pop(wanted.key, {})
        for proposal in wanted.decision.proposals:
            outcome = (proposal.action.value, proposal.error_kind.value, proposal.metric_type)
            self.computations.labels(*outcome).inc()
            taken = reads.get(_SOURCES.get(proposal.metric_type, ""), [])
            if taken:
                # One request answers all resource metrics; of the others each has its own.
                self.computing.labels(*outcome).observe(taken[0] if len(taken) == 1 else taken.pop(0))

    def failed(self, key: PolicyKey, error: Exception) -> None:
        """Note a pass that a defect ended."""
        self.defects.labels(type(error).__name__).inc()

    def forget(self, key: PolicyKey) -> None:
        """Drop the gauges of a policy that is gone."""
        self._began.pop(key, None)
        self.signals.forget(key)
        self._reads.pop(key, None)
        self._directions.forget(key)
        if self._shown is not None:
            self._shown.forget(key)

    def _counter(self, name: str, words: str, labels: tuple[str, ...]) -> Counter:
        return Counter(f"autoscaler_{name}", words, labels, registry=self.registry)

    def _gauge(self, name: str, words: str, labels: tuple[str, ...]) -> Gauge:
        return Gauge(f"autoscaler_{name}", words, labels, registry=self.registry)

    def _histogram(self, name: str, words: str, labels: tuple[str, ...]) -> Histogram:
        return Histogram(f"autoscaler_{name}", words, labels, buckets=_BUCKETS, registry=self.registry)
