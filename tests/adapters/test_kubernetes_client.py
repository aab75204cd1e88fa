"""The client: what it sends, how patient it is, and how it words every way of not getting an answer."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from aiohttp import web
from kubernetes_asyncio.client import Configuration

from autoscaler.adapters.kubernetes.client import Timeouts, open_client
from autoscaler.adapters.kubernetes.connection import KubeconfigFile, ServiceAccount, find_credentials
from autoscaler.adapters.kubernetes.errors import NoAnswerError, RefusedError, Subject
from autoscaler.model.errors import InvalidSettingsError, UnreachableError

PODS = Subject(verb="list", resource="pods.metrics.k8s.io")


async def test_a_request_carries_credentials_and_query(client, server) -> None:
    server.on("GET", "/api/v1/pods", {"items": []})

    body = await client.get("/api/v1/pods", PODS, {"labelSelector": "app in (a,b)"})

    assert body == b'{"items": []}'
    [asked] = server.asked
    assert asked.query == {"labelSelector": "app in (a,b)"}
    assert asked.headers["Authorization"] == "Bearer first"
    assert asked.headers["User-Agent"] == "autoscaler/test"


async def test_a_patch_says_which_kind_it_is(client, server) -> None:
    server.on("PATCH", "/x", {})

    await client.merge_patch("/x", Subject(verb="patch", resource="x"), {"spec": {"replicas": None}})

    [asked] = server.asked
    assert asked.headers["Content-Type"] == "application/merge-patch+json"
    assert asked.body == {"spec": {"replicas": None}}


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        pytest.param(
            (503, "service unavailable\n", {}),
            "the server is currently unable to handle the request (get pods.metrics.k8s.io)",
            id="aggregated-api-down",
        ),
        pytest.param(
            (502, "<html>\n<b>Bad Gateway</b>\n</html>", {}),
            'an error on the server ("<html> <b>Bad Gateway</b> </html>") has prevented the request from succeeding '
            "(get pods.metrics.k8s.io)",
            id="proxy-page",
        ),
        pytest.param(
            (404, "404 page not found", {}),
            "the server could not find the requested resource (get pods.metrics.k8s.io)",
            id="api-not-there",
        ),
        pytest.param(
            (403, '{"kind":"Status","message":"pods is forbidden: User \\"u\\" cannot list","reason":"Forbidden"}', {}),
            'pods is forbidden: User "u" cannot list',
            id="status-speaks-for-itself",
        ),
        pytest.param((403, "no entry", {}), "no entry (get pods.metrics.k8s.io)", id="forbidden-in-plain-words"),
        pytest.param(
            (418, "", {}),
            "the server responded with the status code 418 but did not return more information "
            "(get pods.metrics.k8s.io)",
            id="odd-code",
        ),
    ],
)
async def test_a_refusal_speaks_as_upstreams_client(client, server, answer, message) -> None:
    server.on("GET", "/x", answer)

    with pytest.raises(RefusedError) as caught:
        await client.get("/x", PODS)

    assert str(caught.value) == message
    assert caught.value.code == answer[0]


async def test_a_busy_server_is_given_the_time_it_asks_for(client, server, requests_log) -> None:
    server.on("GET", "/x", (429, "slow down", {"Retry-After": "0"}), (503, "", {"Retry-After": "0"}), {"ok": True})

    assert await client.get("/x", PODS) == b'{"ok": true}'
    assert requests_log.waits == [0.0, 0.0]
    assert [code for _, _, code in requests_log.answers] == [429, 503, 200]


async def test_patience_ends_with_the_request_s_own_time(client, server) -> None:
    server.on("GET", "/x", (429, "slow down", {"Retry-After": "30"}))

    with pytest.raises(RefusedError, match="too many requests") as caught:
        await client.get("/x", PODS)

    assert caught.value.retry_after == 30
    assert len(server.asked) == 1


async def test_a_rejected_token_is_read_again_once(server, requests_log) -> None:
    tokens = iter(["Bearer old", "Bearer new", "Bearer never"])

    async def credentials(configuration: Configuration) -> None:
        configuration.host = server.url
        configuration.api_key["BearerToken"] = next(tokens)

    async def only_new(request: web.Request) -> web.StreamResponse:
        good = request.headers["Authorization"] == "Bearer new"
        return web.json_response({}) if good else web.Response(status=401)

    server.on("GET", "/x", only_new)
    async with open_client(credentials, timeouts=Timeouts(), requests=requests_log, user_agent="t") as client:
        await client.get("/x", PODS)
        await client.get("/x", PODS)

    assert [asked.headers["Authorization"] for asked in server.asked] == ["Bearer old", "Bearer new", "Bearer new"]


async def test_a_wrong_token_is_an_error_after_one_more_try(client, server) -> None:
    server.on("GET", "/x", (401, "", {}))

    with pytest.raises(RefusedError, match="asked for the client to provide credentials"):
        await client.get("/x", PODS)

    assert len(server.asked) == 2


async def test_a_token_that_stays_wrong_is_read_ever_more_seldom(server, requests_log, monkeypatch) -> None:
    reads: list[int] = []

    async def credentials(configuration: Configuration) -> None:
        reads.append(len(server.asked))
        configuration.host = server.url
        configuration.api_key["BearerToken"] = "Bearer wrong"

    monkeypatch.setattr("autoscaler.adapters.kubernetes.client.CREDENTIALS_RELOAD_INTERVAL", 0.02)
    server.on("GET", "/x", (401, "", {}))
    async with open_client(credentials, timeouts=Timeouts(), requests=requests_log, user_agent="t") as client:
        loop = asyncio.get_running_loop()
        began = loop.time()
        while loop.time() - began < 1:
            with pytest.raises(RefusedError):
                await client.get("/x", PODS)
            await asyncio.sleep(0.005)
        assert 5 <= len(reads) <= 8  # at the start, then after 0, 20, 40, 80, 160, 320 ms more
        server.on("GET", "/x", {})
        await client.get("/x", PODS)
        server.on("GET", "/x", (401, "", {}))
        before = len(reads)
        await asyncio.sleep(0.03)
        with pytest.raises(RefusedError):
            await client.get("/x", PODS)
    assert len(reads) == before + 1, "after good answers a rejection is looked into at once"


async def test_a_token_that_is_replaced_again_and_again_costs_nobody_an_answer(server, requests_log) -> None:
    good = {"token": "first"}

    async def credentials(configuration: Configuration) -> None:
        configuration.host = server.url
        configuration.api_key["BearerToken"] = f"Bearer {good['token']}"

    async def only_the_good_one(request: web.Request) -> web.StreamResponse:
        fits = request.headers["Authorization"] == f"Bearer {good['token']}"
        return web.json_response({}) if fits else web.Response(status=401)

    server.on("GET", "/x", only_the_good_one)
    async with open_client(credentials, timeouts=Timeouts(), requests=requests_log, user_agent="t") as client:
        for token in ("second", "third"):
            await client.get("/x", PODS)
            good["token"] = token
            await asyncio.gather(*(client.get("/x", PODS) for _ in range(20)))
            await asyncio.sleep(1.05)  # rotations are minutes apart; less than a second would be one

    codes = [code for _, _, code in requests_log.answers]
    assert codes.count(200) == 42
    assert codes.count(401) == 40  # each of the twenty at most once per rotation


async def test_silence_is_an_error_in_time(client, server, requests_log) -> None:
    server.on("GET", "/x", server.hang)

    with pytest.raises(NoAnswerError) as caught:
        await client.get("/x", PODS)

    assert str(caught.value) == f'Get "{server.url}/x": context deadline exceeded'
    assert isinstance(caught.value, UnreachableError)
    assert requests_log.errors == [str(caught.value)]


async def test_a_cut_connection_is_an_error(client, server) -> None:
    server.on("PATCH", "/x", server.cut)

    with pytest.raises(NoAnswerError, match="connection reset by peer"):
        await client.merge_patch("/x", Subject(verb="patch", resource="x"), {})


async def test_nobody_listening_is_an_error(requests_log, unused_tcp_port) -> None:
    async def credentials(configuration: Configuration) -> None:
        configuration.host = f"http://127.0.0.1:{unused_tcp_port}"

    async with open_client(credentials, timeouts=Timeouts(), requests=requests_log, user_agent="t") as client:
        with pytest.raises(NoAnswerError, match="connection refused"):
            await client.get("/x", PODS)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        pytest.param("", "expected a mapping", id="empty"),
        pytest.param("{{{", "not YAML", id="not-yaml"),
        pytest.param("- 1\n- 2\n", "expected a mapping", id="a-list"),
        pytest.param("contexts: []\ncurrent-context: nowhere\n", "nowhere", id="no-such-context"),
        pytest.param(
            "current-context: a\ncontexts:\n- name: a\n  context: {cluster: c, user: u}\n", "c", id="no-clusters"
        ),
    ],
)
async def test_a_bad_kubeconfig_is_one_clear_fault(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "kubeconfig"
    path.write_text(text)

    with pytest.raises(InvalidSettingsError) as caught:
        await KubeconfigFile(path=path)(Configuration())

    [fault] = caught.value.faults
    assert fault.source == str(path)
    assert complaint in fault.what


async def test_a_missing_kubeconfig_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidSettingsError, match="no such file"):
        await KubeconfigFile(path=tmp_path / "none")(Configuration())


async def test_outside_a_pod_there_is_no_service_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)

    with pytest.raises(InvalidSettingsError, match="outside a cluster pass --kubeconfig FILE"):
        await ServiceAccount()(Configuration())


def test_a_kubeconfig_that_is_named_wins_over_the_pod_s_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")

    assert find_credentials(Path("x"), None) == KubeconfigFile(path=Path("x"))
    assert find_credentials(None, "prod") == KubeconfigFile(context="prod")


async def test_a_password_in_the_server_s_address_is_not_repeated(requests_log, unused_tcp_port) -> None:
    async def credentials(configuration: Configuration) -> None:
        configuration.host = f"http://me:hunter2@127.0.0.1:{unused_tcp_port}"

    async with open_client(credentials, timeouts=Timeouts(), requests=requests_log, user_agent="t") as client:
        with pytest.raises(NoAnswerError) as caught:
            await client.get("/x", PODS)

    assert "hunter2" not in str(caught.value)
    assert client.server == f"http://127.0.0.1:{unused_tcp_port}"


async def test_inside_a_pod_the_token_is_what_the_file_holds_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "fd00::1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    token, certificate = tmp_path / "token", tmp_path / "ca.crt"
    certificate.write_text("a certificate")
    account = ServiceAccount(token=token, certificate=certificate)

    tokens = []
    for text in ("first", "second"):
        token.write_text(text)
        configuration = Configuration()
        await account(configuration)
        tokens.append(configuration.api_key["BearerToken"])

    assert tokens == ["Bearer first", "Bearer second"]
    assert configuration.host == "https://[fd00::1]:443"
    assert configuration.ssl_ca_cert == str(certificate)
