"""What is counted, told and kept of comparisons, also while the disk refuses."""

from __future__ import annotations

from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from autoscaler.adapters.comparison_log import ComparisonLog, read_comparisons
from autoscaler.control.messages import Record
from autoscaler.daemon.comparer import AgreementMetrics, Comparer
from autoscaler.model.comparison import Verdict
from autoscaler.model.controller_config import DEFAULT_CONFIG
from autoscaler.model.decision import Condition, Decision, PolicyStatus, Reason, Settlement, WriteOutcome, WriteResult
from autoscaler.model.observation import Observation, Scale
from autoscaler.model.policy import ObjectRef, PolicyKey, ScalingPolicy
from autoscaler.model.time import SECOND

KEY = PolicyKey(namespace="shop", name="web")
POLICY = ScalingPolicy(key=KEY, target=ObjectRef(api_version="apps/v1", kind="Deployment", name="web"), max_replicas=9)
NAMED = {"target_namespace": "shop", "policy": "web"}


def status(desired: int) -> PolicyStatus:
    able = Condition(type="AbleToScale", status="True", reason="ReadyForNewScale", message="", last_transition=0)
    return PolicyStatus(current_replicas=desired, desired_replicas=desired, conditions=(able,))


class Beside:
    """A comparer with its metrics; theirs always says 4."""

    def __init__(self, log: ComparisonLog | None = None) -> None:
        self.registry = CollectorRegistry()
        self.comparer = Comparer(DEFAULT_CONFIG, AgreementMetrics(self.registry), log)
        self.comparer.follow(POLICY, 0)
        self.comparer.seen(KEY, status(4), 0)
        self.at = 0

    def passes(self, *desired: int) -> None:
        for replicas in desired:
            decision = Decision(
                key=KEY, at=self.at, current=4, desired=replicas, rescale=False, reason=Reason.UNCHANGED,
                status=status(replicas),
            )  # fmt: skip
            self.comparer.record(
                Record(
                    key=KEY,
                    observation=Observation(at=self.at, scale=Scale(spec_replicas=4, status_replicas=4)),
                    decision=decision,
                    outcome=WriteOutcome(result=WriteResult.NOT_NEEDED),
                    settlement=Settlement(status=decision.status),
                )
            )
            self.at += 15 * SECOND

    def value(self, metric: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(f"autoscaler_shadow_{metric}", NAMED | labels)


def test_every_verdict_is_counted_and_the_last_difference_shown() -> None:
    beside = Beside()
    beside.passes(4, 4, 6, 6, 6, 6)

    assert beside.value("agreements_total") == 2
    assert beside.value("disagreements_total", reason="phase") == 1  # their 4 is what we said just before
    assert beside.value("disagreements_total", reason="replicas") == 1
    assert beside.value("replicas_difference") == 2


def test_news_that_may_be_out_of_date_are_not_compared() -> None:
    beside = Beside()
    beside.comparer.is_current = lambda: False
    beside.passes(6, 6, 6)

    assert beside.value("uncompared_total") == 1
    assert beside.value("agreements_total") is None


def test_a_difference_is_told_once_when_it_begins_and_once_when_it_ends() -> None:
    beside = Beside()
    with capture_logs() as told:
        beside.passes(*[6] * 6, *[4] * 6)

    assert [(line["event"], line.get("ours"), line.get("theirs")) for line in told] == [
        ("differs from the built-in controller", 6, 4),
        ("agrees again", None, None),
    ]


async def test_a_policy_that_is_gone_leaves_its_counts_on_disk_and_no_series(tmp_path: Path) -> None:
    beside = Beside(ComparisonLog(tmp_path / "log", limit=10**6))
    beside.passes(6, 6, 6, 4, 4, 4, 4)
    beside.comparer.forget(KEY)
    await beside.comparer.close()

    assert {tally.verdict for tally in read_comparisons(tmp_path / "log")[0]} >= {Verdict.REPLICAS, Verdict.AGREED}
    assert not [sample for metric in beside.registry.collect() for sample in metric.samples if sample.labels]


async def test_what_a_full_disk_refuses_is_written_once_there_is_room(tmp_path: Path) -> None:
    blocked = tmp_path / "folder"
    blocked.write_text("a file where a folder is needed")
    beside = Beside(ComparisonLog(blocked / "log", limit=10**6))
    beside.passes(4, 4, 4, 4)

    with capture_logs() as told:
        await beside.comparer.close()
    blocked.unlink()
    beside.passes(4)
    await beside.comparer.close()

    [line] = told
    assert (line["event"], line["log_level"]) == ("comparisons not written; they are kept and tried again", "error")
    assert sum(tally.passes for tally in read_comparisons(blocked / "log")[0]) == 3


@pytest.mark.parametrize("kept", [True, False])
async def test_without_a_log_nothing_waits_to_be_written(tmp_path: Path, kept: bool) -> None:
    beside = Beside(ComparisonLog(tmp_path / "log", limit=10**6) if kept else None)
    beside.passes(4, 4, 4)
    await beside.comparer.close()

    assert (tmp_path / "log").exists() is kept
