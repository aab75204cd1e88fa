"""Replay what a real API server answered, against the emulator: ``python -m tests.conformance.api [FOLDER] [-k ID] [-v]``.

Prints matched/total per sequence with the first differences of each, then the same for recorded kubectl commands where
a kubectl is found (``KUBECTL``, or on the PATH). Exits 1 on any mismatch that is not on the emulator's list of
exceptions (autoscaler/emulator/exceptions.toml), and on an exception that is none any more.
"""

import argparse
import sys
from pathlib import Path

from tests.conformance.api_data import folder, load
from tests.conformance.api_exceptions import stale, unlisted
from tests.conformance.api_kubectl import KUBECTL_VERSION, find_kubectl
from tests.conformance.api_replay import SequenceResult
from tests.conformance.api_run import run

SHOWN = 3
"""Differences printed per step without ``-v``."""


def main(arguments: list[str]) -> int:
    """Run and report."""
    options = _parser().parse_args(arguments)
    place = options.folder or folder()
    data, commands = load(place / "sequences.json"), load(place / "kubectl.json")
    if not data and not commands:
        _print(f"neither sequences.json nor kubectl.json in {place}")
        return 2
    ids = options.ids or []
    sequences = [item for item in data.get("sequences", []) if _is_wanted(item["id"], ids)]
    program = None if options.no_kubectl else find_kubectl()
    cases = [prefix.removeprefix("kubectl ") for prefix in ids if prefix.startswith("kubectl")]
    results = run(sequences, commands if not ids or cases else {}, program, cases)
    for result in results:
        _report(result, verbose=options.verbose)
    return _conclude(results, has_kubectl=program is not None or not commands or bool(options.no_kubectl))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.conformance.api")
    parser.add_argument("folder", nargs="?", type=Path, help="where sequences.json and kubectl.json are")
    parser.add_argument("-k", dest="ids", action="append", help="only ids that begin so ('kubectl ' before a case)")
    parser.add_argument("-v", dest="verbose", action="store_true", help="all differences")
    parser.add_argument("--no-kubectl", action="store_true", help="leave the kubectl commands out")
    return parser


def _is_wanted(name: str, ids: list[str]) -> bool:
    return not ids or any(name.startswith(prefix) for prefix in ids)


def _report(result: SequenceResult, *, verbose: bool) -> None:
    _print(f"{result.id}: {result.matched}/{len(result.steps)}")
    for step in result.mismatched:
        shown = step.differences if verbose else step.differences[:SHOWN]
        for line in shown:
            _print(f"    {step.name}: {line if verbose else line[:400]}")
        if len(shown) < len(step.differences):
            _print(f"    {step.name}: ... {len(step.differences) - len(shown)} more (-v)")


def _conclude(results: list[SequenceResult], *, has_kubectl: bool) -> int:
    matched = sum(result.matched for result in results)
    total = sum(len(result.steps) for result in results)
    whole = sum(not result.mismatched for result in results)
    _print(f"{matched}/{total} steps, {whole}/{len(results)} sequences and cases match wholly")
    if not has_kubectl:
        _print(f"no kubectl {KUBECTL_VERSION} found (KUBECTL, or on the PATH): its recorded commands were left out")
    unknown, outdated = unlisted(results), stale(results)
    for line in unknown:
        _print(f"mismatch that is not on the list of exceptions: {line}")
    for line in outdated:
        _print(f"exception that matches again, to be removed: {line}")
    return 1 if unknown or outdated else 0


def _print(line: str) -> None:
    print(line)  # noqa: T201  # the command's output


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
