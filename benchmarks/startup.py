"""How long the command line takes to say anything: `autoscaler --help` and friends, against a bare interpreter.

`python -m benchmarks.startup [--quick] [--json [FILE]]`. The aim for `--help` is under 0.4 s.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path
from time import perf_counter

CASES: dict[str, list[str]] = {
    "bare interpreter": ["-c", "pass"],
    "import typer": ["-c", "import typer"],
    "autoscaler --help": ["-m", "autoscaler", "--help"],
    "autoscaler simulate --help": ["-m", "autoscaler", "simulate", "--help"],
    "autoscaler run --help": ["-m", "autoscaler", "run", "--help"],
    "autoscaler check --help": ["-m", "autoscaler", "check", "--help"],
}


def measure(arguments: list[str], runs: int) -> list[float]:
    """Give the wall-clock times [s] of ``runs`` fresh processes; the first, which fills the caches, is left out."""
    times = []
    for _ in range(runs + 1):
        start = perf_counter()
        subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
        times.append(perf_counter() - start)
    return times[1:]


def main() -> None:
    """Measure every case and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="5 runs of each instead of 25")
    parser.add_argument("--json", nargs="?", const="-", metavar="FILE", help="write the figures as JSON")
    parser.add_argument("--seed", type=int, default=0, help="accepted for uniformity: nothing here is random")
    options = parser.parse_args()
    figures = []
    for name, arguments in CASES.items():
        times = measure(arguments, 5 if options.quick else 25)
        figures.append({"case": name, "median_s": round(statistics.median(times), 4), "best_s": round(min(times), 4)})
    text = json.dumps({"benchmark": "startup", "runs": 5 if options.quick else 25, "figures": figures}, indent=2)
    if options.json not in (None, "-"):
        Path(options.json).write_text(text + "\n")
    if options.json == "-":
        sys.stdout.write(text + "\n")
        return
    for figure in figures:
        sys.stdout.write(f"{figure['case']:28} median {figure['median_s']:.3f} s   best {figure['best_s']:.3f} s\n")


if __name__ == "__main__":
    main()
