"""Policies by seeds: equal bytes for any number of processes, pairs, and what an interruption leaves."""

from __future__ import annotations

import os
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from autoscaler.config.policies import load_policies
from autoscaler.config.scenario import Fidelity, load_scenario
from autoscaler.model.controller_config import ControllerConfig
from autoscaler.model.errors import WorkerLostError
from autoscaler.simulator.inputs import Overrides, prepare
from autoscaler.simulator.jobs import Contender, jobs_of, run_trials, stopped_short
from autoscaler.simulator.pool import Watcher, workers_for

ROOT = Path(__file__).parents[2]
(WEB,) = load_policies([ROOT / "policies/web-app-hpa.yaml"]).policies
ROOMY = replace(WEB, min_replicas=6)


@pytest.fixture(scope="module")
def inputs():
    path = ROOT / "simulations/flash-crowd.yaml"
    return prepare(load_scenario(path), path.parent, Overrides(until=1800))


@pytest.fixture(scope="module")
def jobs(inputs):
    contenders = [Contender(name="web", policy=WEB), Contender(name="roomy", policy=ROOMY)]
    return jobs_of(inputs, contenders, (5, 6, 7), ControllerConfig(), with_references=True)


@pytest.fixture(scope="module")
def trials(jobs):
    return run_trials(jobs, workers=1)


