"""What a policy's guards remember between evaluations. Nothing of it is known of a policy without guards."""

from __future__ import annotations

from msgspec import Struct

from autoscaler.model.time import Instant


class SizeChange(Struct, frozen=True, gc=False):
    """A change of the target's size that was written."""

    at: Instant
    before: int
    after: int

    @property
    def pods(self) -> int:
        """How many pods it started or stopped."""
        return abs(self.after - self.before)


class Held(Struct, frozen=True, gc=False):
    """A number that was imposed by a person, and when it last was; the way back from it begins there."""

    at: Instant
    replicas: int


class Asked(Struct, frozen=True, gc=False):
    """What the metrics asked for when all of them could last be read."""

    at: Instant
    replicas: int


class WarmUp(Struct, frozen=True, gc=False):
    """Metrics were away, and are not trusted yet: good samples still to come, and when the last one was counted."""

    samples: int
    at: Instant


class Usual(Struct, frozen=True, gc=False):
    """The most that was asked for in each quarter of an hour of the last days, while the metrics could be read.

    ``quarters`` is a ring: the quarter with number n since the epoch is at n modulo its length; -1: nothing known. The
    quarter under way has number ``now`` and ``most`` so far. ``since``: when the first entry was made.
    """

    since: Instant
    now: int
    most: int
    quarters: tuple[int, ...]


class TargetMemory(Struct, frozen=True, kw_only=True, gc=False):
    """What is remembered of the target.

    ``rolling_from``: the replicas that it had when the rollout under way was first seen. ``was_measured``: whether any
    metric of the policy could be read since the target, or the policy, is there.
    """

    uid: str = ""
    rolling_from: int | None = None
    was_measured: bool = False


class GuardMemory(Struct, frozen=True, kw_only=True, gc=False):
    """All of it.

    ``changes`` are those within the longest budget's period, oldest first; ``None``: nobody has kept account yet.
    ``spent_until``: until then changes may be missing from it. ``blind_since``: since when some metric could not be read in
    any pass.
    """

    changes: tuple[SizeChange, ...] | None = None
    spent_until: Instant | None = None
    held: Held | None = None
    blind_since: Instant | None = None
    asked: Asked | None = None
    warm_up: WarmUp | None = None
    usual: Usual | None = None
    target: TargetMemory = TargetMemory()
