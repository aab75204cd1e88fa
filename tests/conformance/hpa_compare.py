"""Compare an answer with what upstream's code answered, and say readably where they differ."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

from tests.conformance.hpa_world import Json

_POD_NAME = re.compile(r"\b(of|in) Pod \S+")
_RIVALS = re.compile(r"controlled by multiple HPAs: \[([^\]]*)\]")
_NUMBERS_AS_TEXT = {"float", "ratio"}
_WHOLE_OBJECTS = {"status", "current_metrics"}
_TIMES = {"at", "last_transition", "last_scale_time"}


def differences(expected: Any, actual: Any, path: str = "", slack: float = 0.0) -> Iterator[str]:
    """Each place where ``actual`` lacks or contradicts what ``expected`` holds; keys not expected do not count.

    ``slack``: how far two times [s] may be apart.
    """
    if isinstance(expected, dict) and isinstance(actual, dict):
        for key, value in expected.items():
            place = f"{path}.{key}" if path else key
            if key in _NUMBERS_AS_TEXT and value is not None and actual.get(key) is not None:
                if not _same_number(value, actual[key]):
                    yield _told(place, value, actual[key])
            else:
                near = slack > 0 and key in _TIMES and _are_near(value, actual.get(key), slack)
                yield from () if near else differences(value, actual.get(key), place, slack)
    elif isinstance(expected, list) and isinstance(actual, list):
        if len(expected) != len(actual):
            yield _told(path, expected, actual)
            return
        for index, (one, other) in enumerate(zip(expected, actual, strict=True)):
            yield from differences(one, other, f"{path}[{index}]", slack)
    elif _comparable(expected) != _comparable(actual):
        yield _told(path, expected, actual)


def surplus(expected: Any, actual: Any, path: str) -> Iterator[str]:
    """Each field of ``actual`` that ``expected`` does not have, at any depth: for objects that must be the same."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        for key, value in actual.items():
            if key in expected:
                yield from surplus(expected[key], value, f"{path}.{key}")
            elif _comparable(value) is not None:
                yield f"{path}.{key}: upstream has none, here {_short(value)}"
    elif isinstance(expected, list) and isinstance(actual, list):
        for index, (one, other) in enumerate(zip(expected, actual, strict=False)):
            yield from surplus(one, other, f"{path}[{index}]")


def differences_as_set(expected: list[Json], actual: list[Json] | None, path: str) -> Iterator[str]:
    """Like ``differences`` where the order is arbitrary."""
    unmatched = list(actual or ())
    for one in expected:
        found = next((other for other in unmatched if not list(differences(one, other))), None)
        if found is None:
            yield f"{path}: lacks {one!r}"
        else:
            unmatched.remove(found)
    yield from (f"{path}: unexpected {other!r}" for other in unmatched)


def _comparable(value: Any) -> Any:
    """Texts without what upstream leaves to chance: which pod of several, the order of HPAs; empty counts as absent."""
    if isinstance(value, str):
        value = _POD_NAME.sub(r"\1 Pod *", value)
        return _RIVALS.sub(lambda match: f"multiple HPAs: {sorted(match[1].split())}", value)
    if value in ([], {}, ""):
        return None
    return value


def _same_number(expected: Any, actual: Any) -> bool:
    one, other = float(expected), float(actual)
    if not isinstance(expected, str):  # an upstream test's own, rounded figure
        return math.isclose(one, other, rel_tol=1e-9)
    return one == other or (math.isnan(one) and math.isnan(other))


def _are_near(one: Any, other: Any, slack: float) -> bool:
    return isinstance(one, int | float) and isinstance(other, int | float) and abs(one - other) <= slack


def _told(path: str, expected: Any, actual: Any) -> str:
    return f"{path}: upstream {_short(expected)}, here {_short(actual)}"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 400 else text[:400] + "..."


def compare_passes(expect: Json, observed: list[Json] | None, steps: list[Json], slack: float = 0.0) -> Iterator[str]:
    """The assertions of a unit test about its last pass, and upstream's whole output where it is given."""
    if observed is not None and len(observed) != len(steps):
        yield f"steps: upstream answers {len(observed)}, here {len(steps)}"
    last = steps[-1]
    is_stale = bool(observed) and observed[-1].get("status_updates") == 0
    for key, value in expect.items():
        if key == "conditions" and is_stale:
            continue  # no status was written, so nothing of this pass is in the object
        if key in _PASS_CHECKS:
            yield from _PASS_CHECKS[key](value, last)
        elif key in last:
            yield from differences(value, last[key], key, slack)
        else:
            yield f"{key}: upstream says {_short(value)}, which no pass here answers"
    for index, (theirs, ours) in enumerate(zip(observed or (), steps, strict=False)):
        if ours.get("status_refused"):  # nothing says whether a write that failed counts as one
            theirs = {name: value for name, value in theirs.items() if name != "status_updates"}
        yield from differences(theirs, ours, f"step {index}", slack)
        for name in _WHOLE_OBJECTS & theirs.keys():
            yield from surplus(theirs[name], ours[name], f"step {index}.{name}")


def _check_labels(field: str) -> Any:
    def check(expected: Json, last: Json) -> Iterator[str]:
        seen = {one["type"]: one[field] for one in last["monitor"]["metrics"] or ()}
        yield from differences(expected, seen, f"metric {field}")

    return check


def _check_reconcile(field: str) -> Any:
    def check(expected: str, last: Json) -> Iterator[str]:
        yield from differences(expected, last["monitor"]["reconciles"][-1][field], f"reconcile {field}")

    return check


def _check_utilization(expected: int, last: Json) -> Iterator[str]:
    for metric in last["status"].get("currentMetrics") or ():
        seen = metric.get("resource", {}).get("current", {}).get("averageUtilization")
        if metric.get("type") == "Resource" and seen is not None:
            yield from differences(expected, seen, "cpu_utilization")
            return


_PASS_CHECKS: dict[str, Any] = {
    "conditions": lambda expected, last: differences(expected, last["conditions"], "conditions"),
    "desired_replicas": lambda expected, last: differences(expected, last["desired_replicas"], "desired_replicas"),
    "scale_updated": lambda expected, last: differences(expected, bool(last["scale_updates"]), "scale_updated"),
    "metric_actions": _check_labels("action"),
    "metric_errors": _check_labels("error"),
    "reconcile_action": _check_reconcile("action"),
    "reconcile_error": _check_reconcile("error"),
    "cpu_utilization": _check_utilization,
    "rescale_event": lambda expected, last: differences(
        expected, any(one["reason"] == "SuccessfulRescale" for one in last["events"]), "rescale_event"
    ),
    "error": lambda expected, last: differences(expected, last["error"], "error"),
}
