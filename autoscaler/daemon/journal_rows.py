"""What the controller hears and records, as rows of a journal, and rows as what was heard."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from autoscaler.adapters.journal.codec import Codec, CodecError, Schema
from autoscaler.adapters.journal.file import DecisionRow, EventRow, Row
from autoscaler.adapters.journal.values import model_values, values_of
from autoscaler.control import messages, past, recording
from autoscaler.control.messages import PolicyAccepted, Record, TargetObserved, WritesHalted, WritesResumed
from autoscaler.control.recording import Heard, Restarted
from autoscaler.engine.explain import sentence
from autoscaler.model.observation import Pod
from autoscaler.model.policy import PolicyKey
from autoscaler.model.time import Instant

_PODS = "Pods"  #: kind of a row that holds the pods of the observations after it


def journal_codec(written: Schema | None = None) -> Codec:
    """Give the codec of a journal's bodies; ``written``: the schema of a journal that is read."""
    return Codec((*model_values(), *values_of(messages), *values_of(recording)), written)


def past_codec(written: Schema | None = None) -> Codec:
    """Give the codec of a pass with everything it was decided with: what a running controller gives to `why`."""
    return Codec((*model_values(), *values_of(messages), *values_of(past)), written)


class RowWriter:
    """Turns values into rows. Pods are written once and again only when they changed, or their policy begins anew."""

    def __init__(self, codec: Codec, next_seq: int) -> None:
        self._codec = codec
        self._seq = next_seq
        self._pods: dict[PolicyKey, tuple[Pod, ...]] = {}

    def rows(self, at: Instant, value: Heard | Record) -> Iterator[Row]:
        """Give the rows of one value, heard or recorded at ``at``."""
        match value:
            case Record():
                yield self._decision(value)
            case Restarted():
                self._pods.clear()
                yield self._event(at, type(value).__name__, None, value)
            case WritesHalted() | WritesResumed():
                yield self._event(at, type(value).__name__, None, value)
            case TargetObserved(key=key, observation=observation):
                if self._pods.get(key) != observation.pods:
                    self._pods[key] = observation.pods
                    yield self._event(at, _PODS, key, observation.pods)
                lean = replace(observation, pods=())
                yield self._event(at, "TargetObserved", key, replace(value, observation=lean))
            case PolicyAccepted(policy=policy):
                self._pods.pop(policy.key, None)
                yield self._event(at, "PolicyAccepted", policy.key, value)
            case _:
                yield self._event(at, type(value).__name__, value.key, value)

    def _event(self, at: Instant, kind: str, key: PolicyKey | None, body: object) -> EventRow:
        return EventRow(
            seq=self._next(),
            at=at,
            kind=kind,
            namespace=key.namespace if key else "",
            policy=key.name if key else "",
            body=self._codec.encode(body),
        )

    def _decision(self, record: Record) -> DecisionRow:
        decision, settlement = record.decision, record.settlement
        return DecisionRow(
            seq=self._next(),
            at=decision.at,
            namespace=record.key.namespace,
            policy=record.key.name,
            current=decision.current,
            desired=decision.desired,
            action=settlement.action.value,
            reason=decision.reason.value,
            result=record.outcome.result.value,
            error=settlement.error or decision.error,
            why=sentence(decision, record.outcome),
            body=self._codec.encode(replace(record, observation=replace(record.observation, pods=(), readings=()))),
        )

    def _next(self) -> int:
        self._seq += 1
        return self._seq - 1


def heard_in(rows: Iterable[EventRow], codec: Codec) -> Iterator[Heard]:
    """Give what was heard, with the pods back in their observations.

    An observation whose pods are no longer in the journal comes without them. That harms nothing: a policy counts from where
    it was told with its memory, and its pods are written anew from there on.

    Raises:
        CodecError: a row cannot be read; it says which.
    """
    pods: dict[PolicyKey, tuple[Pod, ...]] = {}
    for row in rows:
        key = PolicyKey(namespace=row.namespace, name=row.policy)
        try:
            value = codec.decode(row.body)
        except CodecError as error:
            raise CodecError(f"row {row.seq}: {error}") from error
        if row.kind == _PODS:
            pods[key] = value
        elif isinstance(value, TargetObserved):
            yield replace(value, observation=replace(value.observation, pods=pods.get(key, ())))
        else:
            if isinstance(value, PolicyAccepted):
                pods.pop(key, None)
            yield value


def recorded_in(row: DecisionRow, codec: Codec) -> Record:
    """Give a recorded pass; its observation holds neither pods nor readings, which the events have.

    Raises:
        CodecError: the row cannot be read.
    """
    try:
        value: Record = codec.decode(row.body)
    except CodecError as error:
        raise CodecError(f"row {row.seq}: {error}") from error
    return value
