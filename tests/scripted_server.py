"""A scripted API server over real HTTP: it answers what a test tells it to, and remembers what it was asked."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from kubernetes_asyncio.client import Configuration

from autoscaler.adapters.kubernetes.client import Client, Timeouts, open_client
from autoscaler.adapters.kubernetes.errors import Subject

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Asked:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


@dataclass
class ScriptedServer:
    """Each route holds answers in order; the last one is repeated. An answer is JSON, a response, or a handler."""

    url: str = ""
    routes: dict[tuple[str, str], list[Any]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    def on(self, method: str, path: str, *answers: Any) -> None:
        self.routes[method, path] = list(answers)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        text = await request.text()
        self.asked.append(
            Asked(
                request.method,
                request.raw_path.split("?")[0],
                dict(request.query),
                dict(request.headers),
                json.loads(text) if text else None,
            )
        )
        answers = self.routes.get((request.method, request.path))
        if not answers:
            return status(404, "NotFound", f"{request.path} not found")
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if callable(answer):
            return await answer(request)
        if isinstance(answer, tuple):  # status, body text, headers
            code, body, headers = answer
            return web.Response(status=code, text=body, headers=headers)
        return web.json_response(answer)

    async def hang(self, request: web.Request) -> web.StreamResponse:
        """Take the request and never answer."""
        await self.closing.wait()
        return web.Response()

    async def cut(self, request: web.Request) -> web.StreamResponse:
        """Close the connection without a word."""
        assert request.transport is not None
        request.transport.close()
        return web.Response()

    def watch(self, *events: tuple[str, dict[str, Any]], then: str = "end") -> Handler:
        """Send events, then end as told: ``end`` cleanly after a second, ``hang`` silently, ``cut`` mid-stream."""

        async def stream(request: web.Request) -> web.StreamResponse:
            response = web.StreamResponse(headers={"Content-Type": "application/json"})
            await response.prepare(request)
            for kind, item in events:
                await response.write(json.dumps({"type": kind, "object": item}).encode() + b"\n")
            if then == "hang":
                await self.closing.wait()
            if then == "cut":
                assert request.transport is not None
                request.transport.close()
            return response

        return stream


def status(code: int, reason: str, message: str, headers: dict[str, str] | None = None) -> web.Response:
    document = {
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Failure",
        "message": message,
        "reason": reason,
        "code": code,
    }
    return web.json_response(document, status=code, headers=headers)


def says(code: int, reason: str, message: str, headers: dict[str, str] | None = None) -> Handler:
    """An answer that is a Status failure, as often as it is asked."""

    async def answer(request: web.Request) -> web.StreamResponse:
        return status(code, reason, message, headers)

    return answer


@dataclass
class RequestLog:
    """Remembers what a client reports about its requests."""

    answers: list[tuple[str, str, int]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)

    def answered(self, subject: Subject, code: int) -> None:
        self.answers.append((subject.verb, subject.resource, code))

    def unanswered(self, subject: Subject, error: str) -> None:
        self.errors.append(error)

    def throttled(self, subject: Subject, seconds: float) -> None:
        self.waits.append(seconds)


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    scripted = ScriptedServer()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", scripted.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    scripted.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield scripted
    scripted.closing.set()
    await runner.cleanup()


@pytest.fixture
def requests_log() -> RequestLog:
    return RequestLog()


@pytest.fixture
async def client(server: ScriptedServer, requests_log: RequestLog) -> AsyncIterator[Client]:
    async def credentials(configuration: Configuration) -> None:
        configuration.host = server.url
        configuration.api_key["BearerToken"] = "Bearer first"

    async with open_client(
        credentials, timeouts=Timeouts(connect=0.5, total=0.5), requests=requests_log, user_agent="autoscaler/test"
    ) as opened:
        yield opened
