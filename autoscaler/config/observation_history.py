"""The history of an observation file into what the engine remembers."""

from __future__ import annotations

from msgspec import structs

from autoscaler.config.field_paths import Step
from autoscaler.config.moments import instant_of
from autoscaler.config.observation import History
from autoscaler.config.observation_faults import Faults
from autoscaler.model.decision import PolicyStatus
from autoscaler.model.memory import Memory, Recommendation, ScaleEvent
from autoscaler.model.time import Instant


def build_memory(
    history: History, at: Instant, faults: Faults, where: tuple[Step, ...], status: PolicyStatus
) -> Memory:
    """Turn a history into what the engine remembers, in order of time; what lies after ``at`` is a fault."""

    def moment(text: str, *steps: Step) -> Instant:
        found = instant_of(text, at)
        if found > at:
            faults.add((*where, *steps, text), "lies after the observation", "the past is written as an age: -90s")
        return found

    recommendations = history.recommendations
    changes = sorted((moment(text, "changes"), text, change) for text, change in history.changes.items())
    for _, text, change in changes:
        if change == 0:
            faults.add((*where, "changes", text), "is no change", "write how many pods were added (+4) or removed (-2)")
    last = status.last_scale_at if history.last_scale is None else moment(history.last_scale, "last_scale")
    return Memory(
        recommendations=None
        if recommendations is None
        else tuple(
            Recommendation(when, replicas)
            for when, replicas in sorted(
                (moment(text, "recommendations"), replicas)
                for text, several in recommendations.items()
                for replicas in several
            )
        ),
        scale_ups=tuple(ScaleEvent(when, change) for when, _, change in changes if change > 0),
        scale_downs=tuple(ScaleEvent(when, -change) for when, _, change in changes if change < 0),
        status=structs.replace(status, last_scale_at=last),
    )
