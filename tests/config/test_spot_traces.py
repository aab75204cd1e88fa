"""Recorded spot pools: events become shares of a pool; what is wrong is named with its line."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from autoscaler.config.spot_traces import Loss, load_spot_trace
from autoscaler.model.errors import InvalidTraceError

SHARED = Path(os.environ.get("AUTOSCALER_TRACES", "../shared/traces"))
HEADER = "timestamp,event,node\n"


def write(folder, text):
    path = folder / "spot.csv"
    path.write_text(text)
    return path


def refused(folder, text):
    with pytest.raises(InvalidTraceError) as caught:
        load_spot_trace(write(folder, text))
    return [(fault.line, fault.what) for fault in caught.value.faults]


def test_removals_become_shares_and_droughts(tmp_path):
    rows = "100,add,a\n100,add,b\n100,add,c\n100,add,d\n160,remove,a\n200,remove,b\n200,remove,c\n260,add,e\n300,remove,d\n"
    trace = load_spot_trace(write(tmp_path, HEADER + rows))
    assert trace.losses == (Loss(60, 1 / 4, 100), Loss(100, 2 / 3, 60), Loss(200, 1 / 2, 0))
    assert trace.duration == 200


def test_a_node_that_comes_when_another_goes_means_no_drought(tmp_path):
    trace = load_spot_trace(write(tmp_path, HEADER + "0,add,a\n0,add,b\n60,remove,a\n60,add,c\n"))
    assert trace.losses == (Loss(60, 1 / 2, 0),)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", [(None, "the spot trace is empty")], id="empty"),
        pytest.param(HEADER, [(None, "the spot trace is empty")], id="no-rows"),
        pytest.param("timestamp,rps\n0,1\n", [(1, "the first line is not `timestamp,event,node`")], id="another-kind-of-trace"),
        pytest.param(HEADER + "0,add,a\nx,add,b\n", [(3, "`x,add,b` is no row")], id="no-number"),
        pytest.param(HEADER + "nan,add,b\n", [(2, "`nan,add,b` is no row")], id="nan"),
        pytest.param(HEADER + "0,lost,a\n", [(2, "`0,lost,a` is no row")], id="unknown-event"),
        pytest.param(HEADER + "0,add\n", [(2, "`0,add` is no row")], id="a-cell-is-missing"),
        pytest.param(HEADER + "5,add,a\n4,add,b\n", [(3, "timestamp 4 is before the row above it")], id="time-goes-back"),
        pytest.param(HEADER + "0,add,a\n1,add,a\n", [(3, "a is added twice")], id="added-twice"),
        pytest.param(HEADER + "0,add,a\n1,remove,b\n", [(3, "b is removed, but it is not there")], id="removed-without-coming"),
    ],
)  # fmt: skip
def test_what_is_refused(tmp_path, text, expected):
    assert refused(tmp_path, text) == expected


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InvalidTraceError) as caught:
        load_spot_trace(tmp_path / "none.csv")
    assert caught.value.faults[0].what == "cannot read the spot trace: No such file or directory"


def test_the_shared_trace():
    if not SHARED.is_dir():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"no traces at {SHARED}; set AUTOSCALER_TRACES")
    trace = load_spot_trace(SHARED / "spot_p3_events.csv")
    assert (len(trace.losses), trace.duration) == (79, 40_920)
    assert max(loss.share for loss in trace.losses) == 0.2
