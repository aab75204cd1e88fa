"""What a run takes for granted, with its own numbers, and what the model leaves out: so that nobody reads more into it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from autoscaler.config.durations import print_duration
from autoscaler.config.scenario import Balancing, Fidelity, NodePool, Scenario, Service, Workers
from autoscaler.model.time import seconds
from autoscaler.simulator.inputs import Inputs
from autoscaler.simulator.numerals import latency, number, percent

_BALANCING: Final = {
    Balancing.LEAST_OUTSTANDING: "each request goes to the pod with the fewest",
    Balancing.POWER_OF_TWO: "each request goes to the emptier one of two pods taken at random",
    Balancing.ROUND_ROBIN: "requests go to the pods in turn",
    Balancing.RANDOM: "each request goes to any pod, which is a queue of its own",
    Balancing.SHARED: "one queue stands in front of all pods",
}
#: What stands for the pods of a fluid in overload; elsewhere one queue does.
_QUEUES: Final = dict.fromkeys(
    (Balancing.ROUND_ROBIN, Balancing.RANDOM),
    "a queue for each group of pods that are equally full: pods that join then are empty beside the others",
)


def assumptions(inputs: Inputs) -> tuple[str, ...]:
    """List what the model does, as far as this scenario uses it."""
    scenario = inputs.scenario
    return (
        *(_service(scenario) if scenario.workers is None else _workers(scenario, scenario.workers)),
        *_pods(scenario),
        *(_nodes(pool) for pool in scenario.nodes),
        _looking(scenario),
        _objective(scenario),
    )


def left_out(inputs: Inputs) -> str:
    """Name what is not in the model, or not in this scenario."""
    scenario = inputs.scenario
    pods = scenario.pods
    could_be = (
        ("nodes that fill up", scenario.nodes),
        ("image pulls", pods.image_pull),
        ("slowness of young pods", pods.warmup),
        ("crashes", pods.crashes),
        ("rollouts", scenario.rollouts),
        ("faults", scenario.faults),
        ("clients that try again", scenario.service.retries or scenario.workers),
    )
    absent = [name for name, given in could_be if not given]
    absent += ["databases and other services behind this one", "differences between pods of the same age"]
    return ", ".join(absent)


def _service(scenario: Scenario) -> Iterator[str]:
    service = scenario.service
    is_fluid = scenario.fidelity is Fidelity.FLUID
    yield (
        f"A pod serves {service.slots} requests at once, each for {latency(service.mean_service_time)} on average "
        f"({service.spread.shape}): {number(service.pod_rate)} requests/s. {_line(service)}"
    )
    if is_fluid:
        yield (
            "Requests are a fluid: expected numbers, second by second. While there is room the wait follows a formula for how "
            f"requests find a pod; in overload it follows from {_QUEUES.get(service.balancing, 'one queue in front of all pods')}. "
            "Rejections by mere chance, while there is room on average, are left out: they matter where next to nobody may "
            "wait. Percentiles leave out rejected requests and count those that left with the timeout."
        )
    else:
        yield (
            f"Every request is simulated by itself, exactly; {_BALANCING[service.balancing]}. Percentiles leave out rejected "
            "requests and count those that left with the timeout."
        )


def _line(service: Service) -> str:
    retries = service.retries
    again = (
        "Clients do not retry."
        if retries is None
        else f"Clients try up to {retries.attempts} times, {latency(retries.backoff)} later at first, then twice as late each time."
    )
    return (
        f"Up to {service.queue_limit} requests wait per ready pod; more are rejected, and a client leaves after "
        f"{latency(service.timeout)} in line. {again}"
    )


def _workers(scenario: Scenario, workers: Workers) -> Iterator[str]:
    yield (
        f"A pod works on {workers.concurrency} jobs at once, each for {latency(workers.job_time)} on average "
        f"({workers.spread.shape}): {number(scenario.service.pod_rate)} jobs/s. Jobs wait in one queue, without limit; a "
        "job's latency counts from when it is due until it is done."
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
    room = "once it has found room on a node" if scenario.nodes else "there is always room for it"
    yield (
        f"A new pod is ready after {startup}, give or take {percent(pods.jitter)}; {room}. "
        f"The run begins with {pods.initial_replicas} ready."
    )
    if pods.warmup is not None:
        yield (
            f"A request of a pod just ready takes {number(pods.warmup.slowness)} times as long; that falls to 1 in a line over "
            f"{print_duration(seconds(pods.warmup.span))}."
        )
    if pods.startup_cpu:
        yield f"A pod spends {number(pods.startup_cpu)} cores on its own start, which the metrics show as its cpu."
    if pods.crashes is not None:
        crashes = pods.crashes
        yield (
            f"{percent(crashes.share_of_starts)} of the starts fail, and a pod in rotation crashes {number(crashes.per_pod_hour)} "
            f"times an hour; the kubelet waits {latency(crashes.back_off)}, then twice as long each time, up to "
            f"{latency(crashes.back_off_limit)}."
        )


def _nodes(pool: NodePool) -> str:
    """Tell of one pool of nodes."""
    text = (
        f"Nodes {pool.name}: {pool.min} to {pool.max}, each with {number(pool.shape.cpu)} cores and ready after "
        f"{print_duration(seconds(pool.provisioning))}, give or take {percent(pool.jitter)}"
    )
    if pool.price_per_hour is not None:
        text += f", for {number(pool.price_per_hour)} an hour"
    if pool.spot is not None:
        rate = pool.spot.interruptions_per_hour
        source = (
            "by a recorded trace"
            if pool.spot.trace
            else f"{number(rate)} times a node-hour"
            if rate
            else "in storms only"
        )
        text += f"; taken back {source}, {print_duration(seconds(pool.spot.notice))} after the notice"
    return f"{text}."


def _looking(scenario: Scenario) -> str:
    metrics, control = scenario.metrics, scenario.control
    return (
        f"Metrics are scraped every {print_duration(seconds(metrics.scrape_interval))}, cpu averaged over "
        f"{print_duration(seconds(metrics.resource_window))}, custom rates over "
        f"{print_duration(seconds(metrics.custom_window))}, and known {print_duration(seconds(metrics.lag))} later. Chance "
        f"is the same for every policy. Evaluated every {print_duration(seconds(control.sync_period))}, unless a policy "
        "has a period of its own."
    )


def _objective(scenario: Scenario) -> str:
    return (
        f"A minute breaks the objective when fewer than {percent(scenario.slo.share)} of its {scenario.served} are "
        f"{'answered' if scenario.workers is None else 'done'} within {latency(scenario.slo.latency)}. The clairvoyant knows the traffic and asks for each pod one start-up time before it "
        "is needed; static peak keeps as many pods as the busiest moment needs. Neither knows of faults, and nobody can have either."
    )
