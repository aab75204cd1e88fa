"""A small service to simulate: ten slots of 100 ms, so one pod serves 100 requests/s."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from autoscaler.config.scenario import Scenario

Make = Callable[..., Scenario]


@pytest.fixture
def scenario() -> Make:
    """Build a scenario from its defaults here and the sections given."""

    def make(**sections: Any) -> Scenario:
        base: dict[str, Any] = {
            "name": "test",
            "duration": "1h",
            "traffic": {"constant": {"rps": 50}},
            "service": {"mean_service_time": "100ms", "slots": 10, "queue_limit": 100, "timeout": "10s"},
            "pods": {"initial_replicas": 1, "startup": "20s", "readiness": "5s", "jitter": 0},
        }
        for name, section in sections.items():
            base[name] = (
                {**base.get(name, {}), **section} if isinstance(section, dict) and name != "traffic" else section
            )
        return Scenario.model_validate(base)

    return make
