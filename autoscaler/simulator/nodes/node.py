"""One node and the pods on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from autoscaler.model.time import Instant, Nanoseconds
from autoscaler.simulator.nodes.room import Room
from autoscaler.simulator.nodes.tenant import Guest, Tenant
from autoscaler.simulator.pod import SimulatedPod


class Node:
    """One node of the pool numbered ``pool``, from when it is asked for until it is gone."""

    __slots__ = (
        "draining", "free", "gone", "guests", "images", "interrupted", "moved_at", "name", "ordinal", "pool", "ready",
        "total", "under_used_since",
    )  # fmt: skip

    def __init__(self, pool: int, name: str, ordinal: int, total: Room) -> None:
        self.pool = pool
        self.name = name
        self.ordinal = ordinal
        self.total = total
        self.free = total
        self.guests: list[Guest] = []
        self.images: set[tuple[str, int]] = set()  #: workloads and templates whose images are here
        self.ready = False
        self.draining = False  #: it goes as soon as it is empty
        self.interrupted = False  #: the provider takes it back
        self.gone = False
        self.moved_at: Instant = 0  #: when a pod was last seen to leave, while it drains
        self.under_used_since: Instant | None = None

    @property
    def stays(self) -> bool:
        """Tell whether nothing says that it goes."""
        return not (self.draining or self.interrupted or self.gone)

    @property
    def is_open(self) -> bool:
        """Tell whether pods may be put here."""
        return self.ready and self.stays

    @property
    def staying(self) -> int:
        """Count the pods that are still to leave a node that goes; 0 for one that does not."""
        return 0 if self.stays else sum(not guest.pod.deleting for guest in self.guests)

    def take(self, guest: Guest) -> Nanoseconds:
        """Put a pod here and give how long its image takes to arrive [ns]: nothing if another pod has brought it."""
        image = guest.tenant.name, guest.pod.template
        pull = 0 if image in self.images else guest.tenant.pull
        self.images.add(image)
        self.guests.append(guest)
        self.free = self.free.less(guest.need)
        return pull

    def release(self, guest: Guest) -> None:
        """Take a pod off."""
        self.guests.remove(guest)
        self.free = self.free.plus(guest.need)


def by_tenant(nodes: Iterable[Node]) -> Iterator[tuple[Tenant, list[SimulatedPod]]]:
    """Give the pods on ``nodes``, workload by workload."""
    pods: dict[Tenant, list[SimulatedPod]] = {}
    for node in nodes:
        for guest in node.guests:
            pods.setdefault(guest.tenant, []).append(guest.pod)
    yield from pods.items()
