"""Scenario files: one file here for each section of the document, each field with unit and default."""

from autoscaler.config.scenario.document import Fidelity, Scenario, load_scenario, scenario_from
from autoscaler.config.scenario.faults import (
    ClockJump,
    ControllerRestart,
    DroppedSamples,
    FailingReads,
    FailingWrites,
    LostNodes,
    Memory,
    MetricsLag,
    MetricSource,
    MetricsOutage,
    OutageAnswer,
    SlowService,
    Some,
    TimedFault,
    WriteAnswer,
)
from autoscaler.config.scenario.metrics import Control, Metrics, PodSignal, ServiceSignal
from autoscaler.config.scenario.neighbours import Neighbour
from autoscaler.config.scenario.nodes import NodePool, Reserved, Shape, Spot, Storm
from autoscaler.config.scenario.pods import Crashes, Pods, Target, Warmup
from autoscaler.config.scenario.rollouts import Rollout
from autoscaler.config.scenario.service import Balancing, ClientRetries, Objective, Service, Spread, TimeShape
from autoscaler.config.scenario.workers import Backlog, Backoff, Delayed, Priority, Retries, Workers

__all__ = [
    "Backlog",
    "Backoff",
    "Balancing",
    "ClientRetries",
    "ClockJump",
    "Control",
    "ControllerRestart",
    "Crashes",
    "Delayed",
    "DroppedSamples",
    "FailingReads",
    "FailingWrites",
    "Fidelity",
    "LostNodes",
    "Memory",
    "MetricSource",
    "Metrics",
    "MetricsLag",
    "MetricsOutage",
    "Neighbour",
    "NodePool",
    "Objective",
    "OutageAnswer",
    "PodSignal",
    "Pods",
    "Priority",
    "Reserved",
    "Retries",
    "Rollout",
    "Scenario",
    "Service",
    "ServiceSignal",
    "Shape",
    "SlowService",
    "Some",
    "Spot",
    "Spread",
    "Storm",
    "Target",
    "TimeShape",
    "TimedFault",
    "Warmup",
    "Workers",
    "WriteAnswer",
    "load_scenario",
    "scenario_from",
]
