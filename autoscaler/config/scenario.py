"""Scenario files: the traffic, the service, its pods and what is measured of them, each field with unit and default."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Self

from pydantic import AwareDatetime, Field, ValidationError, model_validator

from autoscaler.config.documents import Document, load_file
from autoscaler.config.model_faults import faults_of
from autoscaler.config.traffic import Spec, Traffic
from autoscaler.config.units import Amount, Duration, PositiveAmount, PositiveDuration, Share
from autoscaler.model.errors import Fault, InvalidInputError, InvalidScenarioError

_NAME = r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"


class Balancing(StrEnum):
    """How requests are spread over pods."""

    LEAST_OUTSTANDING = "least_outstanding"  #: nearly as good as one queue for all pods
    RANDOM = "random"  #: each pod is a queue of its own


class Target(Spec):
    """The workload that is scaled."""

    namespace: str = Field(default="default", pattern=_NAME, description="Its namespace. Default `default`.")
    name: str = Field(
        default="web", pattern=_NAME, description="Its name; a policy's scaleTargetRef names it. Default `web`."
    )
    kind: str = Field(default="Deployment", pattern=r"^[A-Z][A-Za-z]*$", description="Its kind. Default `Deployment`.")


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

    @property
    def pod_rate(self) -> float:
        """The most that one pod can serve [requests/s]."""
        return self.slots / self.mean_service_time


class Objective(Spec):
    """What users are promised: a minute in which a smaller share is served in time counts as violated."""

    latency: PositiveDuration = Field(default=0.5, description="A request slower than this is late [s]. Default 500ms.")
    share: Share = Field(default=0.99, description="Share of requests that must be in time, per minute. Default 99%.")


class Pods(Spec):
    """One pod: what it asks for and how long it takes to come and to go."""

    cpu_request: PositiveAmount = Field(default=0.5, description="Requested cpu [cores]. Default 500m.")
    memory_request: PositiveAmount = Field(default=2.0**28, description="Requested memory [bytes]. Default 256Mi.")
    initial_replicas: int = Field(
        default=2,
        ge=0,
        le=100_000,
        description="Pods that run when the run starts. Default: as many as the first minute's traffic keeps 70 % busy.",
    )
    startup: Duration = Field(
        default=20.0, description="Image pull and start, until the containers run [s]. Default 20s."
    )
    readiness: Duration = Field(default=5.0, description="From running to ready [s]. Default 5s.")
    jitter: Share = Field(
        default=0.1, description="Start-up and readiness vary by up to this share, seeded. Default 10%."
    )
    termination_grace: Duration = Field(
        default=30.0, description="Requests still running after this are lost [s]. Default 30s."
    )


class PodSignal(StrEnum):
    """What a custom metric of a pod measures."""

    REQUESTS_PER_SECOND = "requests_per_second"  #: served, averaged over the window
    REQUESTS_IN_FLIGHT = "requests_in_flight"  #: waiting or in service, at the scrape


class ServiceSignal(StrEnum):
    """What an external metric measures."""

    QUEUE_DEPTH = "queue_depth"  #: requests that wait, at the scrape
    REQUESTS_PER_SECOND = "requests_per_second"  #: that arrive, averaged over the window


class Metrics(Spec):
    """The way from a pod to what the controller reads."""

    scrape_interval: PositiveDuration = Field(default=15.0, description="Time between two scrapes [s]. Default 15s.")
    resource_window: PositiveDuration = Field(default=15.0, description="cpu is averaged over this [s]. Default 15s.")
    custom_window: PositiveDuration = Field(
        default=60.0, description="Custom rates are averaged over this [s]. Default 60s."
    )
    lag: Duration = Field(default=2.0, description="From a scrape until it can be read [s]. Default 2s.")
    pods: dict[str, PodSignal] = Field(
        default={"http_requests_per_second": PodSignal.REQUESTS_PER_SECOND},
        description="Custom metrics of pods: name and what it measures. Default http_requests_per_second.",
    )
    external: dict[str, ServiceSignal] = Field(
        default={"redis_queue_depth": ServiceSignal.QUEUE_DEPTH},
        description="External metrics: name and what it measures. Default redis_queue_depth.",
    )


class Control(Spec):
    """When the controller looks."""

    sync_period: PositiveDuration = Field(default=15.0, description="Time between two evaluations [s]. Default 15s.")
    sync_phase: Duration = Field(
        default=7.0, description="The first evaluation is one period plus this in [s]. Default 7s."
    )


class Scenario(Spec):
    """One experiment, complete: everything but the policy."""

    name: str = Field(pattern=_NAME, description="Short name, for tables and file names.")
    description: str = Field(default="", description="What it shows, in a sentence or two.")
    duration: PositiveDuration | None = Field(
        default=None, description="Length of the run [s]. Default: the trace's length."
    )
    seed: int = Field(default=1, ge=0, lt=2**63, description="Seed of everything random. Default 1.")
    start: AwareDatetime = Field(
        default=datetime(2026, 1, 5, tzinfo=UTC),
        description="The wall clock at the start. Default Monday 2026-01-05, UTC.",
    )
    target: Target = Target()
    traffic: Traffic
    service: Service = Service()
    slo: Objective = Objective()
    pods: Pods = Pods()
    metrics: Metrics = Metrics()
    control: Control = Control()

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.duration is None and self.traffic.csv is None:
            raise ValueError("duration is missing; only traffic from a csv file has a length of its own")
        if self.duration is not None:
            _fits(self.pods.startup + self.pods.readiness, self.duration, "pods.startup plus pods.readiness")
            _fits(self.control.sync_period, self.duration, "control.sync_period")
            _fits(self.metrics.scrape_interval, self.duration, "metrics.scrape_interval")
        return self


def _fits(part: float, duration: float, what: str) -> None:
    if part > duration:
        raise ValueError(f"{what} ({part:g} s) is longer than the run ({duration:g} s): nothing would ever happen")


def load_scenario(path: Path) -> Scenario:
    """Read a scenario file. A trace's path in it counts from the file's folder.

    Raises:
        InvalidScenarioError: one fault for each wrong field, with its line, what is allowed and a hint.
    """
    try:
        documents = load_file(path)
    except InvalidInputError as error:
        raise InvalidScenarioError(error.faults) from error
    if len(documents) != 1:
        what = f"{len(documents)} documents in one file" if documents else "the file is empty"
        raise InvalidScenarioError([Fault(what=what, source=str(path), hint="a scenario file holds one document")])
    return scenario_from(documents[0])


def scenario_from(document: Document) -> Scenario:
    """Check one document.

    Raises:
        InvalidScenarioError: see ``load_scenario``.
    """
    try:
        return Scenario.model_validate(document.value)
    except ValidationError as error:
        raise InvalidScenarioError(faults_of(error, document, Scenario)) from error
