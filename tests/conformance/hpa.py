"""Run upstream's own answers against ours: ``python -m tests.conformance.hpa [FOLDER] [--report-only KIND,...]``.

The folder (default: $AUTOSCALER_HPA_VECTORS, else ../shared/hpa) may hold vectors.json, scenarios.json or both, with any
number of cases. Prints passed and failed per kind and the first differences; exits 1 if any case fails, unless its kind
is only to be reported.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.conformance.hpa_compare import compare_passes, differences, differences_as_set, surplus
from tests.conformance.hpa_fields import ignored_fields
from tests.conformance.hpa_functions import (
    run_convert_rules,
    run_limit,
    run_normalize,
    run_rate,
    run_ratio,
    run_replicas,
    run_replicas_change,
    run_stabilize,
    run_store_event,
)
from tests.conformance.hpa_objects import run_default, run_validate
from tests.conformance.hpa_reconcile import is_conflict, run_reconcile
from tests.conformance.hpa_texts import NumberText, run_build_quantity, run_quantity, run_selector
from tests.conformance.hpa_world import Json, without_nulls

DEFAULT_FOLDER = Path(__file__).resolve().parents[2].parent / "shared" / "hpa"
SHOWN_DIFFERENCES = 10

_RUNNERS: dict[str, Callable[[Json], Json]] = {
    "replicas": run_replicas,
    "normalize": run_normalize,
    "rate": run_rate,
    "stabilize": run_stabilize,
    "limit": run_limit,
    "store_event": run_store_event,
    "replicas_change": run_replicas_change,
    "convert_rules": run_convert_rules,
    "ratio": run_ratio,
    "quantity": run_quantity,
    "build_quantity": run_build_quantity,
    "default": run_default,
    "validate": run_validate,
    "selector": run_selector,
}


@dataclass(frozen=True, slots=True)
class Case:
    """One vector or scenario with the name it is reported under."""

    kind: str
    id: str
    vector: Json


@dataclass(slots=True)
class Tally:
    """What became of the cases of one kind."""

    passed: int = 0
    failures: list[tuple[str, list[str]]] = field(default_factory=list)


def folder_of(argument: str | None = None) -> Path:
    """Where the data are: the argument, the environment, or beside the project."""
    return Path(argument or os.environ.get("AUTOSCALER_HPA_VECTORS") or DEFAULT_FOLDER)


def load(folder: Path) -> Iterator[Case]:
    """Every case of the folder; a file that is missing holds none."""
    for name, key in (("vectors.json", "vectors"), ("scenarios.json", "scenarios")):
        path = folder / name
        if not path.exists():
            continue
        for vector in json.loads(path.read_text(encoding="utf-8"), parse_float=NumberText)[key]:
            yield _case(vector, "scenario" if key == "scenarios" else None)


def _case(vector: Any, kind: str | None) -> Case:
    """Name a case; one that is not even an object is a case too, and fails."""
    given = vector if isinstance(vector, dict) else {"case": vector}
    inner = given.get("case")
    found = inner.get("kind") if isinstance(inner, dict) else None
    return Case(kind or str(found), str(given.get("id", "")), given)


def check(case: Case) -> list[str]:
    """Every difference between upstream's answer and ours; none means the case passes."""
    try:
        found = list(_differences(case))
    except Exception as error:  # noqa: BLE001 - whatever breaks in a case is that case's failure, not the run's
        found = [f"{type(error).__name__}: {error}"]
    given = case.vector.get("case")
    ignored = ignored_fields(given) if found and isinstance(given, dict) else []
    return [f"not understood, and ignored: {', '.join(ignored)}", *found] if ignored else found


def _differences(case: Case) -> Iterator[str]:
    vector = case.vector
    if not any(vector.get(name) is not None for name in ("expect", "observed", "steps")):
        yield "nothing is asserted"
    given = without_nulls(vector["case"])
    if case.kind == "scenario":
        yield from compare_passes({}, vector["steps"], run_reconcile(given), _slack(given))
    elif case.kind == "reconcile":
        expect, observed = vector.get("expect") or {}, vector.get("observed")
        yield from compare_passes(expect, observed, run_reconcile(given), _slack(given))
    elif case.kind == "validate":
        yield from _compare_errors(vector, run_validate(given))
    elif case.kind not in _RUNNERS:
        yield f"unknown kind {case.kind!r}"
    else:
        answer = _RUNNERS[case.kind](given)
        expect = dict(vector.get("expect") or {})
        yield from _compare_special(expect, answer)
        yield from differences(expect, answer)
        observed = dict(vector.get("observed") or {})
        if answer.get("error"):
            observed.pop("timestamp", None)  # left over, and never looked at
        yield from differences(observed, answer)
        if case.kind == "default":
            yield from surplus(expect.get("hpa"), answer.get("hpa"), "hpa")


