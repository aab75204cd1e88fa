"""The queue of a fluid: first come, first served, by second of arrival."""

from __future__ import annotations

import math
from collections import deque


class Line:
    """Requests that wait. ``waiting``: how many."""

    __slots__ = ("_entries", "waiting")

    def __init__(self) -> None:
        self._entries: deque[list[float]] = deque()  # [second of arrival, requests still waiting, requests that came]
        self.waiting = 0.0

    def move(self, second: int, entering: float, leaving: float) -> None:
        """Let requests join the end of the line, then take some from its head."""
        line = self._entries
        if leaving >= self.waiting + entering:
            line.clear()  # all of them: no rounding may leave a crumb behind
            self.waiting = 0.0
            return
        if entering > 0.0:  # an entry of nobody would have no age
            line.append([float(second), entering, entering])
        while line and leaving >= line[0][1]:
            leaving -= line.popleft()[1]
        if line:
            line[0][1] -= leaving
        self._count()

    def give_up(self, before: float) -> float:
        """Let those leave who came before that time [s], and give how many; arrivals are spread over their second."""
        gone, line = 0.0, self._entries
        while line and line[0][0] < before:
            second, still, came = line[0]
            leave = still - came * max(0.0, second + 1 - before)
            if leave <= 0.0:
                break
            gone += leave
            if leave >= still:
                line.popleft()
            else:
                line[0][1] = still - leave
                break
        if gone:
            self._count()
        return gone

    def put_back(self, second: int, requests: float) -> None:
        """Let requests that were taken in that second wait again, at the head of the line."""
        if requests > 0.0:
            self._entries.appendleft([float(second), requests, requests])
            self.waiting += requests

    def drop(self, requests: float) -> float:
        """Take so many out, the same share of every second's, and give how many these are."""
        dropped = min(requests, self.waiting)
        if dropped <= 0.0:
            return 0.0
        if dropped == self.waiting:
            self._entries.clear()
        kept = 1.0 - dropped / self.waiting
        for entry in self._entries:
            entry[1:] = entry[1] * kept, entry[2] * kept
        self._count()
        return dropped

    def take_over(self, other: Line) -> list[tuple[int, float]]:
        """Take in whoever waits in another line, everyone in the place of their arrival; give them by second."""
        entries = sorted((*self._entries, *other._entries), key=lambda entry: entry[0])
        self._entries = deque(entries)
        self._count()
        return [(int(second), still) for second, still, _ in other._entries]

    def oldest(self, now: int) -> float:
        """Give how long the head of the line has waited at second ``now`` [s]."""
        if not self._entries:
            return 0.0
        second, still, came = self._entries[0]
        return now - second - (came - still) / came

    def _count(self) -> None:
        self.waiting = math.fsum(entry[1] for entry in self._entries)
