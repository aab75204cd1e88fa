"""Requests per second of CPU time: what is measured, and the table."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from time import thread_time_ns


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """One thing measured. ``seconds`` are of CPU time, unless the name says otherwise; the best of the rounds."""

    name: str
    requests: int
    seconds: float
    least: float | None = None  #: requests/s asked for, in millions
    aim: float | None = None

    @property
    def millions(self) -> float:
        """Requests per second, in millions."""
        return self.requests / self.seconds / 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """One other figure, with its unit."""

    name: str
    value: float
    unit: str
    wanted: str = ""


def best_of(rounds: int, name: str, call: Callable[[], int], **wanted: float) -> Rate:
    """Call something that plays requests and tells how many; keep the fastest of so many times."""
    found: list[tuple[float, int]] = []
    for _ in range(rounds):
        begin = thread_time_ns()
        requests = call()
        found.append(((thread_time_ns() - begin) / 1e9 / requests, requests))
    each, requests = min(found)
    return Rate(name=name, requests=requests, seconds=each * requests, **wanted)


def as_json(rates: Sequence[Rate], numbers: Sequence[Number]) -> dict[str, object]:
    """Give both as they stand in a JSON document."""
    return {
        "rates": [{**asdict(rate), "millions": rate.millions} for rate in rates],
        "numbers": list(map(asdict, numbers)),
    }


def publish_rates(rates: Sequence[Rate], numbers: Sequence[Number]) -> None:
    """Print both as tables."""
    sys.stdout.write(f"\n{'case':58}{'requests':>12}{'seconds':>9}{'M/s':>9}{'at least':>10}{'aim':>6}\n")
    for rate in rates:
        least = "" if rate.least is None else f"{rate.least:g}"
        aim = "" if rate.aim is None else f"{rate.aim:g}"
        sys.stdout.write(
            f"{rate.name:58}{rate.requests:12,}{rate.seconds:9.3f}{rate.millions:9.3f}{least:>10}{aim:>6}\n"
        )
    sys.stdout.write("\n")
    for number in numbers:
        sys.stdout.write(f"{number.name:58}{number.value:12,.2f} {number.unit:6} {number.wanted}\n")
