"""Scenario files: one file here for each section of the document, each field with unit and default."""

from autoscaler.config.scenario.document import Fidelity, Scenario, load_scenario, scenario_from
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
    "Control",
    "Crashes",
    "Delayed",
    "Fidelity",
    "Metrics",
    "Neighbour",
    "NodePool",
    "Objective",
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
    "Spot",
    "Spread",
    "Storm",
    "Target",
    "TimeShape",
    "Warmup",
    "Workers",
    "load_scenario",
    "scenario_from",
]
