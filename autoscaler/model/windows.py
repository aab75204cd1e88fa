"""Hours of the week in some place on earth, and whether an instant lies within them. Whole numbers only: no time zone
data is read here; whoever builds a ``Zone`` has read them.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import Final

from autoscaler.model.time import HOUR, SECOND, Instant

DAY: Final = 24 * HOUR
_THURSDAY: Final = 3  #: the epoch's day of the week, Monday being 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """A time zone: how far its clocks are ahead of UTC, and since when.

    ``ahead`` [s] has one more entry than ``begins``: its first held before the first of them.
    """

    name: str
    begins: tuple[Instant, ...] = ()
    ahead: tuple[int, ...] = (0,)

    def local(self, at: Instant) -> Instant:
        """Give what the clocks on the wall show, as if it were UTC."""
        return at + self.ahead[bisect_right(self.begins, at)] * SECOND


UTC_ZONE: Final = Zone(name="UTC")


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Hours of a day, by the clock on the wall, on some days of the week.

    It begins on each of ``days`` (Monday is 0) at minute ``begin`` of the day and lasts until minute ``end``: of the next day
    where that is not later. An hour that clocks skip is not in it; one that they repeat is, twice.
    """

    days: tuple[int, ...]
    begin: int
    end: int
    zone: Zone = UTC_ZONE

    def covers(self, at: Instant) -> bool:
        """Tell whether an instant [ns since the Unix epoch] lies within it."""
        local = self.zone.local(at)
        weekday = (local // DAY + _THURSDAY) % 7
        minute = local % DAY // (60 * SECOND)
        if self.begin < self.end:
            return weekday in self.days and self.begin <= minute < self.end
        began_today = weekday in self.days and minute >= self.begin
        return began_today or ((weekday - 1) % 7 in self.days and minute < self.end)
