"""Closed forms over time: rates that change, an overload that builds up and drains, what arrivals and departures see."""

from __future__ import annotations

import math
from functools import partial
from typing import Final

import numpy as np

from autoscaler.simulator.requests import layout
from autoscaler.simulator.requests.engine import Engine
from tests.validity import theory
from tests.validity.check import Check, Finding, Kind, near
from tests.validity.queues import Floats, Queue, by_second, column, constant, record_of

_MEAN: Final = 0.099  #: mean service time where nothing else is said [s]
_MOST_ERRORS: Final = 3.5
_PHASES: Final = 12
_PERIOD: Final = 60.0  #: of the sine [s]
_FORGOTTEN: Final = 3  #: periods after which the empty begin is forgotten: 36 services
_SINE_MEAN, _SINE_SWING, _SINE_SERVICE = 500.0, 300.0, 5.0  #: rate and its swing [requests/s], mean service time [s]


def busy_of_a_sine(quick: bool) -> Finding:
    """Look at the number in service twelve times a period; nobody ever waits."""
    runs, periods = (8, 5) if quick else (24, 20)
    phases = np.arange(_PHASES) * _PERIOD / _PHASES
    seen = np.array([_busy_by_phase(phases, periods, seed) for seed in range(runs)])
    # within a second the simulator's rate is constant, so the law is taken for steps: 0.1 % from that of the sine
    steps = theory.mean_busy_of_stairs(rates_of_a_sine(int(_PERIOD) * (_FORGOTTEN + 1)), _SINE_SERVICE)
    expected = steps[int(_PERIOD) * _FORGOTTEN + phases.astype(np.int64)]
    # independent whole runs, each the mean over periods that are nearly independent
    errors = seen.std(axis=0, ddof=1) / math.sqrt(runs)
    z = np.abs(seen.mean(axis=0) - expected) / errors
    off = np.abs(seen.mean(axis=0) / expected - 1.0)
    return Finding(
        f"{expected.min():.0f} to {expected.max():.0f} busy",
        f"z at most {z.max():.1f}, {off.max():.2%} off ({runs} runs)",
        bool((z <= _MOST_ERRORS).all()),
    )


def _busy_by_phase(phases: Floats, periods: int, seed: int) -> Floats:
    rates = rates_of_a_sine(int(_PERIOD) * (periods + _FORGOTTEN))
    engine = Queue(use=0.0, pods=500, slots=10, service=_SINE_SERVICE, balancing="shared").engine(
        by_second(rates), seed
    )
    busy = np.zeros(_PHASES)
    for period in range(_FORGOTTEN, periods + _FORGOTTEN):
        for i, phase in enumerate(phases.tolist()):
            engine.advance(period * _PERIOD + phase)
            busy[i] += engine.in_service
    return busy / periods


def rates_of_a_sine(seconds: int) -> Floats:
    """Give the sine's mean rate in each second [requests/s]."""
    turn = 2.0 * math.pi / _PERIOD
    edges = np.cos(turn * np.arange(seconds + 1))
    return np.asarray(_SINE_MEAN + _SINE_SWING / turn * (edges[:-1] - edges[1:]))


def overload(quick: bool) -> Finding:
    """Send twice of what can be served for ten minutes, then half of it: the longest queue and the area under it."""
    capacity, lasts = 10.0 * 10 / _MEAN, 600
    rates = np.concatenate((np.full(lasts, 2.0 * capacity), np.full(2 * lasts + 300, capacity / 2.0)))
    peak, area = theory.overload_peak_and_area(capacity, 2.0 * capacity, float(lasts), capacity / 2.0)
    runs = [_queue_of(rates, lasts, seed) for seed in range(4 if quick else 16)]
    longest = near(peak, [run[0] for run in runs], 0.01, lambda value: f"{value:,.0f} waiting")
    under = near(area, [run[1] for run in runs], 0.01, lambda value: f"{value:,.4g} request-seconds")
    return Finding(
        f"{longest.reference}, {under.reference}", f"{longest.found}; {under.found}", longest.holds and under.holds
    )


def _queue_of(rates: Floats, peaks_at: int, seed: int) -> tuple[float, float]:
    engine = Queue(use=0.0, pods=10, slots=10, service=_MEAN, balancing="shared").engine(by_second(rates), seed)
    engine.advance(float(peaks_at))
    longest = engine.waiting
    engine.advance(float(len(rates)))
    return longest, float(engine.state.floats[layout.WAITS])


def _single(use: float, requests: int, seed: int) -> Engine:
    """Give a run of M/M/10 whose every request is written down."""
    queue = Queue(use=use, pods=1, slots=10, service=_MEAN, balancing="shared")
    engine = queue.engine(constant(queue.rate), seed, record=requests)
    engine.advance(1.05 * requests / queue.rate + 60.0)
    return engine


def pasta(quick: bool) -> Finding:
    """Compare the share of arrivals that had to wait with the share of time in which all slots were busy."""
    record = record_of(_single(0.9, 300_000 if quick else 3_000_000, 1))
    waited = float((record.starts > record.arrivals).mean())
    at = np.concatenate((record.starts, record.ends))
    change = np.concatenate((np.ones(len(record.starts)), -np.ones(len(record.ends))))
    order = np.argsort(at, kind="stable")
    busy, at = np.cumsum(change[order]), at[order]
    within = at[:-1] < record.arrivals[-1]  # later on the written down requests are not all there are
    widths = np.diff(at)[within]
    all_busy = float(widths[busy[:-1][within] >= 10].sum() / widths.sum())
    return Finding(
        f"{all_busy:.5f} of the time (Erlang C: {theory.erlang_c(10, 9.0):.5f})",
        f"{waited:.5f} of the arrivals ({waited / all_busy - 1.0:+.2%})",
        abs(waited / all_busy - 1.0) <= 0.01,
    )


def burke(quick: bool) -> Finding:
    """Count departures of M/M/10 in windows of a second: as many as a Poisson process, as unevenly."""
    requests = 300_000 if quick else 3_000_000
    queue = Queue(use=0.8, pods=1, slots=10, service=_MEAN, balancing="shared")
    engine = queue.engine(constant(queue.rate), 2)
    seconds = int(requests / queue.rate)
    engine.advance(seconds + 60.0)
    counts = column(engine, layout.SERVED)[60 : seconds + 60]
    ratio = float(counts.var() / counts.mean())
    return Finding("variance/mean 1", f"{ratio:.4f} over {seconds:,} windows", 0.97 <= ratio <= 1.03)


def _row(name: str, what: str, accepted: str, run: partial[Finding], in_ci: bool) -> Check:
    return Check(name, Kind.CLOSED_FORM, what, accepted, run, in_ci)


CHECKS: Final = (
    _row(
        "busy-of-a-sine",
        "M(t)/M/inf, 500 ± 300 requests/s with a period of a minute, services of 5 s: mean busy at 12 phases "
        "(Eick, Massey, Whitt)",
        "z at most 3.5 each",
        partial(busy_of_a_sine),
        in_ci=True,
    ),
    _row(
        "overload",
        "twice the capacity for ten minutes, then half of it: longest queue and area under it (fluid limit)",
        "1 % each",
        partial(overload),
        in_ci=True,
    ),
    _row(
        "pasta",
        "M/M/10 at use 0.9: arrivals that wait, and time in which all slots are busy (PASTA)",
        "1 %",
        partial(pasta),
        True,
    ),
    _row("burke", "M/M/10 at use 0.8: its output is a Poisson process (Burke)", "0.97 to 1.03", partial(burke), True),
)