def _slack(case: Json) -> float:
    """Upstream retries a conflict after a random wait, so its times are not exact then [s]."""
    scales = (step.get("scale") or {} for step in case["steps"])
    return 1.0 if any(is_conflict(error) for scale in scales for error in scale.get("update_errors") or ()) else 0.0


def _compare_special(expect: Json, answer: Json) -> Iterator[str]:
    """Assertions that do not name a field of the answer; they are taken out of ``expect``."""
    contained = expect.pop("error_contains", None)
    if contained is not None and contained not in (answer.get("error") or ""):
        yield f"error: upstream says {contained!r}, here {answer.get('error')!r}"
    length = expect.pop("recommendations_length", None)
    recommendations = (answer.get("state") or {}).get("recommendations") or []
    if length is not None and length != len(recommendations):
        yield f"recommendations: upstream keeps {length}, here {len(recommendations)}"
    replicas = expect.pop("recommendations", None)
    if replicas is not None and replicas != [entry["replicas"] for entry in recommendations]:
        yield f"recommendations: upstream {replicas}, here {recommendations}"
    for group in ("unready", "missing", "ignored"):
        if isinstance(expect.get(group), list):
            expect[group] = sorted(expect[group])


def _compare_errors(vector: Json, answer: Json) -> Iterator[str]:
    for key in ("expect", "observed"):
        expected = vector.get(key) or {}
        if "errors" in expected:
            yield from _compare_error_set(expected["errors"] or [], answer)
            yield from differences({"decode_error": expected.get("decode_error")}, answer)
        yield from differences({name: value for name, value in expected.items() if name != "errors"}, answer)


def _compare_error_set(errors: list[Any], answer: Json) -> Iterator[str]:
    told = answer.get("errors") or []
    if errors and isinstance(errors[0], str):
        yield from differences(sorted(errors), sorted(one["message"] for one in told), "errors")
    else:
        yield from differences_as_set(errors, told, "errors")


def run(cases: Iterator[Case]) -> dict[str, Tally]:
    """Check every case."""
    tallies: dict[str, Tally] = defaultdict(Tally)
    for case in cases:
        found = check(case)
        if found:
            tallies[case.kind].failures.append((case.id, found))
        else:
            tallies[case.kind].passed += 1
    return dict(tallies)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tally and the first differences; 1 if a kind that counts has a failure, 4 if there is nothing to run."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance.hpa", description=__doc__)
    parser.add_argument("folder", nargs="?", help="where vectors.json and scenarios.json are")
    parser.add_argument("--report-only", default="", metavar="KIND,...", help="kinds whose failures do not count")
    parser.add_argument("--only", default="", metavar="KIND,...", help="run these kinds only")
    parser.add_argument("--show", type=int, default=SHOWN_DIFFERENCES, metavar="N", help="failures to show per kind")
    options = parser.parse_args(arguments)
    only = set(filter(None, options.only.split(",")))
    tallies = run(case for case in load(folder_of(options.folder)) if not only or case.kind in only)
    if not tallies:
        print(f"no cases in {folder_of(options.folder)}", file=sys.stderr)  # noqa: T201 - a command prints
        return 4
    print(report(tallies, options.show))  # noqa: T201 - a command prints
    forgiven = set(options.report_only.split(","))
    return int(any(tally.failures for kind, tally in tallies.items() if kind not in forgiven))


def report(tallies: dict[str, Tally], shown: int) -> str:
    """The tally as text, failures first described, then counted."""
    lines: list[str] = []
    for kind, tally in sorted(tallies.items()):
        for name, found in tally.failures[:shown]:
            lines += [f"{kind} {name}", *(f"    {text}" for text in found[:5])]
    lines += [f"{'kind':16}{'passed':>8}{'failed':>8}"]
    for kind, tally in sorted(tallies.items()):
        lines.append(f"{kind:16}{tally.passed:8}{len(tally.failures):8}")
    passed = sum(tally.passed for tally in tallies.values())
    failed = sum(len(tally.failures) for tally in tallies.values())
    return "\n".join([*lines, f"{'all':16}{passed:8}{failed:8}"])


if __name__ == "__main__":
    sys.exit(main())
