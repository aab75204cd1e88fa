"""Statement C73: a day of Observe mode without a right to write, and the report of what would have been done."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import yaml

from autoscaler.cli.app import run
from autoscaler.control.messages import Record
from autoscaler.daemon.clock import AnchoredClock
from autoscaler.emulator.api_server import ADMIN_TOKEN
from autoscaler.emulator.builtin import CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES, PODS
from autoscaler.emulator.faults import Fault, Kind
from autoscaler.emulator.kubeconfig import write_kubeconfig
from autoscaler.emulator.users import ADMIN, AUTHENTICATED, User
from autoscaler.model.decision import WriteResult
from autoscaler.model.time import HOUR, Instant
from tests.daemon.emulated import Emulated, add_pod, daemon, emulated

DEPLOY = Path(__file__).parents[2] / "deploy"
OURS = User(
    name="system:serviceaccount:autoscaler:autoscaler",
    groups=("system:serviceaccounts", "system:serviceaccounts:autoscaler", AUTHENTICATED),
)
#: A day in some ten seconds; a pass every five minutes of it.
SPEED, PERIOD = 9_000.0, "5m"


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[Emulated]:
    """We have the rights of deploy/base, which hold no verb that writes."""
    async with emulated(tmp_path, tokens={ADMIN_TOKEN: ADMIN, "ours": OURS}) as made:
        role, binding = yaml.safe_load_all((DEPLOY / "base/cluster-role.yaml").read_text())
        verbs = {verb for rule in role["rules"] for verb in rule["verbs"]}
        assert verbs <= {"get", "list", "watch"}
        made.api.store.create(CLUSTER_ROLES, role)
        made.api.store.create(CLUSTER_ROLE_BINDINGS, binding)
        write_kubeconfig(tmp_path / "ours", made.api.url, "ours")
        yield made


class Day:
    """The load follows the hours; somebody else runs 6 pods by day and 2 by night."""

    def __init__(self, cluster: Emulated) -> None:
        self._cluster = cluster
        self._began: Instant | None = None
        self.hours = 0.0

    def look(self, record: Record) -> None:
        at = record.decision.at
        self._began = at if self._began is None else self._began
        self.hours = (at - self._began) / HOUR
        by_day = 8 <= self.hours < 20
        self._run(6 if by_day else 2)
        load = 100 + 400 * max(0.0, math.sin((self.hours - 6) / 12 * math.pi))  # millicores in all
        self._cluster.use(round(load / self._cluster.replicas()))

    def _run(self, replicas: int) -> None:
        store = self._cluster.api.store
        have = self._cluster.replicas()
        if have == replicas:
            return
        self._cluster.set_replicas(replicas)
        for number in range(have, replicas):
            add_pod(self._cluster.api, f"web-{number}")
        for number in range(replicas, have):
            store.delete(PODS, f"web-{number}", "shop")


async def test_c73_a_day_of_observing_writes_nothing_and_tells_what_would_have_been_done(
    cluster: Emulated, capsys: pytest.CaptureFixture[str]
) -> None:
    writes: list[str] = []

    def note(user: str, method: str, path: str) -> bool:
        if user == OURS.name and method not in ("GET", "HEAD"):
            writes.append(f"{method} {path}")
        return False

    cluster.api.faults.add(Fault(kind=Kind.DELAY, hits=note))
    day, journal = Day(cluster), cluster.folder / "journal.db"
    take = cluster.take

    def look(record: Record) -> None:
        day.look(record)
        take(record)

    cluster.take = look  # type: ignore[method-assign]
    settings = {
        "apply": False,
        "kubernetes": {"kubeconfig": cluster.folder / "ours"},
        "hpa": {"sync_period": PERIOD},
        "journal": {"path": journal},
    }
    async with daemon(cluster, clock=AnchoredClock(speed=SPEED), **settings):
        await cluster.until(lambda: day.hours >= 24, patience=60)

    assert writes == []
    assert {record.outcome.result for record in cluster.records} == {WriteResult.NOT_NEEDED, WriteResult.WITHHELD}
    assert not [record.settlement.error for record in cluster.records if record.settlement.error]

    capsys.readouterr()
    assert await asyncio.to_thread(run, ["journal", "compare", "--journal", str(journal), "-o", "json"]) == 0
    report = json.loads(capsys.readouterr().out)
    (row,) = report["policies"]
    assert row["hours"] > 23
    assert row["moves"] == 2  # up in the morning, down in the evening
    assert row["our moves"] > 4  # the load rises and falls all day long
    assert row["same"] + row["more"] + row["less"] == pytest.approx(1, abs=1e-4)
    assert row["more"] > 0.05  # at six in the evening two pods would be too few
    assert report["differences"][0]["why"].startswith("Would ")
