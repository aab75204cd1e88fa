"""The nodes that pods run on: pools of like ones, what they cost, how long they take to come, and how they are lost."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from autoscaler.config.scenario.pods import NAME
from autoscaler.config.traffic import Spec
from autoscaler.config.units import Amount, Duration, PositiveAmount, PositiveShare, Rate, Share


class Shape(Spec):
    """What one node has."""

    cpu: PositiveAmount = Field(description="cpu [cores], such as 4.")
    memory: PositiveAmount = Field(description="Memory [bytes], such as 16Gi.")
    pods: int = Field(default=110, ge=1, le=10_000, description="Pods it takes at most. Default 110.")


class Reserved(Spec):
    """What the system and daemons keep of each node; the rest is for pods."""

    cpu: Amount = Field(default=0.0, description="cpu kept [cores]. Default 0.")
    memory: Amount = Field(default=0.0, description="Memory kept [bytes]. Default 0.")
    pods: int = Field(default=0, ge=0, description="Pods of daemon sets on each node. Default 0.")


class Storm(Spec):
    """One time at which much of a pool is lost at once."""

    at: Duration = Field(description="When the provider says so [s]; the nodes are gone a `notice` later.")
    share: PositiveShare = Field(default=1.0, description="Share of the pool's nodes that is lost. Default 100%.")
    dry: Duration = Field(default=0.0, description="The pool gives no new nodes for this long [s]. Default 0.")


class Spot(Spec):
    """How the provider takes nodes back. Losses of one pool come together, as they do in reality."""

    interruptions_per_hour: Rate = Field(
        default=0.0, description="How often a node is taken back, on average [per node-hour]. Default 0."
    )
    together: PositiveShare = Field(
        default=0.1,
        description="Share of a pool that one such interruption takes on average; the rate of a node stays. Default 10%.",
    )
    dry: Duration = Field(
        default=0.0, description="After each such interruption the pool gives no nodes for this long [s]. Default 0."
    )
    trace: str | None = Field(
        default=None,
        min_length=1,
        description="A recorded pool instead of a rate: timestamp,event,node rows, relative to the scenario's folder.",
    )
    storms: tuple[Storm, ...] = Field(default=(), description="Times at which much of the pool is lost at once.")
    notice: Duration = Field(
        default=120.0,
        description="From the provider's notice until a node is gone [s]; it drains meanwhile. Default 2m.",
    )

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if self.trace is not None and self.interruptions_per_hour:
            raise ValueError("interruptions_per_hour and trace both say when nodes are taken back: give one")
        return self


class NodePool(Spec):
    """Like nodes that come and go together."""

    name: str = Field(pattern=NAME, description="Its name, unique in the scenario.")
    shape: Shape
    reserved: Reserved = Reserved()
    provisioning: Duration = Field(
        default=90.0, description="From asking for a node until it is ready [s]. Default 90s."
    )
    jitter: Share = Field(default=0.2, description="Provisioning varies by up to this share, seeded. Default 20%.")
    price_per_hour: Amount | None = Field(
        default=None,
        description="Price of a node [money per hour], from asking for it to its removal. Default: costs are not shown.",
    )
    min: int = Field(default=0, ge=0, le=10_000, description="Nodes that are always kept. Default 0.")
    max: int = Field(default=100, ge=1, le=10_000, description="Nodes it never exceeds. Default 100.")
    priority: int = Field(
        default=0, description="A pool with a higher number is asked first; equals go by price per pod. Default 0."
    )
    scale_down_below: Share = Field(
        default=0.5, description="A node is under-used while less than this share is requested. Default 50%."
    )
    scale_down_after: Duration = Field(
        default=600.0,
        description="It goes when under-used for this long [s], and this long after the pool last grew. Default 10m.",
    )
    spot: Spot | None = Field(default=None, description="How its nodes are taken back. Default: never.")

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.min > self.max:
            raise ValueError(f"min ({self.min}) is above max ({self.max}): swap them")
        for what in ("cpu", "memory", "pods"):
            if getattr(self.reserved, what) >= getattr(self.shape, what):
                raise ValueError(f"reserved.{what} leaves nothing of shape.{what} for pods")
        return self

    @property
    def for_pods(self) -> tuple[float, float]:
        """What a node has for pods: cpu [cores] and memory [bytes]."""
        return self.shape.cpu - self.reserved.cpu, self.shape.memory - self.reserved.memory
