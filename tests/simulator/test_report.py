"""The report: says what happened, needs nothing from outside, hides nothing from those who cannot see it."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from playwright.async_api import async_playwright

from autoscaler.config.policies import load_policies
from autoscaler.config.scenario import load_scenario
from autoscaler.simulator.inputs import Overrides, prepare
from autoscaler.simulator.jobs import seeded
from autoscaler.simulator.numerals import clock, latency, number, percent
from autoscaler.simulator.references import references
from autoscaler.simulator.report.assumptions import assumptions, left_out
from autoscaler.simulator.report.axes import linear_ticks, log_ticks, time_ticks
from autoscaler.simulator.report.looks import looks_of, reference_looks
from autoscaler.simulator.report.moments import moments
from autoscaler.simulator.report.page import render_report
from autoscaler.simulator.report.panels import bill_of, rate_axis
from autoscaler.simulator.report.ribbon import broken_share, ribbon
from autoscaler.simulator.report.svg import spread
from autoscaler.simulator.report.tables import comparison
from autoscaler.simulator.report.tradeoff import tradeoff
from autoscaler.simulator.report.words import verdict, worst_sentence
from autoscaler.simulator.simulation import simulate
from autoscaler.simulator.trials import PolicyTrials, Trials

ROOT = Path(__file__).parents[2]
COMMAND = "autoscaler simulate simulations/flash-crowd.yaml -p policies/web-app-hpa.yaml --report 'out <1>.html'"


@pytest.fixture(scope="module")
def result():
    (policy,) = load_policies([ROOT / "policies/web-app-hpa.yaml"]).policies
    path = ROOT / "simulations/flash-crowd.yaml"
    return simulate(prepare(load_scenario(path), path.parent), policy, name="web-app-hpa")


@pytest.fixture(scope="module")
def beside(result):
    return references(result.inputs)


def trials(*results, seeds=(1,), beside=()):
    """What was played, of one scenario: results of the same policy are those of its seeds."""
    names = dict.fromkeys(result.policy for result in results)
    policies = [PolicyTrials(policy=name, results=tuple(r for r in results if r.policy == name)) for name in names]
    policies += [PolicyTrials(policy=each.policy, results=(each,), is_reference=True) for each in beside]
    return Trials(inputs=results[0].inputs, seeds=seeds, policies=tuple(policies))


def scored(result, policy, **changes):
    return replace(result, policy=policy, score=replace(result.score, **changes))


def told(*results, beside=()):
    found = trials(*results, beside=beside)
    return verdict(looks_of(found), reference_looks(found.references))


@pytest.fixture(scope="module")
def page(result, beside):
    found = trials(result, replace(result, policy="the <other>"), beside=beside)
    return render_report(found, command=COMMAND, version="1.2.3")


def test_the_verdict_of_one_policy_measures_it_by_the_references(result, beside):
    assert told(result, beside=beside) == (
        "Under web-app-hpa, 3 of 60 minutes (5 %) break the objective and 3.13 % of the requests got no answer, for 4.302 "
        "replica-hours: 4.3 pods on average, 9 at most. That is 75.8 % more than a clairvoyant would need and 28.3 % less "
        "than keeping pods for the peak."
    )


def test_the_verdict_of_two_names_the_kindest_and_the_cheapest(result):
    dear = scored(result, "dear", slo_minutes_violated=0, replica_hours=99.0)
    assert told(result, dear) == (
        "Of 2 policies, dear keeps the promise best: no minute of 60 breaks the objective, for 99 replica-hours. "
        "web-app-hpa is cheaper, with 4.302 replica-hours: 3 of 60 minutes (5 %) break the objective."
    )


def test_the_verdict_says_where_the_kindest_is_the_cheapest_too(result):
    worse = scored(result, "worse", slo_minutes_violated=9, replica_hours=5.0)
    assert told(result, worse).endswith("for 4.302 replica-hours. It is the cheapest, too.")


def test_policies_that_all_keep_the_promise_are_told_apart_by_their_cost(result):
    two = [
        scored(result, name, slo_minutes_violated=0, replica_hours=hours) for name, hours in (("a", 9.0), ("b", 8.0))
    ]
    assert told(*two) == (
        "Both policies keep the promise: no minute of 60 breaks the objective. b does it for the least, 8 replica-hours."
    )


def test_over_several_seeds_means_and_intervals_are_told(result):
    runs = [
        replace(
            scored(result, "web", slo_minutes_violated=minutes, replica_hours=hours), inputs=seeded(result.inputs, seed)
        )
        for seed, minutes, hours in ((1, 2, 4.0), (2, 4, 5.0))
    ]
    page = render_report(trials(*runs, seeds=(1, 2)), command="", version="")
    assert "Under web, 3 ± 13 of 60 minutes (5 %) break the objective" in page
    assert "for 4.5 ± 6.4 replica-hours" in page
    assert "± is the 95 % confidence interval of the mean over 2 seeds" in page
    assert "Seeds 1 to 2, scenario" in page


def test_the_references_are_always_there(result):
    page = render_report(trials(result), command="", version="")
    assert "static peak" in page
    assert "clairvoyant" in page


def test_every_policy_has_a_row_and_the_better_of_two_is_bold(result):
    better = scored(result, "better", slo_minutes_violated=2)
    table = comparison(looks_of(trials(result, better)), (), 0.25)
    assert table.count("<tr") == 2 * (1 + 2)  # the first measures, and all others
    assert "<b>2</b> of 60" in table
    assert "<td>3 of 60</td>" in table


def test_where_the_objective_was_broken_is_drawn_minute_by_minute(result):
    assert result.broken_minutes == (10, 11, 12)
    (look,) = looks_of(trials(result))
    drawn = ribbon([look], 3_600, "p0")
    assert drawn.count('class="broken"') == 1
    assert "web-app-hpa: 3, the first at 0:10, the last at 0:12" in drawn


def test_a_minute_broken_under_half_of_the_seeds_is_half_as_dark(result):
    (look,) = looks_of(trials(result, replace(result, broken_minutes=(11,)), seeds=(1, 2)))
    assert broken_share(look, 3_600)[9:14].tolist() == [0.0, 0.5, 1.0, 0.5, 0.0]


def test_the_bill_ends_with_the_score(result):
    assert bill_of(result)[-1] == pytest.approx(result.score.replica_hours)


def test_labels_at_the_lines_ends_keep_clear_of_each_other():
    assert spread([50, 52, 51, 10], 13, 0, 100) == [50, 76, 63, 10]
    assert spread([95, 96], 13, 0, 100) == [87, 100]


def test_capacity_far_above_demand_is_cut_off_and_the_axis_says_so(result):
    ceiling, unit = rate_axis(np.array([100.0]), {"ready capacity": np.array([1_000.0])}, 60)
    assert (ceiling, unit) == (200.0, "requests/s; cut off above: ready capacity goes up to 1,000")
    assert rate_axis(np.array([100.0]), {"ready capacity": np.array([150.0])}, 600) == (
        float("inf"),
        "requests/s, means over 10m",
    )


def test_many_policies_are_all_in_the_table_and_as_many_drawn_as_can_be_told_apart(result):
    page = render_report(trials(*[replace(result, policy=f"policy-{n}") for n in range(8)]), command="", version="")
    assert "The first 6 policies are drawn; the table has all." in page
    assert "policy-7</th><td" in page


def test_names_of_marks_stay_within_the_plot_and_off_each_other(result):
    crowd = [scored(result, f"policy-number-{n}", slo_minutes_violated=3, replica_hours=100.0 - n) for n in range(4)]
    drawn = tradeoff(looks_of(trials(*crowd)), "replica_hours", "replica-hours")
    places = re.findall(r'<text class="tick name" x="([0-9.]+)" y="([0-9.]+)">(policy[^<]*)', drawn)
    assert len(places) == 4
    assert all(48 < float(x) < 460 - 7.2 * len(name) for x, _, name in places)
    assert len({y for _, y, _ in places}) == 4


def test_a_run_that_was_interrupted_says_so(result):
    page = render_report(trials(replace(result, is_complete=False)), command="", version="")
    assert "interrupted: what is here is what was played" in page


def test_what_the_scenario_does_at_given_times_is_named_in_order(scenario):
    made = scenario(
        faults=[{"at": "20m", "for": "5m", "metrics_outage": {}}, {"at": "50m", "metrics_lag": {"extra": "1m"}}],
        rollouts=[{"at": "10m"}],
    )
    assert [(each.first, each.last, each.label) for each in moments(made, 3_600.0)] == [
        (600, 600, "rollout"), (1_200, 1_500, "metrics outage"), (3_000, 3_600, "metrics lag"),
    ]  # fmt: skip


def test_nodes_money_storms_and_neighbours_are_shown_where_there_are_any():
    path = ROOT / "simulations/spot-storm.yaml"
    (policy,) = load_policies([ROOT / "policies/web-app-hpa.yaml"]).policies
    stormy = simulate(prepare(load_scenario(path), path.parent), policy, name="web-app-hpa")
    page = render_report(trials(stormy), command="", version="")
    assert "storm over spot" in page
    assert "<b>Nodes, and pods that wait for one</b>" in page
    assert "<b>Cost rate</b> <span>per hour</span>" in page
    assert f"for {stormy.score.cost:.4g}: " in page  # the verdict's price
    assert '<th scope="row">reports</th><td>fixed size</td>' in page
    assert "Nodes spot: 0 to 8, each with 4 cores and ready after 1m30s" in page
    assert bill_of(stormy)[-1] == pytest.approx(stormy.score.cost)


def test_what_is_left_out_depends_on_the_scenario(scenario):
    plain = prepare(scenario(), ROOT)
    warm = prepare(scenario(pods={"warmup": {"for": "1m", "slowness": 3}}), ROOT)
    assert "slowness of young pods" in left_out(plain)
    assert "slowness of young pods" not in left_out(warm)
    assert any("takes 3 times as long" in text for text in assumptions(warm))


def test_the_worst_minutes_are_those_of_the_crowd(result):
    assert worst_sentence(result).startswith("From 0:09:")
    assert "demand up to 6,000 requests/s" in worst_sentence(result)
    assert "without an answer" in worst_sentence(result)


def test_minutes_in_which_nothing_went_wrong_are_only_busy(result, page):
    assert "The worst five minutes" in page
    fine = replace(result, score=replace(result.score, slo_minutes_violated=0, rejected=0, timed_out=0, lost=0))
    assert "The busiest five minutes" in render_report(trials(fine), command="", version="")


def test_nothing_is_fetched_from_elsewhere(page):
    assert re.findall(r"(?:https?:)?//[a-z0-9]", page) == []
    assert re.findall(r"<(?:link|img|iframe|object)\b|@import|url\((?!#)|\bsrc=|\bhref=", page) == []
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
    # the trade, ribbon and four panels of all; for each policy ribbon and five panels, and three from near
    assert (outline.images, outline.titles, outline.descriptions) == (24, 24, 24)
    assert (
        outline.tables == 2 + 1 + 2 * 3
    )  # comparison, numbers of all; for each policy numbers of both groups and actions
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
        plot = tab.locator("svg[data-panel]").first
        await plot.focus()
        await plot.press("ArrowRight")
        await plot.press("PageDown")
        readout = await tab.locator(".readout").first.text_content()
        numbers = await tab.locator(".tip").first.locator("div").all_text_contents()
        await plot.blur()
        gone = await tab.locator(".tip.on").count()
        width = await tab.evaluate("document.documentElement.scrollWidth")
        await browser.close()
    assert complaints == []
    assert readout == "0:01:43"
    assert numbers == ["demand 600", "web-app-hpa 2,200", "the <other> 2,200"]
    assert gone == 0
    assert width <= 1100


@pytest.mark.parametrize(
    ("highest", "ticks"),
    [(0, [0, 1]), (1, [0, 0.25, 0.5, 0.75, 1]), (9.2, [0, 2.5, 5, 7.5, 10]), (6000, [0, 2000, 4000, 6000])],
)
def test_linear_ticks(highest, ticks):
    assert linear_ticks(highest) == pytest.approx(ticks)


def test_log_ticks_enclose_the_range():
    assert log_ticks(0.03, 0.4) == pytest.approx([0.02, 0.05, 0.1, 0.2, 0.5])


def test_log_ticks_of_a_single_value_have_a_length():
    assert log_ticks(0.001, 0.001) == pytest.approx([0.0005, 0.001, 0.002])


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


def test_a_report_on_workers_speaks_of_jobs():
    (policy,) = load_policies([ROOT / "policies/email-workers-hpa.yaml"]).policies
    path = ROOT / "simulations/email-workers.yaml"
    played = simulate(prepare(load_scenario(path), path.parent, Overrides(until=1200)), policy)
    found = trials(played, beside=references(played.inputs))
    text = re.sub(r"cpu requests?|memory requests?", "", render_report(found, command="", version=""))

    assert (
        re.findall(r"\w*[^_]requests?\b", re.sub(r"<script.*?</script>|<style.*?</style>", "", text, flags=re.DOTALL))
        == []
    )
    assert "jobs/s" in text
    assert "of the jobs got no answer" in text
