"""What a scenario lets happen to pods and by time: what is allowed, and a fault that says so for everything else."""

from __future__ import annotations

import pytest

from autoscaler.config.scenario import load_scenario
from autoscaler.model.errors import InvalidScenarioError

SMALL = "name: small\nduration: 1h\ntraffic: {constant: {rps: 50}}\n"


def read(folder, text):
    path = folder / "scenario.yaml"
    path.write_text(SMALL + text)
    return load_scenario(path)


def faults(folder, text):
    with pytest.raises(InvalidScenarioError) as caught:
        read(folder, text)
    return [(fault.line, fault.path, fault.what) for fault in caught.value.faults]


def test_everything_about_pods_is_off_by_default(tmp_path):
    pods = read(tmp_path, "").pods
    assert (pods.image_pull, pods.startup_cpu, pods.warmup, pods.crashes) == (0, 0, None, None)
    assert (read(tmp_path, "").rollouts, read(tmp_path, "").faults) == ((), ())
    assert read(tmp_path, "").metrics.dropped_samples == 0


def test_pods_that_are_slow_or_crash(tmp_path):
    pods = read(
        tmp_path,
        "pods: {image_pull: 40s, startup_cpu: 800m, warmup: {for: 2m, slowness: 3}, crashes: {share_of_starts: 10%}}\n",
    ).pods
    assert (pods.image_pull, pods.startup_cpu) == (40, 0.8)
    assert (pods.warmup.span, pods.warmup.slowness) == (120, 3)
    assert (pods.crashes.share_of_starts, pods.crashes.back_off, pods.crashes.back_off_limit) == (0.1, 10, 300)


def test_a_rollout_in_numbers_and_percent(tmp_path):
    (rollout,) = read(tmp_path, "rollouts:\n  - {at: 10m, max_surge: 2, max_unavailable: 10%}\n").rollouts
    assert (rollout.at, rollout.max_surge, rollout.max_unavailable) == (600, 2, "10%")


def test_faults_of_every_kind(tmp_path):
    kinds = {
        "metrics_outage": "{of: custom, answer: stale}",
        "dropped_samples": "{share: 30%}",
        "metrics_lag": "{extra: 30s}",
        "slow_service": "{factor: 2.5}",
        "killed_pods": "{count: 3}",
        "failing_writes": "{answer: conflict}",
        "failing_reads": "{share: 0.5}",
        "controller_restart": "{memory: kept}",
        "clock_jump": "{by: -1m30s}",
    }
    text = "faults:\n" + "".join(f"  - {{at: {n}m, {kind}: {body}}}\n" for n, (kind, body) in enumerate(kinds.items()))
    found = read(tmp_path, text).faults
    assert [fault.name for fault in found] == list(kinds)
    assert (found[0].kind.of, found[0].kind.answer) == ("custom", "stale")
    assert (found[2].kind.extra, found[8].kind.by) == (30, -90)
    assert [fault.span for fault in found] == [None] * 9


