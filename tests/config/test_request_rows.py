"""Files of single requests: what is read, what is refused with which words, what is mended."""

from __future__ import annotations

import pytest

from autoscaler.config.request_rows import load_requests
from autoscaler.config.traffic import Requests
from autoscaler.model.errors import InvalidTraceError

SPEC = {"path": "calls.csv", "time": "at", "size": "tokens", "service_time_per": "20ms", "service_time_base": "100ms"}


def load(folder, text, **changes):
    path = folder / "calls.csv"
    path.write_text(text)
    return load_requests(path, Requests.model_validate({**SPEC, **changes}))


def refused(folder, text, **changes):
    with pytest.raises(InvalidTraceError) as caught:
        load(folder, text, **changes)
    return [(fault.line, fault.what, fault.hint) for fault in caught.value.faults]


def test_each_row_is_a_request_with_its_own_time_in_service(tmp_path):
    rows = load(tmp_path, "at,model,tokens\n100.5,a,10\n101,b,0\n103.25,a,50\n")
    assert rows.arrivals.tolist() == [0, 0.5, 2.75]
    assert rows.services.tolist() == pytest.approx([0.3, 0.1, 1.1])
    assert (rows.duration, rows.repairs) == (3, ())


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('at,tokens\n"0","10"\n"2","20"\n', id="quotes"),
        pytest.param("at,tokens\n0,10\n\n2,20\n\n", id="blank-lines"),
        pytest.param("at , tokens\r\n0,10\r\n2,20\r\n", id="blanks-and-windows-line-ends"),
        pytest.param("tokens,note,at\n10,,2026-01-01T00:00:00Z\n20,x,2026-01-01 00:00:02\n", id="iso-8601"),
    ],
)
def test_other_ways_to_write_the_same(tmp_path, text):
    rows = load(tmp_path, text)
    assert (rows.arrivals.tolist(), rows.services.tolist()) == ([0, 2], pytest.approx([0.3, 0.5]))


def test_twice_as_fast_leaves_times_in_service_as_they_are(tmp_path):
    rows = load(tmp_path, "at,tokens\n0,10\n4,10\n", speed=2)
    assert (rows.arrivals.tolist(), rows.services.tolist()) == ([0, 2], pytest.approx([0.3, 0.3]))


def test_rows_out_of_order_are_sorted_and_that_is_told(tmp_path):
    rows = load(tmp_path, "at,tokens\n5,1\n3,2\n3,3\n9,4\n7,5\n")
    assert rows.arrivals.tolist() == [0, 0, 2, 4, 6]
    assert rows.services.tolist() == pytest.approx([0.14, 0.16, 0.12, 0.2, 0.18])
    assert rows.repairs == ("rows out of order were sorted by time (2 were before the row above them)",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("at,tokens\n1,10\n2,-5\n3,-6\n",
                     [(3, "size -5 is negative", "a size is zero or more"),
                      (4, "size -6 is negative", "a size is zero or more")], id="negative-sizes"),
        pytest.param("at,tokens\n1,10\n2,nan\n",
                     [(3, "size nan is no amount", "leave out requests whose size is unknown")], id="nan"),
        pytest.param("at,tokens\n1,10\n2,\n3,many\n",
                     [(3, "size `` is not a number", ""), (4, "size `many` is not a number", "")], id="no-number"),
        pytest.param("at,tokens\n1,10\nsoon,4\n",
                     [(3, "time `soon` is neither a number of seconds nor an ISO 8601 time", "")], id="no-time"),
        pytest.param("at,tokens\n1700000000000,10\n",
                     [(2, "time 1700000000000 is no time of this millennium in seconds", "milliseconds? divide by 1000")],
                     id="milliseconds"),
        pytest.param("at,tokens\n1,10\n2\n", [(3, "1 columns; the header has more: `2`", "")], id="short-row"),
        pytest.param("at,token\n1,10\n", [(1, "there is no column `tokens`", "did you mean `token`?")], id="column"),
        pytest.param("at,tokens\n", [(None, "the file has a header but no rows", "one row for each request")], id="empty"),
        pytest.param("at,tokens\n1,1e12\n",
                     [(2, "size 1e+12 takes longer than 30 years", "is service_time_per the time for one unit of size?")],
                     id="too-long"),
    ],
)  # fmt: skip
def test_refused(tmp_path, text, expected):
    assert refused(tmp_path, text) == expected


def test_instants_alone_leave_times_in_service_to_be_drawn(tmp_path):
    path = tmp_path / "calls.csv"
    path.write_text("id,at\nx,3\ny,1\n")
    rows = load_requests(path, Requests(path="calls.csv", time="at"))
    assert (rows.arrivals.tolist(), rows.services) == ([0, 2], None)
    path.write_text("id,at\nx,-3\ny,soon\n")
    with pytest.raises(InvalidTraceError, match="time `soon` is neither"):
        load_requests(path, Requests(path="calls.csv", time="at"))


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ({"size": "tokens"}, "size and service_time_per belong together"),
        ({"service_time_per": "1s"}, "size and service_time_per belong together"),
        ({"service_time_base": "1s"}, "there is no size"),
    ],
)
def test_what_belongs_together(fields, what):
    with pytest.raises(ValueError, match=what):
        Requests.model_validate({"path": "calls.csv"} | fields)
