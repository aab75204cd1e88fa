"""Credentials that expire under a running daemon: said where people look, mended by themselves once they are renewed."""

from __future__ import annotations

from pathlib import Path

import pytest

from autoscaler.emulator.api_server import ADMIN_TOKEN
from autoscaler.emulator.faults import Fault, Kind
from autoscaler.emulator.users import ADMIN, AUTHENTICATED, MASTERS, User
from tests.daemon.emulated import daemon, emulated

OLD = User(name="old", groups=(MASTERS, AUTHENTICATED))


async def test_an_expired_token_is_named_and_a_new_one_is_taken_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("autoscaler.daemon.link.TOLERATED", 0.3)
    async with emulated(tmp_path, tokens={ADMIN_TOKEN: ADMIN, "old": OLD}) as cluster:
        good = cluster.kubeconfig.read_text()
        cluster.kubeconfig.write_text(good.replace(f"token: {ADMIN_TOKEN}", "token: old"))
        async with daemon(cluster):
            await cluster.passes(2)
            cluster.api.faults.add(Fault(kind=Kind.UNAUTHORIZED, hits=lambda user, _method, _path: user == OLD.name))
            cluster.use(100)
            answer = (200, "")
            while "rejected our credentials" not in answer[1]:
                await cluster.passes(1)
                answer = await cluster.probe("/readyz/api-server")
            assert answer[0] == 503
            assert "the API server has rejected our credentials (401) for" in answer[1]
            assert (await cluster.probe("/livez"))[0] == 200, "a restart would not help"
            assert cluster.replicas() == 2

            cluster.kubeconfig.write_text(good)
            await cluster.until(lambda: cluster.replicas() == 4)
            assert (await cluster.probe("/readyz/api-server")) == (200, "ok")
    told = capsys.readouterr().out
    assert told.count("the API server rejects our credentials (401): nothing is scaled until it accepts them") == 1
    assert told.count("credentials accepted again") == 1
