"""What this time of day usually asks for, from the last days: a plain memory, to go by when nothing else is there."""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from autoscaler.model.guard_memory import Usual
from autoscaler.model.time import MINUTE, Instant
from autoscaler.model.windows import DAY

_QUARTER: Final = 15 * MINUTE
_PER_DAY: Final = DAY // _QUARTER
_DAYS: Final = 3  #: one odd day among them is not forgotten at once, and a week-end's small numbers do not outweigh it
_LENGTH: Final = _DAYS * _PER_DAY
_UNKNOWN: Final = -1


def remember_usual(before: Usual | None, at: Instant, asked: int) -> Usual:
    """Note what was asked for at ``at``."""
    quarter = at // _QUARTER
    if before is None or quarter < before.now:  # a clock that was set back makes a new beginning
        return Usual(at, quarter, asked, (_UNKNOWN,) * _LENGTH)
    if quarter == before.now:
        return before if asked <= before.most else replace(before, most=asked)
    quarters = list(before.quarters)
    quarters[before.now % _LENGTH] = before.most
    for missed in range(before.now + 1, min(quarter, before.now + 1 + _LENGTH)):
        quarters[missed % _LENGTH] = _UNKNOWN
    return Usual(before.since, quarter, asked, tuple(quarters))


def usual_at(usual: Usual | None, at: Instant) -> int | None:
    """Give the most that this quarter of an hour, or the next one, asked for on the days before.

    ``None``: less than a whole day is known, or nothing of this time of day.
    """
    if usual is None or at - usual.since < DAY:
        return None
    quarter = at // _QUARTER
    wanted = (quarter + ahead - days * _PER_DAY for days in range(1, _DAYS + 1) for ahead in (0, 1))
    known = [usual.quarters[each % _LENGTH] for each in wanted if usual.now - _LENGTH <= each < usual.now]
    return max((number for number in known if number != _UNKNOWN), default=None)
