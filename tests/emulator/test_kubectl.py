"""A real kubectl against the emulator: what people type."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from autoscaler.emulator.api_server import ADMIN_TOKEN, ApiServer
from autoscaler.emulator.builtin import NODES, PODS
from autoscaler.emulator.kubeconfig import write_kubeconfig
from autoscaler.emulator.metrics_source import NodeUsage, StaticMetrics
from autoscaler.emulator.users import ADMIN

pytestmark = pytest.mark.service("kubectl")

NOW = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)
MANIFEST = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: nginx}]}
"""


class Terminal:
    """Runs kubectl with a kubeconfig of its own."""

    def __init__(self, folder: Path, kubeconfig: Path) -> None:
        self._folder = folder
        self._environment = os.environ | {"KUBECONFIG": str(kubeconfig), "HOME": str(folder)}
        self._program = os.environ.get("KUBECTL") or shutil.which("kubectl") or "kubectl"

    async def start(self, *arguments: str) -> asyncio.subprocess.Process:
        """Begin a command; the caller ends it."""
        return await asyncio.create_subprocess_exec(
            self._program,
            *arguments,
            cwd=self._folder,
            env=self._environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )

    async def run(self, *arguments: str) -> str:
        """What a command prints."""
        process = await self.start(*arguments)
        async with asyncio.timeout(30):
            output, _ = await process.communicate()
        return output.decode()


@pytest.fixture
async def api() -> AsyncIterator[ApiServer]:
    """A running emulator that takes callers without a token for administrators, as kubectl shows none over HTTP."""
    server = ApiServer(clock=lambda: NOW, nobody=ADMIN)
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def kubectl(api: ApiServer, tmp_path: Path) -> Terminal:
    """kubectl with the namespace ``shop`` made and the Deployment ``web`` applied in it."""
    write_kubeconfig(tmp_path / "config", api.url, ADMIN_TOKEN)
    (tmp_path / "web.yaml").write_text(MANIFEST)
    terminal = Terminal(tmp_path, tmp_path / "config")
    assert await terminal.run("create", "namespace", "shop") == "namespace/shop created\n"
    assert await terminal.run("apply", "-f", "web.yaml") == "deployment.apps/web created\n"
    return terminal


async def test_apply_again_changes_nothing_and_scale_shows_in_get_and_describe(kubectl: Terminal) -> None:
    assert await kubectl.run("apply", "-f", "web.yaml") == "deployment.apps/web unchanged\n"
    assert await kubectl.run("scale", "deploy/web", "-n", "shop", "--replicas=5") == "deployment.apps/web scaled\n"

    listed = (await kubectl.run("get", "deploy", "-n", "shop")).splitlines()
    described = await kubectl.run("describe", "deploy", "web", "-n", "shop")

    assert listed[1].split()[:2] == ["web", "0/5"]
    assert "5 desired | 0 updated | 0 total | 0 available | 0 unavailable" in described


async def test_get_watch_prints_changes_as_they_happen(api: ApiServer, kubectl: Terminal) -> None:
    process = await kubectl.start("get", "pods", "-n", "shop", "--watch", "--output", "name", "--watch-only=false")
    assert process.stdout is not None
    spec = {"containers": [{"name": "c", "image": "nginx"}], "nodeName": "n1"}
    api.store.create(PODS, {"metadata": {"name": "a", "namespace": "shop"}, "spec": spec})
    api.store.create(PODS, {"metadata": {"name": "b", "namespace": "shop"}, "spec": spec})

    async with asyncio.timeout(20):
        lines = [await process.stdout.readline() for _ in range(2)]
    process.terminate()
    await process.wait()

    assert lines == [b"pod/a\n", b"pod/b\n"]


async def test_delete_waits_until_the_object_is_gone(kubectl: Terminal) -> None:
    deleted = await kubectl.run("delete", "deploy", "web", "-n", "shop")
    missing = await kubectl.run("get", "deploy", "web", "-n", "shop")

    assert deleted.startswith('deployment.apps "web" deleted')
    assert missing == 'Error from server (NotFound): deployments.apps "web" not found\n'


async def test_top_shows_the_metrics_source(api: ApiServer, kubectl: Terminal) -> None:
    api.metrics.source = StaticMetrics(
        node_usage=[NodeUsage(name="n1", usage={"cpu": "250m", "memory": "1Gi"}, at=NOW)]
    )
    capacity = {"cpu": "1", "memory": "4Gi"}
    api.store.create(NODES, {"metadata": {"name": "n1"}})
    api.store.change(NODES, "n1", "", lambda live: live | {"status": {"allocatable": capacity}}, subresource="status")

    shown = await kubectl.run("top", "nodes", "--no-headers")

    assert shown.split() == ["n1", "250m", "25%", "1024Mi", "25%"]


async def test_explain_tells_the_type_of_a_field(kubectl: Terminal) -> None:
    explained = await kubectl.run("explain", "deployment.spec.replicas")

    assert "KIND:       Deployment" in explained
    assert "FIELD: replicas <integer>" in explained


async def test_server_side_apply_refuses_a_field_that_another_manager_set(kubectl: Terminal) -> None:
    await kubectl.run("scale", "deploy/web", "-n", "shop", "--replicas=5")

    refused = await kubectl.run("apply", "--server-side", "--field-manager=me", "-f", "web.yaml")

    assert 'conflict with "kubectl" with subresource "scale" using apps/v1: .spec.replicas' in refused
