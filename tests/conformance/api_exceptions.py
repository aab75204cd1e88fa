"""The emulator's written list of exceptions: steps that are known not to match, and why."""

import tomllib
from pathlib import Path
from typing import Final

import autoscaler.emulator
from tests.conformance.api_replay import SequenceResult

_FILE: Final = Path(autoscaler.emulator.__file__).parent / "exceptions.toml"


def listed() -> dict[tuple[str, str], str]:
    """Reason by sequence and step."""
    table = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return {(entry["sequence"], entry["step"]): entry["reason"] for entry in table.get("exception", [])}


def unlisted(results: list[SequenceResult]) -> list[str]:
    """Mismatches that are not on the list."""
    known = listed()
    return [
        f"{result.id}: {step.name}"
        for result in results
        for step in result.mismatched
        if (result.id, step.name) not in known
    ]


def stale(results: list[SequenceResult]) -> list[str]:
    """Exceptions that match by now; those of sequences that were not run are left alone."""
    seen = {(result.id, step.name): step for result in results for step in result.steps}
    return [
        f"{sequence}: {step}"
        for sequence, step in listed()
        if (found := seen.get((sequence, step))) is not None and not found.differences
    ]
