"""All checks, and the table in docs/simulator-validity.md that they fill."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Final

from tests.validity import closed_forms, fluid, identities, invariants, processes, reality, workers
from tests.validity.check import Check, Finding

PAGE: Final = Path(__file__).parents[2] / "docs/simulator-validity.md"
CHECKS: Final = (
    *identities.CHECKS,
    workers.PLAINLY,
    *invariants.CHECKS,
    *closed_forms.CHECKS,
    *workers.CHECKS,
    *processes.CHECKS,
    *fluid.CHECKS,
    *reality.CHECKS,
)
_BEGIN: Final = "<!-- written by python -m tests.validity: begin -->\n"
_END: Final = "<!-- written by python -m tests.validity: end -->\n"


def markdown(rows: Sequence[tuple[Check, Finding]]) -> str:
    """Give a table for each kind of check, and before them how many hold."""
    held = sum(finding.holds for _, finding in rows)
    parts = [f"{held} of {len(rows)} checks hold.\n"]
    for kind, group in groupby(rows, key=lambda row: row[0].kind):
        parts.append(f"\n### {kind}\n\n| check | reference | accepted | found | verdict |\n|---|---|---|---|---|\n")
        parts += [
            f"| {check.what} | {finding.reference} | {check.accepted} | {finding.found} "
            f"| {'holds' if finding.holds else '**fails**'} |\n"
            for check, finding in group
        ]
    return "".join(parts)


def with_table(page: str, table: str) -> str:
    """Put the table in its place in the page.

    Raises:
        ValueError: the page has no place for it.
    """
    before, begin, rest = page.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not begin or not end:
        raise ValueError("the page has no place for the table")
    return before + begin + "\n" + table + "\n" + end + after
