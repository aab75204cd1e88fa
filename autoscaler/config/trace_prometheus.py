"""A range answer of Prometheus as a trace: the JSON that ``/api/v1/query_range`` gives, saved to a file.

The list of series alone, as ``promtool query range -o json`` prints it, is taken as well. It must be one series, in
requests per second. A sample's value holds from its time to the next sample's, as in a ``timestamp,rps`` file.
"""

from __future__ import annotations

import json
import math
from typing import Any, Final, NoReturn

import numpy as np

from autoscaler.config.trace_rows import Rows
from autoscaler.model.errors import Fault, InvalidTraceError

_FAULTS_KEPT: Final = 20
_HINT: Final = "save what /api/v1/query_range answers, such as for query=sum(rate(http_requests_total[1m]))&step=60s"


def is_answer(text: str) -> bool:
    """Tell whether a file's text is JSON rather than rows."""
    return text.lstrip()[:1] in ("{", "[")


def rows_of_answer(text: str, source: str) -> Rows:
    """Read the one series of an answer; ``NaN`` is a sample without a rate.

    Raises:
        InvalidTraceError: no JSON, an error, no range answer, not exactly one series, or samples that are not numbers.
    """
    try:
        answer = json.loads(text)
    except ValueError as error:
        _refuse(source, f"the trace is no JSON: {error}", _HINT, line=getattr(error, "lineno", None))
    series, path = _one(_series(answer, source), source, "data.result" if isinstance(answer, dict) else "")
    samples = series.get("values")
    if not isinstance(samples, list) or not samples:
        _refuse(source, "the series holds no values", _HINT, path=path)
    return _rows(samples, source, f"{path}.values")


def _series(answer: Any, source: str) -> list[Any]:
    """Find the list of series in an answer, or the answer is that list itself."""
    if isinstance(answer, list):
        return answer
    if answer.get("status") == "error":
        said = f"{answer.get('errorType', 'error')}: {answer.get('error', '')}"
        _refuse(source, f"the answer is an error ({said})", "ask again, and save a good answer")
    data = answer.get("data")
    if not isinstance(data, dict) or not isinstance(data.get("result"), list):
        _refuse(source, "the trace is JSON, but no answer of Prometheus: data.result is missing", _HINT)
    if data.get("resultType") != "matrix":
        kind = data.get("resultType")
        _refuse(source, f"must be matrix, is {kind}: one instant, not a range", _HINT, path="data.resultType")
    found: list[Any] = data["result"]
    return found


def _one(series: list[Any], source: str, path: str) -> tuple[dict[str, Any], str]:
    if len(series) != 1:
        what = f"holds {len(series)} series" if series else "holds no series: the query found nothing in that range"
        hint = "add them up in the query: sum(...)" if series else "is there a typing error in the query's labels?"
        _refuse(source, what, hint, path=path)
    if not isinstance(series[0], dict):
        _refuse(source, "must be a series: a mapping of metric and values", _HINT, path=f"{path}[0]")
    return series[0], f"{path}[0]"


def _rows(samples: list[Any], source: str, path: str) -> Rows:
    read = [_sample(sample) for sample in samples]
    faults = [
        Fault(what=f"must be [time, value], is {str(sample)[:60]}", source=source, path=f"{path}[{i}]", hint=_HINT)
        for i, (sample, row) in enumerate(zip(samples, read, strict=True))
        if row is None
    ]
    if faults:
        raise InvalidTraceError(faults[:_FAULTS_KEPT])
    table = np.array([row for row in read if row is not None])
    return Rows(source, table[:, 0].copy(), table[:, 1].copy(), np.arange(len(table)), path)


def _sample(sample: Any) -> tuple[float, float] | None:
    """Read a sample; ``None`` where it is not a time and a number. Infinite is no rate."""
    try:
        time, value = sample
        time, rate = float(time), float(value)
    except (TypeError, ValueError):
        return None
    return None if math.isinf(rate) else (time, rate)


def _refuse(source: str, what: str, hint: str, *, path: str = "", line: int | None = None) -> NoReturn:
    raise InvalidTraceError([Fault(what=what, source=source, path=path, line=line, hint=hint)])
