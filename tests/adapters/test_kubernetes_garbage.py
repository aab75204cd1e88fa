"""Whatever a server, a proxy or a broken adapter sends: an answer is read, or refused as no answer; nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from autoscaler.adapters.kubernetes.errors import KubernetesError, Subject, refusal, refusal_in_stream
from autoscaler.adapters.kubernetes.metrics_apis import read_external, read_object, read_pods, read_resource
from autoscaler.adapters.kubernetes.pods import PodReader
from autoscaler.adapters.kubernetes.wire import duration, instant
from autoscaler.model.time import SECOND

SUBJECT = Subject(verb="get", resource="things")

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
odd_texts = st.sampled_from(
    ["", "-1", "1e999", "9" * 400, "NaN", "Inf", "1Ei", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "3000000h"]
)
values = st.recursive(scalars | odd_texts, lambda inner: st.lists(inner, max_size=3), max_leaves=5)


def document(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """An object in which any field may be missing, sound or odd."""
    return st.fixed_dictionaries({}, optional={name: field | values for name, field in fields.items()})


amounts = st.dictionaries(st.sampled_from(["cpu", "memory"]), st.sampled_from(["1", "10m", "1Gi"]) | values)
metadata = document(
    name=st.just("web-1"),
    labels=st.dictionaries(st.text(max_size=3), st.text(max_size=3)),
    resourceVersion=st.just("5"),
)
containers = st.lists(document(name=st.just("app"), resources=document(requests=amounts), usage=amounts), max_size=2)
conditions = st.lists(document(type=st.just("Ready"), status=st.just("True"), lastTransitionTime=odd_texts), max_size=2)
pods = document(
    metadata=metadata,
    spec=document(containers=containers, initContainers=containers, overhead=amounts),
    status=document(phase=st.just("Running"), startTime=odd_texts, conditions=conditions),
)
samples = document(
    metadata=metadata,
    timestamp=odd_texts,
    window=odd_texts,
    containers=containers,
    value=odd_texts,
    windowSeconds=st.integers(),
    describedObject=document(name=st.just("web-1")),
)
READERS = [PodReader().page, read_resource, read_pods, read_object, read_external]


@pytest.mark.parametrize("read", READERS)
@given(items=st.lists(pods | samples, max_size=2) | values, head=metadata)
def test_a_list_of_anything(read, items, head) -> None:
    try:
        read(json.dumps({"metadata": head, "items": items}).encode())
    except (KubernetesError, ValueError):
        pass


@pytest.mark.parametrize("read", READERS)
@given(body=st.binary(max_size=60))
@example(body=b"")
@example(body=b"<html>502</html>")
@example(body=b"[" * 60)
def test_any_bytes(read, body) -> None:
    try:
        read(body)
    except (KubernetesError, ValueError):
        pass


@given(
    body=st.binary(max_size=60)
    | document(kind=st.just("Status"), message=st.text()).map(lambda d: json.dumps(d).encode())
)
def test_any_failure_becomes_one_line_of_words(body: bytes) -> None:
    error = refusal(SUBJECT, method="GET", code=500, body=body, retry_after=None)

    assert str(error)
    assert str(refusal_in_stream(body))


@given(text=odd_texts | st.text(max_size=12))
@example(text="9" * 400 + "h")
def test_times_and_durations_are_read_or_refused(text: str) -> None:
    for read in (instant, duration):
        try:
            assert isinstance(read(text), int)
        except ValueError:
            pass


@pytest.mark.parametrize(
    ("text", "expected"),
    [("30s", 30), ("1m0s", 60), ("1h2m3.5s", 3723.5), ("15.5s", 15.5), ("500ms", 0.5), ("0s", 0), ("0", 0)],
)
def test_go_durations(text: str, expected: float) -> None:
    assert duration(text) == round(expected * SECOND)
