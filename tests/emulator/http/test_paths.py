"""What a request asks for, read off its path."""

import pytest

from autoscaler.emulator.http.paths import RequestInfo, parse_request


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        pytest.param("GET", "/api/v1/pods", ("list", "", "v1", "", "pods", "", ""), id="all-namespaces"),
        pytest.param("GET", "/api/v1/namespaces/x/pods/a", ("get", "", "v1", "x", "pods", "a", ""), id="one"),
        pytest.param(
            "PATCH",
            "/apis/apps/v1/namespaces/x/deployments/w/scale",
            ("patch", "apps", "v1", "x", "deployments", "w", "scale"),
            id="subresource",
        ),
        pytest.param("DELETE", "/api/v1/nodes", ("deletecollection", "", "v1", "", "nodes", "", ""), id="collection"),
        pytest.param("GET", "/api/v1/namespaces/x", ("get", "", "v1", "", "namespaces", "x", ""), id="a-namespace"),
        pytest.param(
            "PUT",
            "/api/v1/namespaces/x/finalize",
            ("update", "", "v1", "", "namespaces", "x", "finalize"),
            id="finalize",
        ),
        pytest.param("GET", "/api/v1/watch/pods", ("watch", "", "v1", "", "pods", "", ""), id="old-watch-path"),
    ],
)
def test_parse_request(method: str, path: str, expected: tuple[str, ...]) -> None:
    info = parse_request(method, path, {})

    found = (info.verb, info.group, info.version, info.namespace, info.plural, info.name, info.subresource)
    assert found == expected


@pytest.mark.parametrize(("watch", "verb"), [("1", "watch"), ("true", "watch"), ("0", "list"), ("false", "list")])
def test_a_list_becomes_a_watch_by_its_query(watch: str, verb: str) -> None:
    assert parse_request("GET", "/api/v1/pods", {"watch": watch}).verb == verb


def test_discovery_paths_are_no_resources() -> None:
    info = parse_request("GET", "/apis/apps/v1", {})

    assert info == RequestInfo(path="/apis/apps/v1", verb="get")
