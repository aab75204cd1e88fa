"""HPAs and ScaledObjects as ScalingPolicies: what comes out, and that everything that does not is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from autoscaler.cli.app import run
from autoscaler.config.documents import scan
from autoscaler.config.hpa import ReadOptions
from autoscaler.config.importing.files import Imported, import_files
from autoscaler.config.policy_files import read_policies

MANIFESTS = Path(__file__).with_name("other_autoscalers.yaml")
#: What is left out of each manifest, by its field; ``None``: no policy comes out either.
LEFT_OUT: dict[str, tuple[list[str], bool]] = {
    "hpa-cpu": ([], True),
    "hpa-many": ([], True),
    "hpa-v1": ([], True),
    "hpa-v2beta2": ([], True),
    "hpa-v2beta1": (["apiVersion"], False),
    "keda-cpu": ([], True),
    "keda-cpu-container": ([], True),
    "keda-prometheus": (["spec.triggers[0].metadata.serverAddress"], True),
    "keda-prometheus-auth": (
        [
            "spec.triggers[0].metadata",
            "spec.triggers[0].metadata.serverAddress",
            "spec.triggers[0].metadata.namespace",
            "spec.triggers[0].metadata.customHeaders",
            "spec.triggers[0].metadata.authModes",
            "spec.triggers[0].metadata.unsafeSsl",
            "spec.triggers[0].authenticationRef",
        ],
        True,
    ),
    "keda-zero": (
        [
            "spec.minReplicaCount",
            "spec.pollingInterval",
            "spec.cooldownPeriod",
            "spec.idleReplicaCount",
            "spec.triggers[0].metadata.serverAddress",
        ],
        True,
    ),
    "keda-fallback": (["spec.triggers[0].metadata.serverAddress"], True),
    "keda-fallback-current": ([], True),
    "keda-paused": (["metadata.annotations[autoscaling.keda.sh/paused-replicas]"], True),
    "keda-paused-in": ([], True),
    "keda-behavior": (
        ["spec.advanced.restoreToOriginalReplicaCount", "spec.advanced.horizontalPodAutoscalerConfig.name"],
        True,
    ),
    "keda-modifiers": (["spec.advanced.scalingModifiers", "spec.triggers[0].type"], True),
    "keda-cron": (["spec.triggers[0].type"], True),
    "keda-rabbitmq": (["spec.minReplicaCount", "spec.triggers", "spec.triggers[0].type"], False),
    "keda-job": (["kind"], False),
    "keda-odd": (["spec.triggers[0].metadata.value", "spec.triggers[0].useCachedMetrics"], True),
}


def imported(tmp_path: Path, text: str) -> Imported:
    file = tmp_path / "manifest.yaml"
    file.write_text(text)
    return import_files([file], ReadOptions())


def spec_of(tmp_path: Path, name: str) -> dict[str, Any]:
    """The spec that comes out of one of the manifests."""
    chosen = next(each for each in yaml.safe_load_all(MANIFESTS.read_text()) if each["metadata"]["name"] == name)
    [manifest] = imported(tmp_path, yaml.safe_dump(chosen)).manifests
    spec: dict[str, Any] = manifest["spec"]
    return spec


def test_c100_twenty_manifests_come_out_as_policies_and_every_field_without_an_equal_is_named(tmp_path: Path) -> None:
    manifests = list(yaml.safe_load_all(MANIFESTS.read_text()))
    assert [each["metadata"]["name"] for each in manifests] == list(LEFT_OUT)
    assert len(manifests) == 20

    for each in manifests:
        result = imported(tmp_path, yaml.safe_dump(each, sort_keys=False))
        paths, comes_out = LEFT_OUT[each["metadata"]["name"]]
        assert sorted(fault.path for fault in result.losses) == sorted(paths), each["metadata"]["name"]
        assert all(fault.line and fault.what for fault in result.losses)
        assert [manifest["metadata"]["name"] for manifest in result.manifests] == [each["metadata"]["name"]] * comes_out
        written = yaml.safe_dump_all(result.manifests)
        candidates, faults = read_policies(scan(written, "written"), ReadOptions())
        assert (len(candidates), faults) == (int(comes_out), [])


def test_an_hpas_spec_is_taken_as_it_is(tmp_path: Path) -> None:
    text = MANIFESTS.read_text().split("---\n")[1]
    [manifest] = imported(tmp_path, text).manifests

    assert manifest["spec"] == yaml.safe_load(text)["spec"]
    assert (manifest["apiVersion"], manifest["kind"]) == ("autoscaler.dev/v1alpha1", "ScalingPolicy")


def test_an_hpa_of_the_first_version_gets_its_metric(tmp_path: Path) -> None:
    assert spec_of(tmp_path, "hpa-v1")["metrics"] == [
        {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}}
    ]


def test_a_prometheus_trigger_is_a_prometheus_metric(tmp_path: Path) -> None:
    assert spec_of(tmp_path, "keda-prometheus")["metrics"] == [
        {
            "type": "Prometheus",
            "prometheus": {
                "name": "prometheus",
                "datasource": "prometheus",
                "query": 'sum(rate(http_requests_total{deployment="my-deployment"}[2m]))',
                "target": {"type": "AverageValue", "averageValue": "100.50"},
                "activation": "5.5",
            },
        }
    ]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("keda-fallback", {"after": "90s", "use": "Fixed", "replicas": 6, "allowDecrease": True}),
        ("keda-fallback-current", {"after": "120s", "use": "Hold"}),
    ],
)
def test_a_fallback_waits_as_long_as_its_failures_take(name: str, expected: dict[str, Any], tmp_path: Path) -> None:
    assert spec_of(tmp_path, name)["safety"] == {"fallback": expected}


def test_pauses_are_taken_from_annotations(tmp_path: Path) -> None:
    assert spec_of(tmp_path, "keda-paused")["mode"] == "Paused"
    assert spec_of(tmp_path, "keda-paused-in")["pauseScaleDown"] is True


def test_behavior_and_target_are_taken_over(tmp_path: Path) -> None:
    spec = spec_of(tmp_path, "keda-behavior")

    assert spec["scaleTargetRef"] == {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "name": "web"}
    assert spec["behavior"]["scaleDown"]["stabilizationWindowSeconds"] == 600
    assert (spec["minReplicas"], spec["maxReplicas"]) == (1, 100)


def test_the_command_writes_policies_and_says_what_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "cron.yaml"
    file.write_text(MANIFESTS.read_text().split("---\n")[16])

    assert run(["import", str(file)]) == 3
    out, err = capsys.readouterr()

    assert yaml.safe_load(out)["metadata"] == {"name": "keda-cron"}
    assert err == (
        f"{file}:8: spec.triggers[0].type: trigger 'cron' has no equal and is left out\n"
        "  hint: hours of the day are no metric; impose the number for a while with `hold`\n"
    )


def test_a_whole_import_exits_with_0_and_nothing_to_import_with_4(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, nothing = tmp_path / "whole.yaml", tmp_path / "nothing.yaml"
    whole.write_text(MANIFESTS.read_text().split("---\n")[5])
    nothing.write_text("kind: Deployment\napiVersion: apps/v1\nmetadata: {name: web}\n")

    assert run(["import", str(whole)]) == 0
    assert run(["import", str(nothing)]) == 4
    assert "no HorizontalPodAutoscaler and no ScaledObject among 1 documents" in capsys.readouterr().err


def test_a_file_that_is_no_yaml_is_told_with_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "broken.yaml"
    file.write_text("kind: ScaledObject\n  spec: {\n")

    assert run(["import", str(file)]) == 3
    assert f"{file}:2" in capsys.readouterr().err
