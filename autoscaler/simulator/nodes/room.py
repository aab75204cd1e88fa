"""Room on a node, in whole units so that nothing is ever lost to rounding."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Protocol, TypeVar

from autoscaler.config.scenario import NodePool, Pods


class Room(NamedTuple):
    """An amount of a node: what it has, what is left of it, or what a pod asks for."""

    cpu: int  #: [milli-cores]
    memory: int  #: [bytes]
    pods: int

    def holds(self, need: Room) -> bool:
        """Tell whether ``need`` fits in here."""
        return need.cpu <= self.cpu and need.memory <= self.memory and need.pods <= self.pods

    def less(self, need: Room) -> Room:
        """Give what is left when ``need`` is taken."""
        return Room(self.cpu - need.cpu, self.memory - need.memory, self.pods - need.pods)

    def plus(self, back: Room) -> Room:
        """Give what is there when ``back`` is given back."""
        return Room(self.cpu + back.cpu, self.memory + back.memory, self.pods + back.pods)

    def times(self, need: Room) -> int:
        """Tell how often ``need`` fits in here."""
        return min(have // each for have, each in zip(self, need, strict=True) if each)


class Bin(Protocol):
    """Something that pods are put into."""

    @property
    def total(self) -> Room:
        """All of it."""

    @property
    def free(self) -> Room:
        """What is left of it."""


AnyBin = TypeVar("AnyBin", bound=Bin)


def need_of(pods: Pods) -> Room:
    """Give what one pod asks for."""
    return Room(round(pods.cpu_request * 1000), round(pods.memory_request), 1)


def allocatable(pool: NodePool) -> Room:
    """Give what one node of a pool has for pods."""
    cpu, memory = pool.for_pods
    return Room(round(cpu * 1000), round(memory), pool.shape.pods - pool.reserved.pods)


def best_fit(bins: Iterable[AnyBin], need: Room) -> AnyBin | None:
    """Give the bin with the least left over, as shares of its cpu and memory; of equals the first; ``None`` if none holds it."""
    best: AnyBin | None = None
    least = float("inf")
    cpu, memory, pods = need
    for each in bins:
        free = each.free
        if cpu <= free.cpu and memory <= free.memory and pods <= free.pods:
            over = left_over(each, need)
            if over < least:
                best, least = each, over
    return best


def left_over(each: Bin, need: Room) -> float:
    """Give the share of cpu plus the share of memory that stay unused when ``need`` is put there: 0 to 2."""
    free, total = each.free, each.total
    return (free.cpu - need.cpu) / total.cpu + (free.memory - need.memory) / total.memory


def in_use(each: Bin) -> float:
    """Give the share of cpu or of memory that is requested, whichever is higher."""
    free, total = each.free, each.total
    return max(1.0 - free.cpu / total.cpu, 1.0 - free.memory / total.memory)
