"""`autoscaler hold`: what it writes into the cluster or prints for a file, and what the controller makes of it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import yaml

from autoscaler.cli.app import run
from autoscaler.config.settings import PolicySource
from autoscaler.emulator.users import ADMIN
from tests.daemon.emulated import daemon, emulated
from tests.daemon.policy_objects import POLICIES, call, create, define, policy, shown

ANN = ("--author", "ann", "--reason", "sale")


async def command(*arguments: str) -> int:
    """Run the command line beside the emulated cluster of this event loop."""
    return await asyncio.to_thread(run, ["hold", "shop/web", *arguments])


async def test_c50_a_hold_is_written_into_the_object_obeyed_and_taken_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with emulated(tmp_path, nobody=ADMIN) as cluster:
        await define(cluster)
        over = {"replicas": 3, "until": "2020-01-01T00:00:00Z", "author": "bob", "reason": "long ago"}
        await create(cluster, policy(holds=[over]))
        reach = ("--kubeconfig", str(cluster.kubeconfig))
        assert await command("--replicas", "7", "--for", "240h", *ANN, *reach) == 0
        assert capsys.readouterr().out.startswith("shop/web is held at 7 until 20")

        [hold] = (await call(cluster, "GET", f"{POLICIES}/web"))["spec"]["holds"]
        assert (hold["replicas"], hold["author"], hold["reason"]) == (7, "ann", "sale")

        async with daemon(cluster, policies=(PolicySource.CLUSTER,)):
            status = await shown(cluster, lambda status: status.get("currentReplicas") == 7)
            assert "ann holds it at 7: sale" in status["lastDecision"]["verdict"]

        assert await command("--end", *reach) == 0
        assert not (await call(cluster, "GET", f"{POLICIES}/web"))["spec"].get("holds")


async def test_an_object_that_is_not_there_is_named_with_a_way_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with emulated(tmp_path, nobody=ADMIN) as cluster:
        await define(cluster)
        assert await command("--replicas", "7", "--for", "2h", *ANN, "--kubeconfig", str(cluster.kubeconfig)) == 4
    assert (
        "there is no ScalingPolicy shop/web in the cluster; for one in a file, --print says" in capsys.readouterr().err
    )


def test_it_prints_what_to_add_to_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        run(["hold", "shop/web", "--replicas", "7", "--until", "2100-01-05T18:00:00Z", "--floor", "--print", *ANN]) == 0
    )
    [hold] = yaml.safe_load(capsys.readouterr().out)["spec"]["holds"]
    assert hold | {"from": ""} == {
        "replicas": 7,
        "from": "",
        "until": "2100-01-05T18:00:00Z",
        "floor": True,
        "author": "ann",
        "reason": "sale",
    }


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--for", "2h", *ANN], "--replicas is missing"),
        (["--replicas", "7", "--for", "2h"], "--reason is missing"),
        (["--replicas", "7", *ANN], "a hold has to end"),
        (["--replicas", "7", "--until", "2020-01-01T00:00:00Z", *ANN], "that is over already"),
        (["--end", "--replicas", "7"], "nothing else goes with it"),
    ],
)
def test_a_hold_that_is_not_whole_is_refused(
    arguments: list[str], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["hold", "shop/web", *arguments]) == 2
    assert expected in capsys.readouterr().err
