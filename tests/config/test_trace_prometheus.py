"""Range answers of Prometheus as traces: what is read, and how what cannot be is refused."""

from __future__ import annotations

import json

import pytest

from autoscaler.config.traces import load_trace
from autoscaler.model.errors import InvalidTraceError

VALUES = [[1_700_000_000, "10"], [1_700_000_060, "12.5"], [1_700_000_120, "0"]]


def answer(*series, kind="matrix"):
    return {"status": "success", "data": {"resultType": kind, "result": list(series)}}


def series(values, **labels):
    return {"metric": labels, "values": values}


def write(folder, content):
    path = folder / "answer.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(answer(series(VALUES, job="web")), id="as-the-api-answers"),
        pytest.param([series(VALUES)], id="as-promtool-prints"),
        pytest.param("\n  " + json.dumps(answer(series(VALUES)), indent=2), id="indented"),
    ],
)
def test_a_series_is_a_trace(tmp_path, content):
    trace = load_trace(write(tmp_path, content))
    assert trace.times.tolist() == [1_700_000_000, 1_700_000_060, 1_700_000_120]
    assert (trace.rates.tolist(), trace.step, trace.repairs) == ([10, 12.5, 0], 60, ())


def test_the_rules_for_repairs_hold_and_name_samples(tmp_path):
    values = [[0, "1"], [60, "NaN"], [120, "3"], [240, "5"], [300, "6"]]
    trace = load_trace(write(tmp_path, answer(series(values))))
    assert trace.rates.tolist() == pytest.approx([1, 2, 3, 4, 5, 6])
    assert trace.repairs == (
        "1 rows without a rate were filled with a straight line between their neighbours",
        "2 missing bins in 2 gaps (longest 2m, first after data.result[0].values[0]) were filled with straight lines",
    )


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(
            '{"status": ', (1, "", "the trace is no JSON: Expecting value: line 1 column 12 (char 11)"), id="cut-off"
        ),
        pytest.param(
            {"status": "error", "errorType": "bad_data", "error": "parse error"},
            (None, "", "the answer is an error (bad_data: parse error)"),
            id="an-error",
        ),
        pytest.param(
            {"rate": 5},
            (None, "", "the trace is JSON, but no answer of Prometheus: data.result is missing"),
            id="other",
        ),
        pytest.param(
            answer(kind="vector"),
            (None, "data.resultType", "must be matrix, is vector: one instant, not a range"),
            id="instant",
        ),
        pytest.param(
            answer(),
            (None, "data.result", "holds no series: the query found nothing in that range"),
            id="no-series",
        ),
        pytest.param(answer(series(VALUES), series(VALUES)), (None, "data.result", "holds 2 series"), id="two-series"),
        pytest.param(answer(series([])), (None, "data.result[0]", "the series holds no values"), id="no-values"),
        pytest.param(
            answer(5), (None, "data.result[0]", "must be a series: a mapping of metric and values"), id="no-map"
        ),
        pytest.param(
            answer(series([[0, "1"], [60]])),
            (None, "data.result[0].values[1]", "must be [time, value], is [60]"),
            id="half-a-sample",
        ),
        pytest.param(
            answer(series([[0, "1"], [60, "+Inf"]])),
            (None, "data.result[0].values[1]", "must be [time, value], is [60, '+Inf']"),
            id="infinite",
        ),
        pytest.param(
            answer(series([[0, "1"], [60, "-2"]])),
            (None, "data.result[0].values[1]", "rps is negative: -2"),
            id="negative",
        ),
        pytest.param(
            [series([[0, "1"], [0, "2"], [60, "2"]])],
            (None, "[0].values[1]", "timestamp 0 has two different rates"),
            id="two-rates-at-once",
        ),
    ],
)
def test_refused(tmp_path, content, expected):
    with pytest.raises(InvalidTraceError) as caught:
        load_trace(write(tmp_path, content))
    assert [(fault.line, fault.path, fault.what) for fault in caught.value.faults] == [expected]
    assert all(fault.hint for fault in caught.value.faults)
