"""Observation files: what a controller would see of one target at one instant, written by hand for a dry decision.

Short forms are for the usual case (five pods alike, cpu at 84%), long forms for everything the engine can tell apart.
``observation_build`` turns the file into the model's values; here it is only read and checked field by field.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self, TypeAlias, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from autoscaler.config.documents import Document, load_file
from autoscaler.config.edits import Edit, edited
from autoscaler.config.model_faults import faults_of
from autoscaler.config.moments import NOW, Moment
from autoscaler.config.observation_amounts import Level, Requests
from autoscaler.config.observation_target import TargetPart
from autoscaler.config.units import PositiveDuration
from autoscaler.model.errors import Fault, InvalidInputError, InvalidObservationError
from autoscaler.model.observation import PodPhase

MOST_PODS: Final = 10_000
_LARGEST: Final = 2**31 - 1


Count = Annotated[int, Field(ge=0, le=MOST_PODS)]
Replicas = Annotated[int, Field(ge=0, le=_LARGEST)]


class Part(BaseModel):
    """Base of everything in an observation file: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class ScalePart(Part):
    """The target's scale subresource. Short form: the number of replicas alone."""

    replicas: Replicas = Field(default=0, description="Replicas asked for (spec.replicas).")
    running: Replicas | None = Field(
        default=None, description="Replicas that exist (status.replicas). Default: `replicas`."
    )
    selector: str | None = Field(default=None, description="Label selector of its pods. Default: `app=` its name.")
    error: str = Field(default="", description="The scale cannot be read: what the API server said.")

    @model_validator(mode="before")
    @classmethod
    def _given(cls, value: Any) -> Any:
        if not isinstance(value, dict | cls):
            raise ValueError("should be a number of replicas, or a mapping")
        if isinstance(value, dict) and not {"replicas", "error"} & value.keys():
            raise ValueError("replicas is missing; write how many replicas the target has, or error")
        return value


class PodGroup(Part):
    """Pods that are alike: as many as ``count`` says."""

    name: str | None = Field(default=None, min_length=1, description="Name; of several, -1, -2 ... are appended.")
    count: Count = Field(default=1, description="How many pods. Default 1.")
    ready: bool | Count = Field(default=True, description="How many of them are ready, or true for all. Default true.")
    missing: Count = Field(default=0, description="How many of them, the last ones, report no metrics. Default 0.")
    phase: PodPhase = Field(default=PodPhase.RUNNING, description="Pending, Running, Succeeded, Failed or Unknown.")
    deleting: bool = Field(default=False, description="Whether they are on their way out. Default false.")
    started: Moment | None = Field(default="-1h", description="When they started; null: not yet. Default -1h.")
    since: Moment | None = Field(
        default=None, description="When they became ready, or unready. Default: when they started."
    )
    requests: Requests = Field(default={}, description="What each requests, in one container: {cpu: 500m}.")
    containers: dict[str, Requests] = Field(default={}, description="What each container requests, by its name.")
    sidecars: dict[str, Requests] = Field(default={}, description="The same of init containers that keep running.")
    pod_requests: Requests = Field(default={}, description="Requests at pod level.")
    overhead: Requests = Field(default={}, description="Overhead of the runtime class.")
    metrics: dict[str, Level] = Field(default={}, description="Values of these pods only, by metric.")

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.ready is not True and self.ready is not False and self.ready > self.count:
            raise ValueError(f"{self.ready} ready pods are more than the {self.count} there are")
        if self.missing > self.count:
            raise ValueError(f"{self.missing} pods without metrics are more than the {self.count} there are")
        if self.requests and self.containers:
            raise ValueError("requests and containers are two ways to say one thing; give one of them")
        return self

    @property
    def ready_count(self) -> int:
        """How many are ready."""
        return self.count if self.ready is True else int(self.ready)


class Given(Part):
    """What one metric reads. Short form: its value, or a list of values."""

    value: Level | None = Field(default=None, description="Of every pod alike; or the whole value of the metric.")
    values: tuple[Level, ...] | None = Field(
        default=None, description="Pod by pod, in order; or series by series of an External metric."
    )
    pods: dict[str, Level] | None = Field(default=None, description="By name of the pod; the others are missing.")
    error: str | None = Field(default=None, min_length=1, description="It cannot be read: what the metrics API said.")

    @model_validator(mode="after")
    def _one(self) -> Self:
        given = [name for name in ("value", "values", "pods", "error") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"takes exactly one of value, values, pods, error; {' and '.join(given) or 'none'} given")
        return self


class Samples(Part):
    """When the pods' metrics were measured."""

    at: Moment = Field(default=NOW, description="End of the measurement. Default now.")
    window: PositiveDuration = Field(default=30.0, description="Its length [s]. Default 30s.")


