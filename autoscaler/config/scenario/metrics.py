"""The way from a pod to what the controller reads, and when it looks."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from autoscaler.config.traffic import Spec
from autoscaler.config.units import Duration, PositiveDuration, Share


class PodSignal(StrEnum):
    """What a custom metric of a pod measures."""

    REQUESTS_PER_SECOND = "requests_per_second"  #: served, averaged over the window
    REQUESTS_IN_FLIGHT = "requests_in_flight"  #: waiting or in service, at the scrape


class ServiceSignal(StrEnum):
    """What an external metric, or a Prometheus query, measures."""

    QUEUE_DEPTH = "queue_depth"  #: requests that wait (of jobs those that are due), at the scrape
    REQUESTS_PER_SECOND = "requests_per_second"  #: that arrive, averaged over the window
    JOBS_ACTIVE = "jobs_active"  #: jobs at work, those of lost pods too until their lock expires
    JOBS_DELAYED = "jobs_delayed"  #: jobs that are not due yet
    JOBS_UNFINISHED = "jobs_unfinished"  #: waiting and active
    OLDEST_JOB_AGE = "oldest_job_age"  #: how long the job that waits longest has been due [s]

    @property
    def is_of_jobs(self) -> bool:
        """Tell whether only queue workers have it."""
        return self not in (ServiceSignal.QUEUE_DEPTH, ServiceSignal.REQUESTS_PER_SECOND)


class Metrics(Spec):
    """The way from a pod to what the controller reads."""

    scrape_interval: PositiveDuration = Field(default=15.0, description="Time between two scrapes [s]. Default 15s.")
    resource_window: PositiveDuration = Field(default=15.0, description="cpu is averaged over this [s]. Default 15s.")
    custom_window: PositiveDuration = Field(
        default=60.0, description="Custom rates are averaged over this [s]. Default 60s."
    )
    lag: Duration = Field(default=2.0, description="From a scrape until it can be read [s]. Default 2s.")
    dropped_samples: Share = Field(
        default=0.0, description="Share of pods that a scrape misses, others in each one, seeded. Default 0."
    )
    pods: dict[str, PodSignal] = Field(
        default={"http_requests_per_second": PodSignal.REQUESTS_PER_SECOND},
        description="Custom metrics of pods: name and what it measures. Default http_requests_per_second.",
    )
    external: dict[str, ServiceSignal] = Field(
        default={"redis_queue_depth": ServiceSignal.QUEUE_DEPTH},
        description="External metrics: name and what it measures. Default redis_queue_depth.",
    )
    prometheus: dict[str, ServiceSignal] = Field(
        default={}, description="Prometheus metrics of ScalingPolicies: name and what its query gives. Default none."
    )


class Control(Spec):
    """When the controller looks."""

    sync_period: PositiveDuration = Field(default=15.0, description="Time between two evaluations [s]. Default 15s.")
    sync_phase: Duration = Field(
        default=7.0, description="The first evaluation is one period plus this in [s]. Default 7s."
    )
