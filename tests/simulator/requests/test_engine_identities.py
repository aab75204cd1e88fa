"""What must hold to the last bit, whatever happens: conservation, indifference to cuts, the same with and without jit."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from autoscaler.simulator.requests import layout as k
from autoscaler.simulator.requests.engine import Engine
from autoscaler.simulator.requests.layout import Balancer, Distribution, Fate
from autoscaler.simulator.requests.physics import Physics
from autoscaler.simulator.requests.source import Drawn

ROOT = Path(__file__).parents[3]
ENDS = (k.SERVED, k.REJECTED, k.TIMED_OUT, k.LOST)


def physics(balancer: Balancer, distribution: Distribution) -> Physics:
    is_lognormal, is_empirical = distribution is Distribution.LOGNORMAL, distribution is Distribution.EMPIRICAL
    return Physics(
        balancer=balancer, slots=3, queue_limit=4, distribution=distribution,
        mean=-1.8 if is_lognormal else 0.2, shape=0.7 if is_lognormal else 1.5,
        quantiles=(0.0, 0.1, 0.5) if is_empirical else (), timeout=0.5,
        attempts=3, backoff=0.2, backoff_limit=1.0, jitter=0.5, warmup=5.0, slowness=3.0, objective=0.4,
    )  # fmt: skip


def waves(first: int, last: int) -> NDArray[np.float64]:
    return np.asarray(np.abs(60.0 * np.sin(np.arange(first, last) / 3.0)))


def conserved(service: Engine) -> bool:
    totals = service.state.columns.sum(axis=0)
    came = totals[k.ARRIVED] + totals[k.RETRIED]
    return bool(came == totals[list(ENDS)].sum() + service.waiting + service.in_service)


def turmoil(balancer: Balancer, distribution: Distribution, *, cuts: int = 0, seed: int = 3) -> Engine:
    """Let pods come, go and die at random for a minute of overload with faults; check conservation at every turn."""
    service = Engine(physics(balancer, distribution), Drawn(rates=waves, seed=(1, 2)), record=100)
    chance = np.random.default_rng(seed)
    alive: list[int] = []
    leaving: list[int] = []
    at = 0.0
    for turn in range(40):
        at += 1.0 + chance.random()
        for cut in np.linspace(service.now, at, cuts + 2)[1:-1]:
            service.advance(float(cut))
        what = chance.random()
        if what < 0.5 or not alive:
            service.join(turn, at)
            alive.append(turn)
        elif what < 0.7:
            leaving.append(alive.pop(int(chance.integers(len(alive)))))
            service.leave(leaving[-1], at)
        elif what < 0.9:
            service.kill(alive.pop(int(chance.integers(len(alive)))), at)
        elif leaving:
            service.kill(leaving.pop(), at)
        if turn in (20, 25):
            service.slow_down(2.0 if turn == 20 else 1.0, at)
        assert conserved(service)
    return service


def digest(service: Engine) -> str:
    state, found = service.state, hashlib.sha256()
    for part in (state.columns, state.fine, state.cells, state.record, state.floats, state.ends[: service.in_service]):
        found.update(np.ascontiguousarray(part).tobytes())
    return found.hexdigest()


@pytest.mark.parametrize("balancer", list(Balancer))
def test_cutting_time_differently_changes_nothing(balancer: Balancer) -> None:
    whole = turmoil(balancer, Distribution.EXPONENTIAL)
    assert digest(turmoil(balancer, Distribution.EXPONENTIAL, cuts=13)) == digest(whole)
    assert whole.state.columns.sum(axis=0)[[k.ARRIVED, *ENDS]].min() >= 10.0  # everything has happened


def test_everything_is_the_same_with_and_without_compiling() -> None:
    pairs = [(balancer, Distribution.EXPONENTIAL) for balancer in Balancer]
    pairs += [(Balancer.ROUND_ROBIN, distribution) for distribution in Distribution]
    compiled = "".join(f"{digest(turmoil(*pair))}\n" for pair in pairs)
    code = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from test_engine_identities import Balancer, Distribution, digest, turmoil
for balancer, distribution in {[(int(b), int(d)) for b, d in pairs]}:
    print(digest(turmoil(Balancer(balancer), Distribution(distribution))))
"""
    environment = {**os.environ, "AUTOSCALER_COMPILE": "0", "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert ran.stderr == ""
    assert ran.stdout == compiled


def test_request_k_is_the_same_whatever_the_pods_do() -> None:
    """Common random numbers: under two courses of pods request k comes at the same instant with the same work."""
    settings = Physics(balancer=Balancer.POWER_OF_TWO, slots=2, queue_limit=3, mean=0.2)
    records = []
    for pods, leaves_at in ((20, 5.0), (30, 15.0)):
        service = Engine(settings, Drawn(rates=waves, seed=(9,)), record=1_000)
        for pod in range(pods):
            service.join(pod, 0.0)
        service.leave(0, leaves_at)
        service.advance(60.0)
        records.append(service.state.record)
    one, other = records
    both = (one[:, 4] == Fate.SERVED) & (other[:, 4] == Fate.SERVED)
    assert both.sum() > 900
    assert one[:, 0].tolist() == other[:, 0].tolist()
    assert np.abs((one[both, 2] - one[both, 1]) - (other[both, 2] - other[both, 1])).max() < 1e-13


def test_little_holds_when_a_run_ends_empty() -> None:
    """The integral of the number in the system is the sum of the times in it."""

    def an_hour_of_load(first: int, last: int) -> NDArray[np.float64]:
        return np.where(np.arange(first, last) < 3_600, 95.0, 0.0)

    settings = Physics(balancer=Balancer.LEAST_OUTSTANDING, slots=10, queue_limit=50, mean=0.1, timeout=1.0)
    service = Engine(settings, Drawn(rates=an_hour_of_load, seed=(5,)), record=1)
    service.join(0, 0.0)
    service.advance(4_000.0)

    assert (service.waiting, service.in_service) == (0, 0)
    assert service.state.floats[k.AREA] == pytest.approx(service.state.floats[k.SOJOURNS], rel=1e-12)


def test_the_seed_decides() -> None:
    settings = physics(Balancer.RANDOM, Distribution.EXPONENTIAL)
    digests = set()
    for seed in ((1,), (1,), (2,)):
        service = Engine(settings, Drawn(rates=waves, seed=seed))
        service.join(0, 0.0)
        service.advance(100.0)
        digests.add(digest(service))
    assert len(digests) == 2


@pytest.mark.parametrize(
    ("distribution", "parameters", "mean", "variance"),
    [
        (Distribution.CONSTANT, {"mean": 0.25}, 0.25, 0.0),
        (Distribution.EXPONENTIAL, {"mean": 0.25}, 0.25, 0.0625),
        (Distribution.LOGNORMAL, {"mean": -1.0, "shape": 0.5}, np.exp(-0.875), np.expm1(0.25) * np.exp(-1.75)),
        (Distribution.GAMMA, {"mean": 0.5, "shape": 0.5}, 0.25, 0.125),
        (Distribution.GAMMA, {"mean": 0.1, "shape": 2.5}, 0.25, 0.025),
        (Distribution.EMPIRICAL, {"quantiles": (0.0, 1.0, 3.0)}, 1.25, 37 / 48),
    ],
)
def test_service_times_have_their_moments(
    distribution: Distribution, parameters: dict[str, float], mean: float, variance: float
) -> None:
    settings = Physics(
        balancer=Balancer.SHARED, slots=100_000, queue_limit=0, distribution=distribution, **parameters  # type: ignore[arg-type]  # whatever each takes
    )  # fmt: skip
    n = 100_000
    service = Engine(settings, Drawn(rates=lambda first, last: np.full(last - first, 1_000.0), seed=(7,)), record=n)
    service.join(0, 0.0)
    service.advance(200.0)

    times = service.state.record[:, 2] - service.state.record[:, 1]
    spread = max(variance, 1e-12)
    fourth = max(float(((times - mean) ** 4).mean()), 1e-12)
    assert abs(times.mean() - mean) < 4 * np.sqrt(spread / n) + 1e-9
    assert abs(times.var() - variance) < 4 * np.sqrt(fourth / n) + 1e-9


def test_arrivals_follow_their_rate() -> None:
    rates = np.array([0.0, 1_000.0, 0.0, 0.0, 50_000.0, 10.0])
    settings = Physics(balancer=Balancer.SHARED, slots=1, queue_limit=0)
    service = Engine(settings, Drawn(rates=lambda first, last: np.resize(rates, last)[first:], seed=(7,)))
    service.advance(6_000.0)

    counts = service.state.columns[:6_000, k.ARRIVED].reshape(1_000, 6)
    assert counts[:, [0, 2, 3]].sum() == 0.0
    assert np.abs(counts.mean(axis=0) - rates).max() < 4 * np.sqrt(50_000 / 1_000)
    assert counts[:, 4].var() == pytest.approx(50_000, rel=0.15)


def test_ten_thousand_pods_and_then_none() -> None:
    settings = Physics(balancer=Balancer.LEAST_OUTSTANDING, slots=2, queue_limit=1, mean=5.0)
    service = Engine(settings, Drawn(rates=lambda first, last: np.full(last - first, 3_000.0), seed=(7,)))
    for pod in range(10_000):
        service.join(pod, 0.0)
    service.advance(20.0)
    assert service.in_service == pytest.approx(3_000 * 5.0 * (1 - np.exp(-4.0)), rel=0.03)

    lost = sum(service.kill(pod, 20.0) for pod in range(10_000))
    assert lost == service.state.columns[:, k.LOST].sum() > 14_000
    service.advance(21.0)
    assert conserved(service)
    assert (service.in_service, service.ready) == (0, 0)


def test_no_load_is_fine() -> None:
    service = Engine(
        physics(Balancer.RANDOM, Distribution.CONSTANT), Drawn(rates=lambda a, b: np.zeros(b - a), seed=(1,))
    )
    service.join(0, 0.0)
    service.advance(1e6)
    assert service.state.columns.sum() == 0.0


def test_queues_may_grow_beyond_all_bounds() -> None:
    """Room is made for requests, levels and seconds as they come, and changes nothing."""
    settings = Physics(balancer=Balancer.LEAST_OUTSTANDING, slots=1, queue_limit=10**9, mean=1e6)
    service = Engine(settings, Drawn(rates=lambda first, last: np.full(last - first, 5.0), seed=(1,)))
    service.join(0, 0.0)
    service.advance(5_000.0)
    assert service.waiting == service.state.columns[:, k.ARRIVED].sum() - 1 > 20_000
    service.join(1, 5_000.0)
    service.advance(12_000.0)
    assert service.state.pods[1:3, k.P_OUTSTANDING].sum() == service.waiting + 2
    assert np.ptp(service.state.pods[1:3, k.P_OUTSTANDING]) <= 1
    assert conserved(service)


def test_whole_numbers_are_times_too() -> None:
    one, other = (
        Engine(physics(Balancer.RANDOM, Distribution.CONSTANT), Drawn(rates=waves, seed=(1,))) for _ in range(2)
    )
    for service, until in ((one, 20), (other, 20.0)):
        service.join(0, 0)
        service.advance(until)
    assert digest(one) == digest(other)
