"""A decision as a document: what was seen, each step, the answer, what follows from it and what would change it.

The shape is versioned (``apiVersion``) and has a JSON schema (``autoscaler schema decision``). Times are RFC 3339 in UTC;
metric values are quantities as Kubernetes writes them.
"""

from __future__ import annotations

from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

API_VERSION: Final = "autoscaler.dev/v1alpha1"

Number = float | Literal["NaN", "Infinity", "-Infinity"]


class Part(BaseModel):
    """Base of every part of the record."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)


class Bounds(Part):
    """The policy's least and most replicas."""

    min: int
    max: int


class Result(Part):
    """The answer."""

    current: int | None = Field(description="Replicas the target has; null: its scale could not be read.")
    desired: int = Field(description="Replicas it should have.")
    action: str = Field(description="scale_up, scale_down or none.")
    reason: str = Field(description="What settled the number, one word of a closed list.")
    binding: str | None = Field(
        description="The last step that changed the number the metrics asked for; null: it is as they asked."
    )
    next_possible_change_at: str | None = Field(
        description="Until then the same observation gives the same answer; null: time alone changes nothing."
    )
    remaining_wait_seconds: float | None = Field(description="The time from the observation until then.")
    error: str = Field(description="What went wrong in the pass, in upstream's words; empty: nothing.")


class Pods(Part):
    """Pods by what a metric could make of them."""

    ready: int
    unready: int = Field(description="Not running yet, or too young for their cpu to be trusted.")
    missing: int = Field(description="Without a sample.")
    ignored: int = Field(description="Failed, or on their way out.")


class MetricPart(Part):
    """What one metric read and asked for."""

    name: str = Field(description="As conditions and events call it.")
    label: str = Field(description="As people call it.")
    type: str = Field(description="Resource, ContainerResource, Pods, Object, External or Prometheus.")
    source: str = Field(
        description="Where it was read: resource, pods, object, external, prometheus; none: it was not."
    )
    sampled_at: str | None = Field(description="When its oldest sample was taken; null: not known.")
    age_seconds: float | None = Field(description="How old that was when the decision was made.")
    coverage: float | None = Field(
        description="Share of the pods (of Prometheus: of the sources) with a sample, 0 to 1."
    )
    health: Literal["ok", "partial", "missing"] = Field(
        description="ok: read, of every pod; partial: some pods could not be counted on; missing: it gave no answer."
    )
    observed: str = Field(description="The value read; empty: none.")
    target: str = Field(description="The value to hold it at; empty: the metric failed.")
    ratio: Number | None = Field(description="Observed over target; null: the metric failed.")
    adjusted_ratio: Number | None = Field(description="The ratio once missing and unready pods count, if they had to.")
    within_tolerance: bool | None = Field(description="Whether the ratio is too near 1 to act on.")
    pods: Pods | None = Field(description="Of a metric that is read pod by pod: how many were of use.")
    note: str = Field(description="Which rule settled the number.")
    replicas: int | None = Field(description="What it asks for; null: the metric failed.")
    error: str = Field(description="Why it failed; empty: it did not.")


class StagePart(Part):
    """One step that settled or changed the number."""

    stage: str = Field(description="metric, combine, stabilization, rate rules or bounds.")
    before: int
    after: int
    why: str
    since: str | None = Field(description="When the recommendation that holds was made.")
    until: str | None = Field(description="When what binds may let go.")


class Remembered(Part):
    """A recommendation of an earlier pass."""

    at: str
    replicas: int


class WindowsPart(Part):
    """The stabilization windows and what they remember."""

    up_seconds: float | None = Field(description="Null: a policy without behavior has no window upwards.")
    down_seconds: float
    remembered: list[Remembered]
    held_by: Remembered | None = Field(description="What keeps the number from going where the metrics want it.")


class BudgetPart(Part):
    """One rate rule and what it has left."""

    type: str
    value: int
    period_seconds: int
    start: int = Field(description="Replicas when the period began.")
    limit: int = Field(description="The most, or fewest, replicas it allows now.")
    left: int = Field(description="Pods that may still be added, or removed, at once.")
    frees_at: str | None = Field(description="When the first change that counts against it leaves its period.")
    binds: bool = Field(description="Whether selectPolicy picks it.")


class RatesPart(Part):
    """How far the target may move at once."""

    direction: str = Field(description="up or down.")
    select_policy: str | None = Field(description="Null: the fixed rule of policies without behavior.")
    limit: int | None = Field(description="Null: no limit.")
    rules: list[BudgetPart]


class EventPart(Part):
    """A Kubernetes Event that upstream would write."""

    type: str
    reason: str
    message: str


class BoundaryPart(Part):
    """A value at which the answer differs, and the answer there. One step before it the answer stays."""

    value: str = Field(description="A quantity, a number of replicas, or a time.")
    observed: str = Field(description="Of a metric: its value as the status would show it.")
    desired: int


class ChangePart(Part):
    """The smallest change of one input alone that alters the answer; null: no value of it does."""

    input: str = Field(description="metric, replicas or time.")
    name: str
    label: str
    now: str | None = Field(description="Its value now; null: a metric that gives no answer.")
    unit: str = Field(description="Of a metric: percent of requests and average, average per pod, or total.")
    at_target: BoundaryPart | None = Field(description="Of a failed metric: where reading its target is a change.")
    lower: BoundaryPart | None
    higher: BoundaryPart | None


class WritePart(Part):
    """What became of the number. ``result``: not_needed, withheld (observing only), written or failed."""

    attempted: bool
    result: str
    error: str = Field(description="What the server said, where it failed.")


class Record(Part):
    """One decision, complete."""

    api_version: Literal["autoscaler.dev/v1alpha1"] = API_VERSION
    kind: Literal["Decision"] = "Decision"
    decision_id: str = Field(description="Policy and instant: no two decisions share it.")
    policy: str = Field(description="Namespace and name.")
    generation: int = Field(description="Of the policy's object; 0: it comes from a file.")
    mode: str = Field(description="Apply, Observe or Paused.")
    target: str = Field(description="Kind, namespace and name.")
    kubernetes_version: str = Field(description="Whose rules were followed.")
    at: str = Field(description="When the observation was made.")
    sentence: str
    result: Result
    bounds: Bounds
    tolerance: tuple[float, float] = Field(description="Ratios from the first to the second change nothing.")
    metrics: list[MetricPart]
    stages: list[StagePart]
    windows: WindowsPart | None = Field(description="Null: the metrics were not followed.")
    rates: RatesPart | None = Field(description="Null: no change was asked for.")
    status: dict[str, object] = Field(description="The HPA's status as upstream would write it, the write succeeding.")
    events: list[EventPart] = Field(description="The events upstream would write, in order.")
    changes: list[ChangePart] = Field(description="What would change the answer.")
    remembers: dict[str, object] = Field(description="What the next pass remembers; `--memory` takes it.")
    write: WritePart | None = Field(description="Null: the decision was made dry.")
    notes: list[str] = Field(description="What was assumed.")
