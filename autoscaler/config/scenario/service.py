"""What a request costs, how requests are spread over pods, and what users are promised."""

from __future__ import annotations

from enum import StrEnum
from itertools import pairwise
from typing import Self

from pydantic import Field, model_validator

from autoscaler.config.traffic import Spec
from autoscaler.config.units import Amount, Duration, PositiveAmount, PositiveDuration, Share


class Balancing(StrEnum):
    """How requests are spread over pods."""

    LEAST_OUTSTANDING = "least_outstanding"  #: to the pod with fewest requests: nearly as good as one queue for all
    POWER_OF_TWO = "power_of_two"  #: to the emptier one of two pods taken at random
    ROUND_ROBIN = "round_robin"  #: to each pod in turn, however full it is
    RANDOM = "random"  #: to any pod: each is a queue of its own
    SHARED = "shared"  #: one queue in front of all pods, which take from it


class TimeShape(StrEnum):
    """How times vary around their mean."""

    EXPONENTIAL = "exponential"
    CONSTANT = "constant"
    LOGNORMAL = "lognormal"  #: a long tail: the usual shape of a service that does different things
    GAMMA = "gamma"
    EMPIRICAL = "empirical"  #: as measured


class Spread(Spec):
    """How the times of requests, or of jobs, vary around their mean."""

    shape: TimeShape = Field(
        default=TimeShape.EXPONENTIAL,
        description="exponential (the default), constant, lognormal, gamma or empirical.",
    )
    cv: PositiveAmount | None = Field(
        default=None,
        le=100,
        description="Standard deviation over mean, of lognormal and gamma times. An exponential time has 1.",
    )
    quantiles: tuple[PositiveAmount, ...] = Field(
        default=(),
        max_length=100_000,
        description="Measured times, from the shortest to the longest, at equal steps of probability: at least two, in "
        "any unit, since they are scaled to the mean. Empirical times lie on straight lines between them.",
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        takes_cv, takes_quantiles = (
            self.shape in (TimeShape.LOGNORMAL, TimeShape.GAMMA),
            self.shape is TimeShape.EMPIRICAL,
        )
        if takes_cv != (self.cv is not None):
            raise ValueError(f"{self.shape} times {'need a cv' if takes_cv else 'have no cv of their own'}")
        if takes_quantiles != bool(self.quantiles):
            raise ValueError(f"{self.shape} times {'need quantiles' if takes_quantiles else 'have no quantiles'}")
        if takes_quantiles and (len(self.quantiles) < 2 or any(b < a for a, b in pairwise(self.quantiles))):
            raise ValueError("quantiles are at least two numbers, each at least as large as the one before")
        return self


class ClientRetries(Spec):
    """Clients that send a request again when it was turned away, had to wait too long or lost its pod."""

    attempts: int = Field(default=3, ge=2, le=100, description="Attempts in all, the first included. Default 3.")
    backoff: Duration = Field(
        default=0.1, description="Pause before the second attempt [s]; it doubles from there. Default 100ms."
    )
    backoff_limit: PositiveDuration = Field(default=10.0, description="Longest pause [s]. Default 10s.")
    jitter: Share = Field(default=0.5, description="Pauses vary by up to this share, seeded. Default 50%.")

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.backoff > self.backoff_limit:
            raise ValueError(f"backoff ({self.backoff:g} s) is longer than backoff_limit ({self.backoff_limit:g} s)")
        return self


class Service(Spec):
    """What a request costs, and what happens to one that has to wait."""

    mean_service_time: PositiveDuration = Field(default=0.1, description="Mean time in service [s]. Default 100ms.")
    spread: Spread = Field(
        default=Spread(), description="How times in service vary around their mean. Default: exponential."
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
        description="How requests are spread over pods: least_outstanding (the default), power_of_two, round_robin, "
        "random or shared.",
    )
    retries: ClientRetries | None = Field(default=None, description="Clients that try again. Default: none does.")
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
    def needs_single_requests(self) -> tuple[str, ...]:
        """Name the fields given that expected numbers cannot follow."""
        return ("retries",) if self.retries is not None else ()

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
