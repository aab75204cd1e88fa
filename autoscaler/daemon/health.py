"""/livez, /readyz and /metrics over HTTP.

Alive means that this process works: the event loop turns and no pass is stuck. It never depends on the API server;
restarting a controller because its server is away helps nobody. Ready means that it can do its work now.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeAlias

from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from autoscaler.model.errors import Fault, InvalidSettingsError

_Handler: TypeAlias = Callable[[web.Request], Awaitable[web.Response]]

#: A check gives what is wrong, or an empty text.
Check: TypeAlias = Callable[[], str]

#: The loop must have turned within this [s].
HEARTBEAT_LIMIT = 10.0
_BEAT = 1.0
#: Printed metrics are no older than this [s].
LONGEST_KEPT = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """What is asked, by name; parts add theirs as they are built. ``live`` must not look beyond this process."""

    live: dict[str, Check]
    ready: dict[str, Check]


class Heartbeat:
    """Notes that the event loop turns. Run ``run`` as a task; ``check`` is for ``Checks.live``."""

    def __init__(self) -> None:
        self._last = asyncio.get_running_loop().time()

    async def run(self) -> None:
        """Beat until cancelled."""
        while True:
            self._last = asyncio.get_running_loop().time()
            await asyncio.sleep(_BEAT)

    def check(self) -> str:
        """Say so if the loop was stuck."""
        silent = asyncio.get_running_loop().time() - self._last
        return f"the event loop did not turn for {silent:.0f} s" if silent > HEARTBEAT_LIMIT else ""


def health_app(checks: Checks) -> web.Application:
    """Build the application that probes ask."""
    app = web.Application()
    for path, group in (("/livez", checks.live), ("/healthz", checks.live), ("/readyz", checks.ready)):
        app.router.add_get(path, _answer_all(path, group))
        app.router.add_get(f"{path}/{{check}}", _answer_one(group))
    return app


def add_metrics(app: web.Application, registry: CollectorRegistry, refresh: Callable[[], None]) -> None:
    """Serve ``registry`` under /metrics, as text or OpenMetrics, as the scraper likes; ``refresh`` runs before."""
    printed = _Printed(registry, refresh)

    async def metrics(request: web.Request) -> web.Response:
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        return web.Response(body=await printed.body(encode, content_type), headers={"Content-Type": content_type})

    app.router.add_get("/metrics", metrics)


class _Printed:
    """The metrics as they were last printed. Many series take long to print: so that happens in a thread, never twice at
    once, and not again until ten times as long has passed, at most a second. Scrapers beside each other share a printing.
    """

    def __init__(self, registry: CollectorRegistry, refresh: Callable[[], None]) -> None:
        self._registry = registry
        self._refresh = refresh
        self._turn = asyncio.Lock()
        self._kept: dict[str, tuple[float, bytes]] = {}  # by content type: good until [s, loop time], body

    async def body(self, encode: Callable[[CollectorRegistry], bytes], content_type: str) -> bytes:
        loop = asyncio.get_running_loop()
        async with self._turn:
            until, body = self._kept.get(content_type, (-math.inf, b""))
            began = loop.time()
            if began >= until:
                self._refresh()
                body = await asyncio.to_thread(encode, self._registry)
                now = loop.time()
                self._kept[content_type] = (now + min(LONGEST_KEPT, 10 * (now - began)), body)
            return body


@asynccontextmanager
async def served(app: web.Application, host: str, port: int, *, setting: str = "http.listen") -> AsyncIterator[int]:
    """Serve ``app`` until the block ends, on every interface where ``host`` is empty. Gives the port in use.

    Raises: InvalidSettingsError where nothing can listen there; ``setting`` is what to change.
    """
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host or None, port).start()
        except OSError as error:
            what = f"cannot listen on {host}:{port}: {error.strerror or error}"
            hint = "choose another HOST:PORT; port 0 takes a free one"
            raise InvalidSettingsError([Fault(what=what, path=setting, hint=hint)]) from error
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()


def _answer_all(path: str, group: Mapping[str, Check]) -> _Handler:
    async def answer(request: web.Request) -> web.Response:
        results = {name: check() for name, check in group.items()}
        passed = not any(results.values())
        word = "passed" if passed else "failed"
        if passed and "verbose" not in request.query:
            return web.Response(text="ok")
        lines = [f"[-]{name} failed: {wrong}" if wrong else f"[+]{name} ok" for name, wrong in results.items()]
        return web.Response(status=200 if passed else 503, text="\n".join([*lines, f"{path[1:]} check {word}", ""]))

    return answer


def _answer_one(group: Mapping[str, Check]) -> _Handler:
    async def answer(request: web.Request) -> web.Response:
        check = group.get(request.match_info["check"])
        if check is None:
            return web.Response(status=404, text=f"no such check; there are: {', '.join(group)}\n")
        wrong = check()
        return web.Response(status=503 if wrong else 200, text=wrong or "ok")

    return answer
