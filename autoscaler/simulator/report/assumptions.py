"""What a run takes for granted, with its own numbers, and what the model leaves out: so that nobody reads more into it."""

from __future__ import annotations

from collections.abc import Iterator

from autoscaler.config.durations import print_duration
from autoscaler.config.scenario import Fidelity, Scenario, Workers
from autoscaler.model.time import seconds
from autoscaler.simulator.inputs import Inputs
from autoscaler.simulator.numerals import latency, number, percent


def assumptions(inputs: Inputs) -> tuple[str, ...]:
    """List what the model does, as far as this scenario uses it."""
    scenario = inputs.scenario
    serving = _service(scenario) if scenario.workers is None else _workers(scenario, scenario.workers)
    return (*serving, *_pods(scenario), *_looking(scenario), _objective(scenario))


def left_out(inputs: Inputs) -> str:
    """Name what is not in the model, or not in this scenario, in one sentence."""
    pods = inputs.scenario.pods
    parts = [
        "nodes filling up",
        *(["image registries"] if not pods.image_pull else []),
        *(["slowness of young pods"] if pods.warmup is None else []),
        *(["crashes"] if pods.crashes is None else []),
        "rollouts",
        "databases and other services behind this one",
        "differences between pods of the same age",
    ]
    return f"{', '.join(parts)}"


def _service(scenario: Scenario) -> Iterator[str]:
    service = scenario.service
    yield (
        f"A pod serves {service.slots} requests at once, each for {latency(service.mean_service_time)} on average "
        f"({service.spread.shape}): {number(service.pod_rate)} requests/s."
    )
    yield (
        f"Up to {service.queue_limit} requests wait per ready pod, first come first served over all pods; more are rejected, "
        f"and a client leaves after {latency(service.timeout)} in line. Clients do not retry."
    )
    if scenario.fidelity is Fidelity.FLUID:
        yield (
            "Requests are a fluid: expected numbers, second by second. While there is room the wait is Erlang's; in overload "
            "it follows from the queue. Rejections by mere chance, while there is room on average, are left out: they matter "
            "where next to nobody may wait. Percentiles leave out rejected requests and count those that left with the timeout."
        )
    else:
        yield "Every request is simulated by itself, exactly. Percentiles leave out rejected requests."


def _workers(scenario: Scenario, workers: Workers) -> Iterator[str]:
    yield (
        f"A pod works on {workers.concurrency} jobs at once, each for {latency(workers.job_time)} on average "
        f"({workers.spread.shape}): {number(scenario.service.pod_rate)} jobs/s. Jobs wait in one queue, without limit; what is "
        "called a request here is a job, and its latency counts from when it is due until it is done."
    )
    if scenario.fidelity is Fidelity.FLUID:
        yield "Jobs are a fluid: expected numbers, second by second. Those of a killed pod wait again at once."
        return
    yield "Every job is simulated by itself, exactly. One that is late and not done counts with the time it has been due."
    if workers.priorities:
        yield (
            "Lower priority numbers come first: "
            + ", ".join(f"{percent(entry.share)} of the jobs have {entry.priority}" for entry in workers.priorities)
            + "; others come before all of them."
        )
    if workers.delayed is not None:
        yield f"{percent(workers.delayed.share)} of the jobs are due {latency(workers.delayed.by)} after they are added."
    if workers.retries is not None:
        retries = workers.retries
        yield (
            f"{percent(retries.failure_share)} of the attempts fail; a job has {retries.attempts}, {latency(retries.delay)} "
            f"apart ({retries.backoff}). Jobs that fail for good are the lost ones."
        )
    yield (
        f"Jobs of a killed pod are found after {latency(workers.lock)} and go to the head of the queue, "
        f"{workers.max_stalled} times at most."
    )


def _pods(scenario: Scenario) -> Iterator[str]:
    pods = scenario.pods
    startup = print_duration(seconds(pods.image_pull + pods.startup + pods.readiness))
    yield (
        f"A new pod is ready after {startup}, give or take {percent(pods.jitter)}; there is always room for it on a node. "
        f"The run begins with {pods.initial_replicas} ready."
    )
    if pods.warmup is not None:
        yield (
            f"A pod just ready takes {number(pods.warmup.slowness)} times as long for a request; that falls to 1 in a line over "
            f"{print_duration(seconds(pods.warmup.span))}."
        )
    if pods.startup_cpu:
        yield f"A pod spends {number(pods.startup_cpu)} cores on its own start, which the metrics show as its cpu."
    if pods.crashes is not None:
        crashes = pods.crashes
        yield (
            f"{percent(crashes.share_of_starts)} of the starts fail and a pod in rotation crashes {number(crashes.per_pod_hour)} "
            f"times an hour; the kubelet waits {latency(crashes.back_off)}, doubling up to {latency(crashes.back_off_limit)}."
        )


def _looking(scenario: Scenario) -> Iterator[str]:
    metrics, control = scenario.metrics, scenario.control
    yield (
        f"Metrics are scraped every {print_duration(seconds(metrics.scrape_interval))}, cpu averaged over "
        f"{print_duration(seconds(metrics.resource_window))}, custom rates over "
        f"{print_duration(seconds(metrics.custom_window))}, and known {print_duration(seconds(metrics.lag))} later. Chance "
        f"is the same for every policy. Evaluated every {print_duration(seconds(control.sync_period))}."
    )


def _objective(scenario: Scenario) -> str:
    return (
        f"A minute breaks the objective when fewer than {percent(scenario.slo.share)} of its requests are answered within "
        f"{latency(scenario.slo.latency)}. The clairvoyant knows the traffic and asks for each pod one start-up time before it "
        "is needed; static peak keeps as many pods as the busiest moment needs. Nobody can have either."
    )
