"""What an observation file says of its target beyond the scale: rollout, refused pods, who else scales it."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from autoscaler.config.moments import Moment, instant_of
from autoscaler.model.observation import Scale, ScaleUnavailable
from autoscaler.model.target import OtherScaler, Refusal, TargetState, WorkloadState, Writer
from autoscaler.model.time import Instant

_SCALER = re.compile(r"(\S+) ([^\s/]+)/([^\s/]+)")

Count = Annotated[int, Field(ge=0, le=2**31 - 1)]
Scaler = Annotated[str, Field(pattern=f"^{_SCALER.pattern}$")]


class TargetPart(BaseModel):
    """A Deployment or StatefulSet as it describes itself. Counts are pods."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    uid: str = Field(default="", description="Its uid; another one than before means that it was made anew.")
    created: Count | None = Field(default=None, description="Pods that exist. Default: as the scale says.")
    updated: Count | None = Field(
        default=None, description="Those of the newest template; fewer than `created`: a rollout. Default: all."
    )
    ready: Count | None = Field(default=None, description="Those that are ready. Default: all.")
    paused: bool = Field(default=False, description="Whether its rollout is paused. Default false.")
    refused: str = Field(default="", description="Why no more pods can be created: what the API server said.")
    refused_since: Moment = Field(default="-1m", description="Since when. Default -1m.")
    writer: str = Field(default="", description="Who wrote its replicas last, as managedFields names it.")
    written: Moment = Field(default="-1h", description="When that was. Default -1h.")
    scalers: tuple[Scaler, ...] = Field(
        default=(), description="What else scales it, such as `HorizontalPodAutoscaler shop/web`."
    )


def target_of(part: TargetPart | None, scale: Scale | ScaleUnavailable, at: Instant) -> TargetState | None:
    """Give the model's value; ``None`` where the file says nothing, or the scale cannot be read."""
    if part is None or isinstance(scale, ScaleUnavailable):
        return None
    created = scale.status_replicas if part.created is None else part.created
    workload = WorkloadState(
        spec_replicas=scale.spec_replicas,
        replicas=created,
        updated_replicas=created if part.updated is None else part.updated,
        ready_replicas=created if part.ready is None else part.ready,
        available_replicas=created if part.ready is None else part.ready,
        paused=part.paused,
        refusal=Refusal(message=part.refused, since=instant_of(part.refused_since, at)) if part.refused else None,
        writer=Writer(manager=part.writer, at=instant_of(part.written, at)) if part.writer else None,
    )
    return TargetState(uid=part.uid, workload=workload, scalers=tuple(map(_scaler, part.scalers)))


def _scaler(text: str) -> OtherScaler:
    found = _SCALER.fullmatch(text)
    if found is None:
        raise ValueError(f"not a scaler: {text}")
    kind, namespace, name = found.groups()
    return OtherScaler(kind=kind, namespace=namespace, name=name)
