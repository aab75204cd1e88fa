"""Decisions as lines of a list: every change has its own, passes that hold the same number share one."""

from __future__ import annotations

from msgspec.structs import replace

from autoscaler.control.messages import Record
from autoscaler.demo.feed import Entry
from autoscaler.engine.explain import earliest_change, sentence
from autoscaler.model.decision import Action, Decision, Reason, WriteResult
from autoscaler.model.time import as_seconds

_TROUBLE = frozenset({Reason.METRIC_MISSING, Reason.TARGET_MISSING, Reason.AMBIGUOUS})


class DecisionLog:
    """Turns records into lines, in the order they come."""

    def __init__(self) -> None:
        self._last: Entry | None = None
        self._standing: int | None = None  # replicas after the last pass, if nobody else changes them

    def add(self, record: Record) -> tuple[Entry, ...]:
        """Give the record's line: a new one, or the last one grown (same ``id``) where nothing but time has moved.

        Before it stands a line about what somebody else did to the replicas since the last pass, if anybody did.
        """
        lines = [*self._by_somebody_else(record.decision), self._decided(record)]
        if record.decision.current is not None:
            wrote = record.outcome.result is WriteResult.WRITTEN
            self._standing = record.decision.desired if wrote else record.decision.current
        return tuple(lines)

    def _decided(self, record: Record) -> Entry:
        decision = record.decision
        text = sentence(decision, record.outcome)
        opening, _, why = text.partition(". ")
        waits = earliest_change(decision)
        line = Entry(
            id=self._next_id(),
            at=as_seconds(decision.at),
            until=as_seconds(decision.at),
            tone=_tone(record),
            before=decision.current,
            after=decision.desired if decision.current is not None else 0,
            sentence=text,
            why=why or opening,
            waits_until=None if waits is None else as_seconds(waits),
        )
        last = self._last
        if last is not None and _goes_on(last, line):
            line = replace(line, id=last.id, at=last.at)
        self._last = line
        return line

    def _by_somebody_else(self, decision: Decision) -> tuple[Entry, ...]:
        current = decision.current
        if current is None or self._standing is None or current == self._standing:
            return ()
        at = as_seconds(decision.at)
        self._last = Entry(
            id=self._next_id(),
            at=at,
            until=at,
            tone="other",
            before=self._standing,
            after=current,
            sentence=f"Somebody else set {current} replicas.",
            why="Set by somebody else.",
        )
        return (self._last,)

    def _next_id(self) -> int:
        return 1 if self._last is None else self._last.id + 1


def _tone(record: Record) -> str:
    if record.outcome.result is WriteResult.FAILED or record.decision.reason in _TROUBLE:
        return "trouble"
    match record.decision.action:
        case Action.SCALE_UP:
            return "up"
        case Action.SCALE_DOWN:
            return "down"
        case Action.NONE:
            return "hold"


def _goes_on(last: Entry, line: Entry) -> bool:
    same = (last.tone, last.before, last.after) == (line.tone, line.before, line.after)
    return same and line.tone in ("hold", "trouble")
