"""The daemon as a real process: started from the command line, stopped by signals, clear about what is wrong."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from autoscaler.cli.app import run as command_line
from autoscaler.emulator.faults import Fault, Kind
from autoscaler.emulator.kubeconfig import write_kubeconfig
from tests.daemon.emulated import POLICY, Emulated, emulated
from tests.daemon.processes import log_until, run


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[Emulated]:
    async with emulated(tmp_path) as made:
        yield made


def flags(cluster: Emulated) -> list[object]:
    return [
        "--policies",
        cluster.policies,
        "--kubeconfig",
        cluster.kubeconfig,
        "--listen",
        "127.0.0.1:0",
        "--sync-period",
        "200ms",
    ]


async def test_it_observes_until_told_to_apply_and_a_sigterm_ends_it_in_order(cluster) -> None:
    cluster.use(100)

    async with run(*flags(cluster)) as process:
        up = await log_until(process, "running")
        would = await log_until(process, "Would grow from 2 to 4")
        process.send_signal(signal.SIGTERM)
        await log_until(process, '"stopped"')
        code = await process.wait()

    assert up["msg"] == "running: observing only, nothing is written; --apply lets it scale"
    assert (would["namespace"], would["policy"], would["desired"]) == ("shop", "web", 4)
    assert code == 0
    assert cluster.replicas() == 2


async def test_with_apply_it_scales(cluster) -> None:
    cluster.use(100)

    async with run(*flags(cluster), "--apply") as process:
        await log_until(process, "Growing from 2 to 4")
        process.send_signal(signal.SIGINT)
        code = await process.wait()

    assert (code, cluster.replicas()) == (0, 4)


async def test_a_second_signal_ends_it_at_once(cluster) -> None:
    cluster.use(100)
    writes: list[str] = []

    def is_write(_user: str, method: str, path: str) -> bool:
        if method == "PATCH":
            writes.append(path)
        return method == "PATCH"

    cluster.api.faults.add(Fault(kind=Kind.HANG, hits=is_write))

    async with run(*flags(cluster), "--apply") as process:
        await log_until(process, "running")
        await cluster.until(lambda: bool(writes))
        process.send_signal(signal.SIGTERM)
        await log_until(process, "stopping")
        process.send_signal(signal.SIGTERM)
        code = await process.wait()

    assert code == 128 + signal.SIGTERM


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        pytest.param([], "no policies are named", id="no-policies"),
        pytest.param(["--policies", "{}/none"], "none: no such file", id="no-such-policies"),
        pytest.param(["--policies", "{}/good", "--kubeconfig", "{}/none"], "none: no such file", id="no-kubeconfig"),
        pytest.param(
            ["--policies", "{}/good", "--kubeconfig", "{}/bad"], "expected a mapping with clusters", id="bad-kubeconfig"
        ),
        pytest.param(["--policies", "{}/bad.yaml"], "bad.yaml:1", id="bad-policy"),
        pytest.param(["--shadow", "--apply"], "a shadow never writes", id="a-shadow-that-applies"),
        pytest.param(["--shadow", "--policies", "{}/good"], "cluster's own HPA objects", id="a-shadow-with-policies"),
        pytest.param(
            ["--shadow", "--kubeconfig", "{}/kubeconfig", "--comparisons", "{}/bad/log"],
            "bad/log: cannot be written",
            id="a-shadow-that-cannot-keep-its-comparisons",
        ),
        pytest.param(["--shadow", "--selector", "a b"], "selector: ", id="a-shadow-with-a-bad-selector"),
        pytest.param(
            ["--policies", "{}/good", "--kubeconfig", "{}/kubeconfig", "--listen", "nowhere"], "HOST:PORT", id="listen"
        ),
        pytest.param(
            ["--policies", "{}/good", "--kubeconfig", "{}/kubeconfig", "--listen", "192.0.2.1:1"],
            "cannot listen on 192.0.2.1:1",
            id="not-our-address",
        ),
    ],
)
def test_what_a_person_must_mend_is_said_with_exit_code_2(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], log_put_back: None, arguments: list[str], complaint: str
) -> None:
    (tmp_path / "good").mkdir()
    (tmp_path / "good" / "web.yaml").write_text(POLICY)
    (tmp_path / "bad").write_text("- not a kubeconfig\n")
    (tmp_path / "bad.yaml").write_text("apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\n")
    write_kubeconfig(tmp_path / "kubeconfig", "http://127.0.0.1:9", "token")

    code = command_line(["run", *(argument.format(tmp_path) for argument in arguments)])

    assert complaint in capfd.readouterr().err
    assert code == 2


async def test_a_bad_kubeconfig_is_no_traceback(cluster) -> None:
    (cluster.folder / "bad").write_text("current-context: nowhere\ncontexts: []\n")

    async with run("--policies", cluster.policies, "--kubeconfig", cluster.folder / "bad") as process:
        _, err = await process.communicate()

    assert "nowhere" in err.decode()
    assert "Traceback" not in err.decode()
    assert process.returncode == 2
