"""The simulator's own arrivals, work and balancers against the closed forms of queueing theory.

Near saturation means are slow to settle, and one long run tells nothing about its own error. So each figure is the mean
of independent runs with their first part dropped, and must lie within the tolerance and within 3.5 standard errors.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import e
from typing import Final

from tests.validity import theory
from tests.validity.check import Check, Finding, Kind, milliseconds, near, share
from tests.validity.queues import Observed, Queue, observe

_RUNS: Final = 24
_QUICK_RUNS: Final = 8
_MEAN: Final = 0.099  #: mean service time where nothing else is said [s]
_TENTH: Final = 0.1  #: and where the reference is for this one [s]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedForm:
    """One queue, one figure of it, and what theory says; judged by runs of ``requests`` behind ``warmup`` seconds."""

    name: str
    what: str
    queue: Queue
    measure: Callable[[Observed], float]
    reference: float
    within: float
    requests: int = 2_000_000
    warmup: float = 60.0
    show: Callable[[float], str] = milliseconds
    in_ci: bool = False

    def check(self) -> Check:
        """Give the table's row."""
        return Check(self.name, Kind.CLOSED_FORM, self.what, f"{self.within * 100:g} %", self.judge, self.in_ci)

    def judge(self, quick: bool) -> Finding:
        """Run it with one seed after the other."""
        runs = _QUICK_RUNS if quick else _RUNS
        seen = [observe(self.queue, self.requests, self.warmup, seed) for seed in range(runs)]
        return near(self.reference, [self.measure(one) for one in seen], self.within, self.show)


def mean_wait(seen: Observed) -> float:
    """Give the mean wait of all requests [s]."""
    return seen.mean_wait


def p99(seen: Observed) -> float:
    """Give what 99 % of the requests take at most, from arrival to answer [s]."""
    return seen.sojourn_quantile(0.99)


def mean_sojourn(seen: Observed) -> float:
    """Give the mean time from arrival to answer [s]."""
    return seen.mean_sojourn


def turned_away(seen: Observed) -> float:
    """Give the share of requests that were rejected."""
    return seen.rejected_share


def shared(
    servers: int, use: float, service: float = _MEAN, distribution: str = "exponential", cv: float = 1.0
) -> Queue:
    """Give one line in front of ``servers`` slots, ten to a pod where there are so many."""
    slots = min(servers, 10)
    return Queue(
        use=use,
        pods=servers // slots,
        slots=slots,
        service=service,
        balancing="shared",
        distribution=distribution,
        cv=cv,
    )


def _markov(servers: int, use: float, wait_within: float, p99_within: float, **row: object) -> tuple[ClosedForm, ...]:
    """Give the mean wait and the 99th percentile of M/M/c."""
    queue, case = shared(servers, use), f"M/M/{servers:,} at use {use}"
    wait = theory.mmc_mean_wait(servers, use, _MEAN)
    slowest = theory.mmc_sojourn_quantile(servers, use, _MEAN, 0.99)
    return (
        ClosedForm(
            name=f"mm{servers}-mean-wait",
            what=f"{case}: mean wait (Erlang C)",
            queue=queue,
            measure=mean_wait,
            reference=wait,
            within=wait_within,
            **row,  # type: ignore[arg-type]
        ),
        ClosedForm(
            name=f"mm{servers}-p99",
            what=f"{case}: p99 of wait plus service",
            queue=queue,
            measure=p99,
            reference=slowest,
            within=p99_within,
            **row,  # type: ignore[arg-type]
        ),
    )


def _lossy(distribution: str, cv: float, in_ci: bool) -> ClosedForm:
    """Give 50 slots without a place to wait: what they turn away depends on the mean service time only."""
    queue = Queue(
        use=0.9,
        pods=5,
        slots=10,
        service=_MEAN,
        balancing="shared",
        distribution=distribution,
        cv=cv,
        queue_limit=0,
    )
    return ClosedForm(
        name=f"erlang-b-{distribution}",
        what=f"M/G/50/50 at 45 Erlang, {distribution} service: share turned away (Erlang B)",
        queue=queue,
        measure=turned_away,
        reference=theory.erlang_b(50, 45.0),
        within=0.01,
        show=share,
        in_ci=in_ci,
    )


