"""A page with a few minutes of history behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest

from autoscaler.demo.feed import Entry, Feed, Meta, MetricFigure, MetricTitle, Point
from autoscaler.demo.page import Page

NOON = 1_795_521_600.0  #: 2026-11-24 12:00:00 UTC


@pytest.fixture
def point() -> Callable[..., Point]:
    """Make a point ``after`` seconds past noon, calm unless said otherwise."""

    def make(after: float, *, demand: float = 400.0, capacity: float = 800.0, ready: int = 2) -> Point:
        return Point(
            at=NOON + after,
            demand=demand,
            capacity=capacity,
            desired=2,
            current=2,
            ready=ready,
            p50=0.03,
            p99=0.09,
            lost=0.0,
            metrics=(MetricFigure("50%", 0.71),),
        )

    return make


@pytest.fixture
def entry() -> Callable[..., Entry]:
    """Make a line of the list of decisions."""

    def make(number: int, before: int, after: int, why: str = "cpu asks for it.") -> Entry:
        at = NOON + 15.0 * number
        tone = "hold" if before == after else "up" if after > before else "down"
        opening = f"Staying at {after}" if before == after else f"Growing from {before} to {after}"
        return Entry(
            id=number, at=at, until=at, tone=tone, before=before, after=after, sentence=f"{opening}. {why}", why=why
        )

    return make


@pytest.fixture
def feed(point: Callable[..., Point], entry: Callable[..., Entry]) -> Feed:
    """Make a feed with ten minutes of points and two decisions."""
    meta = Meta(
        target="Deployment web",
        minimum=2,
        maximum=60,
        speed=30.0,
        slo=0.3,
        kubectl="kubectl --kubeconfig /tmp/demo/kubeconfig get deploy,pods,hpa",
        metrics=(MetricTitle("cpu", "70%"),),
    )
    feed = Feed(meta)
    for second in range(0, 600, 10):
        feed.add_point(point(second))
    feed.add_decision(entry(1, 2, 4))
    feed.add_decision(entry(2, 4, 4))
    return feed


@pytest.fixture
async def address(feed: Feed) -> AsyncIterator[str]:
    """Serve the page and give its address."""
    page = Page(feed)
    yield await page.start(0)
    await page.stop()