def _several(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


Asked = Annotated[tuple[Replicas, ...], BeforeValidator(_several, json_schema_input_type=int | list[int])]


class History(Part):
    """What the controller remembers of earlier evaluations; times are ages or RFC 3339."""

    recommendations: dict[Moment, Asked] | None = Field(
        default=None,
        description="What the metrics asked for, before windows and rules: {-90s: 8}; several of one instant as a list. "
        "Absent: the controller has just started, and takes the present replicas for its first recommendation. {}: it "
        "remembers nothing.",
    )
    changes: dict[Moment, int] = Field(
        default={}, description="Changes of size it made: {-2m: +4, -30s: -1}. They count against the rate rules."
    )
    last_scale: Moment | None = Field(default=None, description="When it last changed the size, for the status.")


def _short_scale(value: Any) -> Any:
    return {"replicas": value} if isinstance(value, int) and not isinstance(value, bool) else value


def _short_pods(value: Any) -> Any:
    return [value] if isinstance(value, dict) else value


def _short_metric(value: Any) -> Any:
    match value:
        case dict():
            return value
        case list():
            return {"values": value}
        case _:
            return {"value": value}


_ScaleInput: TypeAlias = int | ScalePart
_PodsInput: TypeAlias = PodGroup | list[PodGroup]
_MetricInput: TypeAlias = str | float | list[str | float] | Given


class ObservationFile(Part):
    """What is seen of the target at one instant."""

    kind: Literal["Observation"] = Field(default="Observation", description="For editors; may be left out.")
    at: Moment | None = Field(default=None, description="When it was seen (RFC 3339). Default: some day, at noon.")
    scale: Annotated[ScalePart, BeforeValidator(_short_scale, json_schema_input_type=_ScaleInput)] = Field(
        description="The target's replicas: a number, or a mapping."
    )
    pods: Annotated[tuple[PodGroup, ...], BeforeValidator(_short_pods, json_schema_input_type=_PodsInput)] | None = (
        Field(
            default=None, description="Its pods: one group, or a list of them. Default: as many as it has, all ready."
        )
    )
    metrics: dict[str, Annotated[Given, BeforeValidator(_short_metric, json_schema_input_type=_MetricInput)]] = Field(
        default={},
        description="What each metric of the policy reads, by its name; of a ContainerResource metric CONTAINER/NAME; "
        "where two have one name, metrics[0], metrics[1] ... as they stand in the policy.",
    )
    samples: Samples = Samples()
    history: History | None = Field(default=None, description="What the controller remembers. Default: nothing yet.")
    rivals: tuple[str, ...] = Field(
        default=(), description="Every HPA that selects some of the pods (namespace/name), where more than one does."
    )
    target: TargetPart | None = Field(
        default=None,
        description="What the target says of itself: rollout, refused pods, writers. Only guards heed it. Default: not known.",
    )


def load_observation(path: Path, edits: Sequence[Edit] = ()) -> tuple[ObservationFile, Document]:
    """Read an observation file; the document is for messages about what it says.

    An edit may name a metric by its name alone, and the target's size as ``replicas``.

    Raises:
        InvalidObservationError: one fault for each wrong field, with its line and a hint.
        EditError: an edit leads nowhere.
    """
    return observation_from(only_document(path), edits)


def observation_from(document: Document, edits: Sequence[Edit] = ()) -> tuple[ObservationFile, Document]:
    """Check a document that has been read, once the edits are made.

    Raises:
        InvalidObservationError: see ``load_observation``.
        EditError: an edit leads nowhere.
    """
    document = edited(document, [_placed(edit, document.value) for edit in edits])
    return _checked(document, ObservationFile), document


def _placed(edit: Edit, value: Any) -> Edit:
    """Write the short forms of edits out."""
    first = edit.steps[0]
    if first == "replicas":
        is_mapping = isinstance(value, dict) and isinstance(value.get("scale"), dict)
        return edit.below("scale") if is_mapping else replace(edit, steps=("scale", *edit.steps[1:]))
    return edit if first in ObservationFile.model_fields else edit.below("metrics")


def load_history(path: Path) -> tuple[History, Document]:
    """Read what a controller remembers from a file of its own, of the shape of an observation's ``history``.

    Raises:
        InvalidObservationError: see ``load_observation``.
    """
    document = only_document(path)
    return _checked(document, History), document


_File = TypeVar("_File", ObservationFile, History)


def _checked(document: Document, model: type[_File]) -> _File:
    try:
        return model.model_validate(document.value)
    except ValidationError as error:
        is_one_group = isinstance(document.value, dict) and isinstance(document.value.get("pods"), dict)
        faults = [
            replace(fault, path=_as_written(fault.path, is_one_group=is_one_group))
            for fault in faults_of(error, document, model)
        ]
        raise InvalidObservationError(faults) from error


def _as_written(path: str, *, is_one_group: bool) -> str:
    """Name a field as the file does: pydantic marks keys of mappings, and short forms were written out."""
    path = path.removesuffix("[[key]]")
    return path.replace("pods[0]", "pods", 1) if is_one_group else path


def only_document(path: Path) -> Document:
    """Read the one document of a file.

    Raises:
        InvalidObservationError: the file cannot be read, or holds none, or several.
    """
    try:
        documents = load_file(path)
    except InvalidInputError as error:
        raise InvalidObservationError(error.faults) from error
    if len(documents) != 1:
        what = f"{len(documents)} documents in one file" if documents else "the file is empty"
        raise InvalidObservationError([Fault(what=what, source=str(path), hint="it should hold one document")])
    return documents[0]
