"""One pass of the past, found in a journal and brought back with everything it was decided with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from msgspec import structs

from autoscaler.adapters.journal.codec import Codec
from autoscaler.adapters.journal.file import JournalFile, Query
from autoscaler.config.moments import print_time
from autoscaler.config.suggestions import which_policy
from autoscaler.control.messages import Record
from autoscaler.control.past import Past
from autoscaler.control.recording import Restarted
from autoscaler.control.replay import replay
from autoscaler.daemon.journal_rows import heard_in, recorded_in
from autoscaler.model.controller_config import ControllerConfig
from autoscaler.model.errors import NoDataError
from autoscaler.model.policy import PolicyKey
from autoscaler.model.time import HOUR, SECOND, Instant

#: Memories are told anew each hour; one more, so that rivals for the same pods are known when ours is told.
_ENOUGH: Final = 2 * HOUR + 600 * SECOND


def find_past(file: JournalFile, codec: Codec, key: PolicyKey, until: Instant | None = None) -> Past:
    """Give the last pass of a policy, or the last one that was made by ``until``.

    Raises:
        NoDataError: the journal does not hold it.
        JournalError, CodecError: it cannot be read.
    """
    after = None if until is None else until + 1  # the moment asked for is included
    rows = list(file.decisions(Query(namespace=key.namespace, policy=key.name, last=1, until=after)))
    if not rows:
        raise NoDataError(_not_there(file, key, until))
    recorded = recorded_in(rows[0], codec)
    wanted = recorded.decision.at
    for namespace, since in _stretches(file, codec, key, wanted):
        heard = heard_in(file.events(namespace=namespace, since=since), codec)
        for past in replay(heard, _config(file, codec, since)):
            if past.record.key == key and past.record.decision.at == wanted:
                return _as_recorded(past, recorded)
    raise NoDataError(f"the inputs of the decision at {print_time(wanted)} are no longer in the journal")


def _stretches(
    file: JournalFile, codec: Codec, key: PolicyKey, wanted: Instant
) -> Iterator[tuple[str, Instant | None]]:
    """Give what to replay, the shortest first: which namespace, and from when on. Budgets that all share need it all."""
    config = _config(file, codec, wanted + 1)
    if config is None or config.budgets.are_off:
        yield key.namespace, wanted - _ENOUGH
        yield key.namespace, None
    else:
        yield "", None


def _as_recorded(past: Past, recorded: Record) -> Past:
    """Take the decision as it was made, and of the replay only what the record leaves out."""
    seen = past.record.observation
    observation = structs.replace(recorded.observation, pods=seen.pods, readings=seen.readings)
    return replace(past, record=structs.replace(recorded, observation=observation))


def _not_there(file: JournalFile, key: PolicyKey, until: Instant | None) -> str:
    known = sorted(f"{row.namespace}/{row.policy}" for row in file.last_of_each())
    if str(key) not in known:
        return f"the journal holds no decision of {key}; {which_policy(str(key), known)}"
    first = next(iter(file.decisions(Query(namespace=key.namespace, policy=key.name))))
    return f"the journal holds no decision of {key} by then; its first is of {print_time(first.at // SECOND * SECOND)}"


def _config(file: JournalFile, codec: Codec, since: Instant | None) -> ControllerConfig | None:
    """Give what the controller was started with that ran at ``since``."""
    found = None
    for event in _starts(file, codec, since):
        found = event.config
    return found


def _starts(file: JournalFile, codec: Codec, since: Instant | None) -> Iterator[Restarted]:
    for row in file.events(kinds=("Restarted",)):
        if since is not None and row.at < since:
            event = codec.decode(row.body)
            assert isinstance(event, Restarted)
            yield event