class Recorder(Watcher):
    """Writes down what it is told, and stops everything after so many news of one job."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.told: list[tuple[str, int]] = []
        self._stop_after = stop_after

    def begins(self, job: int) -> None:
        self.told.append(("begins", job))

    def moves(self, job: int, share: float) -> None:
        self.told.append(("moves", job))

    def ends(self, job: int) -> None:
        self.told.append(("ends", job))

    def is_stopping(self) -> bool:
        return self._stop_after is not None and len(self.told) >= self._stop_after


def test_every_policy_meets_every_seed(trials):
    assert trials.seeds == (5, 6, 7)
    assert [each.policy for each in trials.policies] == ["web", "roomy", "static peak", "clairvoyant"]
    assert [each.is_reference for each in trials.policies] == [False, False, True, True]
    assert [[r.inputs.scenario.seed for r in each.results] for each in trials.policies] == [[5, 6, 7]] * 4
    assert trials.is_complete


def test_the_runs_go_seed_by_seed(jobs):
    assert [job.title for job in jobs[:4]] == ["web, seed 5", "roomy, seed 5", "references, seed 5", "web, seed 6"]


@pytest.mark.parametrize("workers", [2, 3])
def test_any_number_of_processes_gives_the_same_bytes(jobs, trials, workers):
    # Pickled one by one: pickle writes an object that it met before as a reference, so the whole depends on who shares what.
    again = run_trials(jobs, workers=workers)
    for ours, theirs in zip(trials.policies, again.policies, strict=True):
        for one, other in zip(ours.results, theirs.results, strict=True):
            for part in ("score", "actions", "troubles", "policy", "evaluations"):
                assert getattr(one, part) == getattr(other, part)
            for part in ("t", "demand", "capacity", "waiting", "failed", "latency"):
                assert getattr(one.series, part).tobytes() == getattr(other.series, part).tobytes()
            assert all(a.ratio.tobytes() == b.ratio.tobytes() for a, b in zip(one.metrics, other.metrics, strict=True))


def test_seeds_differ_and_pairs_share_their_luck(trials):
    web, roomy = trials.contenders
    assert len(set(web.sample().values("replica_hours").values())) == 3
    alone = roomy.estimate("late_share").half_width
    paired = trials.difference(roomy, "late_share")
    assert paired.n == 3
    assert paired.mean == pytest.approx(roomy.estimate("late_share").mean - web.estimate("late_share").mean)
    assert alone is not None


def test_the_first_policy_does_not_differ_from_itself(trials):
    own = trials.difference(trials.policies[0], "replica_hours")
    assert (own.mean, own.half_width, own.is_beyond_chance) == (0, 0, False)


def test_more_pods_from_the_start_cost_more_and_break_less(trials):
    roomy = trials.contenders[1]
    assert trials.difference(roomy, "replica_hours").low > 0
    assert trials.difference(roomy, "slo_minutes_violated").high < 0


def test_progress_of_jobs_elsewhere_is_heard(jobs):
    recorder = Recorder()
    run_trials(jobs[:2], workers=2, watcher=recorder)
    assert [job for what, job in recorder.told if what == "begins"] == [0, 1]
    assert sorted(job for what, job in recorder.told if what == "ends") == [0, 1]
    assert recorder.told.count(("moves", 0)) == 118  # every 15 s of 30 minutes, but at first


def test_a_stop_keeps_what_was_played(jobs):
    # web under seed 5 is told of as it begins, 118 times, as it ends: the stop comes after 39 more of the second run
    trials = run_trials(jobs, workers=1, watcher=Recorder(stop_after=160))
    web, roomy = trials.policies
    assert ([r.is_complete for r in web.results], [r.is_complete for r in roomy.results]) == ([True], [False])
    assert (web.results[0].inputs.duration, roomy.results[0].inputs.duration) == (1800, 592)
    assert not trials.is_complete
    assert (web.sample().played, roomy.sample().played) == (None, 592)
    assert stopped_short(trials, jobs) == ("1 of 9 runs are complete; roomy, seed 5, was stopped after 9m52s")


def test_a_stop_before_anything_leaves_nothing(jobs):
    trials = run_trials(jobs, workers=1, watcher=Recorder(stop_after=0))
    assert (trials.policies, trials.is_complete) == ((), False)


def test_a_stop_reaches_jobs_elsewhere(inputs):
    long = replace(inputs, duration=40 * 86_400)
    jobs = jobs_of(long, [Contender(name="web", policy=WEB)], (1, 2), ControllerConfig())
    trials = run_trials(jobs, workers=2, watcher=Recorder(stop_after=6))
    played = [result.inputs.duration for each in trials.policies for result in each.results]
    assert len(played) == 2
    assert all(292 <= seconds < long.duration for seconds in played)


def test_a_process_that_is_killed_is_an_error_that_names_the_run(jobs):
    fatal = replace(jobs[0], contender=Contender(name="fatal", policy=Fatal()))
    with pytest.raises(WorkerLostError, match=r"the process that played fatal, seed 5 was ended by signal 6"):
        run_trials([fatal, jobs[1]], workers=2)


def test_an_error_elsewhere_is_raised_here(jobs):
    wrong = replace(jobs[0], contender=Contender(name="wrong", policy="no policy"))
    with pytest.raises(AttributeError, match="'str' object has no attribute 'target'"):
        run_trials([wrong, jobs[1]], workers=2)


def test_little_work_stays_in_this_process(inputs, jobs):
    assert workers_for(jobs) == 1
    long = [replace(jobs[0], inputs=replace(inputs, duration=86_400))] * 40
    assert workers_for(long) == len(os.sched_getaffinity(0))


def test_a_result_survives_the_journey(trials):
    result = trials.policies[0].results[0]
    back = pickle.loads(pickle.dumps(result))
    assert back.score == result.score
    assert np.array_equal(back.series.latency, result.series.latency, equal_nan=True)


class Fatal:
    """What aborts the process that it is sent to."""

    def __reduce__(self):
        return os.abort, ()


def test_the_work_of_single_requests_is_counted_in_requests(inputs, jobs):
    exact = inputs.scenario.model_copy(update={"fidelity": Fidelity.REQUEST})
    job = replace(jobs[0], inputs=replace(inputs, scenario=exact))  # 5.9 million requests
    assert (workers_for([job] * 6), workers_for([job] * 8)) == (1, len(os.sched_getaffinity(0)))
