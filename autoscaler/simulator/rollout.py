"""How many replicas each replica set of a deployment should have now: scaling, rolling update, recreate.

Pure arithmetic on counts. Source: kubernetes pkg/controller/deployment/rolling.go, recreate.go, sync.go (scale),
util/deployment_util.go (ResolveFenceposts, NewRSNewReplicas).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Set:
    """One replica set: what it asks for, how many pods it has, and how many of them are available."""

    name: str
    replicas: int
    existing: int
    available: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How far a rolling update may go above and below the wanted number [pods]."""

    surge: int
    unavailable: int


def limits(surge: int | str, unavailable: int | str, replicas: int) -> Limits:
    """Resolve numbers and percentages: surge rounds up, unavailable down, and both cannot be 0."""
    resolved_surge = math.ceil(_resolve(surge, replicas))
    resolved_unavailable = math.floor(_resolve(unavailable, replicas))
    if resolved_surge == 0 and resolved_unavailable == 0:
        resolved_unavailable = 1
    return Limits(surge=resolved_surge, unavailable=min(resolved_unavailable, replicas))


def roll(wanted: int, bounds: Limits, new: Set, old: Sequence[Set]) -> Mapping[str, int]:
    """Give the replica sets that change, by name, in one step of a rolling update. ``old`` is oldest first."""
    grown = _grow(wanted, bounds, new, old)
    if grown != new.replicas:
        return {new.name: grown}
    return _shrink_old(wanted, bounds, new, old)


def recreate(wanted: int, new: Set, old: Sequence[Set]) -> Mapping[str, int]:
    """Give the replica sets that change when old pods must be gone before new ones come."""
    if any(each.replicas for each in old):
        return {each.name: 0 for each in old if each.replicas}
    if any(each.existing for each in old) or new.replicas == wanted:
        return {}
    return {new.name: wanted}


def share_out(wanted: int, surge: int, active: Sequence[Set]) -> Mapping[str, int]:
    """Spread a changed number over all replica sets that have pods, each keeping its share; the largest takes the rest."""
    if len(active) == 1:
        return {active[0].name: wanted} if active[0].replicas != wanted else {}
    total = sum(each.replicas for each in active)
    allowed = wanted + surge if wanted else 0
    shares = {each.name: each.replicas * allowed // total for each in active}
    largest = max(active, key=lambda each: each.replicas)
    shares[largest.name] += allowed - sum(shares.values())
    return {each.name: shares[each.name] for each in active if shares[each.name] != each.replicas}


def _resolve(value: int | str, replicas: int) -> float:
    return value if isinstance(value, int) else int(value.removesuffix("%")) * replicas / 100


def _grow(wanted: int, bounds: Limits, new: Set, old: Sequence[Set]) -> int:
    if new.replicas >= wanted:
        return wanted
    room = wanted + bounds.surge - new.replicas - sum(each.replicas for each in old)
    return new.replicas + max(0, min(room, wanted - new.replicas))


def _shrink_old(wanted: int, bounds: Limits, new: Set, old: Sequence[Set]) -> Mapping[str, int]:
    """Take pods from old sets while enough stay available: first those that do not serve, then the others."""
    total = new.replicas + sum(each.replicas for each in old)
    least = wanted - bounds.unavailable
    spare = total - least - (new.replicas - new.available)
    targets = {each.name: each.replicas for each in old}
    for each in old:
        cleaned = min(max(0, spare), each.replicas - min(each.available, each.replicas))
        targets[each.name] -= cleaned
        spare -= cleaned
    surplus = min(spare, new.available + sum(each.available for each in old) - least)
    for each in old:
        taken = min(max(0, surplus), targets[each.name])
        targets[each.name] -= taken
        surplus -= taken
    return {each.name: targets[each.name] for each in old if targets[each.name] != each.replicas}
