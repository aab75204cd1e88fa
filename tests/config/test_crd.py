"""The CustomResourceDefinition: structural, described, bounded, the one that is committed, and as strict as the loader."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from autoscaler.cli.app import run
from autoscaler.config.crd.definition import print_definition, scaling_policy_definition
from autoscaler.config.crd.structural import SchemaFormError, structural
from autoscaler.config.documents import scan
from autoscaler.config.hpa import ReadOptions
from autoscaler.config.policy_files import read_policies
from autoscaler.emulator.custom.version import CustomVersion, custom_version
from autoscaler.emulator.kinds.definition import DEFINITION

ROOT = Path(__file__).parents[2]
VERSION = scaling_policy_definition()["spec"]["versions"][0]
SCHEMA = VERSION["schema"]["openAPIV3Schema"]

WEB = """\
apiVersion: autoscaler.dev/v1alpha1
kind: ScalingPolicy
metadata: {name: web, namespace: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 2
  maxReplicas: 10
  metrics:
  - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 60}}}
  - {type: ContainerResource, containerResource: {name: memory, container: app, target: {type: AverageValue, averageValue: 1Gi}}}
  - {type: Pods, pods: {metric: {name: rps}, target: {type: AverageValue, averageValue: "100"}}}
  - type: Object
    object:
      metric: {name: hits, selector: {matchLabels: {a: b}}}
      describedObject: {apiVersion: networking.k8s.io/v1, kind: Ingress, name: main}
      target: {type: Value, value: 2k}
  - {type: External, external: {metric: {name: depth}, target: {type: AverageValue, averageValue: 30}}}
  - type: Prometheus
    prometheus:
      name: requests
      query: sum(rate(http_requests_total{namespace="shop"}[1m]))
      target: {type: AverageValue, averageValue: 100}
      activation: 5
      empty: Zero
      alive: up{job="web"}
      coverage: "off"
  behavior:
    scaleUp: {stabilizationWindowSeconds: 10, policies: [{type: Pods, value: 4, periodSeconds: 60}], tolerance: "0.05"}
    scaleDown: {selectPolicy: Min}
  mode: Observe
  pauseScaleUp: true
  hold: {replicas: 7, until: "2026-01-05T19:00:00+01:00", author: ann, reason: sale}
  safety: {maxSampleAge: 2m, minCoverage: 90%, maxStepDown: "0.25", maxStepUp: 3x, collapse: {drop: 90%, confirm: 10m}}
