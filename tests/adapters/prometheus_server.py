"""A real Prometheus that scrapes exporters which a test scripts: their lines, and whether they answer at all."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from aiohttp import web

from autoscaler.adapters.prometheus.server import Connection

#: Scrapes are this far apart [s]: the least that Prometheus takes without a fraction.
INTERVAL = 1


@dataclass
class Exporter:
    """One scrape target. ``lines`` is what it serves; ``is_up`` off: it refuses."""

    lines: str
    is_up: bool = True
    address: str = ""

    async def serve(self, _: web.Request) -> web.Response:
        if not self.is_up:
            return web.Response(status=503)
        return web.Response(text=self.lines + "\n", content_type="text/plain")


@dataclass
class RealPrometheus:
    """A running server."""

    url: str
    process: asyncio.subprocess.Process
    command: tuple[str, ...] = ()
    exporters: list[Exporter] = field(default_factory=list)

    async def until(self, promql: str) -> None:
        """Wait until a query gives something: what a scrape brings is there a moment after it."""
        async with httpx.AsyncClient(trust_env=False) as client:
            for _ in range(150):
                answer = await client.get(f"{self.url}/api/v1/query", params={"query": promql})
                if answer.json()["data"]["result"]:
                    return
                await asyncio.sleep(0.1)  # Prometheus has no way to tell that a scrape is done
        raise AssertionError(f"{promql} gave nothing within 15 s")

    @asynccontextmanager
    async def stopped(self) -> AsyncIterator[None]:
        """Let it hang: it takes connections, and never answers."""
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    async def restart(self) -> None:
        """Kill it, and start it again on the same data."""
        self.process.kill()
        await self.process.wait()
        self.process = await _start(self.command, self.url)

    def connection(self, **more: object) -> Connection:
        return Connection(name="main", url=self.url, **more)  # type: ignore[arg-type]  # the test names fields


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@asynccontextmanager
async def real_prometheus(folder: Path, *exporters: Exporter, job: str = "web") -> AsyncIterator[RealPrometheus]:
    """Run Prometheus, and an HTTP server for the exporters, until the block ends."""
    app = web.Application()
    for number, exporter in enumerate(exporters):
        app.router.add_get(f"/{number}", exporter.serve)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host = "{}:{}".format(*runner.addresses[0][:2])
    jobs = [
        {
            "job_name": f"{job}-{number}",
            "metrics_path": f"/{number}",
            "static_configs": [{"targets": [host], "labels": {"instance": f"{job}-{number}"}}],
            "relabel_configs": [{"target_label": "job", "replacement": job}],
        }
        for number in range(len(exporters))
    ]
    config = {
        "global": {"scrape_interval": f"{INTERVAL}s", "scrape_timeout": f"{INTERVAL}s"}, "scrape_configs": jobs
    }  # fmt: skip
    (folder / "prometheus.yml").write_text(json.dumps(config))  # JSON is YAML
    port = free_port()
    command = (
        "prometheus", f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn",
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    running = RealPrometheus(url, await _start(command, url), command, list(exporters))
    try:
        yield running
    finally:
        running.process.send_signal(signal.SIGCONT)
        running.process.kill()
        await running.process.wait()
        await runner.cleanup()


async def _start(command: tuple[str, ...], url: str) -> asyncio.subprocess.Process:
    process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.DEVNULL)
    async with httpx.AsyncClient(trust_env=False) as client:
        for _ in range(300):
            try:
                if (await client.get(f"{url}/-/ready")).status_code == 200:
                    return process
            except httpx.HTTPError:
                pass
            await asyncio.sleep(0.05)  # nor does it tell that it is ready, short of reading its log
    raise AssertionError("Prometheus is not ready after 15 s")
