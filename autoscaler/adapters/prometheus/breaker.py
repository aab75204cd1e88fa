"""A circuit breaker: a server that does not answer is left alone for a while, then tried with one question."""

from __future__ import annotations

from typing import Final

#: Questions in a row that nobody answered, after which no more are asked.
_FAILURES: Final = 5
#: First pause, and the longest after doublings [s].
_FIRST_PAUSE: Final = 5.0
_LONGEST_PAUSE: Final = 60.0


class Breaker:
    """Pure: every instant [s] is an argument, from a clock that never steps back."""

    __slots__ = ("_failures", "_open_until", "_pause", "_probing")

    def __init__(self) -> None:
        self._failures = 0
        self._pause = _FIRST_PAUSE
        self._open_until: float | None = None
        self._probing = False

    @property
    def is_open(self) -> bool:
        """Tell whether questions are held back; one that tries whether the server is back does not change that."""
        return self._open_until is not None

    def admit(self, now: float) -> bool:
        """Tell whether a question may be asked. After each pause the first one may; the others wait for its answer."""
        if self._open_until is None:
            return True
        if self._probing or now < self._open_until:
            return False
        self._probing = True
        return True

    def remaining(self, now: float) -> float:
        """Give how long [s] until the next question may be asked."""
        return 0.0 if self._open_until is None else max(0.0, self._open_until - now)

    def answered(self) -> None:
        """Take that the server answered, whatever it said."""
        self._failures = 0
        self._pause = _FIRST_PAUSE
        self._open_until = None
        self._probing = False

    def failed(self, now: float) -> None:
        """Take that it did not."""
        self._failures += 1
        if self._probing:
            self._pause = min(2 * self._pause, _LONGEST_PAUSE)
        if self._probing or (self._failures >= _FAILURES and self._open_until is None):
            self._open_until = now + self._pause
        self._probing = False

    def abandoned(self) -> None:
        """Take that a question was given up before there was an answer: another may try."""
        self._probing = False
