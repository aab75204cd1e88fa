"""Where the requests of a fluid wait: one queue, or several where pods take turns and their number grows in an overload.

A pod that takes its turn, or is drawn at random, gets requests whatever waits in it. So a queue does not move to pods
that join: they are empty beside the others, and stay emptier until those have caught up. Pods that are equally full
stand for each other; such a group has one queue, and an account of its own as long as there is more than one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from autoscaler.config.scenario import Balancing, Service
from autoscaler.simulator.ledger import Account, Ledger
from autoscaler.simulator.line import Line

#: Balancing that does not look at how many wait.
_BLIND: Final = (Balancing.ROUND_ROBIN, Balancing.RANDOM)

#: What became of the requests of a second: served, rejected, timed out, still waiting at its end.
Outcome = tuple[float, float, float, float]


class _Group:
    """Pods that are equally full. ``present``: the part of the next second for which they are in rotation."""

    __slots__ = ("account", "line", "pods", "present")

    def __init__(self, account: Account | None = None, present: float = 1.0) -> None:
        self.line = Line()
        self.pods: set[int] = set()
        self.account = account
        self.present = present


class Queues:
    """The queues of one service. Without a call of ``join`` there is one, however many pods there are."""

    __slots__ = ("_groups", "_is_blind", "_spec")

    def __init__(self, spec: Service) -> None:
        self._spec = spec
        self._is_blind = spec.balancing in _BLIND
        self._groups = [_Group()]

    @property
    def waiting(self) -> float:
        """Requests that wait."""
        groups = self._groups
        return groups[0].line.waiting if len(groups) == 1 else math.fsum(group.line.waiting for group in groups)

    @property
    def are_apart(self) -> bool:
        """Tell whether some pods are fuller than others."""
        return len(self._groups) > 1

    def oldest(self, now: int) -> float:
        """Give how long the one that has waited longest has waited at second ``now`` [s]."""
        return max(group.line.oldest(now) for group in self._groups)

    def each(self, pods: Sequence[int], in_rotation: int) -> list[float]:
        """Give how many wait in each of ``pods``, where ``in_rotation`` are."""
        if len(self._groups) == 1:
            return [self.waiting / in_rotation if in_rotation else 0.0] * len(pods)
        mean = {pod: group.line.waiting / len(group.pods) for group in self._groups for pod in group.pods}
        return [mean.get(pod, 0.0) for pod in pods]

    def join(self, pod: int, rest: float, ledger: Ledger) -> None:
        """Put a pod in rotation, for the ``rest`` of the present second and from then on."""
        group = self._groups[0]
        if self._is_blind and group.pods and self.waiting:
            group = self._empty(rest, ledger)
        group.pods.add(pod)

    def leave(self, pod: int) -> None:
        """Take a pod out of rotation; others go on with its queue."""
        group = self._group_of(pod)
        group.pods.discard(pod)
        if not group.pods and len(self._groups) > 1:
            self._groups.remove(group)
            heir = self._groups[0]
            entries = heir.line.take_over(group.line)
            if heir.account is not None and group.account is not None:
                heir.account.take_over(group.account, entries)
        if self._groups[0].account is not None:
            self._unite()

    def serve(self, second: int, came: float, slots: float, pods: int) -> Outcome:
        """Let ``came`` requests arrive in a second in which there are so many slots' worth at full speed."""
        spec, groups = self._spec, self._groups
        if groups[0].account is None:
            return _serve(groups[0].line, second, came, slots / spec.mean_service_time, spec.room(pods), spec.timeout)
        weights = [len(group.pods) * group.present for group in groups]
        total = sum(weights)
        served, rejected, timed_out = 0.0, 0.0, 0.0
        for group, weight in zip(groups, weights, strict=True):
            share = weight / total if total else 1.0 / len(groups)
            mine, able, room = came * share, slots * share, spec.room(len(group.pods))
            outcome = _serve(group.line, second, mine, able / spec.mean_service_time, room, spec.timeout)
            if group.account is not None:
                group.account.add(mine, able, outcome)
            group.present = 1.0
            served, rejected, timed_out = served + outcome[0], rejected + outcome[1], timed_out + outcome[2]
        self._unite()
        return served, rejected, timed_out, self.waiting

    def lose(self, pod: int, served: float, in_line: float) -> float:
        """Let ``served`` of a pod's requests be lost that counted as served, and drop some that wait; give how many."""
        group = self._group_of(pod)
        dropped = group.line.drop(in_line)
        if group.account is not None:
            group.account.lose(served, dropped)
        return dropped

    def put_back(self, second: int, requests: float) -> None:
        """Let requests that were taken in that second wait again, at the head of the line."""
        self._groups[0].line.put_back(second, requests)

    def _group_of(self, pod: int) -> _Group:
        return next((group for group in self._groups if pod in group.pods), self._groups[0])

    def _empty(self, rest: float, ledger: Ledger) -> _Group:
        """Give the group of pods in which nobody waits; a new one where there is none."""
        found = next((group for group in self._groups if not group.line.waiting), None)
        if found is not None:
            return found
        if self._groups[0].account is None:
            self._groups[0].account = ledger.open_account(has_queue=True)
        made = _Group(ledger.open_account(has_queue=False), rest)
        self._groups.append(made)
        return made

    def _unite(self) -> None:
        """Put pods together that are empty; when all are, the account of the whole service is enough again."""
        idle = [group for group in self._groups if not group.line.waiting]
        for group in idle[1:]:
            idle[0].pods |= group.pods
            self._groups.remove(group)
        if self._groups == idle[:1]:
            idle[0].account = None


def _serve(line: Line, second: int, came: float, capacity: float, room: float, timeout: float) -> Outcome:
    """Let requests arrive at one queue: whoever is not served waits, as far as there is room."""
    present = line.waiting + came
    served = min(present, capacity)
    rejected = min(came, max(0.0, present - served - room))
    line.move(second, came - rejected, served)
    timed_out = line.give_up(second + 1 - timeout) if line.waiting else 0.0
    return served, rejected, timed_out, line.waiting
