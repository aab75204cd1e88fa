"""Content negotiation."""

import pytest

from autoscaler.emulator.errors import ApiError
from autoscaler.emulator.http.media import Answer, body_type, negotiate

TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        pytest.param("", Answer("application/json"), id="anything"),
        pytest.param("*/*", Answer("application/json"), id="star"),
        pytest.param("application/yaml", Answer("application/yaml"), id="yaml"),
        pytest.param(f"{TABLE},application/json", Answer("application/json", "Table"), id="table-first"),
        pytest.param(
            "application/vnd.kubernetes.protobuf,application/json", Answer("application/json"), id="no-protobuf"
        ),
        pytest.param(
            "application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json",
            Answer("application/json"),
            id="an-unknown-shape-falls-back",
        ),
        pytest.param("text/html;q=0.9,application/json;q=0.1", Answer("application/json"), id="browser"),
    ],
)
def test_negotiate(accept: str, expected: Answer) -> None:
    assert negotiate(accept) == expected


@pytest.mark.parametrize(
    ("accept", "words"),
    [
        pytest.param("text/html", "406: Not Acceptable", id="the-router-refuses-a-type"),
        pytest.param(
            "application/json;as=Chart;v=v1;g=meta.k8s.io",
            "only the following media types are accepted",
            id="the-handler-refuses-a-shape",
        ),
    ],
)
def test_what_cannot_be_accepted(accept: str, words: str) -> None:
    with pytest.raises(ApiError, match=words) as refusal:
        negotiate(accept)
    assert refusal.value.code == 406


def test_a_body_without_a_type_is_json_and_an_unknown_type_is_refused() -> None:
    assert body_type("") == "application/json"
    assert body_type("application/yaml; charset=utf-8") == "application/yaml"
    with pytest.raises(ApiError, match="unknown format"):
        body_type("text/plain")
