"""One workload as nodes see it, and its pods as guests of theirs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from autoscaler.config.scenario import Scenario
from autoscaler.model.time import Instant, Nanoseconds
from autoscaler.simulator.nodes.room import Room, need_of
from autoscaler.simulator.placement import Bound, Owner
from autoscaler.simulator.pod import SimulatedPod

if TYPE_CHECKING:
    from autoscaler.simulator.nodes.node import Node


class Guest:
    """A pod that is on a node or would like to be; ``bound`` is called when it has found room."""

    __slots__ = ("asked_at", "bound", "node", "order", "pod", "tenant", "was_short")

    def __init__(
        self, pod: SimulatedPod, tenant: Tenant, asked_at: Instant, order: tuple[int, int], bound: Bound
    ) -> None:
        """``order`` tells who finds room first: the lowest."""
        self.pod = pod
        self.tenant = tenant
        self.asked_at = asked_at
        self.order = order
        self.bound = bound
        self.node: Node | None = None
        self.was_short = False  #: no pool could give a node for it

    @property
    def need(self) -> Room:
        """What it asks for."""
        return self.tenant.need


class Landlord(Protocol):
    """Has the nodes."""

    def place(self, guest: Guest, at: Instant) -> None:
        """Put a pod on a node, or let it wait for one."""

    def host(self, guest: Guest, at: Instant) -> bool:
        """Put a pod that runs already on a node that is there already; tell whether there is room."""

    def release(self, guest: Guest, at: Instant) -> None:
        """Let a pod go."""


class Tenant:
    """The placement of one workload's pods: all of one size, with one image."""

    def __init__(self, landlord: Landlord, scenario: Scenario, pull: Nanoseconds) -> None:
        """``pull`` [ns]: how long the image takes to get to a node that does not have it."""
        self.name = scenario.target.name
        self.need = need_of(scenario.pods)
        self.pull = pull
        self.most_short = 0  #: pods for which no pool could give a node, at most
        self.longest_short: Nanoseconds = 0  #: how long one of them waited
        self._priority = scenario.pods.priority
        self._landlord = landlord
        self._owner: Owner
        self._guests: dict[SimulatedPod, Guest] = {}

    def attach(self, owner: Owner) -> None:
        self._owner = owner

    def host(self, pod: SimulatedPod, at: Instant) -> bool:
        guest = self._guest(pod, at, _stays)
        if not self._landlord.host(guest, at):
            del self._guests[pod]
            return False
        return True

    def ask(self, pod: SimulatedPod, at: Instant, bound: Bound) -> None:
        self._landlord.place(self._guest(pod, at, bound), at)

    def free(self, pod: SimulatedPod, at: Instant) -> None:
        guest = self._guests.pop(pod, None)
        if guest is not None:
            self._landlord.release(guest, at)

    def evict(self, pods: Sequence[SimulatedPod], at: Instant) -> None:
        """Have pods leave their nodes, with what they have."""
        self._owner.evict(pods, at)

    def lose(self, pods: Sequence[SimulatedPod], at: Instant) -> None:
        """End pods whose nodes are gone."""
        self._owner.lose(pods, at)

    def note_wait(self, guest: Guest, until: Instant) -> None:
        """Take note of how long a pod waited for which no pool could give a node."""
        if guest.was_short:
            self.longest_short = max(self.longest_short, until - guest.asked_at)

    def _guest(self, pod: SimulatedPod, at: Instant, bound: Bound) -> Guest:
        guest = self._guests[pod] = Guest(pod, self, at, (-self._priority, at), bound)
        return guest


def _stays(pod: SimulatedPod, at: Instant, pull: Nanoseconds) -> None:
    """Do nothing more for a pod that runs already."""
