"""The report: says what happened, needs nothing from outside, hides nothing from those who cannot see it."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from playwright.async_api import async_playwright

from autoscaler.config.policies import load_policies
from autoscaler.config.scenario import load_scenario
from autoscaler.simulator.inputs import prepare
from autoscaler.simulator.report.axes import clock, latency, linear_ticks, log_ticks, number, percent, time_ticks
from autoscaler.simulator.report.page import render_report
from autoscaler.simulator.report.words import rows, verdict, worst_sentence
from autoscaler.simulator.simulation import simulate

ROOT = Path(__file__).parents[2]
COMMAND = "autoscaler simulate simulations/flash-crowd.yaml -p policies/web-app-hpa.yaml --report 'out <1>.html'"


@pytest.fixture(scope="module")
def result():
    (policy,) = load_policies([ROOT / "policies/web-app-hpa.yaml"]).policies
    path = ROOT / "simulations/flash-crowd.yaml"
    return simulate(prepare(load_scenario(path), path.parent), policy, name="web-app-hpa")


@pytest.fixture(scope="module")
def page(result):
    return render_report([result, replace(result, policy="the <other>")], command=COMMAND, version="1.2.3")


def test_the_verdict_of_one_policy(result):
    score = result.score
    assert verdict([result]).startswith(
        f"Under web-app-hpa, {score.slo_minutes_violated} of 60 minutes "
        f"({percent(score.slo_minutes_violated / 60)}) break the objective, for {number(score.replica_hours)} replica-hours"
    )


def test_the_verdict_of_two_names_the_kindest_and_the_cheapest(result):
    dear = replace(result, policy="dear", score=replace(result.score, slo_minutes_violated=0, replica_hours=99.0))
    assert verdict([result, dear]) == (
        "Of 2 policies, dear keeps the promise best: no minute of 60 breaks the objective, for 99 replica-hours. "
        f"web-app-hpa is the cheapest with {number(result.score.replica_hours)} replica-hours: "
        f"{result.score.slo_minutes_violated} of 60 minutes ({percent(result.score.slo_minutes_violated / 60)}) "
        "break the objective."
    )


def test_every_row_has_a_value_for_every_policy(result):
    assert all(len(values) == 2 for _, values in rows([result, result]))


def test_the_worst_minutes_are_those_of_the_crowd(result):
    assert worst_sentence(result).startswith("From 0:09:")
    assert "demand up to 6,000 requests/s" in worst_sentence(result)
    assert "without an answer" in worst_sentence(result)


def test_minutes_in_which_nothing_went_wrong_are_only_busy(result, page):
    assert "The worst five minutes" in page
    fine = replace(result, score=replace(result.score, slo_minutes_violated=0, rejected=0, timed_out=0, lost=0))
    assert "The busiest five minutes" in render_report([fine], command="", version="")


def test_nothing_is_fetched_from_elsewhere(page):
    assert re.findall(r"(?:https?:)?//[a-z0-9]", page) == []
    assert re.findall(r"<(?:link|img|iframe|object)\b|@import|url\(|\bsrc=|\bhref=", page) == []
    assert "default-src 'none'" in page


def test_it_stays_small(page):
    assert len(page) < 3_000_000 / 4


def test_names_and_commands_are_text_not_markup(page):
    assert "the &lt;other&gt;" in page
    assert "the <other>" not in page
    assert "out &lt;1&gt;.html" in page


class Outline(HTMLParser):
    """Collects what assistive technology relies on."""

    def __init__(self):
        super().__init__()
        self.images, self.titles, self.descriptions, self.tables, self.ids = 0, 0, 0, 0, []

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.images += tag == "svg" and attributes.get("role") == "img"
        self.titles += tag == "title" and "id" in attributes
        self.descriptions += tag == "desc"
        self.tables += tag == "table"
        self.ids += [attributes["id"]] if "id" in attributes else []


def test_every_plot_has_a_title_a_description_and_a_table(page):
    outline = Outline()
    outline.feed(page)
    assert (outline.images, outline.titles, outline.descriptions) == (14, 14, 14)  # four and three, for each policy
    assert outline.tables == 1 + 2 * 3  # comparison; numbers of both groups and actions, for each policy
    assert len(outline.ids) == len(set(outline.ids))


def test_it_tells_how_to_reproduce_it(page):
    assert "Seed 1, scenario" in page
    assert "autoscaler 1.2.3" in page


@pytest.mark.service("chromium")
async def test_in_a_browser_the_pointer_and_the_keys_show_the_numbers(page, tmp_path):
    path = tmp_path / "report.html"
    path.write_text(page, encoding="utf-8")
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    complaints = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        tab = await browser.new_page(viewport={"width": 1100, "height": 900})
        tab.on("console", lambda message: complaints.append(message.text))
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.on("request", lambda request: complaints.append(request.url) if request.url != path.as_uri() else None)
        await tab.goto(path.as_uri())
        plot = tab.locator(".group figure > svg").first
        await plot.focus()
        await plot.press("ArrowRight")
        await plot.press("PageDown")
        readout = await tab.locator(".readout").first.text_content()
        width = await tab.evaluate("document.documentElement.scrollWidth")
        await browser.close()
    assert complaints == []
    assert readout.split("  ·  ")[:7] == [
        "0:01:43", "ready capacity 2,200", "demand 600", "ready 2", "created 2", "desired 2", "p50 27.7 ms",
    ]  # fmt: skip
    assert width <= 1100


@pytest.mark.parametrize(
    ("highest", "ticks"),
    [(0, [0, 1]), (1, [0, 0.25, 0.5, 0.75, 1]), (9.2, [0, 2.5, 5, 7.5, 10]), (6000, [0, 2000, 4000, 6000])],
)
def test_linear_ticks(highest, ticks):
    assert linear_ticks(highest) == pytest.approx(ticks)


def test_log_ticks_enclose_the_range():
    assert log_ticks(0.03, 0.4) == pytest.approx([0.02, 0.05, 0.1, 0.2, 0.5])


def test_time_ticks_are_round():
    assert time_ticks(580, 880) == [600, 660, 720, 780, 840]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (clock(0), "0:00"),
        (clock(3_725), "1:02:05"),
        (clock(2 * 86_400 + 3_600), "day 3 1:00"),
        (number(0.0123456), "0.0123"),
        (number(55_680.2, 6), "55,680.2"),
        (number(1_234_567.0), "1,234,567"),
        (number(0), "0"),
        (latency(0.0847), "84.7 ms"),
        (latency(1.25), "1.25 s"),
        (percent(0.00001), "< 0.01 %"),
        (percent(0.0313), "3.13 %"),
    ],
)
def test_numbers_for_people(text, expected):
    assert text == expected
