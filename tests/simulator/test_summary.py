"""Tables and sentences about samples, word for word."""

from __future__ import annotations

import pytest

from autoscaler.simulator.intervals import Estimate
from autoscaler.simulator.measures import Unit
from autoscaler.simulator.sample import Sample
from autoscaler.simulator.summary import comparison, differences, headings, note, show
from autoscaler.simulator.verdict import verdicts


def sample(policy, hours, broken, **more):
    runs = {
        seed: {"slo_minutes_violated": b, "minutes": 60, "replica_hours": h}
        for seed, (h, b) in enumerate(zip(hours, broken, strict=True), start=1)
    }
    return Sample(policy=policy, runs=runs, **more)


BASE = sample("base", [10.0, 11.0, 12.0], [5, 6, 7])


@pytest.mark.parametrize(
    ("estimate", "unit", "expected"),
    [
        pytest.param(Estimate(12.3456, 0.4321, 5), Unit.AMOUNT, "12.35 ± 0.43", id="two-digits-of-the-width"),
        pytest.param(Estimate(1234.5, 67.8, 5), Unit.COUNT, "1,234 ± 68", id="no-decimals-needed"),
        pytest.param(Estimate(0.0123, 0.0004, 5), Unit.SHARE, "1.230 ± 0.040 %", id="percent"),
        pytest.param(Estimate(0.0123, 0.0004, 5), Unit.SECONDS, "12.30 ± 0.40 ms", id="milliseconds"),
        pytest.param(Estimate(75.0, 12.0, 5), Unit.SECONDS, "75 ± 12 s", id="seconds"),
        pytest.param(Estimate(12.0, 0.0, 5), Unit.COUNT, "12", id="the-same-under-every-seed"),
        pytest.param(Estimate(27.8259, 1e-9, 5), Unit.AMOUNT, "27.83", id="as-good-as-the-same"),
        pytest.param(Estimate(-4.3858e-6, 1e-10, 5), Unit.SECONDS, "-0.00439 ms", id="narrower-than-anybody-reads"),
        pytest.param(Estimate(4.2e-6, 3.1e-6, 5), Unit.SECONDS, "0.004 ± 0.003 ms", id="no-finer-than-microseconds"),
        pytest.param(Estimate(123.4567, 0.0123, 5), Unit.AMOUNT, "123.5", id="four-digits-are-enough"),
        pytest.param(Estimate(0.0012, 0.0003, 5), Unit.AMOUNT, "0.00120 ± 0.00030", id="a-small-price"),
        pytest.param(Estimate(0.5, None, 1), Unit.SECONDS, "500 ms", id="one-seed"),
        pytest.param(Estimate(0.0, None, 1), Unit.SECONDS, "0 s", id="none"),
        pytest.param(Estimate(float("nan"), None, 0), Unit.SECONDS, "-", id="unknown"),
    ],
)
def test_how_an_estimate_is_shown(estimate, unit, expected):
    assert show(estimate, unit) == expected


@pytest.mark.parametrize(
    ("mean", "half", "expected"),
    [(3.14, 0.2, "+3.14 ± 0.20"), (-3.14, 0.2, "-3.14 ± 0.20"), (-0.001, 0.2, "0.00 ± 0.20"), (2.0, None, "+2")],
)
def test_a_difference_has_a_sign(mean, half, expected):
    assert show(Estimate(mean, half, 3), Unit.AMOUNT, signed=True) == expected


def test_the_comparison_names_what_was_promised_and_leaves_out_what_is_unknown():
    assert list(comparison([BASE], 0.25)) == [
        ("SLO minutes violated", ("6.0 ± 2.5 of 60",)),
        ("replica-hours", ("11.0 ± 2.5",)),
    ]


def test_differences_are_paired_and_marked():
    # each seed 2 hours less, whatever the seed: the scatter between seeds, ± 2.5, is not in it
    cheaper = sample("cheaper", [8.0, 9.0, 10.0], [5, 7, 6])
    assert list(differences([BASE, cheaper], 0.25)) == [
        ("SLO minutes violated", ("0.0 ± 2.5",)),
        ("replica-hours", ("-2 *",)),
    ]


