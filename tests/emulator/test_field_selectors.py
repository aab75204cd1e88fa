"""Field selectors: which fields a kind offers, and what compares equal."""

import pytest

from autoscaler.emulator.field_selectors import parse_field_selector
from autoscaler.model.label_query import SelectorError

POD = {"metadata": {"name": "a", "namespace": "n"}, "spec": {"nodeName": "n1"}, "status": {"phase": "Running"}}


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ("metadata.name=a", True),
        ("metadata.name!=a", False),
        ("status.phase==Running,spec.nodeName=n1", True),
        ("spec.hostNetwork=false", True),
        ("status.nominatedNodeName=", True),
        ("spec.host=n1", True),
        ("", True),
    ],
)
def test_pods(text: str, matches: bool) -> None:
    assert parse_field_selector(text, "", "Pod").matches(POD) is matches


def test_events_have_other_names_in_their_new_api() -> None:
    event = {"involvedObject": {"kind": "Pod"}, "source": {"component": "kubelet"}}

    assert parse_field_selector("involvedObject.kind=Pod,source=kubelet", "", "Event").matches(event)
    assert parse_field_selector("regarding.kind=Pod", "events.k8s.io", "Event").matches(event)


@pytest.mark.parametrize(
    ("text", "group", "kind", "error"),
    [
        (
            "spec.replicas=1",
            "apps",
            "Deployment",
            '"spec.replicas" is not a known field selector: only "metadata.name", "metadata.namespace"',
        ),
        ("spec.image=x", "", "Pod", "field label not supported: spec.image"),
        ("metadata.name", "", "Pod", "invalid selector: 'metadata.name'; can't understand 'metadata.name'"),
        ("metadata.name=a=b", "", "Pod", "invalid field selector: unescaped character in value: 61"),
        ("metadata.name=a\\b", "", "Pod", "invalid field selector: invalid escape sequence: \\b"),
    ],
)
def test_errors(text: str, group: str, kind: str, error: str) -> None:
    with pytest.raises(SelectorError) as raised:
        parse_field_selector(text, group, kind)
    assert str(raised.value) == error


def test_a_custom_resource_offers_name_and_namespace() -> None:
    assert parse_field_selector("metadata.name=a", "example.com", "Policy", custom=True).matches(POD)
    with pytest.raises(SelectorError, match=r"^field label not supported: spec\.x$"):
        parse_field_selector("spec.x=1", "example.com", "Policy", custom=True)
