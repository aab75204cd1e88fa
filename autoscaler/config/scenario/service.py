"""What a request costs, how requests are spread over pods, and what users are promised."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from autoscaler.config.traffic import Spec
from autoscaler.config.units import Amount, PositiveDuration, Share


class Balancing(StrEnum):
    """How requests are spread over pods."""

    LEAST_OUTSTANDING = "least_outstanding"  #: nearly as good as one queue for all pods
    RANDOM = "random"  #: each pod is a queue of its own


class Service(Spec):
    """What a request costs, and what happens to one that has to wait."""

    mean_service_time: PositiveDuration = Field(
        default=0.1, description="Mean time in service, exponential [s]. Default 100ms."
    )
    slots: int = Field(default=10, ge=1, le=100_000, description="Requests a pod serves at once. Default 10.")
    queue_limit: int = Field(
        default=100, ge=0, description="Requests that may wait per ready pod; more are rejected. Default 100."
    )
    timeout: PositiveDuration = Field(
        default=10.0, description="How long a client waits for its turn [s]. Default 10s."
    )
    balancing: Balancing = Field(
        default=Balancing.LEAST_OUTSTANDING,
        description="How requests are spread over pods: least_outstanding (the default) or random.",
    )
    cpu_per_request: Amount = Field(default=0.01, description="cpu time of one request [core-seconds]. Default 10m.")
    cpu_at_rest: Amount = Field(default=0.01, description="cpu use of a pod without requests [cores]. Default 10m.")
    memory_at_rest: Amount = Field(
        default=2.0**27, description="Memory of a pod without requests [bytes]. Default 128Mi."
    )
    memory_per_request: Amount = Field(default=0.0, description="Memory of one request in service [bytes]. Default 0.")

    def room(self, pods: int) -> float:
        """Give how many requests may wait with so many pods in rotation."""
        return float(pods * self.queue_limit)

    @property
    def starts_again(self) -> bool:
        """Tell whether what is in service when its pod is killed waits again; otherwise it is lost."""
        return False

    @property
    def pod_rate(self) -> float:
        """The most that one pod can serve [requests/s]."""
        return self.slots / self.mean_service_time


class Objective(Spec):
    """What users are promised: a minute in which a smaller share is served in time counts as violated."""

    latency: PositiveDuration = Field(default=0.5, description="A request slower than this is late [s]. Default 500ms.")
    share: Share = Field(default=0.99, description="Share of requests that must be in time, per minute. Default 99%.")