def _one_server(distribution: str, cv2: float, use: float, in_ci: bool) -> ClosedForm:
    """Give one slot with a service time that is not exponential."""
    return ClosedForm(
        name=f"mg1-{distribution}",
        what=f"M/G/1 at use {use}, {distribution} service, cv² {cv2:.3g}: mean wait (Pollaczek-Khinchine)",
        queue=shared(1, use, _TENTH, distribution, cv2**0.5),
        measure=mean_wait,
        reference=theory.mg1_mean_wait(use, _TENTH, cv2),
        within=0.01,
        warmup=1_000.0,
        in_ci=in_ci,
    )


def _constant(servers: int, use: float, within: float) -> ClosedForm:
    """Give several slots with a constant service time."""
    return ClosedForm(
        name=f"md{servers}",
        what=f"M/D/{servers} at use {use}: mean wait (chain at steps of D)",
        queue=shared(servers, use, _TENTH, "constant", 0.0),
        measure=mean_wait,
        reference=theory.mdc_mean_wait(servers, use, _TENTH),
        within=within,
    )


def _balanced() -> tuple[ClosedForm, ...]:
    """Give what each balancer makes of many pods."""
    ones = {"pods": 1_100, "slots": 1, "use": 0.9, "service": _MEAN}
    return (
        ClosedForm(
            name="random-is-mm10-each",
            what="110 pods of 10 slots at use 0.9, random: mean wait (M/M/10 each)",
            queue=Queue(use=0.9, pods=110, slots=10, service=_MEAN, balancing="random"),
            measure=mean_wait,
            reference=theory.mmc_mean_wait(10, 0.9, _MEAN),
            within=0.01,
            in_ci=True,
        ),
        ClosedForm(
            name="power-of-two-is-the-supermarket",
            what="1,100 pods of 1 slot at use 0.9, power of two choices: mean wait (supermarket model)",
            queue=Queue(**ones, balancing="power_of_two"),
            measure=mean_wait,
            reference=theory.supermarket_mean_wait(0.9, _MEAN),
            within=0.005,
            in_ci=True,
        ),
        ClosedForm(
            name="round-robin-is-erlang-arrivals",
            what="1,100 pods of 1 slot at use 0.9, round robin: mean wait (E1100/M/1)",
            queue=Queue(**ones, balancing="round_robin"),
            measure=mean_wait,
            reference=theory.erlang_m_1_mean_wait(1_100, 0.9, _MEAN),
            within=0.01,
            requests=4_000_000,
            warmup=200.0,
        ),
    )


def _statement_c89() -> tuple[ClosedForm, ...]:
    """Give the mean wait of M/M/c at low, usual and high use; a test of their own runs them in CI."""
    return tuple(
        ClosedForm(
            name=f"c89-queueing-is-right-at-{use}",
            what=f"C89: M/M/10 at use {use}: mean wait (Erlang C)",
            queue=shared(10, use),
            measure=mean_wait,
            reference=theory.mmc_mean_wait(10, use, _MEAN),
            within=0.02,
        )
        for use in (0.5, 0.8, 0.95)
    )


C89: Final = _statement_c89()
FORMS: Final = (
    *C89,
    *_markov(10, 0.9, 0.01, 0.01),
    *_markov(100, 0.95, 0.02, 0.005),
    *_markov(1_100, 0.98, 0.06, 0.005, requests=4_000_000),
    ClosedForm(
        name="mm1100-with-room",
        what="M/M/1,100 at use 0.9: mean of wait plus service",
        queue=shared(1_100, 0.9),
        measure=mean_sojourn,
        reference=_MEAN + theory.mmc_mean_wait(1_100, 0.9, _MEAN),
        within=0.001,
        in_ci=True,
    ),
    _lossy("exponential", 1.0, in_ci=True),
    _lossy("constant", 0.0, in_ci=False),
    _lossy("lognormal", 1.5, in_ci=False),
    _one_server("constant", 0.0, 0.8, in_ci=True),
    _one_server("lognormal", e - 1.0, 0.8, in_ci=False),
    _one_server("gamma", 4.0, 0.7, in_ci=False),
    _constant(10, 0.9, 0.015),
    _constant(100, 0.95, 0.03),
    *_balanced(),
)

CHECKS: Final = tuple(form.check() for form in FORMS)
