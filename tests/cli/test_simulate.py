"""`autoscaler simulate` from the outside: tables, files, exit codes, equal bytes."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from autoscaler.cli.app import run

ROOT = Path(__file__).parents[2]
STEPS = str(ROOT / "simulations/steps.yaml")
WEB = str(ROOT / "policies/web-app-hpa.yaml")
PRODUCTION = str(ROOT / "policies/web-app-production-hpa.yaml")


def test_a_table_with_one_column_a_policy(capsys):
    assert run(["simulate", STEPS, "-p", WEB, "-p", PRODUCTION]) == 0
    table, errors = capsys.readouterr()
    lines = table.splitlines()
    assert lines[0].split() == ["web-app-hpa", "web-app-production-hpa"]
    assert [line[:24].strip() for line in lines[1:]] == [
        "SLO minutes violated",
        "latency p50",
        "latency p95",
        "latency p99",
        "slower than 250 ms",
        "lost requests",
        "unserved share",
        "replica-hours",
        "mean replicas",
        "peak replicas",
        "scale actions up",
        "scale actions down",
        "changes of direction",
        "times short of capacity",
        "time to capacity, median",
        "time to capacity, worst",
    ]
    assert errors == ""


def test_a_folder_of_policies(capsys, tmp_path):
    for policy in (PRODUCTION, WEB):
        (tmp_path / Path(policy).name).write_text(Path(policy).read_text())
    assert run(["simulate", STEPS, "-p", str(tmp_path), "-o", "csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["policy"] for row in rows] == ["web-app-hpa", "web-app-production-hpa"]


def test_json_has_units_in_its_names_and_every_action(capsys, monkeypatch):
    arguments = ["simulate", STEPS, "-p", WEB, "-o", "json", "--until", "25m", "--seed", "5"]
    monkeypatch.setattr("sys.argv", ["autoscaler", *arguments])
    assert run(arguments) == 0
    trials = json.loads(capsys.readouterr().out)
    assert (trials["schema"], trials["complete"], trials["seeds"]) == ("autoscaler.dev/trials/v1", True, [5])
    assert trials["command"] == f"autoscaler simulate {STEPS} -p {WEB} --until 25m --seed 5"
    scenario = trials["scenario"]
    assert (scenario["name"], scenario["fidelity"], scenario["duration_s"]) == ("steps", "fluid", 1500)
    (policy,) = trials["policies"]
    (played,) = policy["runs"]
    assert (policy["policy"], played["seed"], played["played_s"]) == ("web-app-hpa", 5, 1500)
    assert played["measures"]["requests"] == pytest.approx(600 * 500 + 600 * 2000 + 300 * 6000)
    assert played["actions"][0]["before"] == 2
    assert all(action["why"].endswith(".") for action in played["actions"])
    assert {"latency_p99_s", "replica_hours", "unserved_share", "slo_minutes_violated"} <= set(played["measures"])
    assert policy["summary"]["replica_hours"] == {
        "mean": played["measures"]["replica_hours"],
        "low": None,
        "high": None,
        "n": 1,
    }


def test_two_runs_give_the_same_bytes_whatever_the_report_is_called(capsys, tmp_path, monkeypatch):
    outputs = []
    for name, form in (("one.html", ["-o", "json"]), ("two.html", ["--output=json"])):
        arguments = ["simulate", STEPS, "-p", WEB, *form, "--report", str(tmp_path / name), "--seed", "3"]
        monkeypatch.setattr("sys.argv", ["autoscaler", *arguments])
        assert run(arguments) == 0
        outputs.append(capsys.readouterr().out)
    assert outputs[0] == outputs[1]
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "two.html").read_bytes()
    assert f"autoscaler simulate {STEPS} -p {WEB} --seed 3</pre>" in (tmp_path / "one.html").read_text()


def test_a_trace_of_one_s_own_is_replayed_and_its_repairs_told(capsys, tmp_path):
    trace = tmp_path / "mine.csv"
    trace.write_text("timestamp,rps\n" + "".join(f"{60 * i},{100 + i}\n" for i in range(30) if i != 7))
    assert run(["simulate", STEPS, "-p", WEB, "--trace", str(trace), "--scale-to", "10:3000", "-o", "csv"]) == 0
    out, errors = capsys.readouterr()
    assert errors == (
        f"note: {trace}: 1 missing bins in 1 gaps (longest 2m, first after line 8) were filled with straight lines\n"
    )
    assert next(csv.DictReader(io.StringIO(out)))["duration_s"] == "1800"


def test_a_metric_that_cannot_be_read_is_told(capsys, tmp_path):
    policy = tmp_path / "mine.yaml"
    policy.write_text((ROOT / "policies/rps-and-queue-hpa.yaml").read_text().replace("redis_queue_depth", "unheard_of"))
    assert run(["simulate", STEPS, "-p", str(policy), "-o", "csv", "--until", "5m"]) == 0
    assert capsys.readouterr().err == (
        "note: mine: unheard_of could not be read in 19 of 19 evaluations: unable to get external metric "
        "default/unheard_of/nil: unable to fetch metrics from external metrics API: "
        "the server could not find the metric unheard_of\n"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param([STEPS], "error: --policy: no policy to try", id="no-policy"),
        pytest.param([STEPS, "-p", "no.yaml"], "error: no.yaml: no such file", id="no-such-policy"),
        pytest.param(["no.yaml", "-p", WEB], "error: no.yaml: no such file", id="no-such-scenario"),
        pytest.param([STEPS, "-p", STEPS], f"error: {STEPS}: holds no HorizontalPodAutoscaler", id="not-a-policy"),
        pytest.param([WEB, "-p", WEB], f"error: {WEB}:", id="not-a-scenario"),
        pytest.param(
            [STEPS, "-p", WEB, "--trace", "no.csv"], "cannot read the trace: No such file", id="no-such-trace"
        ),
        pytest.param(
            [STEPS, "-p", WEB, "--scale-to", "10"], "error: --scale-to: '10' is not a range", id="half-a-range"
        ),
        pytest.param(
            [STEPS, "-p", WEB, "--scale-to", "9:1"],
            "error: --scale-to: '9:1' does not run from a lower",
            id="range-swapped",
        ),
        pytest.param([STEPS, "-p", WEB, "--until", "24"], "error: --until: '24' is not a duration", id="no-unit"),
        pytest.param([STEPS, "-p", WEB, "--until", "5s"], "error: steps: the run lasts 5 s, less than", id="too-short"),
        pytest.param(
            [STEPS, "-p", WEB, "--trace-offset", "1h"], "error: --trace-offset: has no trace", id="offset-alone"
        ),
        pytest.param([STEPS, "-p", WEB, "--seeds", "0"], "error: invalid value for '--seeds'", id="no-seeds"),
        pytest.param([STEPS, "-p", WEB, "--workers", "0"], "error: invalid value for '--workers'", id="no-workers"),
        pytest.param(
            [STEPS, "-p", WEB, "--fidelity", "exact"],
            "error: --fidelity: `exact` is neither fluid nor request",
            id="no-such-fidelity",
        ),
        pytest.param(
            [STEPS, "-p", WEB, "--speed-up", "0"], "error: --speed-up: 0 is not between 0.001 and", id="standstill"
        ),
        pytest.param(
            [STEPS, "-p", WEB, "--out", "no/such/folder/a.json"],
            "error: --out: the folder no/such/folder does not exist",
            id="no-such-folder",
        ),
        pytest.param([STEPS, "-p", WEB, "--out", "/"], "error: --out: / is a folder", id="a-folder"),
        pytest.param(
            [STEPS, "-p", WEB, "--report", "no/such/folder/a.html"],
            "error: --report: the folder no/such/folder does not exist",
            id="no-such-folder-for-the-report",
        ),
        pytest.param(
            [STEPS, "-p", WEB, "-k", "9.9"], "error: invalid value for '--kubernetes-version'", id="no-release"
        ),
        pytest.param([STEPS, "-p", WEB, "--seed", "-1"], "error: invalid value for '--seed'", id="negative-seed"),
        pytest.param(
            [STEPS, "-p", WEB, "-o", "xml"], "error: invalid value for '--output' / '-o'", id="no-such-output"
        ),
    ],
)
def test_usage_errors_are_one_message_and_exit_code_2(capsys, arguments, message):
    assert run(["simulate", *arguments]) == 2
    out, errors = capsys.readouterr()
    assert out == ""
    assert message in errors
    assert "Traceback" not in errors


def test_c93_two_policies_over_one_history_in_a_table_with_confidence_over_seeds(capsys, tmp_path):
    scenario = tmp_path / "priced.yaml"
    text = (ROOT / "simulations/flash-crowd.yaml").read_text()
    scenario.write_text(text.replace("pods:\n", "pods:\n  price_per_hour: 0.05\n"))
    assert run(["simulate", str(scenario), "-p", WEB, "-p", PRODUCTION, "--seeds", "5", "--until", "30m"]) == 0
    table, paired = capsys.readouterr().out.split("\n\n± is the 95 % confidence interval of the mean over 5 seeds")
    rows = {line[:24].strip(): line[24:].strip() for line in table.splitlines()}
    assert rows[""].split() == ["web-app-hpa", "web-app-production-hpa"]
    for label in ("replica-hours", "cost", "slower than 250 ms", "time to capacity, median", "time to capacity, worst"):
        assert "±" in rows[label]
    assert {"SLO minutes violated", "changes of direction"} <= rows.keys()
    assert "against web-app-hpa  " in paired
    assert "Paired seed by seed" in paired
    verdict = paired.splitlines()[-1]
    assert verdict.startswith("web-app-production-hpa against web-app-hpa, over 5 seeds: it saves 0.0")
    assert verdict.endswith("Better in both.")


def test_a_row_a_run_as_csv_and_as_parquet(capsys, tmp_path):
    arguments = ["simulate", STEPS, "-p", WEB, "-p", PRODUCTION, "--until", "10m", "--seeds", "2", "--seed", "8"]
    assert run([*arguments, "-o", "csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [(row["policy"], row["seed"]) for row in rows] == [
        ("web-app-hpa", "8"),
        ("web-app-hpa", "9"),
        ("web-app-production-hpa", "8"),
        ("web-app-production-hpa", "9"),
    ]
    assert run([*arguments, "-o", "parquet", "--out", str(tmp_path / "runs.parquet")]) == 0
    assert capsys.readouterr() == ("", f"results: {tmp_path / 'runs.parquet'}\n")
    frame = pd.read_parquet(tmp_path / "runs.parquet")
    assert list(frame.columns) == list(rows[0])
    assert frame["replica_hours"].tolist() == [float(row["replica_hours"]) for row in rows]


def test_parquet_goes_into_a_pipe(capfdbinary):
    assert run(["simulate", STEPS, "-p", WEB, "--until", "10m", "-o", "parquet"]) == 0
    assert len(pd.read_parquet(io.BytesIO(capfdbinary.readouterr().out))) == 1


def test_parquet_is_not_for_terminals(capsys, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert run(["simulate", STEPS, "-p", WEB, "-o", "parquet"]) == 2
    assert capsys.readouterr().err.splitlines()[:2] == [
        "error: --output: parquet is binary, stdout a terminal",
        "  hint: add --out runs.parquet",
    ]


@pytest.mark.parametrize("fidelity", ["fluid", "request"])
def test_any_number_of_workers_gives_the_same_bytes(capsys, monkeypatch, fidelity):
    outputs = []
    for workers in ("1", "2"):
        arguments = ["simulate", STEPS, "-p", WEB, "--seeds", "3", "--until", "3m", "-o", "json", "--workers", workers]
        arguments += ["--fidelity", fidelity]
        monkeypatch.setattr("sys.argv", ["autoscaler", *arguments])
        assert run(arguments) == 0
        outputs.append(capsys.readouterr().out)
    assert outputs[0] == outputs[1]


def test_ctrl_c_keeps_what_was_played(tmp_path):
    """On a terminal, which shows bars: the run that is under way ends early, the others stay as they are."""
    out = tmp_path / "partial.json"
    command = [sys.executable, "-m", "autoscaler", "simulate", str(ROOT / "simulations/world-cup-day.yaml"), "-p", WEB]
    command += ["--trace", str(long_trace(tmp_path)), "--workers", "1", "-o", "json", "--out", str(out)]
    ours, theirs = pty.openpty()
    with subprocess.Popen(command, stderr=theirs, cwd=ROOT, env={**os.environ, "TERM": "xterm"}) as process:
        os.close(theirs)
        shown = ""
        while "requests/s" not in shown:
            shown += os.read(ours, 4_096).decode(errors="replace")
        process.send_signal(signal.SIGINT)
        shown += rest_of(ours)
    assert process.returncode == 130
    assert "0 of 1 runs" in shown
    assert "0 of 1 runs are complete; web-app-hpa, seed 1, was stopped after" in shown
    trials = json.loads(out.read_text())
    (played,) = trials["policies"][0]["runs"]
    assert (trials["complete"], played["complete"]) == (False, False)
    assert 0 < played["played_s"] < trials["scenario"]["duration_s"] == 60 * 86_400


def long_trace(folder):
    trace = folder / "long.csv"
    trace.write_text("timestamp,rps\n" + "".join(f"{3_600 * i},{1_000 + i % 24}\n" for i in range(60 * 24)))
    return trace


def rest_of(terminal):
    text = b""
    while True:
        try:
            text += os.read(terminal, 4_096)
        except OSError:  # the other end is closed
            return text.decode(errors="replace")


def test_the_release_decides_what_a_policy_may_ask_for(tmp_path, capsys):
    text = (ROOT / "policies/rps-and-queue-hpa.yaml").read_text()
    policy = tmp_path / "to-zero.yaml"
    policy.write_text(text.replace("minReplicas: 2", "minReplicas: 0"))
    arguments = ["simulate", STEPS, "-p", str(policy), "--until", "5m"]

    assert run(arguments) == 2
    assert "must be greater than or equal to 1" in capsys.readouterr().err
    assert run([*arguments, "-k", "1.37"]) == 0
