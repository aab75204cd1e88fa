"""What a result says, in words and in rows: the verdict, the comparison, what the model leaves out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from autoscaler.config.durations import print_duration
from autoscaler.model.time import seconds
from autoscaler.simulator.report.axes import clock, latency, number, percent
from autoscaler.simulator.result import Result, Score

Row = tuple[str, tuple[str, ...]]


def verdict(results: Sequence[Result], references: Sequence[Result] = ()) -> str:
    """Say in a few sentences how it went; ``references`` are what nobody can do, to measure by."""
    text = _alone(results[0]) if len(results) == 1 else _compared(results)
    if references:
        hours = [f"{reference.policy} {number(reference.score.replica_hours)}" for reference in references]
        text += f" To measure by, in replica-hours: {', '.join(hours)}."
    return text


def _compared(results: Sequence[Result]) -> str:
    kindest = min(results, key=lambda result: (result.score.slo_minutes_violated, result.score.replica_hours))
    cheapest = min(results, key=lambda result: (result.score.replica_hours, result.score.slo_minutes_violated))
    text = f"Of {len(results)} policies, {kindest.policy} keeps the promise best: {_broken(kindest.score)}"
    text += f", for {number(kindest.score.replica_hours)} replica-hours."
    if cheapest is kindest:
        return f"{text} It is the cheapest, too."
    return (
        f"{text} {cheapest.policy} is the cheapest with {number(cheapest.score.replica_hours)} replica-hours: "
        f"{_broken(cheapest.score)}."
    )


def rows(results: Sequence[Result]) -> tuple[Row, ...]:
    """Compare: one row a measure, one text a policy."""
    slo = results[0].inputs.scenario.slo
    scores = [result.score for result in results]

    def row(label: str, values: Sequence[str]) -> Row:
        return label, tuple(values)

    return (
        row("SLO minutes violated", [f"{s.slo_minutes_violated:,} of {s.minutes:,}" for s in scores]),
        row("latency p50 / p95 / p99", [
            f"{latency(s.latency_p50)} / {latency(s.latency_p95)} / {latency(s.latency_p99)}" for s in scores]),
        row(f"slower than {latency(slo.latency)}", [percent(s.late / s.requests if s.requests else 0.0) for s in scores]),
        row("lost requests", [f"{number(s.failed, 6)} of {number(s.requests, 6)}" for s in scores]),
        row("unserved share", [percent(s.unserved_share) for s in scores]),
        row("replica-hours", [number(s.replica_hours, 4) for s in scores]),
        row("mean / peak replicas", [f"{number(s.mean_replicas)} / {s.peak_replicas}" for s in scores]),
        row("scale actions up / down", [f"{s.scale_ups} / {s.scale_downs}" for s in scores]),
        row("changes of direction", [str(s.turns) for s in scores]),
    )  # fmt: skip


def troubles(result: Result) -> tuple[str, ...]:
    """Say which metrics could not be read; a policy that sees nothing changes nothing."""
    return tuple(
        f"{trouble.metric} could not be read in {trouble.evaluations:,} of {result.evaluations:,} evaluations: {trouble.error}"
        for trouble in result.troubles
    )


def worst_sentence(result: Result) -> str:
    """Say what the worst five minutes were like."""
    worst = result.worst
    first, last = clock(worst.t[0], precise=True), clock(worst.t[-1] + worst.width, precise=True)
    failed = float(worst.failed.sum() / worst.demand.sum()) if worst.demand.sum() else 0.0
    short = int((worst.demand > worst.capacity).sum()) * worst.width
    p99 = worst.latency[2][np.isfinite(worst.latency[2])]
    text = f"From {first} to {last}: demand up to {number(worst.demand.max())} requests/s"
    text += f", p99 up to {latency(float(p99.max()))}" if len(p99) else ""
    text += f", {percent(failed)} of the requests without an answer" if failed else ""
    return text + (f"; demand above ready capacity for {short} s." if short else "; capacity was never short.")


def assumptions(result: Result) -> tuple[str, ...]:
    """List what the model takes for granted, with this run's numbers."""
    scenario = result.inputs.scenario
    service, pods, metrics, control = scenario.service, scenario.pods, scenario.metrics, scenario.control
    startup = print_duration(seconds(pods.startup + pods.readiness))
    return (
        f"A pod serves {service.slots} requests at once, each for {latency(service.mean_service_time)} on average "
        f"(exponential): {number(service.pod_rate)} requests/s. A new one is ready after {startup}, give or take "
        f"{percent(pods.jitter)}; there is always room for it on a node. The run begins with {pods.initial_replicas} ready.",
        f"Up to {service.queue_limit} requests wait per ready pod, first come first served over all pods; more are rejected, "
        f"and a client leaves after {latency(service.timeout)} in line. Clients do not retry. "
        "Rejections by mere chance, while there is room on average, are left out: they matter where next to nobody may wait.",
        "Requests are a fluid: expected numbers, second by second. While there is room the wait is Erlang's; in overload it "
        "follows from the queue. Percentiles leave out rejected requests and count those that left with the timeout.",
        f"Metrics are scraped every {print_duration(seconds(metrics.scrape_interval))}, cpu averaged over "
        f"{print_duration(seconds(metrics.resource_window))}, custom rates over "
        f"{print_duration(seconds(metrics.custom_window))}, and known {print_duration(seconds(metrics.lag))} later; counting "
        f"noise is added, the same for every policy. Evaluated every {print_duration(seconds(control.sync_period))}.",
        f"A minute breaks the objective when fewer than {percent(scenario.slo.share)} of its requests are answered within "
        f"{latency(scenario.slo.latency)}.",
    )


#: What nobody should read into the numbers.
LIMITS = (
    "nodes filling up, image registries, rollouts, retries, caches that warm up, databases behind the service: "
    "none of these is in this model"
)


def _alone(result: Result) -> str:
    score = result.score
    text = f"Under {result.policy}, {_broken(score)}, for {number(score.replica_hours)} replica-hours ({number(score.mean_replicas)} "
    text += f"pods on average, {score.peak_replicas} at most)."
    if score.unserved_share >= 5e-5:
        text += f" {percent(score.unserved_share)} of the requests got no answer."
    return text


def _broken(score: Score) -> str:
    if not score.slo_minutes_violated:
        return f"no minute of {score.minutes:,} breaks the objective"
    share = percent(score.slo_minutes_violated / score.minutes)
    return f"{score.slo_minutes_violated:,} of {score.minutes:,} minutes ({share}) break the objective"
