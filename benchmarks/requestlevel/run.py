"""Everything about single requests that ``python -m benchmarks.simulator`` shows."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from autoscaler.simulator.requests.layout import Balancer
from benchmarks.harness import Options
from benchmarks.requestlevel.processes import first_results, two_at_once, whole_day
from benchmarks.requestlevel.queues import Stream, in_ciw, in_heapq, in_simpy, random_queue
from benchmarks.requestlevel.rates import Number, Rate, best_of

Play = Callable[[int, list[float], list[float]], float]

_PODS = (1, 110)  #: of ten slots: 91 and 10,000 requests/s


def measured(options: Options) -> tuple[list[Rate], list[Number]]:
    """Measure all of it; ``--quick`` plays fewer requests, and an hour instead of the day."""
    ours = _balancers(options)
    peers, ratios = _peers(options, {pods: ours[Balancer.SHARED, pods] for pods in _PODS})
    day, numbers = whole_day(options)
    requests = 5_000_000 if options.quick else 50_000_000
    return [*ours.values(), *peers, day], [*ratios, *numbers, *first_results(), two_at_once(requests)]


def _balancers(options: Options) -> dict[tuple[Balancer, int], Rate]:
    """Measure every balancer at 10,000 requests/s, and the queue that is shared by ten slots too."""
    rounds, requests = (5, 1_000_000) if options.quick else (10, 5_000_000)
    found = {}
    for balancer in Balancer:
        for pods in _PODS if balancer is Balancer.SHARED else _PODS[1:]:
            stream = Stream(balancer, pods, options.seed, requests=(rounds + 1) * requests)
            least, aim = (20.0, 30.0) if balancer is Balancer.SHARED else (12.0, 16.0)
            name = f"kernel, {balancer.name.lower().replace('_', ' ')}, {pods} x 10 slots"
            found[balancer, pods] = best_of(rounds, name, partial(stream.play, requests), least=least, aim=aim)
    return found


def _peers(options: Options, ours: dict[int, Rate]) -> tuple[list[Rate], list[Number]]:
    """Measure others on the same queue, and compare."""
    rates, ratios = [], []
    sizes = {"heapq": (200_000, in_heapq), "SimPy": (50_000, in_simpy), "Ciw": (5_000, in_ciw)}
    rounds = 1 if options.quick else 3
    for pods, our in ours.items():
        for name, (requests, play) in sizes.items():
            queue = random_queue(10 * pods, requests // 5 if options.quick else requests, options.seed)
            rate = best_of(rounds, f"{name}, {10 * pods} servers", partial(_played, play, 10 * pods, queue))
            rates.append(rate)
            wanted = {"SimPy": "at least 100", "Ciw": "at least 400"}.get(name, "")
            ratios.append(
                Number(
                    name=f"kernel over {name}, {10 * pods} servers", value=our.millions / rate.millions, unit="x",
                    wanted=wanted,
                )
            )  # fmt: skip
    return rates, ratios


def _played(play: Play, servers: int, queue: tuple[list[float], list[float]]) -> int:
    play(servers, *queue)
    return len(queue[0])
