"""What the page's server answers, and to whom."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable

import aiohttp
import pytest

from autoscaler.demo.feed import MAX_LISTENERS, MAX_WAITING, Entry, Feed, FeedFullError, Point
from autoscaler.demo.page import Page


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def next_event(response: aiohttp.ClientResponse) -> tuple[str, dict[str, object]]:
    """Read one server-sent event."""
    kind = (await response.content.readline()).decode().removeprefix("event: ").strip()
    data = (await response.content.readline()).decode().removeprefix("data: ")
    await response.content.readline()
    return kind, json.loads(data)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("", "text/html"),
        ("page.js", "text/javascript"),
        ("page.css", "text/css"),
        ("icon.svg", "image/svg+xml"),
        ("vendor/uPlot.iife.min.js", "text/javascript"),
        ("vendor/inter-latin.woff2", "font/woff2"),
        ("vendor/uPlot-LICENSE.txt", "text/plain"),
    ],
)
async def test_files_are_served_under_a_strict_policy(
    http: aiohttp.ClientSession, address: str, path: str, kind: str
) -> None:
    async with http.get(address + path) as response:
        assert response.status == 200
        assert response.content_type == kind
        assert response.headers["Content-Security-Policy"].startswith("default-src 'self'")
        assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["page.py", "..%2fpage.py", "static/page.js", "vendor", "vendor/../feed.py"])
async def test_nothing_else_is_served(http: aiohttp.ClientSession, address: str, path: str) -> None:
    async with http.get(address + path) as response:
        assert response.status == 404


async def test_nothing_can_be_changed(http: aiohttp.ClientSession, address: str) -> None:
    async with http.post(address + "stream") as response:
        assert response.status == 405


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:80", 200),
        ("localhost", 200),
        ("localhost:9000", 200),
        ("[::1]:80", 200),
        ("[::1]", 200),
        ("evil.example", 403),
        ("evil.example:80", 403),
        ("127.0.0.1.evil.example", 403),
        ("localhost.evil.example:80", 403),
    ],
)
async def test_other_host_names_are_refused(http: aiohttp.ClientSession, address: str, host: str, status: int) -> None:
    async with http.get(address, headers={"Host": host}) as response:
        assert response.status == status


async def test_a_newcomer_gets_the_past_then_the_present(
    http: aiohttp.ClientSession, address: str, feed: Feed, point: Callable[..., Point], entry: Callable[..., Entry]
) -> None:
    async with http.get(address + "stream") as response:
        kind, snapshot = await next_event(response)
        feed.add_point(point(600, demand=1000.0))
        feed.add_decision(entry(3, 4, 8))

        assert kind == "snapshot"
        assert len(snapshot["points"]) == 60  # type: ignore[arg-type]  # JSON
        assert [line["after"] for line in snapshot["decisions"]] == [4, 4]  # type: ignore[attr-defined]  # JSON
        assert (await next_event(response))[1]["demand"] == 1000.0
        assert await next_event(response) == ("decision", {**json.loads(_json(entry(3, 4, 8)))})


async def test_the_end_is_announced(http: aiohttp.ClientSession, feed: Feed) -> None:
    page = Page(feed)
    address = await page.start(0)
    async with http.get(address + "stream") as response:
        await next_event(response)
        stopping = asyncio.create_task(page.stop())
        assert await next_event(response) == ("end", {})
        assert await response.content.read() == b""
        await stopping


async def test_no_more_pages_than_the_cap(http: aiohttp.ClientSession, address: str, feed: Feed) -> None:
    with feed.listen():
        listeners = [feed.listen() for _ in range(MAX_LISTENERS - 1)]
        for listener in listeners:
            listener.__enter__()

        async with http.get(address + "stream") as response:
            assert response.status == 503
            assert response.headers["Retry-After"] == "5"
        with pytest.raises(FeedFullError, match="32 pages are open"), feed.listen():
            pass

        for listener in listeners:
            listener.__exit__(None, None, None)


def test_a_page_that_falls_behind_is_let_go(feed: Feed, point: Callable[..., Point]) -> None:
    with feed.listen() as slow, feed.listen() as quick:
        for second in range(MAX_WAITING + 10):
            feed.add_point(point(600 + second))
            quick.queue.get_nowait()

        waiting = [slow.queue.get_nowait() for _ in range(slow.queue.qsize())]
        assert len(waiting) == MAX_WAITING
        assert waiting[-1] is None
        assert quick.queue.qsize() == 1


def test_a_decision_that_grows_keeps_one_line(feed: Feed, entry: Callable[..., Entry]) -> None:
    feed.add_decision(entry(2, 4, 4, why="cpu at 71% is within tolerance."))

    with feed.listen() as listener:
        snapshot = json.loads((listener.queue.get_nowait() or b"").split(b"data: ")[1])

    assert [line["why"] for line in snapshot["decisions"]] == ["cpu asks for it.", "cpu at 71% is within tolerance."]


def _json(value: Entry) -> bytes:
    import msgspec

    return msgspec.json.encode(value)
