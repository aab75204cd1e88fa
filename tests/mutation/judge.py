"""Judge mutmut's mutants in one process: tests are collected once, each mutant costs a fork and the tests that reach it.

    mutmut run "no.such.mutant"                      makes the mutants, and learns which test reaches which function
    python -m tests.mutation.judge [--most N] [--seed N] [--json FILE] [PREFIX ...]

mutmut itself collects all tests anew for every mutant, which takes seconds where the tests that kill it take
milliseconds. ``--most`` takes a random sample of them. Tests slower than
0.15 s (the property tests) take no part. A mutant that uses 10 s of CPU time counts as killed.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path("mutants")
SLOWEST_TEST = 0.15  # [s]
MOST_TESTS = 2.0  # [s] of tests per mutant, by what each took when it was learnt
CPU_LIMIT = 10  # [s]
SELECTION = (
    "tests/engine",
    "tests/model/test_quantity.py",
    "tests/model/test_gonum.py",
    "tests/conformance/test_hpa_vectors.py",
)
# The terminal plugin is off, so the options in pyproject that belong to it have to go, too.
QUIET = (
    *("-o", "addopts=--import-mode=importlib", "-s"),
    *(text for name in ("cacheprovider", "terminal", "xdist", "nbmake") for text in ("-p", f"no:{name}")),
)
SURVIVED = -1


@dataclass(slots=True)
class Judge:
    """A pytest plugin that runs mutants instead of the session's tests. ``verdicts``: survivors and killed, by name."""

    mutants: list[str]
    tests_of: dict[str, list[str]]
    took: dict[str, float]
    verdicts: dict[str, bool] = field(default_factory=dict)  #: whether it was killed
    untested: list[str] = field(default_factory=list)  #: no test reaches it
    _killers: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Take the place of pytest's own loop."""
        place = {item.nodeid: index for index, item in enumerate(session.items)}
        for mutant in self.mutants:
            function = mutant.rpartition("__mutmut_")[0]
            tests = [place[test] for test in self._worth_running(function) if test in place]
            if not tests:
                self.untested.append(mutant)
                continue
            known = self._killers[function]
            killer = _try(session, mutant, [*known, *(test for test in tests if test not in known)])
            self.verdicts[mutant] = killer != SURVIVED
            if killer not in (SURVIVED, None) and killer not in known:
                known.insert(0, killer)
        return True

    def _worth_running(self, function: str) -> list[str]:
        """The tests that reach a function, quickest first, within the time that one mutant may cost."""
        left, chosen = MOST_TESTS, []
        for test in sorted(self.tests_of.get(function, ()), key=lambda name: self.took.get(name, 0.0)):
            left -= self.took.get(test, 0.0)
            if left < 0 or self.took.get(test, 0.0) > SLOWEST_TEST:
                break
            chosen.append(test)
        return chosen


def _try(session: pytest.Session, mutant: str, tests: list[int]) -> int | None:
    """Run ``tests`` with one mutant in force, in a child. Gives the one that failed; ``None``: the child was stopped."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _run_in_child(session, mutant, tests, writing)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        answer = pipe.read()
    os.waitpid(child, 0)
    return int(answer) if answer else None


def _run_in_child(session: pytest.Session, mutant: str, tests: list[int], writing: int) -> None:
    signal.setitimer(signal.ITIMER_PROF, CPU_LIMIT)  # its signal ends the process, also inside an endless loop
    os.environ["MUTANT_UNDER_TEST"] = mutant
    answer = SURVIVED
    for test in tests:
        failures = _Failures()
        session.config.pluginmanager.register(failures)
        item = session.items[test]
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
        session.config.pluginmanager.unregister(failures)
        if failures.seen:
            answer = test
            break
    os.write(writing, str(answer).encode())
    os._exit(0)


@dataclass(slots=True, eq=False)
class _Failures:
    """Notes whether any phase of a test failed."""

    seen: bool = False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seen = self.seen or report.failed


def mutants_of(folder: Path, prefixes: list[str]) -> list[str]:
    """Names of every mutant that mutmut made, those that begin with one of ``prefixes`` if any are given."""
    names = [
        name
        for meta in sorted(folder.rglob("*.meta"))
        for name in json.loads(meta.read_text(encoding="utf-8"))["exit_code_by_key"]
    ]
    return [name for name in names if not prefixes or name.startswith(tuple(prefixes))]


def report(judge: Judge) -> str:
    """A line for each file: judged, killed, percent; then every survivor."""
    files: dict[str, list[bool]] = defaultdict(list)
    for mutant, killed in judge.verdicts.items():
        files[mutant.partition(".x")[0]].append(killed)
    lines = [f"{'file':52}{'judged':>8}{'killed':>8}{'%':>7}"]
    for name, killed_ones in [*sorted(files.items()), ("all", list(judge.verdicts.values()))]:
        share = sum(killed_ones) / len(killed_ones) if killed_ones else 0.0
        lines.append(f"{name:52}{len(killed_ones):8}{sum(killed_ones):8}{share:7.1%}")
    lines.append(f"no test of the subset reaches {len(judge.untested)} more")
    lines += [f"survived {mutant}" for mutant, killed in sorted(judge.verdicts.items()) if not killed]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Judge, and print the report; 1 where fewer than 85 % are killed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--most", type=int, help="judge only so many: a random sample")
    parser.add_argument("--seed", type=int, default=0, help="of the order in which mutants are taken")
    parser.add_argument("--json", type=Path, help="write the verdicts to this file")
    parser.add_argument("prefixes", nargs="*", help="only mutants whose name begins so")
    options = parser.parse_args()
    output = None if options.json is None else options.json.resolve()
    os.environ["MUTANT_UNDER_TEST"] = ""
    os.environ.setdefault("AUTOSCALER_HPA_VECTORS", str(Path("../shared/hpa").resolve()))
    os.chdir(FOLDER)
    sys.path.insert(0, str(Path.cwd()))
    learnt = json.loads(Path("mutmut-stats.json").read_text(encoding="utf-8"))
    mutants = mutants_of(Path(), options.prefixes)
    order = np.random.default_rng(options.seed).permutation(len(mutants))
    sample = [mutants[index] for index in order[: options.most]]
    judge = Judge(sample, learnt["tests_by_mangled_function_name"], learnt["duration_by_test"])
    pytest.main([*QUIET, "--hypothesis-seed=0", *SELECTION], plugins=[judge])
    sys.stdout.write(report(judge))
    if output is not None:
        output.write_text(
            json.dumps({"killed": judge.verdicts, "untested": judge.untested}, indent=1), encoding="utf-8"
        )
    judged = list(judge.verdicts.values())
    return 0 if judged and sum(judged) >= 0.85 * len(judged) else 1


if __name__ == "__main__":
    raise SystemExit(main())
