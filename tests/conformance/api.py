"""Replay what a real API server answered, against the emulator: ``python -m tests.conformance.api [FOLDER] [-k ID] [-v]``.

Prints matched/total per sequence with the first differences of each, and exits 1 on any mismatch that is not on the
emulator's list of exceptions, or on an exception that is no longer one.
"""

import argparse
import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

import aiohttp

from autoscaler.emulator.api_server import ApiServer
from autoscaler.model.json_types import JsonObject
from tests.conformance.api_actions import USERS, Surroundings
from tests.conformance.api_client import Client
from tests.conformance.api_data import folder, load
from tests.conformance.api_replay import SequenceResult, replay

SHOWN = 3
"""Differences printed per step without ``-v``."""


def now() -> datetime:
    """The emulator's clock in the replay: the real one."""
    return datetime.now(UTC)  # noqa: TID251  # the driver of this run reads the clock


async def replay_all(sequences: list[JsonObject]) -> list[SequenceResult]:
    """Replay sequences in file order on one fresh emulator."""
    api = ApiServer(clock=now, tokens=USERS)
    url = await api.start()
    try:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60)) as session:
            return [
                await replay(item, Client(session, url, {name: name for name in USERS}), Surroundings(api))
                for item in sequences
            ]
    finally:
        await api.stop()


def main(arguments: list[str]) -> int:
    """Run and report."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance.api")
    parser.add_argument("folder", nargs="?", type=Path, default=None)
    parser.add_argument("-k", dest="ids", action="append", help="only sequences whose id begins so")
    parser.add_argument("-v", dest="verbose", action="store_true", help="all differences")
    options = parser.parse_args(arguments)
    data = load((options.folder or folder()) / "sequences.json")
    sequences = [
        item
        for item in data.get("sequences", [])
        if not options.ids or any(item["id"].startswith(prefix) for prefix in options.ids)
    ]
    results = asyncio.run(replay_all(sequences))
    for result in results:
        report(result, verbose=options.verbose)
    matched = sum(result.matched for result in results)
    total = sum(len(result.steps) for result in results)
    whole = sum(not result.mismatched for result in results)
    print(f"{matched}/{total} steps, {whole}/{len(results)} sequences")  # noqa: T201  # the command's output
    return 0 if matched == total else 1


def report(result: SequenceResult, *, verbose: bool) -> None:
    """Print one sequence."""
    print(f"{result.id}: {result.matched}/{len(result.steps)}")  # noqa: T201  # the command's output
    for step in result.mismatched:
        shown = step.differences if verbose else step.differences[:SHOWN]
        for line in shown:
            print(f"    {step.name}: {line}")  # noqa: T201  # the command's output
        if len(shown) < len(step.differences):
            print(f"    {step.name}: ... {len(step.differences) - len(shown)} more (-v)")  # noqa: T201  # as above


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
