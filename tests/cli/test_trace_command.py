"""`autoscaler trace`: a server's answer becomes a trace file; every way it cannot has its exit code."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from autoscaler.cli.app import run
from autoscaler.config.traces import load_trace


class Answer(BaseHTTPRequestHandler):
    """Answers a range query with 10 requests/s at every step but the second."""

    def do_GET(self) -> None:
        query = {
            name: float(texts[0]) for name, texts in parse_qs(urlsplit(self.path).query).items() if name != "query"
        }
        count = round((query["end"] - query["start"]) / query["step"]) + 1
        values = [[query["start"] + n * query["step"], "10"] for n in range(count) if n != 1]
        result = {"resultType": "matrix", "result": [{"metric": {}, "values": values}]}
        body = json.dumps({"status": "success", "data": result}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def prometheus() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_answer_becomes_a_trace_that_simulate_can_replay(
    prometheus: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "out.csv"

    assert run(["trace", "--prometheus", prometheus, "--query", "sum(x)", "--since", "10m", "--output", str(file)]) == 0

    assert capsys.readouterr() == ("", f"9 rows of 1m written to {file}; 1 steps have no sample and are left out\n")
    assert file.read_text().startswith("timestamp,rps\n")
    assert list(load_trace(file).rates[2:]) == [10.0] * 8


def test_without_a_file_the_trace_goes_to_stdout(prometheus: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["trace", "--prometheus", prometheus, "--query", "sum(x)", "--since", "3m"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "timestamp,rps"
    assert [line.split(",")[1] for line in lines[1:]] == ["10", "10"]


def test_a_server_that_does_not_answer_is_exit_code_4(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # bound but not listening: connections are refused
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"

        assert run(["trace", "--prometheus", url, "--query", "up", "--since", "3m"]) == 4

    assert capsys.readouterr().err.startswith(f"error: Prometheus at {url} does not answer")


def test_a_wrong_duration_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["trace", "--prometheus", "http://127.0.0.1:1", "--query", "up", "--since", "soon"]) == 2

    assert capsys.readouterr().err.startswith("error: --since: 'soon' is not a duration")
