"""`autoscaler.simulate`: every form that its arguments may have, and what it gives."""

from __future__ import annotations

import html
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import yaml

import autoscaler
from autoscaler.config.policies import load_policies
from autoscaler.config.scenario import load_scenario
from autoscaler.config.traces import load_trace
from autoscaler.model.errors import InvalidPolicyError, InvalidScenarioError, InvalidTraceError

plt.switch_backend("Agg")
ROOT = Path(__file__).parents[2]
STEPS = ROOT / "simulations/steps.yaml"
WEB = ROOT / "policies/web-app-hpa.yaml"
PRODUCTION = ROOT / "policies/web-app-production-hpa.yaml"
MINUTES = pd.date_range("2026-01-01", periods=30, freq="1min")
RATES = [100.0 + i for i in range(30)]


def hours(results):
    return results.to_pandas()["replica_hours"].tolist()


@pytest.fixture(scope="module")
def results():
    return autoscaler.simulate(STEPS, [WEB, PRODUCTION], seeds=3, until="20m", references=True)


def test_importing_the_package_stays_instant():
    script = "import sys, autoscaler; print([m for m in ('numpy', 'pandas', 'pydantic') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"
    assert {"simulate", "Results"} <= set(dir(autoscaler))
    with pytest.raises(AttributeError, match="has no attribute 'simulat'"):
        autoscaler.simulat  # noqa: B018 - asking for it is the test


@pytest.mark.parametrize(
    "scenario",
    [
        pytest.param(str(STEPS), id="path-as-text"),
        pytest.param(STEPS.read_text(), id="yaml"),
        pytest.param(yaml.safe_load(STEPS.read_text()), id="mapping"),
        pytest.param(load_scenario(STEPS), id="loaded"),
    ],
)
@pytest.mark.parametrize(
    "policy",
    [
        pytest.param(str(WEB), id="path-as-text"),
        pytest.param(WEB.read_text(), id="yaml"),
        pytest.param(yaml.safe_load(WEB.read_text()), id="manifest"),
        pytest.param(load_policies([WEB]).policies[0], id="loaded"),
    ],
)
def test_every_form_gives_the_same(scenario, policy):
    assert hours(autoscaler.simulate(scenario, policy, until="10m")) == [pytest.approx(1 / 3)]


@pytest.mark.parametrize(
    "until",
    [pytest.param("10m", id="text"), pytest.param(600, id="seconds"), pytest.param(timedelta(minutes=10), id="td")],
)
def test_lengths_of_time(until):
    assert autoscaler.simulate(STEPS, WEB, until=until).to_pandas()["duration_s"].tolist() == [600]


def test_policies_by_names_of_one_s_own():
    results = autoscaler.simulate(STEPS, {"ours": WEB, "theirs": PRODUCTION}, until="10m")
    assert results.to_pandas()["policy"].tolist() == ["ours", "theirs"]


def test_the_same_policy_twice_gets_a_number():
    assert autoscaler.simulate(STEPS, [WEB, WEB], until="10m").to_pandas()["policy"].tolist() == [
        "web-app-hpa",
        "web-app-hpa (2)",
    ]


@pytest.mark.parametrize(
    "trace",
    [
        pytest.param(pd.DataFrame({"timestamp": MINUTES, "rps": RATES}), id="dates"),
        pytest.param(
            pd.DataFrame({"timestamp": MINUTES.tz_localize("Europe/Berlin"), "rps": RATES}), id="dates-in-a-zone"
        ),
        pytest.param(pd.DataFrame({"timestamp": np.arange(30) * 60, "RPS": RATES, "note": "x"}), id="seconds-and-more"),
        pytest.param(pd.Series(RATES, index=MINUTES), id="series"),
        pytest.param(pd.DataFrame({"requests": RATES}, index=MINUTES), id="one-column-by-dates"),
    ],
)
def test_frames_as_traces(trace):
    results = autoscaler.simulate(STEPS, WEB, trace=trace, trace_offset="5m")
    (row,) = results.to_pandas().to_dict("records")
    assert (row["duration_s"], row["requests"]) == (1500, pytest.approx(sum(RATES[5:]) * 60))


def test_files_and_loaded_traces(tmp_path):
    path = tmp_path / "trace.csv"
    path.write_text("timestamp,rps\n" + "".join(f"{60 * i},{rate}\n" for i, rate in enumerate(RATES)))
    one, other = (autoscaler.simulate(STEPS, WEB, trace=trace) for trace in (path, load_trace(path)))
    assert one.to_pandas().equals(other.to_pandas())


