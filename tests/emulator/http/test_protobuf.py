"""Protobuf bodies, written here by hand as kubectl writes them."""

import pytest

from autoscaler.config.api_types import named_type
from autoscaler.emulator.http.protobuf import ProtobufError, decode_body


def field(number: int, value: bytes | int) -> bytes:
    """One field of a message: a varint, or bytes with their length; numbers here stay below 128."""
    if isinstance(value, int):
        return bytes([number << 3, value])
    return bytes([number << 3 | 2, len(value)]) + value


def body(api_version: str, kind: str, raw: bytes) -> bytes:
    """A message in the Kubernetes envelope."""
    head = field(1, api_version.encode()) + field(2, kind.encode())
    return b"k8s\x00" + field(1, head) + field(2, raw)


def test_a_namespace_is_read_with_its_labels_and_its_status_left_aside() -> None:
    label = field(1, b"team") + field(2, b"a")
    metadata = field(1, b"shop") + field(11, label)
    raw = field(1, metadata) + field(2, b"") + field(3, b"")

    obj = decode_body(body("v1", "Namespace", raw), named_type("Namespace"))

    assert obj == {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": "shop", "labels": {"team": "a"}},
        "spec": {},
    }


def test_quantities_and_numbers_come_out_as_json_has_them() -> None:
    hard = field(1, b"pods") + field(2, field(1, b"10"))
    raw = field(1, field(1, b"q")) + field(2, field(1, hard))
    quota = decode_body(body("v1", "ResourceQuota", raw), named_type("ResourceQuota"))
    target = field(1, b"Deployment") + field(2, b"web") + field(3, b"apps/v1")
    spec = field(1, target) + field(2, 2) + field(3, 5) + field(4, 70)
    autoscaler = decode_body(
        body("autoscaling/v1", "HorizontalPodAutoscaler", field(2, spec)), named_type("HorizontalPodAutoscaler")
    )

    assert quota["spec"] == {"hard": {"pods": "10"}}
    assert autoscaler["spec"] == {
        "scaleTargetRef": {"kind": "Deployment", "name": "web", "apiVersion": "apps/v1"},
        "minReplicas": 2,
        "maxReplicas": 5,
        "targetCPUUtilizationPercentage": 70,
    }


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"{}", id="no-envelope"),
        pytest.param(b"k8s\x00\x0a\x7f", id="cut-off"),
        pytest.param(body("v1", "Namespace", field(9, b"x")), id="unknown-field"),
        pytest.param(body("v1", "Namespace", b"\x0b"), id="unknown-wire-type"),
    ],
)
def test_what_cannot_be_read_is_refused_never_dropped(raw: bytes) -> None:
    with pytest.raises(ProtobufError):
        decode_body(raw, named_type("Namespace"))
