"""Queue workers: pods that take jobs from one queue, instead of being sent requests.

The words and the rules are those of BullMQ, the queue most Node.js services have: a lower priority number comes first and
jobs without one come before all others; a delayed job is due later; a failed one tries again after a pause; one whose
worker vanished is found stalled when its lock has expired, and goes to the head of the queue.
"""

from __future__ import annotations

import math
from enum import StrEnum
from typing import Final, Self

from pydantic import Field, field_validator, model_validator

from autoscaler.config.scenario.service import Balancing, Service, Spread
from autoscaler.config.traffic import Spec
from autoscaler.config.units import Amount, Duration, PositiveDuration, Share

_LOWEST: Final = 2**21  #: BullMQ's lowest priority
_MOST_CLASSES: Final = 32
_FOREVER: Final = 7 * 86_400.0  #: jobs do not give up; the grid of latencies of a fluid ends a bit above this [s]


class Priority(Spec):
    """Jobs of one priority."""

    share: Share = Field(description="Share of the jobs; what is left of 100% has no priority and comes first.")
    priority: int = Field(
        ge=0, le=_LOWEST, description="1 comes before 2, and so on; 0 is the same as none: before all others."
    )


class Delayed(Spec):
    """Jobs that are not due when they are added."""

    share: Share = Field(default=1.0, description="Share of the jobs. Default 100%.")
    by: PositiveDuration = Field(alias="for", description="From being added until they are due [s].")


class Backoff(StrEnum):
    """How the pause before another attempt grows."""

    FIXED = "fixed"  #: always the same
    EXPONENTIAL = "exponential"  #: twice the one before


class Retries(Spec):
    """Attempts that fail, and what comes after them."""

    failure_share: Share = Field(description="Share of attempts that fail, each at its end and after its whole time.")
    attempts: int = Field(
        default=1, ge=1, le=1_000, description="Attempts a job has; after the last it failed for good. Default 1."
    )
    backoff: Backoff = Field(
        default=Backoff.FIXED, description="The pause before another attempt: fixed (the default) or exponential."
    )
    delay: Duration = Field(
        default=0.0, description="The first pause [s]. Default 0: back to the end of the queue at once."
    )

    @model_validator(mode="after")
    def _grows(self) -> Self:
        if self.backoff is Backoff.EXPONENTIAL and not self.delay:
            raise ValueError("backoff is exponential, but twice a delay of 0 is 0: give a delay, such as 1s")
        return self


class Workers(Spec):
    """What a job costs, in which order jobs are taken, and what becomes of those that fail."""

    job_time: PositiveDuration = Field(default=1.0, description="Mean time of a job [s]. Default 1s.")
    spread: Spread = Field(
        default=Spread(), description="How times of jobs vary around their mean. Default: exponential."
    )
    concurrency: int = Field(default=1, ge=1, le=100_000, description="Jobs a pod works on at once. Default 1.")
    priorities: tuple[Priority, ...] = Field(
        default=(), max_length=_MOST_CLASSES, description="Shares of the jobs by priority. Default: none has one."
    )
    delayed: Delayed | None = Field(default=None, description="Jobs that are due later. Default: none.")
    retries: Retries | None = Field(default=None, description="Attempts that fail. Default: none.")
    lock: Duration = Field(
        default=30.0, description="From a pod's end until the jobs it had are back in the queue [s]. Default 30s."
    )
    max_stalled: int = Field(
        default=1, ge=0, le=1_000, description="How often a job may lose its pod before it failed for good. Default 1."
    )
    cpu_per_job: Amount = Field(
        default=0.01, description="cpu time of a job of mean length [core-seconds]. Default 10m."
    )
    cpu_at_rest: Amount = Field(default=0.01, description="cpu use of a pod without jobs [cores]. Default 10m.")
    memory_at_rest: Amount = Field(default=2.0**27, description="Memory of a pod without jobs [bytes]. Default 128Mi.")
    memory_per_job: Amount = Field(default=0.0, description="Memory of one job at work [bytes]. Default 0.")

    @field_validator("priorities")
    @classmethod
    def _shares_add_up(cls, priorities: tuple[Priority, ...]) -> tuple[Priority, ...]:
        total = sum(entry.share for entry in priorities)
        if total > 1.0 + 1e-9:
            raise ValueError(f"the shares add up to {total:.0%}; there are no more than 100% of the jobs")
        numbers = [entry.priority for entry in priorities]
        if repeated := [number for number in numbers if numbers.count(number) > 1]:
            raise ValueError(f"priority {repeated[0]} is given twice; add up its shares")
        return priorities

    @property
    def needs_single_jobs(self) -> tuple[str, ...]:
        """Name the fields given that expected numbers cannot follow."""
        return tuple(name for name in ("priorities", "delayed", "retries") if getattr(self, name))

    @property
    def attempts_per_job(self) -> float:
        """How many attempts a job takes on average."""
        if self.retries is None:
            return 1.0
        failure = self.retries.failure_share
        return math.fsum(failure**attempt for attempt in range(self.retries.attempts))

    def as_service(self) -> Backlog:
        """Give the workers as the service they are to everything that asks for capacity, costs and times only.

        A request of that service is a job with all its attempts.
        """
        return Backlog(
            slots=self.concurrency,
            spread=self.spread,
            balancing=Balancing.SHARED,
            cpu_per_request=self.cpu_per_job * self.attempts_per_job,
            cpu_at_rest=self.cpu_at_rest,
            memory_at_rest=self.memory_at_rest,
            memory_per_request=self.memory_per_job,
        ).model_copy(update={"mean_service_time": self.job_time * self.attempts_per_job, "timeout": _FOREVER})


class Backlog(Service):
    """A service whose requests are jobs: they wait in one place for as long as it takes, also when there is no pod."""

    def room(self, pods: int) -> float:
        """Give how many may wait: any number."""
        return math.inf

    @property
    def starts_again(self) -> bool:
        """Tell that a job whose pod is killed waits again."""
        return True