def test_a_share_is_one_at_least_and_nothing_exceeds_what_there_is(tmp_path):
    text = "faults: [{at: 1s, killed_pods: {share: 10%}}, {at: 1s, killed_pods: {count: 5}}]\n"
    share, count = (fault.kind for fault in read(tmp_path, text).faults)
    assert [share.of(n) for n in (0, 1, 10, 16)] == [0, 1, 1, 2]
    assert [count.of(n) for n in (0, 4, 6)] == [0, 4, 5]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("pods: {warmup: {for: 0, slowness: 3}}\n",
                     (4, "pods.warmup.for", "should be greater than 0"), id="no-time-to-warm-up"),
        pytest.param("pods: {warmup: {for: 1m, slowness: 0.5}}\n",
                     (4, "pods.warmup.slowness", "should be greater than or equal to 1, not 0.5"), id="young-and-faster"),
        pytest.param("pods: {crashes: {}}\n",
                     (4, "pods.crashes", "give share_of_starts, per_pod_hour or both: nothing would ever crash"), id="no-crash"),
        pytest.param("pods: {crashes: {per_pod_hour: 1, back_off: 10m}}\n",
                     (4, "pods.crashes", "back_off (600 s) is longer than back_off_limit (300 s)"), id="back-off-above-its-limit"),
        pytest.param("pods: {image_pull: 2h}\n",
                     (4, "pods.startup", "image_pull plus startup plus readiness: 7225 s is longer than the run (3600 s): "
                             "nothing would ever happen"), id="a-pull-longer-than-the-run"),
        pytest.param("rollouts: [{at: 1m, max_surge: 0, max_unavailable: 0%}]\n",
                     (4, "rollouts[0]", "max_surge and max_unavailable are both 0: no pod could ever be replaced"),
                     id="a-rollout-that-cannot-begin"),
        pytest.param("rollouts: [{at: 1m, max_surge: some}]\n",
                     (4, "rollouts[0].max_surge", "'some' is neither a number of pods nor a percentage; write 2 or 25%"),
                     id="surge-in-words"),
        pytest.param("rollouts: [{at: 1m, max_unavailable: 120%}]\n",
                     (4, "rollouts[0]", "max_unavailable is 120%; more than all pods cannot be missing"), id="more-than-all"),
        pytest.param("rollouts: [{at: 1h}]\n",
                     (4, "rollouts[0].at", "3600 s is not within the run (3600 s): it would never happen"),
                     id="a-rollout-after-the-end"),
        pytest.param("target: {kind: StatefulSet}\nrollouts: [{at: 1m}]\n",
                     (5, "rollouts", "rollouts are a Deployment's; the target is a StatefulSet"), id="a-rollout-of-something-else"),
        pytest.param("faults: [{at: 1h, slow_service: {factor: 2}}]\n",
                     (4, "faults[0].at", "3600 s is not within the run (3600 s): it would never happen"),
                     id="a-fault-after-the-end"),
        pytest.param("faults: [{at: 1m}]\n",
                     (4, "faults[0]", "no kind is given; a fault takes exactly one of metrics_outage, dropped_samples, "
                                      "metrics_lag, slow_service, killed_pods, lost_nodes, failing_writes, failing_reads, "
                                      "controller_restart, clock_jump"), id="a-fault-of-no-kind"),
        pytest.param("faults: [{at: 1m, metrics_outage: {}, failing_reads: {}}]\n",
                     (4, "faults[0]", "metrics_outage and failing_reads are given; a fault takes exactly one of metrics_outage, "
                                      "dropped_samples, metrics_lag, slow_service, killed_pods, lost_nodes, failing_writes, "
                                      "failing_reads, controller_restart, clock_jump"), id="a-fault-of-two-kinds"),
        pytest.param("faults: [{at: 1m, for: 5m, killed_pods: {count: 1}}]\n",
                     (4, "faults[0]", "killed_pods happens at an instant; it takes no `for`"), id="kills-that-last"),
        pytest.param("faults: [{at: 1m, for: 0, failing_reads: {}}]\n",
                     (4, "faults[0].for", "should be greater than 0"), id="a-fault-that-takes-no-time"),
        pytest.param("faults: [{at: 1m, metrics_outage: {of: cpu}}]\n",
                     (4, "faults[0].metrics_outage.of", "should be 'resource', 'custom', 'external', 'prometheus' or 'all', not 'cpu'"),
                     id="an-outage-of-what"),
        pytest.param("faults: [{at: 1m, killed_pods: {}}]\n",
                     (4, "faults[0].killed_pods", "give count or share, one of both"), id="kills-of-nobody"),
        pytest.param("faults: [{at: 1m, dropped_samples: {share: 0}}]\n",
                     (4, "faults[0].dropped_samples.share", "should be greater than 0"), id="nothing-dropped"),
        pytest.param("faults: [{at: 1m, clock_jump: {by: 0}}]\n",
                     (4, "faults[0].clock_jump", "by is 0: the clock stays as it is"), id="a-clock-that-stays"),
        pytest.param("faults: [{at: 1m, clock_jump: {by: 10}}]\n",
                     (4, "faults[0].clock_jump.by",
                      "10 is not a duration; write numbers with units, such as 250ms, 15s or 1h30m"), id="a-jump-without-unit"),
        pytest.param("faults: [{at: 1m, lost_nodes: {pool: spot, count: 1}}]\n",
                     (4, "faults[0].lost_nodes.pool", "there are no nodes called spot: the scenario has no `nodes`"), id="nodes-that-are-not-there"),
        pytest.param("nodes: [{name: spot, shape: {cpu: 4, memory: 8Gi}}]\nfaults: [{at: 1m, lost_nodes: {pool: spt, count: 1}}]\n",
                     (5, "faults[0].lost_nodes.pool", "there are no nodes called spt: nodes has spot"), id="nodes-of-another-name"),
        pytest.param("metrics: {dropped_samples: 120%}\n",
                     (4, "metrics.dropped_samples", "should be less than or equal to 1, not '120%'"), id="more-than-all-dropped"),
    ],
)  # fmt: skip
def test_one_fault(tmp_path, text, expected):
    assert faults(tmp_path, text) == [expected]
