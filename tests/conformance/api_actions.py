"""Action steps: what was done to the surroundings of the server, not through its API."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from autoscaler.emulator.api_server import ApiServer
from autoscaler.emulator.faults import Fault, Kind
from autoscaler.emulator.metrics_source import CustomValue, ExternalValue, NodeUsage, PodUsage, StaticMetrics
from autoscaler.emulator.users import AUTHENTICATED, MASTERS, User
from autoscaler.model.json_types import JsonObject

AT: Final = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
"""Timestamp of every recorded metric."""
USERS: Final = {
    "admin": User(name="admin", uid="1", groups=(MASTERS, AUTHENTICATED)),
    "limited": User(name="limited", uid="2", groups=("", "system:authenticated")),
}
"""The users of the recording; the token of each is its name."""


INITIAL: Final = StaticMetrics(
    custom_values=[
        CustomValue(namespace="none", resource="pods", name="none", metric="http_requests_per_second", value="0", at=AT)
    ]
)
"""What the recording's metrics backend announced before the first ``metrics`` action."""


class Surroundings:
    """The emulator's own switches behind the recorded actions."""

    def __init__(self, api: ApiServer) -> None:
        self._api = api
        if not api.metrics.source.custom():
            api.metrics.source = INITIAL
        self._throttles: dict[str, Callable[[], None]] = {}

    def act(self, step: JsonObject) -> None:
        """Do one action step."""
        match step["action"]:
            case "expire_history":
                self._api.store.storage.expire_history()
            case "metrics":
                self._api.metrics.source = metrics_of(step["values"])
            case "register_metrics":
                self._api.metrics.register(step["group"], step["version"], step["up"])
            case "throttle":
                user = step["user"]
                fault = Fault(kind=Kind.THROTTLE, hits=lambda name, _method, _path: name == user)
                self._throttles[user] = self._api.faults.add(fault)
            case "unthrottle":
                self._throttles.pop(step["user"])()
            case unknown:
                raise ValueError(f"unknown action {unknown!r}")


def metrics_of(values: JsonObject) -> StaticMetrics:
    """The recorded values as a source."""
    return StaticMetrics(
        node_usage=[
            NodeUsage(name=node["name"], usage=node["usage"], labels=node.get("labels", {}), at=AT)
            for node in values.get("nodes", [])
        ],
        pod_usage=[
            PodUsage(
                namespace=namespace,
                name=pod["name"],
                containers=pod["containers"],
                labels=pod.get("labels", {}),
                at=AT,
            )
            for namespace, pods in values.get("pods", {}).items()
            for pod in pods
        ],
        custom_values=[CustomValue(**value, at=AT) for value in values.get("custom", [])],
        external_values=[ExternalValue(**value, at=AT) for value in values.get("external", [])],
    )
