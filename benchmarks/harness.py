"""What measurements share: repeated timing with medians, the machine's own noise, options and output.

Times are CPU time of the measuring thread: other work on the machine takes turns but is not counted. Rounds of all cases
are interleaved, so that a slow moment of the machine falls on all of them, and a fixed piece of pure Python is timed
beside them: figures of two machines compare by the ratio to it.
"""

from __future__ import annotations

import argparse
import gc
import json
import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import thread_time_ns

ROUNDS = 15
QUICK_ROUNDS = 5
ROUND_SECONDS = 0.15
QUICK_ROUND_SECONDS = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One thing to time. ``call`` does it once; ``aim`` is the wished number per second, if there is one."""

    name: str
    call: Callable[[], object]
    aim: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """What was measured of a case: microseconds per call, calls per second, and the ratio to the yardstick."""

    case: str
    median_us: float
    best_us: float
    spread: float  #: distance of the quartiles over the median: the machine's noise
    per_second: float
    yardsticks: float
    aim: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What every benchmark understands."""

    quick: bool
    seed: int
    json: str | None

    @property
    def rounds(self) -> int:
        """Timed rounds per case."""
        return QUICK_ROUNDS if self.quick else ROUNDS

    @property
    def round_seconds(self) -> float:
        """Length of a round [s]."""
        return QUICK_ROUND_SECONDS if self.quick else ROUND_SECONDS


def read_options(description: str | None, arguments: Sequence[str] | None = None) -> Options:
    """Read ``--quick``, ``--json FILE`` and ``--seed N``."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    parser.add_argument("--json", nargs="?", const="-", metavar="FILE", help="write the figures as JSON")
    parser.add_argument("--seed", type=int, default=0, help="seed of the made-up inputs")
    parsed = parser.parse_args(arguments)
    return Options(quick=parsed.quick, seed=parsed.seed, json=parsed.json)


def yardstick() -> int:
    """A fixed piece of interpreter work: attribute-free arithmetic and dictionary access."""
    counts: dict[int, int] = {}
    for number in range(200):
        counts[number % 17] = counts.get(number % 17, 0) + number
    return len(counts)


def measure(cases: Sequence[Case], options: Options) -> tuple[Figure, ...]:
    """Time every case, interleaved."""
    everything = (Case(name="yardstick", call=yardstick), *cases)
    loops = [_loops_for(case, options.round_seconds) for case in everything]
    times: list[list[float]] = [[] for _ in everything]
    for _ in range(options.rounds):
        for index, case in enumerate(everything):
            times[index].append(_time(case.call, loops[index]))
    unit = statistics.median(times[0])
    return tuple(_figure(case, taken, unit) for case, taken in zip(everything, times, strict=True))


def _loops_for(case: Case, seconds: float) -> int:
    """How many calls fill a round."""
    loops = 1
    while True:
        elapsed = _time(case.call, loops) * loops
        if elapsed >= seconds * 1e9 / 4:
            return max(1, round(loops * seconds * 1e9 / elapsed))
        loops *= 4


def _time(call: Callable[[], object], loops: int) -> float:
    """Nanoseconds per call; the garbage collector waits until the round is over."""
    gc.collect()
    gc.disable()
    try:
        start = thread_time_ns()
        for _ in range(loops):
            call()
        return (thread_time_ns() - start) / loops
    finally:
        gc.enable()


def _figure(case: Case, nanoseconds: list[float], unit: float) -> Figure:
    median = statistics.median(nanoseconds)
    low, _, high = statistics.quantiles(nanoseconds, n=4)
    return Figure(
        case=case.name,
        median_us=round(median / 1e3, 3),
        best_us=round(min(nanoseconds) / 1e3, 3),
        spread=round((high - low) / median, 3),
        per_second=round(1e9 / median),
        yardsticks=round(median / unit, 2),
        aim=case.aim,
    )


def publish(name: str, figures: Sequence[Figure], options: Options, **more: object) -> None:
    """Print the figures as a table, and as JSON where that is asked for; ``more`` goes into the JSON only."""
    document = {"benchmark": name, "seed": options.seed, "figures": [asdict(figure) for figure in figures], **more}
    text = json.dumps(document, indent=2) + "\n"
    if options.json == "-":
        sys.stdout.write(text)
        return
    if options.json is not None:
        Path(options.json).write_text(text, encoding="utf-8")
    sys.stdout.write(f"{'case':44}{'us/call':>10}{'best':>10}{'noise':>8}{'per s':>10}{'aim':>9}{'yardsticks':>12}\n")
    for figure in figures:
        aim = "" if figure.aim is None else f"{figure.aim:.0f}"
        sys.stdout.write(
            f"{figure.case:44}{figure.median_us:10.2f}{figure.best_us:10.2f}{figure.spread:8.1%}"
            f"{figure.per_second:10.0f}{aim:>9}{figure.yardsticks:12.2f}\n"
        )
