"""A small emulated cluster over real HTTP with the daemon running against it, at a hundred times real speed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp

from autoscaler.config.settings import Settings
from autoscaler.control.messages import Record
from autoscaler.daemon.clock import AnchoredClock, Clock
from autoscaler.daemon.process import run_daemon
from autoscaler.daemon.wiring import Running
from autoscaler.emulator.api_server import ADMIN_TOKEN, ApiServer
from autoscaler.emulator.builtin import AUTOSCALERS, DEPLOYMENTS, EVENTS, NAMESPACES, PODS
from autoscaler.emulator.kubeconfig import write_kubeconfig
from autoscaler.emulator.metrics_source import PodUsage, StaticMetrics
from autoscaler.emulator.users import ANONYMOUS, User

SPEED = 100.0

POLICY = """\
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 1
  maxReplicas: 10
  metrics:
  - type: Resource
    resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}
"""


def now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251  # the emulated cluster's clock


@dataclass
class Emulated:
    """The cluster: namespace shop with Deployment web, its HPA and its pods; ``use`` says what the pods use."""

    api: ApiServer
    metrics: StaticMetrics
    folder: Path
    records: list[Record] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    running: Running | None = None

    @property
    def kubeconfig(self) -> Path:
        return self.folder / "kubeconfig"

    @property
    def policies(self) -> Path:
        return self.folder / "policies"

    def settings(self, **changes: Any) -> Settings:
        given = {
            "policies": (self.policies,),
            "apply": True,
            "kubernetes": {"kubeconfig": self.kubeconfig, "request_timeout": "3s", "connect_timeout": "3s"},
            "http": {"listen": "127.0.0.1:0", "explain": "127.0.0.1:0"},
            "reload_interval": "1s",
        }
        return Settings(**(given | changes))

    def use(self, millicores: int) -> None:
        """Say that every pod uses that much cpu; each asks for 100m."""
        self.metrics.pod_usage = [
            PodUsage(
                namespace="shop",
                name=pod["metadata"]["name"],
                containers={"app": {"cpu": f"{millicores}m"}},
                at=now(),
                labels={"app": "web"},
            )
            for pod in self.api.store.items(PODS, "shop")
        ]

    def replicas(self) -> int:
        return int(self.api.store.get(DEPLOYMENTS, "web", "shop")["spec"]["replicas"])

    def set_replicas(self, replicas: int) -> None:
        """What ``kubectl scale`` does."""
        self.api.store.change(
            DEPLOYMENTS, "web", "shop", lambda obj: obj | {"spec": obj["spec"] | {"replicas": replicas}}
        )

    def hpa_status(self) -> dict[str, Any]:
        return dict(self.api.store.get(AUTOSCALERS, "web", "shop").get("status") or {})

    def events(self) -> list[tuple[str, str]]:
        return [(event["reason"], event["message"]) for event in self.api.store.items(EVENTS, "shop")]

    async def probe(self, path: str) -> tuple[int, str]:
        """Ask the daemon's own HTTP server."""
        assert self.running is not None
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"http://127.0.0.1:{self.running.port}{path}") as response,
        ):
            return response.status, await response.text()

    @property
    def url(self) -> str:
        """Where `status` and `why` ask."""
        assert self.running is not None
        assert self.running.explain is not None
        return f"http://127.0.0.1:{self.running.explain}"

    async def metric(self, line: str) -> None:
        """Wait until the daemon's metrics hold that line."""
        async with asyncio.timeout(20):
            while f"{line}\n" not in (await self.probe("/metrics"))[1]:
                await self.passes(1)

    def take(self, record: Record) -> None:
        self.records.append(record)
        self.news.set()

    async def until(self, claim: Callable[[], bool], patience: float = 20) -> None:
        """Wait until ``claim`` holds, at most ``patience`` [s]; looked at after every pass of the daemon, and now and then."""
        async with asyncio.timeout(patience):
            while not claim():
                self.news.clear()
                await asyncio.wait([asyncio.ensure_future(self.news.wait())], timeout=0.05)

    async def passes(self, count: int) -> list[Record]:
        """Wait for that many more passes and give them."""
        before = len(self.records)
        await self.until(lambda: len(self.records) >= before + count)
        return self.records[before:]


@asynccontextmanager
async def emulated(
    folder: Path,
    *,
    port: int = 0,
    replicas: int = 2,
    tokens: Mapping[str, User] | None = None,
    nobody: User = ANONYMOUS,
) -> AsyncIterator[Emulated]:
    metrics = StaticMetrics()
    api = ApiServer(clock=now, metrics=metrics, tokens=tokens, nobody=nobody)
    await api.start("127.0.0.1", port)
    cluster = Emulated(api, metrics, folder)
    write_kubeconfig(cluster.kubeconfig, api.url, ADMIN_TOKEN)
    cluster.policies.mkdir()
    (cluster.policies / "web.yaml").write_text(POLICY)
    fill(api, replicas)
    cluster.use(50)
    yield cluster
    await api.stop()


@asynccontextmanager
async def daemon(cluster: Emulated, clock: Clock | None = None, **changes: Any) -> AsyncIterator[asyncio.Event]:
    """Run the daemon beside the block, a hundred times as fast as time; leaving asks for an orderly stop, which must come."""
    stop, up = asyncio.Event(), asyncio.Event()

    def ready(running: Running) -> None:
        cluster.running = running
        up.set()

    task = asyncio.create_task(
        run_daemon(
            cluster.settings(**changes),
            stop=stop,
            clock=clock or AnchoredClock(speed=SPEED),
            on_record=cluster.take,
            ready=ready,
        )
    )
    async with asyncio.timeout(10):
        await asyncio.wait([task, asyncio.ensure_future(up.wait())], return_when=asyncio.FIRST_COMPLETED)
    yield stop
    stop.set()
    async with asyncio.timeout(10):
        await task


def fill(api: ApiServer, replicas: int) -> None:
    api.store.create(NAMESPACES, {"metadata": {"name": "shop"}})
    api.store.create(DEPLOYMENTS, deployment(replicas), "shop")
    api.store.change(
        DEPLOYMENTS, "web", "shop", lambda obj: obj | {"status": {"replicas": replicas}}, subresource="status"
    )
    api.store.create(AUTOSCALERS, hpa(), "shop")
    for number in range(replicas):
        add_pod(api, f"web-{number}")


def add_pod(api: ApiServer, name: str) -> None:
    """A pod that has been running and ready for an hour."""
    metadata = {"name": name, "labels": {"app": "web"}}
    container = {"name": "app", "image": "web:1", "resources": {"requests": {"cpu": "100m"}}}
    api.store.create(PODS, {"metadata": metadata, "spec": {"containers": [container]}}, "shop")
    since = (now() - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    status = {
        "phase": "Running",
        "startTime": since,
        "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": since}],
    }
    api.store.change(PODS, name, "shop", lambda obj: obj | {"status": status}, subresource="status")


def deployment(replicas: int) -> dict[str, Any]:
    container = {"name": "app", "image": "web:1", "resources": {"requests": {"cpu": "100m"}}}
    return {
        "metadata": {"name": "web"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container]}},
        },
    }


def hpa() -> dict[str, Any]:
    import yaml

    document: dict[str, Any] = yaml.safe_load(POLICY)
    return document
