"""Time zones of the IANA database as plain values: every change of their clocks from 1970 to 2100."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from autoscaler.model.time import SECOND
from autoscaler.model.windows import UTC_ZONE, Zone

_BEGIN: Final = datetime(1970, 1, 1, tzinfo=UTC)
_END: Final = datetime(2100, 1, 1, tzinfo=UTC)
_STEP: Final = timedelta(days=7)  #: no zone changes its clocks twice within a week


class UnknownZoneError(ValueError):
    """No time zone has that name."""


@lru_cache(maxsize=64)
def zone_of(name: str) -> Zone:
    """Give the zone called ``name``, such as ``Europe/Berlin``.

    Raises:
        UnknownZoneError: there is none.
    """
    if name == UTC_ZONE.name:
        return UTC_ZONE
    try:
        info = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UnknownZoneError(f"{name!r} is no time zone; write a name such as Europe/Berlin or UTC") from error
    begins: list[int] = []
    ahead = [_ahead(info, _BEGIN)]
    moment = _BEGIN
    while moment < _END:
        later = moment + _STEP
        if _ahead(info, later) != ahead[-1]:
            begins.append(round(_change(info, moment, later).timestamp()) * SECOND)
            ahead.append(_ahead(info, later))
        moment = later
    return Zone(name=name, begins=tuple(begins), ahead=tuple(ahead))


def _ahead(info: ZoneInfo, moment: datetime) -> int:
    """Give how far clocks are ahead of UTC [s]."""
    offset = moment.astimezone(info).utcoffset()
    return 0 if offset is None else round(offset.total_seconds())


def _change(info: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """Find the second at which the clocks change between two moments."""
    old = _ahead(info, before)
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=1) // 2)
        before, after = (middle, after) if _ahead(info, middle) == old else (before, middle)
    return after
