"""A reading in columns is answered as the same reading pod by pod is, whatever the pods."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from autoscaler.engine.evaluate import evaluate
from autoscaler.engine.guarded.freshness import believed
from autoscaler.model.memory import Memory
from autoscaler.model.observation import NoReading, Observation, Pod, ReadyCondition, ResourceReading, Scale
from autoscaler.model.policy import Metric
from autoscaler.model.time import SECOND
from autoscaler.model.usage_columns import UsageColumns
from tests.engine.strategies import NOW, PODS, SHAPES, TICKS, VALUES
from tests.engine.worlds import container_cpu, cpu, memory_use, policy

OLD = ReadyCondition(status="True", last_transition=0)
#: Old pods of one template, as most are, with a few of every other kind among them.
SETTLED = st.builds(
    Pod, name=st.sampled_from("abcdef"), resources=st.just(SHAPES[0]), started_at=st.just(0), ready=st.just(OLD)
)
SEVERAL = st.lists(SETTLED, min_size=1, max_size=6, unique_by=lambda one: one.name) | st.lists(
    SETTLED | PODS, max_size=6, unique_by=lambda one: one.name
)
METRICS = st.one_of(
    st.builds(cpu, st.integers(1, 300)),
    st.builds(memory_use, st.integers(1, 300)),
    st.builds(container_cpu, st.sampled_from(["app", "other"]), st.integers(1, 100)),
)


@st.composite
def columns(draw: st.DrawFn, pods: list[Pod]) -> UsageColumns:
    """What these pods use, or some of them and one that is gone."""
    names = [pod.name for pod in pods]
    if draw(st.booleans()):
        names = [*names[draw(st.integers(0, len(names))) :], "gone"]
    used = draw(st.lists(VALUES, min_size=len(names), max_size=len(names)))
    resources = draw(st.sampled_from([("cpu", "memory"), ("cpu",), ()]))
    return UsageColumns(tuple(names), "app", dict.fromkeys(resources, used), at=draw(TICKS), window=30 * SECOND)


@settings(max_examples=500, deadline=None)
@given(st.data(), METRICS, SEVERAL, st.integers(1, 12))
def test_columns_are_answered_as_rows_are(data: st.DataObject, metric: Metric, pods: list[Pod], current: int) -> None:
    usages = data.draw(columns(pods))
    scale = Scale(spec_replicas=current, status_replicas=current, selector="app=web")
    seen = Observation(at=NOW, scale=scale, pods=tuple(pods), readings=(ResourceReading(pods=usages),))
    rows = replace(seen, readings=(ResourceReading(pods=usages.rows()),))

    assert evaluate(policy(metric), seen, Memory()) == evaluate(policy(metric), rows, Memory())


def test_columns_are_believed_or_not_as_a_whole() -> None:
    fresh = UsageColumns(("a",), "app", {"cpu": [1]}, at=NOW - 60 * SECOND, window=30 * SECOND)
    scale = Scale(spec_replicas=1, status_replicas=1, selector="app=web")
    seen = Observation(at=NOW, scale=scale, readings=(ResourceReading(pods=fresh), NoReading(error="down")))

    assert believed(seen, 60 * SECOND) is seen
    assert believed(seen, 60 * SECOND - 1).readings[0] == ResourceReading(pods=())
