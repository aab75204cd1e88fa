"""Further workloads that share the nodes with the main one."""

from __future__ import annotations

from pydantic import Field

from autoscaler.config.scenario.metrics import Metrics
from autoscaler.config.scenario.pods import Pods, Target
from autoscaler.config.scenario.service import Objective, Service
from autoscaler.config.traffic import Spec, Traffic


class Neighbour(Spec):
    """A workload of its own. A policy scales it if its scaleTargetRef names it; otherwise its size is fixed."""

    target: Target = Field(description="Its name and kind, not those of any other workload of the scenario.")
    traffic: Traffic
    service: Service = Service()
    slo: Objective = Objective()
    pods: Pods = Pods()
    metrics: Metrics = Metrics()
