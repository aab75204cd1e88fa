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
    assert read(tmp_path, "").rollouts == ()


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
                     (1, "", "pods.image_pull plus pods.startup plus pods.readiness (7225 s) is longer than the run (3600 s): "
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
                     (1, "", "rollouts[0].at (3600 s) is not within the run (3600 s): it would never happen"),
                     id="a-rollout-after-the-end"),
        pytest.param("target: {kind: StatefulSet}\nrollouts: [{at: 1m}]\n",
                     (1, "", "rollouts are a Deployment's; the target is a StatefulSet"), id="a-rollout-of-something-else"),
    ],
)  # fmt: skip
def test_one_fault(tmp_path, text, expected):
    assert faults(tmp_path, text) == [expected]
