"""Values to bytes and back: equal, closed to anything unknown, and open to fields that came later."""

from __future__ import annotations

import math
from dataclasses import dataclass

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoscaler.adapters.journal.codec import Codec, CodecError, read_schema, write_schema
from autoscaler.adapters.journal.values import model_values
from autoscaler.model.decision import Action, Reason
from autoscaler.model.observation import (
    ContainerSpec,
    Observation,
    Pod,
    PodPhase,
    PodResources,
    PrometheusReading,
    Scale,
)
from autoscaler.model.policy import (
    Companions,
    ExternalMetric,
    MetricName,
    MetricTarget,
    ObjectRef,
    PolicyKey,
    PrometheusMetric,
    ScalingPolicy,
    WhenEmpty,
    WhenMultiple,
)
from autoscaler.model.quantity import Quantity
from autoscaler.model.safety import Guarding, Hold
from autoscaler.model.selector import LabelSelector, Operator, Requirement

CODEC = Codec(model_values())


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        -(2**63) - 1,
        2**200,
        math.inf,
        "text",
        b"\x00\xff",
        (),
        ((1,), ("", ("a",))),
        Action.SCALE_UP,
        Reason.AMBIGUOUS,
        Quantity.parse("1536Mi"),
        Quantity.parse("99999999999999999999999999"),
        LabelSelector(match_expressions=(Requirement(key="a", operator=Operator.IN, values=("b",)),)),
        LabelSelector(match_expressions=(Requirement(key="a", operator="Odd"),)),
        PrometheusReading(value=250_000, at=7, coverage=0.75, warnings=("some blocks are missing",)),
        Guarding(hold=Hold(replicas=3, until=7, author="ann", reason="sale")),
        ScalingPolicy(
            key=PolicyKey(namespace="shop", name="web"),
            target=ObjectRef(api_version="apps/v1", kind="Deployment", name="web"),
            max_replicas=10,
            metrics=(
                ExternalMetric(
                    metric=MetricName(name="depth"),
                    target=MetricTarget(type="Value", value=Quantity.parse("30")),
                ),
                PrometheusMetric(
                    name="rps",
                    query="sum(rate(a[1m]))",
                    target=MetricTarget(type="AverageValue", average_value=Quantity.parse("30")),
                    companions=Companions(age="time() - max(timestamp(a))", alive="up", alive_age="vector(0)"),
                    activation=Quantity.parse("500m"),
                    empty=WhenEmpty.ZERO,
                    multiple=WhenMultiple.MAX,
                ),
            ),
        ),
    ],
)
def test_what_is_written_is_read(value: object) -> None:
    found = CODEC.decode(CODEC.encode(value))
    assert found == value
    assert type(found) is type(value)


text = st.text(max_size=8)
pods = st.builds(
    Pod,
    name=text,
    resources=st.just(PodResources(containers=(ContainerSpec(name="app", requests=(("cpu", Quantity.parse("1")),)),))),
    phase=st.sampled_from(PodPhase) | text,
    started_at=st.none() | st.integers(),
    labels=st.lists(st.tuples(text, text), max_size=2).map(tuple),
)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.integers(), st.lists(pods, max_size=4).map(tuple), st.integers(0, 10))
def test_observations_are_read_as_they_were(at: int, pods: tuple[Pod, ...], replicas: int) -> None:
    seen = Observation(at=at, scale=Scale(spec_replicas=replicas, status_replicas=replicas), pods=pods)
    assert CODEC.decode(CODEC.encode(seen)) == seen


def test_only_known_classes_are_written() -> None:
    @dataclass(frozen=True)
    class Foreign:
        a: int = 1

    with pytest.raises(TypeError, match=r"a journal has no place for .*Foreign"):
        CODEC.encode((Foreign(),))
    with pytest.raises(TypeError, match="a journal has no place for dict"):
        CODEC.encode({})


class Old(msgspec.Struct, frozen=True):
    a: int


Old.__name__ = "Thing"


class Thing(msgspec.Struct, frozen=True):
    a: int
    b: int = 7


def test_a_field_that_came_later_has_its_default() -> None:
    old = Codec([Old])
    written = old.encode(Old(1))

    assert Codec([Thing], read_schema(write_schema(old.schema))).decode(written) == Thing(1, 7)


def test_a_field_or_class_that_is_unknown_is_an_error() -> None:
    new = Codec([Thing])
    with pytest.raises(CodecError, match="Unexpected keyword argument 'b'"):
        Codec([Old], new.schema).decode(new.encode(Thing(1)))
    with pytest.raises(CodecError, match="unknown class Thing: written by a later version"):
        Codec([], new.schema).decode(new.encode(Thing(1)))


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.integers(0, 10_000), st.integers(0, 255))
def test_damaged_bytes_are_an_error_and_nothing_worse(where: int, byte: int) -> None:
    sound = CODEC.encode(Observation(at=1, scale=Scale(spec_replicas=1, status_replicas=1)))
    damaged = bytearray(sound)
    damaged[where % len(sound)] = byte
    try:
        CODEC.decode(bytes(damaged))
    except CodecError:
        return
    assert damaged == bytearray(sound) or CODEC.decode(bytes(damaged)) is not None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"a": 1}'])
def test_a_damaged_schema_is_an_error(text: str) -> None:
    with pytest.raises(CodecError, match="unreadable schema"):
        read_schema(text)
