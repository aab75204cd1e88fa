"""What cpu and memory cost the API server: requests in a period, for many policies of one namespace, on a virtual clock."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest

from autoscaler.adapters.kubernetes.metrics_apis import LabelledUsage, MetricsApis
from autoscaler.control.controller import Controller
from autoscaler.control.messages import Observe
from autoscaler.daemon.clock import AnchoredClock
from autoscaler.daemon.driver import Driver
from autoscaler.daemon.rounds import Rounds
from autoscaler.daemon.usage import shared_usage
from autoscaler.model.observation import Observation, ResourceReading, ScaleUnavailable
from autoscaler.model.policy import Mode, ObjectRef, PolicyKey, Profile, ScalingPolicy
from autoscaler.model.safety import Guarding
from autoscaler.model.time import SECOND
from tests.daemon.test_pace import Watched


class CountedMetrics(MetricsApis):
    """An API that answers at once and counts what it is asked for."""

    def __init__(self) -> None:
        self.whole = 0
        self.selected = 0

    async def labelled_usage(self, namespace: str) -> tuple[LabelledUsage, ...]:
        self.whole += 1
        return ()

    async def resource(self, namespace: str, selector: str) -> ResourceReading:
        self.selected += 1
        return ResourceReading(pods=())


class AskingCluster(Watched):
    """A cluster that only reads cpu and memory, of pods that are labelled with the policy's name."""

    usage = None

    async def observe(self, wanted: Observe) -> Observation:
        assert self.usage is not None
        await self.usage(wanted.key, f"app={wanted.key.name}")
        return Observation(at=wanted.at, scale=ScaleUnavailable(error="there is none"))


async def lists_in(span: float, count: int, period: int | None) -> tuple[int, int]:
    """Run ``count`` policies for ``span`` [s]; gives whole lists and lists with a selector."""
    loop = asyncio.get_running_loop()
    clock = AnchoredClock(start=0, monotonic=lambda: round(loop.time() * SECOND))
    metrics, cluster = CountedMetrics(), AskingCluster()
    rounds = Rounds(Driver(Controller(), cluster), clock, period=15 * SECOND, watcher=cluster)
    async with AsyncExitStack() as stack:
        cluster.usage = shared_usage(stack, metrics, clock, lambda: rounds)
        for number in range(count):
            policy = ScalingPolicy(
                key=PolicyKey(namespace="shop", name=f"web-{number}"),
                target=ObjectRef(api_version="apps/v1", kind="Deployment", name=f"web-{number}"),
                max_replicas=9,
                mode=Mode.APPLY,
            )
            if period is not None:
                guarding = Guarding(period=period * SECOND)
                policy = replace(policy, profile=Profile.GUARDED, guarding=guarding)
            await rounds.accept(policy, None)
        await asyncio.sleep(span)
        await rounds.stop(grace=1)
    return metrics.whole, metrics.selected


@pytest.mark.looptime
@pytest.mark.parametrize(
    ("count", "period", "expected"),
    [
        pytest.param(1, None, (0, 10), id="one-policy-as-upstream"),
        pytest.param(50, None, (29, 1), id="fifty-policies-three-lists-a-period-instead-of-fifty"),
        pytest.param(500, None, (30, 1), id="five-hundred-policies-the-same-three"),
        pytest.param(50, 3, (143, 1), id="a-period-of-3-s-a-list-a-second-instead-of-seventeen"),
    ],
)
async def test_requests_of_150_seconds(count: int, period: int | None, expected: tuple[int, int]) -> None:
    assert await lists_in(150, count, period) == expected
