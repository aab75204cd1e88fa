"""The running controller asked over HTTP: status and why without a journal, the past with one, and who may not ask."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from autoscaler.cli.app import run
from autoscaler.cli.live import LiveController
from autoscaler.config.settings import Settings
from autoscaler.config.settings_load import load_settings
from autoscaler.daemon.clock import AnchoredClock
from autoscaler.daemon.explanations import Explanations, add_explanations
from autoscaler.daemon.health import served
from autoscaler.model.errors import InvalidSettingsError, NoDataError
from autoscaler.model.policy import PolicyKey
from tests.daemon.emulated import Emulated, daemon, emulated

#: The daemon runs in this process, and logs to the same stdout.
LOGGED = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \[")
TOKEN = "0123456789abcdef-a-secret"


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[Emulated]:
    async with emulated(tmp_path) as made:
        yield made


@pytest.fixture
def ask(cluster: Emulated, capsys: pytest.CaptureFixture[str]):
    """Run a command of ours against the running controller; gives exit code, stdout and stderr."""

    async def asked(*arguments: str) -> tuple[int, str, str]:
        code = await asyncio.to_thread(run, [*arguments, "--url", cluster.url])
        told = capsys.readouterr()
        return code, "".join(line for line in told.out.splitlines(True) if not LOGGED.match(line)), told.err

    return asked


async def get(url: str, **headers: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as response:
        return response.status, await response.text()


async def test_status_and_why_answer_without_a_journal(cluster: Emulated, ask) -> None:
    cluster.use(100)
    async with daemon(cluster):
        await cluster.until(lambda: cluster.replicas() == 4)
        await cluster.passes(1)
        code, out, _ = await ask("status")
        heading, line = out.splitlines()
        assert (code, heading.split()[0], line.split()[:3]) == (0, "policy", ["shop/web", "Deployment/web", "cpu"])
        code, out, _ = await ask("why", "shop/web")
        assert code == 0
        assert out.startswith("shop/web at ")
        assert "What would change the answer" in out


async def test_the_documents_are_for_every_program(cluster: Emulated, ask) -> None:
    async with daemon(cluster):
        await cluster.passes(1)
        _, body = await get(f"{cluster.url}/status")
        (policy,) = json.loads(body)["policies"]
        assert {
            name: policy[name] for name in ("policy", "target", "min", "max", "current", "mode", "reason", "why")
        } == {
            "policy": "shop/web",
            "target": "Deployment/web",
            "min": 1,
            "max": 10,
            "current": 2,
            "mode": "Apply",
            "reason": "WithinTolerance",
            "why": "Staying at 2. cpu at 50% is within tolerance of its target 50%.",
        }
        assert policy["metrics"] == [{"label": "cpu", "observed": "50%", "target": "50%", "replicas": 2, "error": ""}]
        _, body = await get(f"{cluster.url}/why/shop/web")
        assert json.loads(body)["sentence"] == policy["why"]
        _, out, _ = await ask("why", "shop/web", "-o", "json")
        assert json.loads(out)["kind"] == "Decision"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("why", "shop/wep"), "error: no policy shop/wep is in force; did you mean shop/web?"),
        (("why", "web"), "error: no policy default/web is in force; did you mean shop/web?"),
        (("status", "shop/api"), "error: no policy shop/api is in force; did you mean shop/web?"),
        (("why", "shop/web", "--at", "-1h"), "error: only the last decision of shop/web is at hand, of "),
    ],
)
async def test_what_is_not_there_is_said(arguments: tuple[str, ...], message: str, cluster: Emulated, ask) -> None:
    async with daemon(cluster):
        await cluster.passes(1)
        code, _, err = await ask(*arguments)
    assert (code, err.startswith(message)) == (4, True), err


async def test_a_time_that_is_none_is_a_mistake(cluster: Emulated, ask) -> None:
    async with daemon(cluster):
        await cluster.passes(1)
        code, _, err = await ask("why", "shop/web", "--at", "yesterday")
    assert (code, err.splitlines()[0]) == (
        2,
        "error: --at: 'yesterday' is not a point in time; write an age such as -90s, "
        "a time such as 2026-01-05T12:00:00Z, or now",
    )


async def test_the_past_is_looked_up_in_the_controllers_own_journal(cluster: Emulated, ask) -> None:
    async with daemon(cluster, journal={"path": cluster.folder / "journal.db"}):
        first = (await cluster.passes(1))[0]
        cluster.use(100)
        await cluster.until(lambda: cluster.replicas() == 4)
        await cluster.passes(2)
        at = first.decision.at // 10**9 + 1
        when = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        code, out, err = await ask("why", "shop/web", "--at", when)
    assert (code, err) == (0, "")
    assert "Staying at 2. cpu at 50% is within tolerance of its target 50%." in out


async def test_refused_files_are_shown_beside_the_policies_in_force(cluster: Emulated, ask) -> None:
    (cluster.policies / "bad.yaml").write_text("kind: HorizontalPodAutoscaler\napiVersion: autoscaling/v2\n")
    async with daemon(cluster):
        await cluster.passes(1)
        code, out, err = await ask("status")
    assert code == 0
    assert "shop/web" in out
    assert f"refused: {cluster.policies}/bad.yaml" in err


async def test_nobody_there_is_exit_code_4_with_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    code = await asyncio.to_thread(run, ["status", "--url", "http://127.0.0.1:9"])
    assert (code, capsys.readouterr().err.splitlines()) == (
        4,
        [
            "error: no controller answers at http://127.0.0.1:9: Connection refused",
            "  hint: in a cluster: kubectl -n autoscaler port-forward deploy/autoscaler 8081; of the past: --journal FILE",
        ],
    )


async def test_another_host_name_is_turned_away(cluster: Emulated) -> None:
    async with daemon(cluster):
        assert (await get(f"{cluster.url}/status", Host="evil.example"))[0] == 403
        assert (await get(f"{cluster.url}/status", Host="localhost:8081"))[0] == 200


async def test_with_a_token_only_its_bearer_is_told(cluster: Emulated, ask) -> None:
    token = cluster.folder / "token"
    token.write_text(f"{TOKEN}\n")
    async with daemon(cluster, http={"listen": "127.0.0.1:0", "explain": "127.0.0.1:0", "explain_token": token}):
        await cluster.passes(1)
        assert (await get(f"{cluster.url}/status"))[0] == 401
        assert (await get(f"{cluster.url}/status", Authorization="Bearer wrong"))[0] == 401
        assert (await get(f"{cluster.url}/status", Authorization=f"Bearer {TOKEN}"))[0] == 200
        assert (await ask("status", "--token-file", str(token)))[0] == 0
        code, _, err = await ask("status")
        assert (code, err.splitlines()) == (
            4,
            [f"error: {cluster.url} answers 401", "  hint: it wants a token: --token-file FILE"],
        )


async def test_a_replica_that_stands_by_names_the_one_that_leads() -> None:
    explanations = Explanations(AnchoredClock(), version="1", journal=None)
    explanations.leader = lambda: "autoscaler-7d9f_1"
    app = web.Application()
    add_explanations(app, explanations)
    async with served(app, "127.0.0.1", 0) as port:
        live = LiveController(f"http://127.0.0.1:{port}")
        with pytest.raises(NoDataError) as told:
            await asyncio.to_thread(live.status)
        assert str(told.value).splitlines()[0] == "this replica stands by; the one that leads: autoscaler-7d9f_1"
        with pytest.raises(NoDataError, match="this replica stands by; the one that leads: autoscaler-7d9f_1"):
            await asyncio.to_thread(live.past, PolicyKey(namespace="shop", name="web"), None)


def test_beyond_this_machine_a_token_is_demanded() -> None:
    with pytest.raises(InvalidSettingsError) as refused:
        load_settings({"http.explain": "0.0.0.0:8081"}, environment={})
    assert "everybody could read it there" in str(refused.value)
    assert load_settings({"http.explain": "off"}, environment={}).settings.http.explain is None
    assert str(Settings().http.explain) == "127.0.0.1:8081"


async def test_a_port_that_is_taken_does_not_keep_the_controller_from_working(cluster: Emulated) -> None:
    taken = int(cluster.api.url.rpartition(":")[2])
    async with daemon(cluster, http={"listen": "127.0.0.1:0", "explain": f"127.0.0.1:{taken}"}):
        await cluster.passes(1)
        assert cluster.running is not None
        assert cluster.running.explain is None
