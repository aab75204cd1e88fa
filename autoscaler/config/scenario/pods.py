"""The workload that is scaled, and its pods: what one asks for, how long it takes to come and to go."""

from __future__ import annotations

from typing import Final

from pydantic import Field

from autoscaler.config.traffic import Spec
from autoscaler.config.units import Duration, PositiveAmount, Share

NAME: Final = r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"


class Target(Spec):
    """The workload that is scaled."""

    namespace: str = Field(default="default", pattern=NAME, description="Its namespace. Default `default`.")
    name: str = Field(
        default="web", pattern=NAME, description="Its name; a policy's scaleTargetRef names it. Default `web`."
    )
    kind: str = Field(default="Deployment", pattern=r"^[A-Z][A-Za-z]*$", description="Its kind. Default `Deployment`.")


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
