"""The web side of the live page: three kinds of answer, all read-only, for this machine alone.

There is nothing to change here, so there is nothing to forge; the Host check keeps other sites from reading along by
DNS rebinding.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from importlib import resources
from typing import Final

from aiohttp import web

from autoscaler.demo.feed import Feed, FeedFullError

LOOPBACK: Final = "127.0.0.1"
HOSTS: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})
HEARTBEAT_S: Final = 15.0
SLOWEST_WRITE_S: Final = 10.0
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",
}
TYPES: Final = {
    "html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml", "woff2": "font/woff2",
    "txt": "text/plain",
}  # fmt: skip
FEED: Final = web.AppKey("feed", Feed)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Page:
    """Serves the page until ``stop``."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._runner = web.AppRunner(application(feed), access_log=None, shutdown_timeout=0.5)

    async def start(self, port: int) -> str:
        """Listen on the loopback interface and give the page's address; port 0 takes any free one.

        Raises:
            OSError: the port is taken.
        """
        await self._runner.setup()
        site = web.TCPSite(self._runner, LOOPBACK, port)
        await site.start()
        return f"http://{LOOPBACK}:{self._runner.addresses[0][1]}/"

    async def stop(self) -> None:
        """End every stream, then stop listening."""
        self._feed.end()
        await self._runner.cleanup()


def application(feed: Feed) -> web.Application:
    """Build the page's application around what it is told."""
    app = web.Application(middlewares=[_only_this_machine])
    app[FEED] = feed
    app.router.add_get("/stream", _stream)
    for name, body in _static_files():
        app.router.add_get("/" if name == "index.html" else f"/{name}", _serve(name, body))
    return app


@web.middleware
async def _only_this_machine(request: web.Request, handler: Handler) -> web.StreamResponse:
    if (request.host.rsplit(":", 1)[0] if not request.host.endswith("]") else request.host) not in HOSTS:
        raise web.HTTPForbidden(text="This page answers to localhost only.\n", headers=HEADERS)
    return await handler(request)


def _serve(name: str, body: bytes) -> Handler:
    kind = TYPES[name.rsplit(".", 1)[-1]]
    charset = None if kind == "font/woff2" else "utf-8"

    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(body=body, content_type=kind, charset=charset, headers=HEADERS)

    return answer


def _static_files() -> list[tuple[str, bytes]]:
    """Read the page's files once: they are few, and this way no path of a request ever reaches the disk."""
    root = resources.files("autoscaler.demo") / "static"
    folders = [("", root), ("vendor/", root / "vendor")]
    return [
        (prefix + file.name, file.read_bytes())
        for prefix, folder in folders
        for file in folder.iterdir()
        if file.is_file() and file.name.rsplit(".", 1)[-1] in TYPES
    ]


async def _stream(request: web.Request) -> web.StreamResponse:
    """Send server-sent events until the page leaves, falls behind or the demo ends."""
    response = web.StreamResponse(headers={**HEADERS, "Content-Type": "text/event-stream; charset=utf-8"})
    try:
        with request.app[FEED].listen() as listener:
            await response.prepare(request)
            while (frame := await _next(listener.queue)) is not None:
                async with asyncio.timeout(SLOWEST_WRITE_S):
                    await response.write(frame)
    except FeedFullError as error:
        raise web.HTTPServiceUnavailable(text=f"{error}.\n", headers={**HEADERS, "Retry-After": "5"}) from error
    except (TimeoutError, ConnectionResetError):
        pass  # a page that left or cannot keep up: it connects again by itself
    return response


async def _next(queue: asyncio.Queue[bytes | None]) -> bytes | None:
    """Wait for the next frame; a comment keeps a quiet connection open."""
    try:
        return await asyncio.wait_for(queue.get(), HEARTBEAT_S)
    except TimeoutError:
        return b": still here\n\n"
