"""Metrics of type Prometheus: read with everything they need to be believed, refused with the place and a hint."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from autoscaler.cli.app import run
from autoscaler.config.policies import load_policies
from autoscaler.config.promql import PromqlError, age_query, coverage_query, metric_names, selectors_of
from autoscaler.config.scaling_policy import scaling_policy_schema
from autoscaler.model.policy import (
    Companions,
    MetricTarget,
    PrometheusMetric,
    ResourceMetric,
    ScalingPolicy,
    WhenEmpty,
    WhenMultiple,
)
from autoscaler.model.quantity import Quantity

HEAD = """\
apiVersion: autoscaler.dev/v1alpha1
kind: ScalingPolicy
metadata: {name: web, namespace: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 1
  maxReplicas: 10
  metrics:
    - type: Prometheus
      prometheus:
"""
CPU = """\
    - type: Resource
      resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}
"""
QUERY = 'sum(rate(http_requests_total{namespace="shop"}[1m]))'
BLOCK = f"""\
        name: rps
        query: '{QUERY}'
        target: {{type: AverageValue, averageValue: "100"}}
"""


def _load(tmp_path: Path, text: str) -> tuple[tuple[ScalingPolicy, ...], list[str]]:
    file = tmp_path / "policy.yaml"
    file.write_text(text)
    loaded = load_policies([file])
    return loaded.policies, [str(fault).replace(str(file), "FILE") for fault in loaded.faults]


def _read(tmp_path: Path, text: str) -> ScalingPolicy:
    policies, faults = _load(tmp_path, text)
    assert faults == []
    return policies[0]


def _refused(tmp_path: Path, block: str, more: str = "") -> str:
    policies, faults = _load(tmp_path, HEAD + block + more)
    assert policies == ()
    assert len(faults) == 1
    return faults[0]


def test_a_metric_is_read_with_the_queries_that_tell_its_age_and_coverage(tmp_path: Path) -> None:
    policy = _read(tmp_path, HEAD + BLOCK + CPU)

    rps, cpu = policy.metrics
    assert rps == PrometheusMetric(
        name="rps",
        query=QUERY,
        target=MetricTarget(type="AverageValue", average_value=Quantity.parse("100")),
        companions=Companions(
            age='time() - max(timestamp(http_requests_total{namespace="shop"}))',
            coverage='avg(up and on (job, instance) (last_over_time(http_requests_total{namespace="shop"}[15m])))',
        ),
    )
    assert isinstance(cpu, ResourceMetric)


def test_everything_that_may_be_said_is_heard(tmp_path: Path) -> None:
    block = """\
        name: jobs
        datasource: batch
        query: my_own_dialect(jobs)
        target: {type: Value, value: 2k}
        activation: 5
        empty: Zero
        alive: up{job="queue"}
        multiple: Sum
        age: time() - max(timestamp(jobs))
        coverage: off
