"""Our own kind of policy: an HPA's spec read as one, blocks of our own, and every fault with its place and a hint."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from autoscaler.cli.app import run
from autoscaler.config.hpa import ReadOptions
from autoscaler.config.policies import load_policies
from autoscaler.config.scaling_policy import scaling_policy_schema
from autoscaler.model.policy import Mode, Profile, ScalingPolicy
from autoscaler.model.safety import Collapse, Guarding, Hold, Safety
from autoscaler.model.time import MINUTE, SECOND

POLICY = """\
apiVersion: autoscaler.dev/v1alpha1
kind: ScalingPolicy
metadata: {name: web, namespace: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  maxReplicas: 10
"""


def read(tmp_path: Path, more: str = "", **options: Any) -> ScalingPolicy:
    file = tmp_path / "policy.yaml"
    file.write_text(POLICY + more)
    loaded = load_policies([file], ReadOptions(**options))
    assert loaded.faults == ()
    [policy] = loaded.policies
    return policy


def faults(tmp_path: Path, text: str) -> list[str]:
    file = tmp_path / "policy.yaml"
    file.write_text(text)
    loaded = load_policies([file])
    assert loaded.policies == ()
    return [str(fault).replace(str(file), "FILE").split("\n")[0] for fault in loaded.faults]


def test_without_blocks_every_guard_is_on(tmp_path: Path) -> None:
    policy = read(tmp_path)

    assert (policy.profile, policy.mode) == (Profile.GUARDED, Mode.OBSERVE)
    assert policy.guarding == Guarding(
        safety=Safety(
            max_sample_age=90 * SECOND,
            min_coverage=0.8,
            max_step_down=0.5,
            max_step_up=4.0,
            collapse=Collapse(drop=0.8, confirm=5 * MINUTE),
        )
    )
    assert (policy.max_replicas, len(policy.metrics)) == (10, 1), "an HPA's defaults hold"


def test_every_block_is_read(tmp_path: Path) -> None:
    more = """\
  mode: Paused
  pauseScaleUp: true
  pauseScaleDown: true
  period: 5s
  hold: {replicas: 7, until: "2026-01-05T19:00:00+01:00", author: ann, reason: sale}
  safety:
    maxSampleAge: 2m
    minCoverage: off
    maxStepDown: 0.25
    maxStepUp: 3x
    collapse: {drop: 90%}
"""
    policy = read(tmp_path, more, mode=Mode.APPLY)

    assert policy.mode is Mode.PAUSED
    assert policy.guarding == Guarding(
        safety=Safety(
            max_sample_age=2 * MINUTE, min_coverage=None, max_step_down=0.25, max_step_up=3.0,
            collapse=Collapse(drop=0.9, confirm=5 * MINUTE),
        ),
        pause_scale_up=True,
        pause_scale_down=True,
        hold=Hold(replicas=7, until=1_767_636_000 * SECOND, author="ann", reason="sale"),
        period=5 * SECOND,
    )  # fmt: skip


def test_the_controllers_mode_holds_where_a_policy_names_none(tmp_path: Path) -> None:
    assert read(tmp_path, mode=Mode.APPLY).mode is Mode.APPLY


def test_every_guard_can_be_switched_off(tmp_path: Path) -> None:
    names = ("maxSampleAge", "minCoverage", "maxStepDown", "maxStepUp", "collapse")
    policy = read(tmp_path, "  safety: {" + ", ".join(f"{name}: off" for name in names) + "}\n")
    assert policy.guarding is not None
    assert policy.guarding.safety == Safety(
        max_sample_age=None, min_coverage=None, max_step_down=None, max_step_up=None, collapse=None
    )


def test_a_guard_with_a_block_may_be_switched_off_in_it_as_well(tmp_path: Path) -> None:
    off = read(tmp_path, "  safety: {collapse: {enabled: false}}\n").guarding
    on = read(tmp_path, "  safety: {collapse: {enabled: true, drop: 90%}}\n").guarding

    assert off is not None
    assert on is not None
    assert (off.safety.collapse, on.safety.collapse) == (None, Collapse(drop=0.9, confirm=5 * MINUTE))


def test_the_schema_gives_defaults_and_limits_as_people_write_them() -> None:
    own = scaling_policy_schema()["$defs"]
    guards, collapse = own["SafetyBlock"]["properties"], own["CollapseBlock"]["properties"]

    written = ["maxSampleAge", "minCoverage", "maxStepDown", "maxStepUp"]
    assert [guards[name]["default"] for name in written] == ["90s", "80%", "50%", "4x"]
    assert "default" not in guards["collapse"]
    assert (collapse["drop"]["default"], collapse["confirm"]["default"]) == ("80%", "5m")
    assert collapse["drop"]["x-bounds"] == {"ge": 0, "le": 1, "gt": 0, "lt": 1}


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("  mode: apply\n", "FILE:7: spec.mode: should be 'Apply', 'Observe' or 'Paused', not 'apply'"),
        (
            "  safety: {minCoverage: 120%}\n",
            "FILE:7: spec.safety.minCoverage: should be less than or equal to 1, not '120%'",
        ),
        (
            "  safety:\n    maxSampleAge: 90\n",
            "FILE:8: spec.safety.maxSampleAge: 90 is not a duration; write numbers with units, such as 250ms, 15s or 1h30m",
        ),
        (
            "  safety:\n    maxStepUp:\n",
            "FILE:8: spec.safety.maxStepUp: is empty: leave it out for the default, or write `off`",
        ),
        ("  safety: {maxStepUp: 1x}\n", "FILE:7: spec.safety.maxStepUp: should be greater than 1, not '1x'"),
        ("  safety: {colapse: off}\n", "FILE:7: spec.safety.colapse: unknown field `colapse`"),
        (
            "  hold: {replicas: 3, until: 2026-01-05T19:00:00Z, author: ann}\n",
            "FILE:7: spec.hold.reason: is required",
        ),
        (
            "  hold: {replicas: 3, until: tomorrow, author: ann, reason: sale}\n",
            "FILE:7: spec.hold.until: should be a valid datetime or date, input is too short, not 'tomorrow'",
        ),
        ("  period: 10m\n", "FILE:7: spec.period: has to be from 1s to 5m, not '10m'"),
        (
            "  period: 15\n",
            "FILE:7: spec.period: 15 is not a duration; write numbers with units, such as 250ms, 15s or 1h30m",
        ),
        ("  maxReplica: 3\n", 'FILE:7: spec.maxReplica: unknown field "maxReplica"'),
    ],
)
def test_what_is_wrong_is_told_with_its_place(more: str, expected: str, tmp_path: Path) -> None:
    assert faults(tmp_path, POLICY + more) == [expected]


def test_faults_of_both_parts_are_told_together(tmp_path: Path) -> None:
    text = POLICY.replace("maxReplicas: 10", "maxReplicas: 0") + "  mode: Off\n"
    assert faults(tmp_path, text) == [
        "FILE:6: spec.maxReplicas: Required value: must be set and greater than 0",
        "FILE:7: spec.mode: should be 'Apply', 'Observe' or 'Paused', not False",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (POLICY.replace("v1alpha1", "v1"), 'FILE:1: apiVersion: apiVersion "autoscaler.dev/v1" has no ScalingPolicy'),
        (
            POLICY.replace("kind: ScalingPolicy", "kind: ScalingPolicies"),
            'FILE:2: kind: unknown kind "ScalingPolicies"',
        ),
    ],
)
def test_a_wrong_kind_or_version_is_told(text: str, expected: str, tmp_path: Path) -> None:
    assert faults(tmp_path, text) == [expected]


def test_the_schema_takes_what_is_read_and_refuses_what_is_not() -> None:
    schema = scaling_policy_schema()
    shipped = Path(__file__).parents[2] / "policies/shop-guarded.yaml"
    jsonschema.validate(yaml.safe_load(shipped.read_text()), schema)
    jsonschema.validate(
        yaml.safe_load(POLICY + "  safety: {collapse: off, minCoverage: 'off', maxStepUp: 3x}\n"), schema
    )
    with pytest.raises(jsonschema.ValidationError, match="colapse"):
        jsonschema.validate(yaml.safe_load(POLICY + "  safety: {colapse: {}}\n"), schema)


def test_the_schema_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema", "scaling-policy"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "ScalingPolicy (autoscaler.dev/v1alpha1)"


@pytest.mark.parametrize(
    "name", ["rollout_hold", "unready_hold", "refusal_cap", "first_sample", "live_pods_only", "yield_to_others"]
)
def test_a_guard_of_the_target_is_on_or_off(name: str, tmp_path: Path) -> None:
    first, *rest = name.split("_")
    written = first + "".join(map(str.title, rest))
    for text, expected in (("off", False), ("'off'", False), ("false", False), ("on", True), ("true", True)):
        guarding = read(tmp_path, f"  safety: {{{written}: {text}}}\n").guarding
        assert guarding is not None
        assert getattr(guarding.safety, name) is expected
    (fault,) = faults(tmp_path, POLICY + f"  safety: {{{written}: 3}}\n")
    assert f"spec.safety.{written}" in fault
