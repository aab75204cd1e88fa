"""`autoscaler demo` and `autoscaler emulate` as processes: what they print, refuse, and how they end."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
import yaml

from autoscaler.cli.app import run


def test_headless_prints_a_summary_as_json() -> None:
    command = [
        sys.executable,
        "-m",
        "autoscaler",
        "demo",
        "--headless",
        "--until",
        "2m",
        "--speed",
        "120",
        "-o",
        "json",
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 0, done.stderr
    (summary,) = json.loads(done.stdout)
    assert summary["evaluations"] >= 5
    assert summary["errors"] == 0
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["demo", "--headless"], "add --until 10m", id="headless-without-an-end"),
        pytest.param(["demo", "--until", "soon"], "--until", id="no-duration"),
        pytest.param(["demo", "--scale-to", "9:1"], "write LO:HI", id="range-upside-down"),
        pytest.param(["demo", "--speed", "0"], "--speed", id="standstill"),
        pytest.param(["demo", "--trace", "nowhere.csv"], "nowhere.csv", id="no-such-trace"),
        pytest.param(["demo", "-p", "nowhere.yaml"], "nowhere.yaml", id="no-such-policy"),
        pytest.param(["emulate", "--scenario", "nowhere.yaml"], "nowhere.yaml", id="no-such-scenario"),
        pytest.param(["emulate", "--kubeconfig", "."], "name a new file", id="kubeconfig-exists"),
    ],
)
def test_wrong_flags_are_usage_errors(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) == 2
    assert message in capsys.readouterr().err


def test_the_emulated_cluster_answers_until_it_is_interrupted(tmp_path: Path) -> None:
    kubeconfig = tmp_path / "kubeconfig"
    process = subprocess.Popen(
        [sys.executable, "-m", "autoscaler", "emulate", "--kubeconfig", str(kubeconfig)],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("Ctrl-C"):
            break
    server = yaml.safe_load(kubeconfig.read_text())["clusters"][0]["cluster"]["server"]
    with urllib.request.urlopen(f"{server}/apis/apps/v1/namespaces/default/deployments/web", timeout=5) as answer:
        deployment = json.load(answer)

    process.send_signal(signal.SIGINT)
    process.communicate(timeout=10)

    assert deployment["status"]["readyReplicas"] == 2
    assert process.returncode == 0
    assert not kubeconfig.exists()