"""


@pytest.fixture(scope="module")
def served() -> CustomVersion:
    return custom_version("ScalingPolicy", VERSION)


def refusals(served: CustomVersion, document: Any) -> list[str]:
    """What an API server says of the document, unknown fields included, as kubectl asks it to."""
    obj, unknown = served.read(copy.deepcopy(document))
    return [*unknown, *(f"{fault.field}: {fault.body}" for fault in served.faults_of_new(obj))]


def faults(document: Any) -> list[str]:
    """What the loader says of it."""
    text = yaml.safe_dump(document)
    return [str(fault) for fault in read_policies(scan(text, "FILE"), ReadOptions())[1]]


def fields(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    yield path, schema
    for name, part in schema.get("properties", {}).items():
        yield from fields(part, f"{path}.{name}".lstrip("."))
    if isinstance(schema.get("additionalProperties"), dict):
        yield from fields(schema["additionalProperties"], f"{path}.*")
    if "items" in schema:
        yield from fields(schema["items"], f"{path}[]")


def test_the_committed_manifest_is_the_generated_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema", "scaling-policy", "-o", "crd"]) == 0

    printed = capsys.readouterr().out
    assert printed == print_definition()
    assert (ROOT / "deploy/crds/scalingpolicies.yaml").read_text(encoding="utf-8") == printed, (
        "autoscaler schema scaling-policy -o crd > deploy/crds/scalingpolicies.yaml"
    )


def test_nothing_but_a_scaling_policy_has_a_definition(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema", "scenario", "-o", "crd"]) == 2
    assert "a scenario is no kind of a cluster's" in capsys.readouterr().err


def test_an_api_server_accepts_the_definition() -> None:
    assert DEFINITION.validate(DEFINITION.with_defaults(scaling_policy_definition())) == []


def test_every_field_is_described_typed_and_bounded() -> None:
    for path, schema in fields(SCHEMA):
        assert not schema.keys() & {"$ref", "anyOf", "oneOf", "allOf", "not", "const"}, path
        assert "type" in schema or schema.get("x-kubernetes-int-or-string"), path
        is_value = path.endswith((".*", "values[]")) or path == "metadata"
        assert is_value or schema.get("description", "").endswith((".", "$")), path
        if schema.get("type") == "string":
            assert schema.keys() & {"maxLength", "enum", "format"} or path in ("apiVersion", "kind"), path
        if schema.get("type") == "array":
            assert "maxItems" in schema, path


def test_defaults_stand_in_the_object(served: CustomVersion) -> None:
    document = yaml.safe_load(WEB)
    document["spec"] = {name: document["spec"][name] for name in ("scaleTargetRef", "maxReplicas")}
    document["spec"]["behavior"] = {"scaleUp": {}}

    spec = served.read(document)[0]["spec"]

    assert spec["minReplicas"] == 1
    assert spec["metrics"][0]["resource"] == {
        "name": "cpu",
        "target": {"type": "Utilization", "averageUtilization": 80},
    }
    assert spec["behavior"]["scaleUp"]["policies"][0] == {"type": "Pods", "value": 4, "periodSeconds": 15}
    given = ("maxSampleAge", "minCoverage", "maxStepDown", "maxStepUp", "collapse")
    assert [spec["safety"][name] for name in given] == ["90s", "80%", "50%", "4x", {"drop": "80%", "confirm": "5m"}]
    assert "mode" not in spec, "what the controller was started with"


def test_a_stored_object_means_what_its_file_means(served: CustomVersion) -> None:
    document = yaml.safe_load(WEB)
    assert refusals(served, document) == []

    stored = yaml.safe_dump(served.read(document)[0])

    [of_file], _ = read_policies(scan(WEB, "FILE"), ReadOptions())
    [of_object], _ = read_policies(scan(stored, "OBJECT"), ReadOptions())
    assert of_object.policy == of_file.policy


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"minReplicas": 11}, "spec.maxReplicas: Invalid value: must not be below minReplicas"),
        ({"safety": {"maxSampleAge": "90"}}, "spec.safety.maxSampleAge: Invalid value: \"90\": spec.safety.maxSampleAge in "
         "body should match '^(off|([0-9]+(\\.[0-9]+)?(ms|[smhdw]))+|0)$'"),
        ({"safety": {"maxSampleAge": "0s"}}, "spec.safety.maxSampleAge: Invalid value: must be longer than 0"),
        ({"safety": {"minCoverage": "120%"}}, "spec.safety.minCoverage: Invalid value: must be at most 100%"),
        ({"safety": {"maxStepUp": "1x"}}, "spec.safety.maxStepUp: Invalid value: must be more than 1"),
        ({"safety": {"collapse": {"drop": "100%"}}}, "spec.safety.collapse.drop: Invalid value: must be less than 100%"),
        ({"mode": "apply"}, 'spec.mode: Unsupported value: "apply": supported values: "Apply", "Observe", "Paused"'),
        ({"hold": {"replicas": 1, "until": "tomorrow", "author": "a", "reason": "b"}},
         'spec.hold.until: Invalid value: "tomorrow": spec.hold.until in body must be of type date-time: "tomorrow"'),
        ({"scaleTargetRef": {"kind": "Deployment", "name": "web"}},
         "spec.scaleTargetRef.apiVersion: Invalid value: must name the API group, such as apps/v1"),
        ({"metrics": [{"type": "Pods", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 1}}}]},
         "spec.metrics[0].resource: Invalid value: has to be there with type Resource, and with no other"),
    ],
)  # fmt: skip
def test_what_the_server_says_names_the_field(change: dict[str, Any], expected: str, served: CustomVersion) -> None:
    document = yaml.safe_load(WEB)
    document["spec"] |= change

    assert expected in refusals(served, document)


def test_every_guard_can_be_switched_off_in_an_object(served: CustomVersion) -> None:
    document = yaml.safe_load(WEB)
    off = dict.fromkeys(("maxSampleAge", "minCoverage", "maxStepDown", "maxStepUp"), "off")
    document["spec"]["safety"] = {**off, "collapse": {"enabled": False}}

    assert refusals(served, document) == []
    assert faults(document) == []


def test_a_field_that_may_be_two_things_has_no_structural_form() -> None:
    with pytest.raises(SchemaFormError, match=r"spec\.a: may be 2 things: \['object', 'string'\]"):
        structural({"anyOf": [{"type": "object", "properties": {}}, {"type": "string"}]}, {}, "spec.a")


# --- as strict as the loader ------------------------------------------------------------------------------------------

VALUES = st.sampled_from(
    [None, True, False, 0, 1, -1, 2, 10, 11, 1.5, 2**31, "", "a", "A", "off", "0", "-1", "0s", "5m", "90", "80%", "100%", "0%",
     "120%", "1x", "4x", "0x", "a/b", "a%b", ".", "..", "apps/v1", "a/b/c", "v1", "Max", "Pods", "Percent", "Resource",
     "External", "Utilization", "Value", "cpu", "nvidia.com/gpu", "pods", "2026-01-05T19:00:00Z", "2026-01-05", "100m", "1.2.3",
     "-100m", "1Ki", "x" * 300, [], ["a"], {}, {"a": "b"}]
)  # fmt: skip
#: What the loader refuses and a schema does not: by its words. Names of extended resources have rules within rules, and
#: minReplicas 0 beside an Object metric depends on the release that the controller follows, and PromQL is no CEL.
BEYOND_A_SCHEMA = (
    "spec.minReplicas: Invalid value: 0: must be greater than or equal to 1",
    "PromQL",
    "give `age:`, PromQL",
    "doesn't follow extended resource name standard",
    "must be a standard resource for containers",
    "name part must",
    "prefix part",
    "a qualified name must",
)


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, part in items:
        yield from places(part, (*path, step))


PLACES = [path for path in places(yaml.safe_load(WEB)) if len(path) > 1 and path[0] == "spec"]


@st.composite
def mutated(draw: st.DrawFn) -> Any:
    """The policy with one to three parts replaced or left out."""
    document = yaml.safe_load(WEB)
    for path in draw(st.lists(st.sampled_from(PLACES), min_size=1, max_size=3, unique=True)):
        holder = document
        try:
            for step in path[:-1]:
                holder = holder[step]
            if draw(st.integers(0, 3)) == 0:
                del holder[path[-1]]
            else:
                holder[path[-1]] = draw(VALUES)
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took its place away
    return document


@settings(max_examples=400, deadline=None)
@given(mutated())
def test_what_the_loader_refuses_the_schema_refuses(document: Any) -> None:
    served = custom_version("ScalingPolicy", VERSION)
    if refusals(served, document):
        return
    told = faults(served.read(document)[0])  # what is stored is what the controller reads
    assert [fault for fault in told if not any(known in fault for known in BEYOND_A_SCHEMA)] == []