@pytest.mark.parametrize(
    ("hours", "broken", "sentence"),
    [
        pytest.param(
            [8.0, 9.0, 10.0],
            [4, 5, 6],
            "it saves 2 replica-hours (18.2 %) and breaks the objective in 1 minute fewer. Better in both.",
            id="better",
        ),
        pytest.param(
            [8.0, 9.0, 10.0],
            [5, 7, 6],
            "it saves 2 replica-hours (18.2 %) and breaks the objective as often (a difference of 0.0 ± 2.5 minutes). "
            "Cheaper, and no worse for users.",
            id="cheaper",
        ),
        pytest.param(
            [8.0, 9.0, 10.0],
            [9, 10, 11],
            "it saves 2 replica-hours (18.2 %) and breaks the objective in 4 minutes more. "
            "A trade: cheaper, and worse for users.",
            id="trade",
        ),
        pytest.param(
            [12.0, 9.0, 12.0],
            [0, 0, 0],
            "it costs the same (a difference of 0.0 ± 5.0 replica-hours) and breaks the objective in 6.0 ± 2.5 minutes fewer. "
            "Better for users, at the same cost.",
            id="kinder",
        ),
        pytest.param(
            [20.0, 21.0, 22.5],
            [5, 6, 8],
            "it costs 10.17 ± 0.72 replica-hours more (92.4 %) and breaks the objective as often (a difference of "
            "+0.3 ± 1.4 minutes). Dearer, and no better for users.",
            id="dearer",
        ),
    ],
)
def test_the_verdict(hours, broken, sentence):
    assert verdicts([BASE, sample("mine", hours, broken)]) == [f"mine against base, over 3 seeds: {sentence}"]


@pytest.mark.parametrize(
    ("broken", "bad", "sentence"),
    [
        pytest.param(
            [5, 6, 7],
            [0.01, 0.012, 0.014],
            "it costs the same and breaks the objective as often, with fewer requests late or unserved, by 1 % of all. "
            "Better for users, at the same cost.",
            id="minutes-hide-requests",
        ),
        pytest.param(
            [4, 5, 6],
            [0.03, 0.032, 0.034],
            "it costs the same and breaks the objective in 1 minute fewer, with more requests late or unserved, "
            "by 1 % of all. A trade for users, at the same cost.",
            id="a-trade-for-users",
        ),
    ],
)
def test_the_verdict_counts_requests_too(broken, bad, sentence):
    def with_bad(policy, broken, bad):
        plain = sample(policy, [10.0, 11.0, 12.0], broken)
        runs = {seed: {**values, "bad_share": bad[seed - 1]} for seed, values in plain.runs.items()}
        return Sample(policy=policy, runs=runs)

    base = with_bad("base", [5, 6, 7], [0.02, 0.022, 0.024])
    assert verdicts([base, with_bad("mine", broken, bad)]) == [f"mine against base, over 3 seeds: {sentence}"]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        pytest.param(
            BASE,
            sample("copy", [10.0, 11.0, 12.0], [5, 6, 7]),
            ["copy against base: the results are the same."],
            id="equal-results-are-called-equal",
        ),
        pytest.param(
            sample("one", [10.0], [5]),
            sample("other", [9.0], [6]),
            [
                "other against one, in this one run: it saves 1 replica-hours (10 %) and breaks the objective in 1 minute "
                "more. One seed does not tell how much of that is chance."
            ],
            id="one-seed-proves-nothing",
        ),
        pytest.param(
            BASE,
            sample("static peak", [20.0, 20.0, 20.0], [0, 0, 0], is_reference=True),
            [],
            id="references-get-no-verdict",
        ),
        pytest.param(
            BASE,
            sample("late", [1.0], [1], played=3_720),
            ["late against base: there is no seed under which both were played to the end."],
            id="interrupted-runs-are-not-compared",
        ),
    ],
)
def test_when_there_is_little_to_say(first, second, expected):
    assert verdicts([first, second]) == expected


def test_the_cost_decides_where_prices_are_known():
    def priced(policy, costs):
        runs = {
            i: {"slo_minutes_violated": 0, "minutes": 60, "replica_hours": 1.0, "cost": c} for i, c in enumerate(costs)
        }
        return Sample(policy=policy, runs=runs)

    (verdict,) = verdicts([priced("base", [1.0, 1.2]), priced("spot", [0.5, 0.7])])
    assert verdict == (
        "spot against base, over 2 seeds: it saves 0.5 (45.5 %) and breaks the objective as often. "
        "Cheaper, and no worse for users."
    )


def test_headings_tell_what_was_interrupted():
    assert headings([BASE, sample("late", [1.0], [1], played=3_720)]) == ["base", "late (until 1h2m)"]


def test_interrupted_runs_have_no_differences():
    # of another length: its replica-hours say nothing about the other's
    late = sample("late", [1.0], [1], played=3_720)
    assert [texts for _, texts in differences([BASE, late], 0.25)] == [("-",), ("-",)]


def test_the_note_tells_how_many_seeds_there_are():
    shorter = sample("shorter", [1.0, 2.0], [1, 2])
    assert note([BASE]) == "± is the 95 % confidence interval of the mean over 3 seeds (Student's t)."
    assert note([BASE, shorter]).startswith("± is the 95 % confidence interval of the mean over 2 to 3 seeds")
    assert note([sample("one", [1.0], [1])]) == ""
