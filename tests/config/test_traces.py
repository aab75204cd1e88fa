"""Traces: what is refused with which words, what is mended by which rule, and the shared ones as they are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from autoscaler.config.traces import load_trace
from autoscaler.model.errors import InvalidTraceError

HEADER = "timestamp,rps\n"


def write(folder, text, encoding="utf-8"):
    path = folder / "trace.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return path


def refused(folder, text, encoding="utf-8"):
    with pytest.raises(InvalidTraceError) as caught:
        load_trace(write(folder, text, encoding))
    return [(fault.line, fault.what) for fault in caught.value.faults]


def test_a_clean_trace(tmp_path):
    trace = load_trace(write(tmp_path, HEADER + "1700000000,10\n1700000060,12.5\n1700000120,0\n"))
    assert trace.times.tolist() == [1700000000, 1700000060, 1700000120]
    assert trace.rates.tolist() == [10, 12.5, 0]
    assert (trace.step, trace.duration, trace.is_linear, trace.repairs) == (60, 180, False, ())


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("0,1\n60,2\n", id="no-header"),
        pytest.param("\ufeff" + HEADER + "0,1\n60,2\n", id="byte-order-mark"),
        pytest.param("timestamp,rps\r\n0,1\r\n60,2\r\n", id="windows-line-ends"),
        pytest.param('"Timestamp", "RPS"\n0 , 1\n"60",2', id="quotes-capitals-blanks-no-last-line-end"),
        pytest.param(HEADER + "\n0,1\n\n60,2\n\n", id="blank-lines"),
        pytest.param(HEADER + "1970-01-01T00:00:00Z,1\n1970-01-01T00:01:00+00:00,2\n", id="iso-8601"),
        pytest.param(HEADER + "1970-01-01 00:00:00,1\n1970-01-01 00:01:00,2\n", id="iso-8601-without-zone-is-utc"),
    ],
)
def test_other_ways_to_write_the_same(tmp_path, text):
    trace = load_trace(write(tmp_path, text))
    assert (trace.times.tolist(), trace.rates.tolist(), trace.repairs) == ([0, 60], [1, 2], ())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", [(None, "the trace is empty")], id="empty"),
        pytest.param(" \n\n", [(None, "the trace is empty")], id="only-blank-lines"),
        pytest.param(HEADER, [(None, "the trace has a header but no rows")], id="only-a-header"),
        pytest.param("a,b\n0,1\n", [(1, "the first line is `a,b`, not `timestamp,rps`")], id="other-columns"),
        pytest.param("0;1\n60;2\n", [(1, "the first line is `0;1`, not `timestamp,rps`")], id="semicolons"),
        pytest.param(HEADER + "0,1\n60\n", [(3, "1 columns instead of 2: `60`")], id="a-column-short"),
        pytest.param(HEADER + "0,1,5\n60,2,5\n", [(2, "3 columns instead of 2: `0,1,5`"),
                                                  (3, "3 columns instead of 2: `60,2,5`")], id="a-column-too-many"),
        pytest.param(HEADER + "0,1\n60,many\n", [(3, "rps `many` is not a number")], id="not-a-number"),
        pytest.param(HEADER + "0,1\n60,1_000\n", [(3, "rps `1_000` is not a number")], id="underscores"),
        pytest.param(HEADER + "0,1\nsoon,2\n", [(3, "timestamp `soon` is neither a number of seconds nor an ISO 8601 time")],
                     id="not-a-time"),
        pytest.param(HEADER + "0,1\n60,inf\n", [(3, "rps `inf` is not a number")], id="infinite"),
        pytest.param(HEADER + "0,1\nnan,2\n", [(3, "timestamp is not finite")], id="time-is-nan"),
        pytest.param(HEADER + "0,1\n60,-2\n120,-3\n", [(3, "rps is negative: -2"), (4, "rps is negative: -3")], id="negative"),
        pytest.param(HEADER + "0,1\n60,2e9\n", [(3, "rps is 2e+09")], id="beyond-any-service"),
        pytest.param(HEADER + "60,1\n0,2\n", [(3, "timestamp 0 is before the row above it")], id="time-goes-back"),
        pytest.param(HEADER + "0,1\n0,2\n60,3\n", [(3, "timestamp 0 has two different rates")], id="two-rates-at-once"),
        pytest.param(HEADER + "1700000000000,1\n1700000060000,2\n",
                     [(2, "timestamp 1700000000000 is no time of this millennium in seconds")], id="milliseconds"),
        pytest.param(HEADER + "0,1\n", [(None, "fewer than two rows with a rate")], id="one-row"),
        pytest.param(HEADER + "0,2\n60,2\n120,3000\n180,3100\n",
                     [(4, "rps jumps to 3000, 1,000 times the row above it or more")], id="a-jump-that-stays"),
        pytest.param(HEADER + "0,nan\n60,2\n120,\n", [(None, "2 of 3 rows have no rate")], id="mostly-missing"),
        pytest.param(HEADER + "0,1\n1,1\n2,1\n3,1\n100,1\n",
                     [(6, "96 bins are missing and 5 are there")], id="mostly-gaps"),
    ],
)  # fmt: skip
def test_refused(tmp_path, text, expected):
    assert refused(tmp_path, text) == expected


def test_other_encodings_are_named(tmp_path):
    assert refused(tmp_path, HEADER + "0,1\n", "utf-16") == [(None, "the trace is UTF-16")]
    assert refused(tmp_path, b"timestamp,rps\n0,1\n\xff60,2\n") == [(3, "the trace is not UTF-8 text")]
    assert refused(tmp_path, b"timestamp,rps\n0,1\n6\x000,2\n") == [(None, "the trace holds binary data")]


def test_a_missing_file_and_a_folder(tmp_path):
    for path, reason in ((tmp_path / "no.csv", "No such file or directory"), (tmp_path, "Is a directory")):
        with pytest.raises(InvalidTraceError) as caught:
            load_trace(path)
        assert caught.value.faults[0].what == f"cannot read the trace: {reason}"


def test_many_faults_are_cut_at_twenty(tmp_path):
    rows = "".join(f"{60 * i},-1\n" for i in range(50))
    faults = refused(tmp_path, HEADER + rows)
    assert len(faults) == 21
    assert faults[-1] == (None, "and 30 more rows like these")


@pytest.mark.parametrize(
    ("rows", "rates", "repair"),
    [
        pytest.param(
            "0,10\n60,20\n240,80\n300,90\n", [10, 20, 40, 60, 80, 90],
            "2 missing bins in 1 gaps (longest 3m, first after line 3) were filled with straight lines", id="gap",
        ),
        pytest.param(
            "0,10\n60,nan\n120,20\n", [10, 15, 20],
            "1 rows without a rate were filled with a straight line between their neighbours", id="nan",
        ),
        pytest.param("0,10\n0,10\n60,20\n", [10, 20], "1 repeated rows were left out", id="repeated-row"),
        pytest.param(
            "0,10\n60,20000\n120,20\n180,30\n", [10, 15, 20, 30],
            "1 single bins at 1,000 times both neighbours or more (first at line 3) were filled with a straight line",
            id="single-spike",
        ),
    ],
)  # fmt: skip
def test_mended_and_reported(tmp_path, rows, rates, repair):
    trace = load_trace(write(tmp_path, HEADER + rows))
    assert trace.rates.tolist() == pytest.approx(rates)
    assert repair in trace.repairs


def test_requests_per_row_are_taken_as_rates(tmp_path):
    trace = load_trace(write(tmp_path, "timestamp,Requests\n0,600\n60,1200\n120,\n180,60\n"))
    assert trace.rates.tolist() == pytest.approx([10, 20, 10.5, 1])
    assert trace.repairs[0] == "requests per bin of 1m were divided by its length"


def test_growth_from_next_to_nothing_is_no_fault(tmp_path):
    assert load_trace(write(tmp_path, HEADER + "0,0\n60,0.01\n120,500\n180,600\n")).repairs == ()


def test_five_minutes_and_more_are_joined_by_lines(tmp_path):
    assert load_trace(write(tmp_path, HEADER + "0,1\n300,2\n600,3\n")).is_linear


SHARED = Path(os.environ.get("AUTOSCALER_TRACES", "../shared/traces"))


@pytest.fixture
def shared():
    if not SHARED.is_dir():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"no traces at {SHARED}; set AUTOSCALER_TRACES")
    return SHARED


@pytest.mark.parametrize(
    ("name", "bins", "step"),
    [
        ("wc98_group_stage_1min.csv", 82_110, 60),
        ("nasa_http_1995-07_1min.csv", 39_693, 60),
        ("autothrottle_bursty_1s.csv", 3_600, 1),
    ],
)
def test_shared_traces_need_no_repair(shared, name, bins, step):
    trace = load_trace(shared / name)
    assert (len(trace.times), trace.step, trace.repairs) == (bins, step, ())


def test_the_load_balancer_s_gaps_are_filled(shared):
    trace = load_trace(shared / "nab_elb_requests_5min.csv")
    assert trace.repairs == (
        "8 missing bins in 8 gaps (longest 10m, first after line 139) were filled with straight lines",
    )
    assert len(trace.times) == 4_040
