"""C96, fault injection: whatever fails, the promises hold. One scenario each, and what it did, literally.

Metric outage, spot storm, 409 and 429, clock jump, restart. The promises: within the bounds; nothing shrinks because data
is missing; nothing shrinks below what was asked for within the window; changes stay within the rate rules.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path

import pytest

from autoscaler.config.policies import load_policies
from autoscaler.control.controller import Controller
from autoscaler.model.controller_config import ControllerConfig
from autoscaler.model.decision import Action, WriteResult
from autoscaler.model.observation import NoReading, Scale
from autoscaler.model.time import MINUTE, SECOND
from autoscaler.simulator.driver import Driver
from autoscaler.simulator.faults import FaultyRun, api_of
from autoscaler.simulator.inputs import prepare
from autoscaler.simulator.simulation import bind, simulate
from autoscaler.simulator.world import started

ROOT = Path(__file__).parents[2]
(WEB,) = load_policies([ROOT / "policies/web-app-hpa.yaml"]).policies  # 2 to 10; window 300 s down; half a minute down
CONFIG = ControllerConfig()
WINDOW, PERIOD_DOWN, PERIOD_UP = 300 * SECOND, 60 * SECOND, 15 * SECOND

#: A pod serves 100 requests/s at most and is at 70 % of its cpu request with 70: 3, then 8 (within tolerance of 9), then 3.
SERVICE = {"cpu_per_request": "5m", "cpu_at_rest": "0", "memory_at_rest": "4Mi"}
DAY = {"steps": [{"at": "0s", "rps": 200}, {"at": "10m", "rps": 600}, {"at": "30m", "rps": 200}]}


@dataclass
class Run:
    """The story of one run: every record with its true second."""

    passes: list

    def writes(self):
        """Give what was written, as ``(second, before, after)``."""
        return [
            (at, record.decision.current, record.decision.desired)
            for at, record in self.passes
            if record.outcome.result is WriteResult.WRITTEN
        ]

    def between(self, first, last):
        return [record for at, record in self.passes if first <= at < last]


@pytest.fixture
def play(scenario):
    """Run the day with faults, check every promise, and give the story."""

    def run(*faults, duration="1h", **sections):
        sections.setdefault("pods", {"initial_replicas": 3})
        made = scenario(traffic=DAY, service=SERVICE, duration=duration, faults=list(faults), **sections)
        inputs = prepare(made, ROOT)
        world = started(made)
        world.add(made, inputs.traffic, inputs.duration)
        story = Run([])

        def note(record):
            story.passes.append(((world.now - world.start) / SECOND, record))

        driver = Driver(world, Controller(CONFIG), note, api_of(world, made))
        driver.accept([bind(WEB, made.target)[0]])
        ticks = range(world.start + 22 * SECOND, world.start + inputs.duration * SECOND + 1, 15 * SECOND)
        FaultyRun(driver, world, made, lambda: Controller(CONFIG)).run(ticks)
        forgets = [
            fault.at
            for fault in made.faults
            if fault.controller_restart and fault.controller_restart.memory == "forgotten"
        ]
        check_promises(story, forgets)
        return story

    return run


def check_promises(story, forgets):
    asked, changes, lives = [], [], 0
    for at, record in story.passes:
        decision, now = record.decision, record.decision.at
        if sum(forget <= at for forget in forgets) > lives:
            lives, changes = lives + 1, []
            asked = [(now, decision.current or 0)]  # a controller that knows nothing begins with what there is
        assert decision.current is None or decision.action is Action.NONE or 2 <= decision.desired <= 10
        known = [proposal.replicas for proposal in decision.proposals if proposal.replicas is not None]
        failed = len(known) < 2 or any(isinstance(reading, NoReading) for reading in record.observation.readings)
        if known and not failed:
            asked.append((now, max(known)))
        if decision.action is Action.SCALE_DOWN:
            assert not failed, f"{at}: shrinks without data"
            assert decision.desired >= max(n for then, n in asked if now - WINDOW < then), f"{at}: forgets the window"
            removed = sum(n for then, n in changes if n > 0 and now - PERIOD_DOWN < then)
            assert decision.desired >= (decision.current + removed) // 2, f"{at}: shrinks too fast"
        if decision.action is Action.SCALE_UP:
            added = -sum(n for then, n in changes if n < 0 and now - PERIOD_UP < then)
            before = decision.current - added
            assert decision.desired <= max(2 * before, before + 4), f"{at}: grows too fast"
        if record.outcome.result is WriteResult.WRITTEN:
            changes.append((now, decision.current - decision.desired))


def test_c96_without_faults_the_day_is_followed(play):
    assert play().writes() == [(622, 3, 5), (682, 5, 8), (2107, 8, 4), (2167, 4, 3)]


def test_c96_a_metric_outage_at_the_peak_holds_what_there_is(play):
    story = play({"at": "25m", "for": "20m", "metrics_outage": {"of": "resource"}})
    assert {record.decision.reason for record in story.between(1500, 2700)} == {"MetricMissing"}
    assert [second for second, _, _ in story.writes()] == [622, 682, 2707, 2767]
    assert story.between(1500, 1515)[0].observation.readings[0].error.endswith("(get pods.metrics.k8s.io)")


def test_c96_a_metric_outage_while_load_grows_is_made_up_for_afterwards(play):
    story = play({"at": "9m", "for": "10m", "metrics_outage": {}})
    assert story.writes()[0][:2] == (1147, 3)  # the outage ends at 1,140 s
    assert story.writes()[0][2] == 5


def test_c96_stale_metrics_neither_grow_nor_shrink_anything(play):
    story = play({"at": "25m", "for": "20m", "metrics_outage": {"answer": "stale"}})
    assert [second for second, _, _ in story.writes() if 1500 <= second < 2700] == []


def test_c96_missing_samples_shrink_nothing(play):
    story = play({"at": "15m", "for": "10m", "dropped_samples": {"share": "40%"}})
    assert [write for write in story.writes() if write[0] < 1800] == [(622, 3, 5), (682, 5, 8)]


SPOT = {"name": "spot", "shape": {"cpu": "2", "memory": "8Gi"}, "provisioning": "60s", "jitter": 0, "max": 20}


def test_c96_a_spot_storm_takes_all_pods_and_they_come_back(play):
    storm = {"at": "20m", "share": "100%", "dry": "5m"}
    nodes = [{**SPOT, "spot": {"storms": [storm], "notice": "2m"}}]
    story = play(nodes=nodes)
    ready = [
        sum(
            pod.ready is not None and pod.ready.status == "True" and not pod.deleting for pod in record.observation.pods
        )
        for _, record in story.passes
    ]
    at = [second for second, _ in story.passes]
    assert ready[at.index(1192)] == 9  # just before the provider's notice
    assert {n for second, n in zip(at, ready, strict=True) if 1200 < second < 1590} == {0}
    assert ready[at.index(1597)] == 9  # the pool gives nodes again at 1,500 s: 60 s to come, 25 s to start
    assert [write for write in story.writes() if 1200 < write[0] < 1800 and write[2] < write[1]] == []


def test_c96_nodes_lost_without_notice_take_their_pods_with_them(play):
    story = play({"at": "20m", "lost_nodes": {"pool": "spot", "count": 1}}, nodes=[SPOT])
    (before,), (after,) = story.between(1185, 1200), story.between(1200, 1215)
    assert len(after.observation.pods) == len(before.observation.pods) == 9
    lost = {pod.name for pod in before.observation.pods} - {pod.name for pod in after.observation.pods}
    assert len(lost) == 4  # of 2 cores there are four times 500m
    assert [write for write in story.writes() if 1200 < write[0] < 1800 and write[2] < write[1]] == []


def test_c96_pods_lost_at_once_are_replaced_and_nothing_shrinks(play):
    story = play({"at": "20m", "killed_pods": {"share": "70%"}})
    assert [write for write in story.writes() if write[0] < 1800 and write[2] < write[1]] == []
    counts = {len(record.observation.pods) for record in story.between(1230, 1800)}
    assert min(counts) >= 8


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ("conflict", "Operation cannot be fulfilled on deployments \"web\": the object has been modified; please apply your "
                     "changes to the latest version and try again"),
        ("throttled", "the server has received too many requests and has asked us to try again later "
                      "(patch deployments.apps web)"),
        ("refused", "the server is currently unable to handle the request (patch deployments.apps web)"),
    ],
)  # fmt: skip
def test_c96_writes_that_fail_are_tried_again_each_pass(play, answer, error):
    story = play({"at": "10m", "for": "10m", "failing_writes": {"answer": answer}})
    failed = [
        record.outcome for record in story.between(600, 1200) if record.outcome.result is not WriteResult.NOT_NEEDED
    ]
    assert len(failed) == 39  # from 622 s to 1,192 s
    assert {(outcome.result, outcome.error) for outcome in failed} == {(WriteResult.FAILED, error)}
    assert [write[:2] for write in story.writes()][:1] == [(1207, 3)]


def test_c96_half_of_the_writes_failing_only_delays(play):
    story = play({"at": "10m", "for": "10m", "failing_writes": {"answer": "throttled", "share": "50%"}})
    results = [record.outcome.result for record in story.between(600, 1200)]
    assert WriteResult.FAILED in results
    assert story.writes()[-1][2] == 3


def test_c96_a_scale_that_cannot_be_read_is_not_written(play):
    story = play({"at": "9m", "for": "5m", "failing_reads": {}})
    blind = story.between(540, 840)
    assert not any(isinstance(record.observation.scale, Scale) for record in blind)
    assert {record.outcome.result for record in blind} == {WriteResult.NOT_NEEDED}
    assert story.writes()[0] == (847, 3, 5)


def test_c96_a_restart_with_its_memory_changes_nothing(play):
    restarts = [{"at": f"{minute}m", "controller_restart": {"memory": "kept"}} for minute in (5, 12, 34, 35, 36)]
    assert play(*restarts).writes() == play().writes()


def test_c96_a_restart_without_memory_waits_for_a_whole_window(play):
    story = play({"at": "34m", "controller_restart": {}})
    assert [write for write in story.writes() if write[0] > 1800] == [(2347, 8, 4), (2407, 4, 3)]  # 2,047 s and 300 s


def test_c96_no_controller_no_change(play):
    story = play({"at": "9m", "for": "8m", "controller_restart": {}})
    assert story.between(540, 1020) == []
    assert story.writes()[0][0] == 1027


def test_c96_a_clock_set_ahead_lets_windows_end_early_and_breaks_no_promise(play):
    story = play({"at": "31m", "clock_jump": {"by": "10m"}})
    times = [record.decision.at for record in story.between(1830, 1890)]
    assert [later - earlier for earlier, later in itertools.pairwise(times)] == [
        15 * SECOND,
        10 * MINUTE + 15 * SECOND,
        15 * SECOND,
    ]
    down = [second for second, before, after in story.writes() if after < before]
    assert down[0] == 1867  # 240 s early


def test_c96_a_clock_set_back_stands_still_and_nothing_shrinks_meanwhile(play):
    story = play({"at": "31m", "clock_jump": {"by": "-10m"}})
    shown = {record.decision.at for record in story.between(1875, 2455)}
    assert len(shown) == 1
    assert next(second for second, before, after in story.writes() if after < before) > 2460


def test_c96_everything_at_once(play):
    faults = [
        {"at": "10m", "for": "5m", "metrics_outage": {"of": "resource"}},
        {"at": "12m", "killed_pods": {"count": 2}},
        {"at": "14m", "for": "10m", "failing_writes": {"answer": "conflict", "share": "50%"}},
        {"at": "20m", "for": "1m", "controller_restart": {}},
        {"at": "28m", "for": "10m", "dropped_samples": {"share": "50%"}},
        {"at": "29m", "for": "5m", "failing_reads": {"share": "50%"}},
        {"at": "33m", "for": "10m", "clock_jump": {"by": "3m"}},
        {"at": "35m", "for": "5m", "metrics_lag": {"extra": "1m"}},
        {"at": "36m", "for": "2m", "slow_service": {"factor": 3}},
    ]
    assert play(*faults).writes()[-1][2] == 3


def test_a_run_with_faults_is_reproduced_byte_for_byte(scenario):
    faults = [
        {"at": "11m", "for": "5m", "failing_writes": {"share": "50%"}},
        {"at": "20m", "killed_pods": {"share": "50%"}},
        {"at": "31m", "clock_jump": {"by": "10m"}},
    ]
    inputs = prepare(scenario(traffic=DAY, service=SERVICE, faults=faults, pods={"initial_replicas": 3}), ROOT)
    one, two = simulate(inputs, WEB), simulate(inputs, WEB)
    assert (one.score, one.actions) == (two.score, two.actions)
    assert all(0 <= action.t <= 3600 for action in one.actions)  # in the world's time, whatever the clock shows
