"""Traffic and policies on which the fluid is compared with single requests: recorded traffic, shapes, random policies."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from autoscaler.config.scenario import Scenario
from autoscaler.model.policy import (
    Behavior,
    MetricTarget,
    ObjectRef,
    PolicyKey,
    RateRule,
    RateRuleType,
    ResourceMetric,
    ScalingPolicy,
    ScalingRules,
)
from autoscaler.simulator.inputs import Inputs, prepare

ROOT: Final = Path(__file__).parents[2]


def traces() -> Path:
    """Give the folder of recorded traffic."""
    return Path(os.environ.get("AUTOSCALER_TRACES", ROOT / "../shared/traces")).resolve()


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """Traffic to compare on. ``spec``: as in a scenario file; ``overloads``: there are times with too few pods."""

    name: str
    spec: dict[str, Any]
    duration: str
    overloads: bool = False


def recorded(name: str, file: str, offset: str, low: float, high: float, duration: str) -> Traffic:
    """Give a stretch of a recorded trace, its lowest and highest rate there mapped to the two given [requests/s]."""
    spec = {"csv": {"path": str(traces() / file), "offset": offset}, "scale_to": [low, high]}
    return Traffic(name=name, spec=spec, duration=duration)


BURSTY: Final = recorded("bursty service", "autothrottle_bursty_1s.csv", "0s", 200, 1_000, "1h")
MONGO: Final = recorded("MongoDB service", "ms_mongo_app_01_1min.csv", "24h", 250, 2_000, "6h")
WORLD_CUP: Final = recorded("World Cup evening", "wc98_group_stage_1min.csv", "1308h", 100, 2_000, "6h")
RAMP: Final = Traffic(
    name="ramp", spec={"ramp": {"from": 100, "to": 2_000, "begin": "5m", "over": "50m"}}, duration="1h"
)
SINE: Final = Traffic(
    name="hourly wave",
    spec={"diurnal": {"low": 200, "high": 2_000, "period": "1h", "peak_at": "30m"}},
    duration="3h",
)
STEP: Final = Traffic(
    name="step to five times",
    spec={"steps": [{"at": "0s", "rps": 200}, {"at": "15m", "rps": 1_000}]},
    duration="1h",
    overloads=True,
)
CROWD: Final = Traffic(
    name="flash crowd",
    spec={
        "sum": [
            {"constant": {"rps": 400}},
            {"flash_crowd": {"at": "15m", "peak": 800, "rise": "1m", "hold": "5m", "half_life": "3m"}},
        ]
    },
    duration="1h",
    overloads=True,
)


def inputs(traffic: Traffic, balancing: str, fidelity: str, seed: int) -> Inputs:
    """Give a run of a service with ten slots of 100 ms a pod, where each request costs 5 ms of a 500 ms/s request."""
    scenario = Scenario.model_validate(
        {
            "name": "compared",
            "duration": traffic.duration,
            "seed": seed,
            "traffic": traffic.spec,
            "fidelity": fidelity,
            "service": {
                "mean_service_time": "100ms",
                "slots": 10,
                "queue_limit": 100,
                "timeout": "10s",
                "balancing": balancing,
                "cpu_per_request": "5m",
                "cpu_at_rest": "0",
            },
            "slo": {"latency": "500ms", "share": "99%"},
            "pods": {"cpu_request": "500m", "startup": "20s", "readiness": "5s"},
        }
    )
    return prepare(scenario, ROOT)


def policy(target: int, down_window: int = 300, up_percent: int = 100, down_percent: int = 100) -> ScalingPolicy:
    """Give a policy that keeps cpu use at ``target`` percent of the request."""
    return ScalingPolicy(
        key=PolicyKey(namespace="default", name=f"cpu-{target}-{down_window}-{up_percent}-{down_percent}"),
        target=ObjectRef(api_version="apps/v1", kind="Deployment", name="web"),
        min_replicas=2,
        max_replicas=100,
        metrics=(ResourceMetric(resource="cpu", target=MetricTarget(type="Utilization", average_utilization=target)),),
        behavior=Behavior(
            scale_up=ScalingRules(
                stabilization_window_seconds=0,
                rules=(
                    RateRule(type=RateRuleType.PERCENT, value=up_percent, period_seconds=15),
                    RateRule(type=RateRuleType.PODS, value=4, period_seconds=15),
                ),
            ),
            scale_down=ScalingRules(
                stabilization_window_seconds=down_window,
                rules=(RateRule(type=RateRuleType.PERCENT, value=down_percent, period_seconds=15),),
            ),
        ),
    )


def random_policies(count: int) -> tuple[ScalingPolicy, ...]:
    """Give policies that differ in how full they keep pods and how fast they grow and shrink; always the same ones."""
    rng = np.random.default_rng(20)
    return tuple(
        policy(
            int(rng.integers(40, 91)),
            int(rng.choice([0, 60, 120, 300, 600])),
            int(rng.choice([25, 50, 100, 200])),
            int(rng.choice([10, 25, 50, 100])),
        )
        for _ in range(count)
    )
