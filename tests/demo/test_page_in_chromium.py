"""The page in a real browser: it loads without a complaint, shows what it is told, and can be read by keyboard."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect
from playwright.async_api import Page as Tab

from autoscaler.demo.feed import Entry, Feed, Point
from autoscaler.demo.page import Page

pytestmark = [pytest.mark.service("chromium"), pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """Start the browser once: that takes longer than all the tests."""
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        yield started
        await started.close()


@pytest_asyncio.fixture(loop_scope="module")
async def tab(browser: Browser, feed: Feed) -> AsyncIterator[Tab]:
    """Open the page; any word in its console fails the test."""
    page, complaints = Page(feed), list[str]()
    address = await page.start(0)
    opened = await browser.new_page(viewport={"width": 1280, "height": 800})
    opened.on("console", lambda message: complaints.append(message.text))
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    await opened.goto(address)
    await expect(opened.locator("#link-text")).to_have_text("Live")
    yield opened
    await opened.close()
    await page.stop()
    assert complaints == []


async def test_shows_verdict_figures_charts_and_decisions(tab: Tab) -> None:
    await expect(tab.locator("#verdict-text")).to_have_text("Staying at 4. cpu asks for it.")
    await expect(tab.locator("#figure-demand")).to_have_text("400")
    await expect(tab.locator("#clock")).to_have_text("12:09:50")
    await expect(tab.locator("#kubectl")).to_contain_text("--kubeconfig /tmp/demo/kubeconfig")
    assert await tab.locator(".chart canvas").count() == 4
    assert await tab.locator("#log .change").all_text_contents() == ["4", "2 → 4"]


async def test_follows_what_happens(
    tab: Tab, feed: Feed, point: Callable[..., Point], entry: Callable[..., Entry]
) -> None:
    feed.add_decision(entry(3, 4, 8, why="cpu asks for 8."))
    feed.add_point(point(600, demand=1200.0))

    await expect(tab.locator("#verdict strong")).to_have_text("Growing from 4 to 8.")
    await expect(tab.locator("#figure-gap")).to_have_text("requests/s, 400 short")
    await expect(tab.locator("#announcer")).to_have_text("Growing from 4 to 8. cpu asks for 8.")
    assert (await tab.locator("#log .change").all_text_contents())[0] == "4 → 8"


async def test_text_is_never_taken_for_markup(tab: Tab, feed: Feed, entry: Callable[..., Entry]) -> None:
    hostile = "<img src=x onerror=alert(1)><script>document.title='taken'</script>"
    feed.add_decision(entry(3, 4, 8, why=hostile))

    await expect(tab.locator("#log .why").first).to_have_text(hostile)
    assert await tab.title() == "autoscaler demo"
    assert await tab.locator("#log img").count() == 0


async def test_the_view_can_be_frozen_and_catches_up(
    tab: Tab, feed: Feed, entry: Callable[..., Entry], point: Callable[..., Point]
) -> None:
    await tab.locator("#freeze").click()
    feed.add_decision(entry(3, 4, 8))
    feed.add_point(point(600))
    await tab.wait_for_timeout(200)
    await expect(tab.locator("#verdict strong")).to_have_text("Staying at 4.")

    await tab.locator("#freeze").click()
    await expect(tab.locator("#verdict strong")).to_have_text("Growing from 4 to 8.")


async def test_arrow_keys_read_earlier_values(tab: Tab, feed: Feed, point: Callable[..., Point]) -> None:
    feed.add_point(point(600, demand=500.0))
    key = tab.locator(".chart .key b").first
    await expect(key).to_have_text("500")

    await tab.locator("#charts").focus()
    await tab.keyboard.press("ArrowLeft")
    await expect(key).to_have_text("400")

    await tab.keyboard.press("Escape")
    await expect(key).to_have_text("500")


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844), (1920, 1080)])
async def test_nothing_hangs_over_the_edge(tab: Tab, width: int, height: int) -> None:
    await tab.set_viewport_size({"width": width, "height": height})

    assert await tab.evaluate("document.documentElement.scrollWidth") <= width