"""
    (metric,) = _read(tmp_path, HEAD.replace("minReplicas: 1", "minReplicas: 1") + block).metrics

    assert metric == PrometheusMetric(
        name="jobs",
        datasource="batch",
        query="my_own_dialect(jobs)",
        target=MetricTarget(type="Value", value=Quantity.parse("2k")),
        activation=Quantity.parse("5"),
        empty=WhenEmpty.ZERO,
        multiple=WhenMultiple.SUM,
        companions=Companions(
            age="time() - max(timestamp(jobs))",
            alive='up{job="queue"}',
            alive_age='time() - max(timestamp(up{job="queue"}))',
        ),
    )


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        pytest.param(
            BLOCK.replace("[1m]))", "[1m])"),
            "FILE:12: spec.metrics[0].prometheus.query: ( is never closed (character 4): "
            'sum(rate(http_requests_total{namespace="shop"}[1m])\n'
            "  hint: mend the query, or give `age:`, PromQL for the age of its data in seconds",
            id="no-promql",
        ),
        pytest.param(
            BLOCK.replace(f"'{QUERY}'", "vector(4)"),
            "FILE:12: spec.metrics[0].prometheus.query: it names no series of the present, so the age of its data cannot "
            "be told: vector(4)\n  hint: mend the query, or give `age:`, PromQL for the age of its data in seconds",
            id="no-series",
        ),
        pytest.param(
            BLOCK + "        empty: Zero\n",
            "FILE:10: spec.metrics[0].prometheus: empty: Zero needs `alive`, a query that proves that the source lives, "
            'such as up{job="web"}',
            id="zero-without-proof",
        ),
        pytest.param(
            BLOCK.replace("averageValue:", "value:"),
            "FILE:13: spec.metrics[0].prometheus.target: type AverageValue needs averageValue",
            id="target-of-another-type",
        ),
        pytest.param(
            BLOCK + "        qery: x\n",
            "FILE:14: spec.metrics[0].prometheus.qery: unknown field `qery`\n  hint: did you mean `query`?",
            id="unknown-field",
        ),
        pytest.param(
            BLOCK + "        activation: 100\n",
            "FILE:10: spec.metrics[0].prometheus: activation must be at least 0 and less than the target, 100",
            id="activation-that-is-the-target",
        ),
        pytest.param(
            BLOCK + "    - type: Prometheus\n      prometheus:\n" + BLOCK,
            "FILE:16: spec.metrics[1].prometheus.name: rps is the name of an earlier metric too\n  hint: give each its own",
            id="one-name-twice",
        ),
    ],
)
def test_what_cannot_work_is_refused_where_it_stands(tmp_path: Path, block: str, expected: str) -> None:
    assert _refused(tmp_path, block) == expected


def test_a_prometheus_metric_can_bring_a_target_back_from_zero(tmp_path: Path) -> None:
    policies, faults = _load(tmp_path, HEAD.replace("minReplicas: 1", "minReplicas: 0") + BLOCK)

    assert (len(policies), [fault.split("\n")[0] for fault in faults]) == (
        0,
        ["FILE:6: spec.minReplicas: Invalid value: 0: must be greater than or equal to 1"],
    ), "that no metric is read without pods is not among the faults"


def test_an_hpa_never_has_one(tmp_path: Path) -> None:
    text = (
        (HEAD + BLOCK)
        .replace("autoscaler.dev/v1alpha1", "autoscaling/v2")
        .replace("kind: ScalingPolicy", "kind: HorizontalPodAutoscaler")
    )
    _, faults = _load(tmp_path, text)

    assert 'Unsupported value: "Prometheus"' in "\n".join(faults)


def test_the_schema_accepts_what_is_read_and_refuses_what_is_not() -> None:
    schema = scaling_policy_schema()
    good = yaml.safe_load(HEAD + BLOCK)
    jsonschema.validate(good, schema)

    bad = yaml.safe_load(HEAD + BLOCK + "        nonsense: 1\n")
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(bad, schema)


def test_check_finds_a_datasource_that_the_settings_do_not_have(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    policy, settings = tmp_path / "policy.yaml", tmp_path / "settings.yaml"
    policy.write_text(HEAD + BLOCK + "        datasource: mian\n")
    settings.write_text("datasources: {main: {url: 'http://prometheus:9090'}}\n")

    assert run(["check", str(policy)]) == 0, "without settings nobody knows"
    capsys.readouterr()
    assert run(["check", str(policy), "--config", str(settings)]) == 3
    assert capsys.readouterr().out.startswith(
        f"{policy}:14: error: spec.metrics[0].prometheus.datasource: the settings have no datasource mian\n"
        "  hint: did you mean `main`?\n"
    )


@given(st.text(alphabet="ab{}()[]\"`\\'\\\\ 1m=~,@:by#\\n", max_size=40))
def test_no_text_is_more_than_an_error(query: str) -> None:
    try:
        selectors = selectors_of(query)
    except PromqlError:
        return
    for selector in selectors:
        assert selector.text in query
        assert selectors_of(selector.text) == (selector,), "each stands for itself, whatever stood around it"


def test_an_observation_gives_it_by_its_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    policy, seen = tmp_path / "policy.yaml", tmp_path / "seen.yaml"
    policy.write_text(HEAD + BLOCK)
    seen.write_text("scale: 4\nmetrics: {rps: 720}\n")

    assert run(["evaluate", "-f", str(policy), "--observation", str(seen)]) == 0
    assert "Growing from 4 to 8. rps asks for 8 (180 against 100)." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("query", "selectors"),
    [
        pytest.param("sum(rate(a[1m]))", ("a",), id="range"),
        pytest.param("sum(a) / count(b) + sum(a)", ("a", "b"), id="each-once"),
        pytest.param("sum(a) - sum(a offset 1d) + sum(b @ 5)", ("a",), id="not-the-past"),
        pytest.param("max_over_time(rate(a[1m])[5m:10s])", ("a",), id="subquery"),
        pytest.param("max_over_time(rate(a[1m])[5m:10s] offset 1d)", (), id="subquery-of-the-past"),
        pytest.param("absent(a) or -b", ("b",), id="not-absence"),
        pytest.param("topk(scalar(a), (b))", ("a", "b"), id="parameter"),
        pytest.param(
            r"""a{x="1", y=~"b|\"}c\\d", z!~`}\d"`} > 0""", (r"""a{x="1", y=~"b|\"}c\\d", z!~`}\d"`}""",), id="texts"
        ),
        pytest.param("sum by (x) (a) / on (y) group_left (z) sum(b) by (q)", ("a", "b"), id="labels"),
        pytest.param('{__name__=~"a.*"}[5m] + {"b.c"} # d', ('{__name__=~"a.*"}', '{"b.c"}'), id="without-name"),
        pytest.param("job:rate5m:sum{} unless my_own(c, 0x1F, 1h30m)", ("job:rate5m:sum{}", "c"), id="other-words"),
        pytest.param("time() > bool 1e3 + Inf", (), id="none"),
    ],
)
def test_selectors(query: str, selectors: tuple[str, ...]) -> None:
    assert tuple(selector.text for selector in selectors_of(query)) == selectors


def test_every_selector_has_to_be_there_and_the_oldest_counts() -> None:
    assert age_query("sum(a) / sum(b)") == (
        'time() - min(label_replace(max(timestamp(a)), "selector", "0", "", "") or '
        'label_replace(max(timestamp(b)), "selector", "1", "", "")) and max(timestamp(a)) and max(timestamp(b))'
    )
    assert coverage_query("sum(a) / sum(b)") == (
        "avg(up and on (job, instance) (last_over_time(a[15m]) or last_over_time(b[15m])))"
    )


def test_names_of_metrics() -> None:
    assert metric_names('sum(a{x="1"}) / count({__name__=~"b.*"})') == ("a",)
    assert metric_names("sum(") == ()


def test_what_is_no_promql_is_said_to_be_none() -> None:
    with pytest.raises(PromqlError, match=r"\( is never closed \(character 4\)"):
        age_query("sum(a")
