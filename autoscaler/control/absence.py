"""A target that is not there is looked for ever more rarely, so that a policy left behind costs the server next to nothing."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from autoscaler.model.time import MINUTE, SECOND, Instant, Nanoseconds

#: Time between two looks, at first; it doubles up to ``LONGEST``.
FIRST: Final[Nanoseconds] = 30 * SECOND
LONGEST: Final[Nanoseconds] = 5 * MINUTE


class Absence(Struct, frozen=True, gc=False):
    """The target was not there; it is looked for again at ``until``, ``wait`` after the last look."""

    until: Instant
    wait: Nanoseconds


def still_absent(before: Absence | None, at: Instant) -> Absence:
    """Give when to look again after another look in vain at ``at``."""
    wait = FIRST if before is None else min(2 * before.wait, LONGEST)
    return Absence(at + wait, wait)
