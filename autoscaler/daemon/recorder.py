"""What is kept of each pass: metrics, one log line where something happened, and whoever else wants to know."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import structlog

from autoscaler.control.messages import Record
from autoscaler.daemon.telemetry import Telemetry
from autoscaler.engine.explain import sentence
from autoscaler.model.decision import WriteResult
from autoscaler.model.policy import PolicyKey
from autoscaler.model.time import Instant

OnRecord: TypeAlias = Callable[[Record], None]

_log = structlog.get_logger("autoscaler.decisions")


class PassRecorder:
    """Counts and tells every pass. A scale is one info line; a trouble is told when it begins, changes and ends."""

    def __init__(self, telemetry: Telemetry, *on_record: OnRecord) -> None:
        self._telemetry = telemetry
        self._on_record = on_record
        self._troubles: dict[PolicyKey, str] = {}
        self._withheld: dict[PolicyKey, tuple[int | None, int]] = {}
        self._amended: dict[PolicyKey, Instant] = {}

    def record(self, wanted: Record) -> None:
        """Keep the story of one pass. An amended one comes before the one it replaces, which is then passed over."""
        if wanted.amends:
            self._amended[wanted.key] = wanted.decision.at
        elif self._amended.pop(wanted.key, None) == wanted.decision.at:
            return
        self._telemetry.record(wanted)
        self._tell(wanted)
        for told in self._on_record:
            told(wanted)

    def forget(self, key: PolicyKey) -> None:
        """Drop what is remembered of a policy that is gone."""
        self._telemetry.forget(key)
        self._troubles.pop(key, None)
        self._withheld.pop(key, None)
        self._amended.pop(key, None)

    def _tell(self, wanted: Record) -> None:
        decision = wanted.decision
        words = sentence(decision, wanted.outcome)
        log = _log.bind(namespace=wanted.key.namespace, policy=wanted.key.name)
        if self._is_news(wanted):
            log.info(words, current=decision.current, desired=decision.desired, result=wanted.outcome.result.value)
        else:
            log.debug(words, current=decision.current, desired=decision.desired)
        self._tell_trouble(log, wanted)

    def _is_news(self, wanted: Record) -> bool:
        """Tell whether the pass scaled, tried to, or would have in a way it did not say before."""
        result = wanted.outcome.result
        move = (wanted.decision.current, wanted.decision.desired)
        if result is not WriteResult.WITHHELD:
            self._withheld.pop(wanted.key, None)
            return result is not WriteResult.NOT_NEEDED
        return self._withheld.get(wanted.key) != move and not self._withheld.update({wanted.key: move})

    def _tell_trouble(self, log: structlog.typing.FilteringBoundLogger, wanted: Record) -> None:
        trouble = wanted.settlement.error or wanted.decision.error
        before = self._troubles.get(wanted.key, "")
        if trouble and trouble != before:
            self._troubles[wanted.key] = trouble
            log.warning("cannot decide fully", error=trouble, error_type=wanted.settlement.error_kind.value)
        elif before and not trouble:
            del self._troubles[wanted.key]
            log.info("decides fully again", error_before=before)
