"""How long the command line takes to say anything: `autoscaler --help` and friends, beside a bare interpreter.

`python -m benchmarks.startup [--quick] [--json [FILE]]`. Wall-clock time of fresh processes, rounds of all cases
interleaved. The aim for `--help` is under 0.4 s.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from pathlib import Path
from time import perf_counter

from benchmarks.harness import Options, read_options

ROUNDS = 25
QUICK_ROUNDS = 5
AIM = 0.4  #: [s]

CASES: dict[str, list[str]] = {
    "bare interpreter": ["-c", "pass"],
    "import typer": ["-c", "import typer"],
    "autoscaler --help": ["-m", "autoscaler", "--help"],
    "autoscaler simulate --help": ["-m", "autoscaler", "simulate", "--help"],
    "autoscaler run --help": ["-m", "autoscaler", "run", "--help"],
    "autoscaler check policies": ["-m", "autoscaler", "check", "policies"],
    "autoscaler config show": ["-m", "autoscaler", "config", "show"],
}


def measure(rounds: int) -> dict[str, list[float]]:
    """Give the wall-clock times [s] of each case; a first round, which fills the caches, is left out."""
    times: dict[str, list[float]] = {name: [] for name in CASES}
    for number in range(rounds + 1):
        for name, arguments in CASES.items():
            start = perf_counter()
            subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
            if number:
                times[name].append(perf_counter() - start)
    return times


def publish(times: dict[str, list[float]], options: Options) -> None:
    """Print medians and best times, and as JSON where that is asked for."""
    figures = [
        {
            "case": name,
            "median_s": round(statistics.median(taken), 4),
            "best_s": round(min(taken), 4),
            "aim_s": AIM if name == "autoscaler --help" else None,
        }
        for name, taken in times.items()
    ]
    text = json.dumps({"benchmark": "startup", "figures": figures}, indent=2) + "\n"
    if options.json == "-":
        sys.stdout.write(text)
        return
    if options.json is not None:
        Path(options.json).write_text(text, encoding="utf-8")
    sys.stdout.write(f"{'case':28}{'median [s]':>12}{'best [s]':>10}{'aim [s]':>9}\n")
    for figure in figures:
        aim = "" if figure["aim_s"] is None else f"{figure['aim_s']}"
        sys.stdout.write(f"{figure['case']:28}{figure['median_s']:12.3f}{figure['best_s']:10.3f}{aim:>9}\n")


def main() -> None:
    """Measure every case and print the figures."""
    options = read_options(__doc__)
    publish(measure(QUICK_ROUNDS if options.quick else ROUNDS), options)


if __name__ == "__main__":
    main()
