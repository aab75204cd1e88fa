"""Scenario files: one file here for each section of the document, each field with unit and default."""

from autoscaler.config.scenario.document import Fidelity, Scenario, load_scenario, scenario_from
from autoscaler.config.scenario.metrics import Control, Metrics, PodSignal, ServiceSignal
from autoscaler.config.scenario.pods import Pods, Target
from autoscaler.config.scenario.service import Balancing, Objective, Service

__all__ = [
    "Balancing",
    "Control",
    "Fidelity",
    "Metrics",
    "Objective",
    "PodSignal",
    "Pods",
    "Scenario",
    "Service",
    "ServiceSignal",
    "Target",
    "load_scenario",
    "scenario_from",
]
