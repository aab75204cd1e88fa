"""Who is in force where several sources claim one name or one target, whatever the order in which they come."""

from __future__ import annotations

from itertools import permutations
from typing import cast

import pytest

from autoscaler.daemon.admission import Admissions, Entrance, Source
from autoscaler.daemon.in_force import PoliciesInForce
from autoscaler.model.policy import ObjectRef, PolicyKey, ScalingPolicy


class InForce:
    """Notes which policies are in force, with their maximum."""

    def __init__(self) -> None:
        self.policies: dict[str, int] = {}

    async def put(self, policy: ScalingPolicy, found: object) -> None:
        self.policies[policy.key.name] = policy.max_replicas

    async def withdraw(self, key: PolicyKey) -> None:
        self.policies.pop(key.name, None)


def entrances() -> tuple[InForce, dict[Source, Entrance]]:
    in_force = InForce()
    admissions = Admissions(cast(PoliciesInForce, in_force))
    return in_force, {source: admissions.entrance(source) for source in Source}


def policy(name: str, target: str, most: int) -> ScalingPolicy:
    reference = ObjectRef(api_version="apps/v1", kind="Deployment", name=target)
    return ScalingPolicy(key=PolicyKey(namespace="shop", name=name), target=reference, max_replicas=most)


OFFERS = [
    (Source.FILE, policy("web", "web", 1)),
    (Source.SCALING_POLICY, policy("web", "web", 2)),
    (Source.HPA, policy("old", "web", 3)),
]


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
async def test_the_strongest_source_is_in_force_and_each_next_one_follows_it(order: tuple[int, ...]) -> None:
    in_force, doors = entrances()
    for index in order:
        source, offered = OFFERS[index]
        await doors[source].put(offered, None)

    seen = [dict(in_force.policies)]
    for source, offered in OFFERS:
        await doors[source].withdraw(offered.key)
        seen.append(dict(in_force.policies))

    assert seen == [{"web": 1}, {"web": 2}, {"old": 3}, {}]


async def test_of_one_source_the_first_stays_and_the_second_gets_in_after_it() -> None:
    in_force, doors = entrances()
    first, second = policy("a", "web", 1), policy("b", "web", 2)
    await doors[Source.SCALING_POLICY].put(first, None)
    await doors[Source.SCALING_POLICY].put(second, None)
    assert in_force.policies == {"a": 1}

    await doors[Source.SCALING_POLICY].withdraw(first.key)

    assert in_force.policies == {"b": 2}


async def test_a_policy_that_turns_to_a_target_that_is_taken_is_no_longer_in_force() -> None:
    in_force, doors = entrances()
    await doors[Source.SCALING_POLICY].put(policy("a", "web", 1), None)
    await doors[Source.SCALING_POLICY].put(policy("b", "api", 2), None)
    await doors[Source.SCALING_POLICY].put(policy("b", "web", 2), None)
    assert in_force.policies == {"a": 1}

    await doors[Source.SCALING_POLICY].put(policy("a", "db", 1), None)

    assert in_force.policies == {"a": 1, "b": 2}


async def test_a_new_version_replaces_the_old_one() -> None:
    in_force, doors = entrances()
    await doors[Source.FILE].put(policy("a", "web", 1), None)
    await doors[Source.FILE].put(policy("a", "web", 9), None)

    assert in_force.policies == {"a": 9}
    assert len(doors[Source.FILE]) == 1
