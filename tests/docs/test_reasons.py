"""The reference of reasons and events, held against the code both ways."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from autoscaler.model.decision import Reason

ROOT = Path(__file__).parents[2]
#: What makes an event, and which of its arguments is the reason.
MAKERS = {"Announcement": "reason", "Failure": 0, "TargetingFault": 0}


def rows(heading: str) -> list[str]:
    """Give the first cell of each row of the table below a heading."""
    page = (ROOT / "docs" / "reasons.md").read_text()
    part = page.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| `(\w+)` \|", part, flags=re.MULTILINE)


def announced() -> Iterator[str]:
    """Give every reason of an event that stands in the code of the engine and the controller."""
    for folder in ("engine", "control"):
        for file in (ROOT / "autoscaler" / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MAKERS:
                    yield from _reason(node, MAKERS[node.func.id])


def _reason(call: ast.Call, place: str | int) -> Iterator[str]:
    if isinstance(place, int):
        given = call.args[place : place + 1]
    else:
        given = [each.value for each in call.keywords if each.arg == place]
    yield from (each.value for each in given if isinstance(each, ast.Constant) and isinstance(each.value, str))


def test_every_reason_has_its_row_and_no_other_word_has() -> None:
    assert sorted(rows("Reasons")) == sorted(reason.value for reason in Reason)


def test_every_event_has_its_row_and_no_other_word_has() -> None:
    assert sorted(rows("Events")) == sorted(set(announced()))
