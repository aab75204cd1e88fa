"""Policies with periods of their own in one simulated run: each is evaluated when it is due, and only then."""

from __future__ import annotations

from dataclasses import replace

from autoscaler.config.scenario import Control
from autoscaler.model.policy import ObjectRef, PolicyKey, Profile, ScalingPolicy
from autoscaler.model.safety import Guarding
from autoscaler.model.time import SECOND
from autoscaler.simulator.schedule import Schedule

START = 1_000 * SECOND
CONTROL = Control.model_validate({"sync_period": "15s", "sync_phase": "2s"})


def policy(name: str, period: int | None) -> ScalingPolicy:
    usual = ScalingPolicy(
        key=PolicyKey(namespace="shop", name=name),
        target=ObjectRef(api_version="apps/v1", kind="Deployment", name=name),
        max_replicas=9,
    )
    if period is None:
        return usual
    return replace(usual, profile=Profile.GUARDED, guarding=Guarding(period=period * SECOND))


def due(*policies: ScalingPolicy, until: int = 60) -> list[tuple[int, list[str]]]:
    schedule = Schedule(CONTROL, policies, START, START + until * SECOND)
    return [
        ((tick - START) // SECOND, [each.key.name for each in policies if schedule.is_due(each.key, tick)])
        for tick in schedule
    ]


def test_policies_without_a_period_share_the_controllers_grid() -> None:
    two = (policy("a", None), policy("b", None))

    assert due(*two) == [(17, ["a", "b"]), (32, ["a", "b"]), (47, ["a", "b"])]
    assert Schedule(CONTROL, two, START, START).is_one_grid


def test_each_period_has_its_own_grid() -> None:
    mixed = (policy("usual", None), policy("quick", 10), policy("slow", 45))

    assert due(*mixed) == [
        (12, ["quick"]),
        (17, ["usual"]),
        (22, ["quick"]),
        (32, ["usual", "quick"]),
        (42, ["quick"]),
        (47, ["usual", "slow"]),
        (52, ["quick"]),
    ]
    assert not Schedule(CONTROL, mixed, START, START).is_one_grid


def test_a_run_that_is_stopped_ends_its_schedule() -> None:
    schedule = Schedule(CONTROL, (policy("a", 30),), START, START + 3_600 * SECOND, progress=lambda share: share > 0.2)

    assert [(at - START) // SECOND for at in schedule][-1] == 692  # 722 s are the first more than a fifth of the hour
    assert schedule.were_stopped


def test_a_run_cannot_be_stopped_before_there_is_anything_to_tell() -> None:
    schedule = Schedule(CONTROL, (policy("a", 30),), START, START + 3_600 * SECOND, progress=lambda _: True)

    assert [(at - START) // SECOND for at in schedule] == [32]
