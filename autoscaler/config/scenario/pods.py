"""The workload that is scaled, and its pods: what one asks for, how long it takes to come and to go."""

from __future__ import annotations

from typing import Final, Self

from pydantic import Field, model_validator

from autoscaler.config.traffic import Spec
from autoscaler.config.units import Amount, Duration, PositiveAmount, PositiveDuration, Share

NAME: Final = r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"


class Target(Spec):
    """The workload that is scaled."""

    namespace: str = Field(default="default", pattern=NAME, description="Its namespace. Default `default`.")
    name: str = Field(
        default="web", pattern=NAME, description="Its name; a policy's scaleTargetRef names it. Default `web`."
    )
    kind: str = Field(default="Deployment", pattern=r"^[A-Z][A-Za-z]*$", description="Its kind. Default `Deployment`.")


class Warmup(Spec):
    """How a pod that has just become ready is slower than others."""

    span: PositiveDuration = Field(alias="for", description="How long a pod is young, from its readiness on [s].")
    slowness: float = Field(
        default=1.0,
        ge=1,
        le=1000,
        description="A request of a pod just ready takes this many times as long; the factor falls in a line to 1. Default 1.",
    )


class Crashes(Spec):
    """Containers that end by themselves. The kubelet starts them again: at once, then after a wait that doubles."""

    share_of_starts: Share = Field(
        default=0.0, description="Share of starts that fail: the container ends where it would be ready. Default 0."
    )
    per_pod_hour: Amount = Field(
        default=0.0, description="Crashes of a pod in rotation [1/h]; what it has in service is lost. Default 0."
    )
    back_off: PositiveDuration = Field(
        default=10.0, description="Wait before the second restart [s]; it doubles from there. Default 10s."
    )
    back_off_limit: PositiveDuration = Field(
        default=300.0,
        description="Longest wait before a restart [s]; a run of twice that long is a fresh start. Default 5m.",
    )

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if not self.share_of_starts and not self.per_pod_hour:
            raise ValueError("give share_of_starts, per_pod_hour or both: nothing would ever crash")
        if self.back_off > self.back_off_limit:
            raise ValueError(
                f"back_off ({self.back_off:g} s) is longer than back_off_limit ({self.back_off_limit:g} s)"
            )
        return self


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
    image_pull: Duration = Field(
        default=0.0,
        description="Pulling the image, where it is not on the node yet [s]. Default 0: it is part of startup.",
    )
    startup: Duration = Field(
        default=20.0, description="Start, until the containers run, each time anew after a crash [s]. Default 20s."
    )
    readiness: Duration = Field(default=5.0, description="From running to ready [s]. Default 5s.")
    jitter: Share = Field(
        default=0.1, description="Start-up and readiness vary by up to this share, seeded. Default 10%."
    )
    startup_cpu: Amount = Field(
        default=0.0,
        description="cpu a pod spends on its own start, from running to ready, fading out with the warm-up [cores]. Default 0.",
    )
    warmup: Warmup | None = Field(default=None, description="Slowness of young pods. Default: none.")
    crashes: Crashes | None = Field(default=None, description="Containers that crash. Default: none.")
    termination_grace: Duration = Field(
        default=30.0, description="Requests still running after this are lost [s]. Default 30s."
    )
    price_per_hour: Amount | None = Field(
        default=None,
        description="Price of a pod [money per hour], while it exists; without nodes only. Default: costs are not shown.",
    )
    priority: int = Field(
        default=0, description="Pods with a higher number find room on nodes first; nothing is evicted. Default 0."
    )
    disruption_budget: int | None = Field(
        default=None,
        ge=1,
        description="Pods that may be missing while nodes are drained; the next leaves when another is ready. "
        "Default: no budget, all pods of a node leave at once.",
    )
