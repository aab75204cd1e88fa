"""One entrance for policies from every source: of two that claim one name or one target, the stronger source's is in force.

Files go before objects, since somebody put them beside the controller on purpose; within a source the one in force stays.
What is turned away waits: it gets in as soon as whoever keeps it out is gone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple, TypeAlias

import structlog

from autoscaler.adapters.kubernetes.statuses import HpaObject
from autoscaler.daemon.in_force import PoliciesInForce
from autoscaler.model.policy import PolicyKey, ScalingPolicy

Told: TypeAlias = Callable[[PolicyKey, str], None]

_log = structlog.get_logger("autoscaler.policies")


class Source(IntEnum):
    """Where policies come from, the strongest first."""

    FILE = 0
    SCALING_POLICY = 1
    HPA = 2


_SAID = {Source.FILE: "a file", Source.SCALING_POLICY: "a ScalingPolicy object", Source.HPA: "an HPA object"}


class _Name(NamedTuple):
    source: Source
    key: PolicyKey


class _Target(NamedTuple):
    namespace: str
    group: str
    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class _Offer:
    policy: ScalingPolicy
    found: HpaObject | None

    @property
    def target(self) -> _Target:
        reference = self.policy.target
        group, _, _ = reference.api_version.rpartition("/")  # versions of one group serve the same object
        return _Target(self.policy.key.namespace, group, reference.kind, reference.name)


class Admissions:
    """Knows every policy that is offered, and puts in force those that nothing stronger keeps out."""

    def __init__(self, in_force: PoliciesInForce) -> None:
        self._in_force = in_force
        self._offers: dict[Source, dict[PolicyKey, _Offer]] = {source: {} for source in Source}
        self._refused: dict[_Name, _Name] = {}  #: who keeps whom out
        self._keys: dict[PolicyKey, _Name] = {}
        self._targets: dict[_Target, _Name] = {}
        self._held: dict[_Name, _Target] = {}
        self._told: dict[Source, Told] = {}
        self._turn = asyncio.Lock()

    def entrance(self, source: Source, told: Told | None = None) -> Entrance:
        """Give a source its entrance. ``told`` learns of each policy that is turned away, why, and with "" that it got in."""
        if told is not None:
            self._told[source] = told
        return Entrance(self, source)

    async def put(self, name: _Name, policy: ScalingPolicy, found: HpaObject | None) -> None:
        """Take an offer, new or changed."""
        async with self._turn:
            await self._leave(name, keep=policy.key)
            self._offers[name.source][name.key] = _Offer(policy, found)
            await self._consider(name)
            await self._reconsider()

    async def withdraw(self, name: _Name) -> None:
        """Take an offer back; harmless where there is none."""
        async with self._turn:
            if self._offers[name.source].pop(name.key, None) is None:
                return
            self._refused.pop(name, None)
            await self._leave(name)
            await self._reconsider()

    def offered(self, source: Source) -> tuple[PolicyKey, ...]:
        """Name what a source offers, in force or not."""
        return tuple(self._offers[source])

    def get(self, name: _Name) -> ScalingPolicy | None:
        """Give the version that is offered under a name."""
        offer = self._offers[name.source].get(name.key)
        return None if offer is None else offer.policy

    def is_in_force(self, name: _Name) -> bool:
        """Tell whether an offer is in force."""
        return self._keys.get(name.key) == name

    async def _consider(self, name: _Name) -> None:
        """Put an offer in force, or keep it out."""
        offer = self._offer(name)
        rivals = {self._keys.get(name.key), self._targets.get(offer.target)} - {None, name}
        stronger = min((rival for rival in rivals if rival and rival.source <= name.source), default=None)
        if stronger is not None:
            if name.key not in self._keys:
                await self._in_force.withdraw(name.key)  # an earlier version may be, with another target
            self._refuse(name, stronger)
            return
        for rival in rivals:
            if rival is not None:
                await self._leave(rival, keep=name.key)
                self._refuse(rival, name)
        was_out = self._refused.pop(name, None)
        self._keys[name.key] = self._targets[offer.target] = name
        self._held[name] = offer.target
        await self._in_force.put(offer.policy, offer.found)
        self._tell(name, "")
        if was_out is not None:
            _log.info("policy no longer kept out", namespace=name.key.namespace, policy=name.key.name)

    async def _leave(self, name: _Name, keep: PolicyKey | None = None) -> None:
        """Take an offer out of force; under the name ``keep`` another one follows at once."""
        if not self.is_in_force(name):
            return
        del self._keys[name.key]
        del self._targets[self._held.pop(name)]
        if name.key != keep:
            await self._in_force.withdraw(name.key)

    async def _reconsider(self) -> None:
        """Let in whom nobody keeps out any longer, the strongest first."""
        for name in sorted(self._refused):
            offer = self._offer(name)
            holders = {self._keys.get(name.key), self._targets.get(offer.target)} - {None}
            if name in self._refused and not any(holder <= name for holder in holders if holder):
                await self._consider(name)

    def _offer(self, name: _Name) -> _Offer:
        return self._offers[name.source][name.key]

    def _refuse(self, name: _Name, rival: _Name) -> None:
        if self._refused.get(name) == rival:
            return
        self._refused[name] = rival
        why = self._why(name, rival)
        _log.error("policy kept out", namespace=name.key.namespace, policy=name.key.name, fault=why)
        self._tell(name, why)

    def _why(self, name: _Name, rival: _Name) -> str:
        target, said = self._offer(name).policy.target, _SAID[rival.source]
        if rival.key == name.key:
            return f"{said} has a policy of this name too, and it goes first: remove one of the two"
        return (
            f"{target.kind} {target.name} is already scaled by policy {rival.key} ({said}): two policies on one target "
            "fight each other, so join their metrics in one"
        )

    def _tell(self, name: _Name, why: str) -> None:
        told = self._told.get(name.source)
        if told is not None:
            told(name.key, why)


class Entrance:
    """A source's view: what it put in is there for it, whether in force or kept out."""

    def __init__(self, admissions: Admissions, source: Source) -> None:
        self._admissions = admissions
        self._source = source

    def __len__(self) -> int:
        return sum(self._admissions.is_in_force(_Name(self._source, key)) for key in self.keys)

    @property
    def keys(self) -> tuple[PolicyKey, ...]:
        """Names of all that the source offers."""
        return self._admissions.offered(self._source)

    def get(self, key: PolicyKey) -> ScalingPolicy | None:
        """Give the version that the source offers."""
        return self._admissions.get(_Name(self._source, key))

    async def put(self, policy: ScalingPolicy, found: HpaObject | None) -> None:
        """Offer a policy, or a new version of it; ``found`` is the object that shows its status, if there is one."""
        await self._admissions.put(_Name(self._source, policy.key), policy, found)

    async def withdraw(self, key: PolicyKey) -> None:
        """Offer a policy no longer; harmless where it was not offered."""
        await self._admissions.withdraw(_Name(self._source, key))
