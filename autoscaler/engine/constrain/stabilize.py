"""Stabilization windows: act on the calmest recent recommendation.

What is remembered is always the number the metrics asked for, not the stabilized one. Entries are overwritten in place
(the *last* old one, once per pass), so a history is in storage order, not in order of time.

Source: kubernetes pkg/controller/podautoscaler/horizontal.go (stabilizeRecommendation,
stabilizeRecommendationWithBehaviors), v1.36.2.
"""

from __future__ import annotations

from msgspec import Struct

from autoscaler.model.memory import Recommendation
from autoscaler.model.time import SECOND, Instant, Nanoseconds

History = tuple[Recommendation, ...]


class Stabilized(Struct, frozen=True, gc=False):
    """The stabilized number, the history with the new entry, and what holds it back: made when, forgotten when."""

    replicas: int
    history: History
    since: Instant | None = None
    until: Instant | None = None


def stabilize_downwards(history: History, desired: int, at: Instant, window: Nanoseconds) -> Stabilized:
    """Act on the highest recommendation of the window: the path of policies without ``behavior``.

    An entry exactly as old as the window still counts.
    """
    cutoff = at - window
    highest = desired
    for entry in history:
        if entry.replicas > highest and entry.at >= cutoff:
            highest = entry.replicas
    since = until = None
    if highest > desired:
        since = _last_at_least(history, highest)
        until = since + window + 1
    return Stabilized(highest, _remember(history, Recommendation(at, desired), cutoff), since, until)


def stabilize_both_ways(
    history: History,
    current: int,
    desired: int,
    at: Instant,
    up_window: Nanoseconds,
    down_window: Nanoseconds,
) -> Stabilized:
    """Keep ``current`` inside the band that the recommendations of the two windows agree on.

    An entry exactly as old as a window neither counts nor may be overwritten.
    """
    up_cutoff, down_cutoff = at - up_window, at - down_window
    lowest = highest = desired
    for entry in history:
        replicas = entry.replicas
        if replicas > highest:
            if entry.at > down_cutoff:
                highest = replicas
        elif replicas < lowest and entry.at > up_cutoff:
            lowest = replicas
    stabilized = min(max(current, lowest), highest)
    since = until = None
    if stabilized < desired:
        since = _last_at_most(history, stabilized)
        until = since + up_window
    elif stabilized > desired:
        since = _last_at_least(history, stabilized)
        until = since + down_window
    remembered = _remember(history, Recommendation(at, desired), min(up_cutoff, down_cutoff))
    return Stabilized(stabilized, remembered, since, until)


def _last_at_least(history: History, replicas: int) -> Instant:
    """When the entry that keeps the target from shrinking was made: once it is forgotten, something else decides."""
    return max(entry.at for entry in history if entry.replicas >= replicas)


def _last_at_most(history: History, replicas: int) -> Instant:
    """When the entry that keeps the target from growing was made."""
    return max(entry.at for entry in history if entry.replicas <= replicas)


def window_of(seconds: int | None, default: Nanoseconds) -> Nanoseconds:
    """A rule's window; absent means ``default`` in whole seconds."""
    return seconds * SECOND if seconds is not None else default // SECOND * SECOND


def _remember(history: History, entry: Recommendation, cutoff: Instant) -> History:
    """Put the entry in the place of the last one older than ``cutoff``, or at the end."""
    remembered = list(history)
    for index in range(len(history) - 1, -1, -1):
        if history[index].at < cutoff:
            remembered[index] = entry
            return tuple(remembered)
    return (*history, entry)