def test_a_repaired_trace_is_a_warning():
    holed = pd.Series(RATES, index=MINUTES).drop(MINUTES[7])
    with pytest.warns(UserWarning, match=r"frame: 1 missing bins in 1 gaps \(longest 2m, first after rows\[6\]\)"):
        autoscaler.simulate(STEPS, WEB, trace=holed)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        pytest.param({"scenario": {"name": "x"}}, InvalidScenarioError, "traffic", id="half-a-scenario"),
        pytest.param({"scenario": "no.yaml"}, InvalidScenarioError, "no.yaml: no such file", id="no-such-scenario"),
        pytest.param(
            {"policy": {"kind": "Deployment"}}, InvalidPolicyError, "HorizontalPodAutoscaler", id="not-a-policy"
        ),
        pytest.param({"policy": []}, InvalidPolicyError, "no policy to try", id="no-policy"),
        pytest.param({"seeds": 0}, ValueError, "seeds must be a number of 1 or more", id="no-seeds"),
        pytest.param({"seeds": [1, 1]}, ValueError, "seeds must be", id="a-seed-twice"),
        pytest.param({"until": "10"}, ValueError, "'10' is not a duration", id="no-unit"),
        pytest.param({"until": -5}, ValueError, "until must be longer than 0s, is -5", id="negative"),
        pytest.param(
            {"fidelity": "exact"},
            ValueError,
            "fidelity must be one of fluid, request, is 'exact'",
            id="no-such-fidelity",
        ),
        pytest.param(
            {"kubernetes_version": "9.9"},
            ValueError,
            "kubernetes_version must be one of 1.35, 1.36, 1.37, is '9.9'",
            id="no-release",
        ),
        pytest.param({"scale_to": (9, 1)}, ValueError, "scale_to must be .lowest, highest. with", id="range-swapped"),
        pytest.param({"speed_up": 0}, ValueError, "speed_up must be between 0.001 and 100,000, is 0", id="standstill"),
        pytest.param({"trace_offset": -1}, ValueError, "trace_offset must be longer than 0s", id="offset-before"),
        pytest.param(
            {"trace": pd.DataFrame({"a": [1], "b": [2]})},
            InvalidTraceError,
            "frame: its columns are a, b, not timestamp and rps",
            id="other-columns",
        ),
        pytest.param(
            {"trace": pd.DataFrame({"timestamp": [0, 60], "rps": ["1", "many"]})},
            InvalidTraceError,
            "frame: column rps is not made of numbers",
            id="text-in-a-frame",
        ),
        pytest.param(
            {"trace": pd.DataFrame({"timestamp": [0, 60], "rps": [1.0, -2.0]})},
            InvalidTraceError,
            r"frame: rows\[1\]: rps is negative: -2",
            id="negative-rate",
        ),
    ],
)
def test_wrong_arguments(arguments, error, message):
    with pytest.raises(error, match=message):
        autoscaler.simulate(**{"scenario": STEPS, "policy": WEB, **arguments})


def test_scores_are_a_row_a_run(results):
    scores = results.to_pandas()
    assert scores[["policy", "seed"]].apply(tuple, axis=1).tolist()[:4] == [
        ("web-app-hpa", 1),
        ("web-app-hpa", 2),
        ("web-app-hpa", 3),
        ("web-app-production-hpa", 1),
    ]
    assert len(scores) == 12  # two policies and two references under three seeds
    assert scores["complete"].all()


def test_estimates_hold_intervals_and_paired_differences(results):
    table = results.estimates()
    own, other = (table.loc[(name, "replica_hours")] for name in ("web-app-hpa", "web-app-production-hpa"))
    assert own["difference_mean"] == 0
    assert other["difference_mean"] == pytest.approx(other["mean"] - own["mean"])
    assert other["low"] <= other["mean"] <= other["high"]


def test_series_are_runs_over_time(results):
    series = results.series()
    first = series[(series["policy"] == "web-app-hpa") & (series["seed"] == 2)]
    assert (first["t_s"].iloc[0], first["t_s"].iloc[-1]) == (0, 1199)
    assert first["demand_rps"].iloc[[0, 700]].tolist() == pytest.approx([500, 2000])
    assert (first["wanted"] >= first["ready"]).mean() > 0.9
    assert first["latency_p99_s"].gt(0).all()


def test_actions_tell_why(results):
    actions = results.actions()
    assert list(actions.columns) == ["policy", "seed", "t_s", "before", "after", "reason", "why"]
    assert actions["why"].str.endswith(".").all()


def test_it_shows_itself(results):
    assert results.verdict().startswith("web-app-production-hpa against web-app-hpa, over 3 seeds: ")
    assert repr(results) == f"<Results of steps: {results.verdict()}>"
    page = results._repr_html_()
    assert page.startswith(f"<p><b>{html.escape(results.verdict())}</b></p><table>")
    assert "<th>SLO minutes violated</th>" in page
    assert "interval of the mean over 3 seeds" in page


def test_one_policy_speaks_for_itself():
    verdict = autoscaler.simulate(STEPS, WEB, until="10m").verdict()
    assert verdict == "Under web-app-hpa, 0 of 10 minutes break the objective, for 0.3333 replica-hours."


def test_the_plot_shows_the_report_s_panels(results):
    figure = results.plot("web-app-production-hpa", seed=2)
    try:
        titles = [axes.get_title(loc="left") for axes in figure.axes]
        assert titles[:3] == ["Demand against ready capacity", "Replicas", "Latency against the objective"]
        assert figure.get_suptitle() == "web-app-production-hpa in steps, seed 2"
        figure.canvas.draw()
    finally:
        plt.close(figure)


def test_a_run_that_is_not_there(results):
    with pytest.raises(KeyError, match="there are web-app-hpa, web-app-production-hpa, static peak"):
        results.plot("nobody")


def test_the_report_is_written(results, tmp_path):
    path = results.report(tmp_path / "out.html")
    assert path.read_text().startswith("<!")
    assert "web-app-production-hpa" in path.read_text()
