"""Past traffic read from a real Prometheus, whose history is written with promtool."""

from __future__ import annotations

import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from autoscaler.adapters.prometheus.history import HistoryQuery, QueryError, fetch_history
from autoscaler.model.errors import NoDataError, UnreachableError

pytestmark = pytest.mark.service("prometheus")

#: History of two days, well before now: Prometheus keeps the newest hours in another place.
START = datetime(2026, 3, 1, tzinfo=UTC)
STEP = timedelta(seconds=15)
STEPS = 11_520


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start a Prometheus that holds ``load`` = 0, 1, 2, ... with one hour missing, and gives its address."""
    folder = tmp_path_factory.mktemp("prometheus")
    first = int(START.timestamp())
    samples = [f"load {n} {first + 15 * n}" for n in range(STEPS) if not 1000 <= n < 1240]
    (folder / "history.om").write_text("# TYPE load gauge\n" + "\n".join(samples) + "\n# EOF\n")
    subprocess.run(
        ["promtool", "tsdb", "create-blocks-from", "openmetrics", folder / "history.om", folder / "data"],
        check=True,
        capture_output=True,
    )
    (folder / "prometheus.yml").write_text("global: {}\n")
    port = free_port()
    server = subprocess.Popen(
        [
            "prometheus",
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'data'}",
            "--storage.tsdb.retention.time=10y",
            f"--web.listen-address=127.0.0.1:{port}",
        ],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert server.stderr is not None
    try:
        for line in server.stderr:
            if "ready to receive web requests" in line:
                break
        urllib.request.urlopen(f"http://127.0.0.1:{port}/-/ready", timeout=10).close()
        yield f"http://127.0.0.1:{port}"
    finally:
        server.kill()
        server.communicate()


def history(promql: str, steps: int = STEPS) -> HistoryQuery:
    return HistoryQuery(promql=promql, start=START, end=START + steps * STEP, step=STEP)


def test_a_range_longer_than_one_answer_comes_whole_and_in_order(prometheus: str) -> None:
    samples = fetch_history(prometheus, history("timestamp(load) - timestamp(load) + load"))

    first = START.timestamp()
    assert samples[0] == (first, 0.0)
    assert samples[-1] == (first + 15 * (STEPS - 1), float(STEPS - 1))
    assert [when for when, _ in samples] == sorted({when for when, _ in samples})


def test_a_step_without_a_sample_is_absent_not_zero(prometheus: str) -> None:
    samples = dict(fetch_history(prometheus, history("sum(load)", 1500)))

    # A sample stays visible for five minutes, then the series is gone until it resumes.
    gap = {START.timestamp() + 15 * n for n in range(1020, 1240)}
    assert gap.isdisjoint(samples)
    assert len(samples) == 1500 - 220


@pytest.mark.parametrize(
    ("promql", "message"),
    [
        ("load{", "Prometheus refused the query"),
        ('label_replace(load, "a", "1", "", "") or label_replace(load, "a", "2", "", "")', "gave 2 series"),
        ("load / 0", "which is no rate"),
    ],
)
def test_what_is_not_one_series_of_numbers_is_refused(prometheus: str, promql: str, message: str) -> None:
    with pytest.raises(QueryError, match=message):
        fetch_history(prometheus, history(promql, 10))


def test_a_range_without_a_single_sample_is_no_trace(prometheus: str) -> None:
    with pytest.raises(NoDataError, match="the query gave no samples"):
        fetch_history(prometheus, history("absent_metric", 10))


def test_a_server_that_is_not_there_is_named() -> None:
    address = f"http://127.0.0.1:{free_port()}"

    with pytest.raises(UnreachableError, match=f"Prometheus at {address} does not answer: .*[Cc]onnection refused"):
        fetch_history(address, history("load", 10))
