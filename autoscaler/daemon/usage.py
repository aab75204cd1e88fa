"""How fresh a list of cpu and memory has to be that several policies share."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Final

from autoscaler.adapters.kubernetes.metrics_apis import MetricsApis
from autoscaler.adapters.kubernetes.usage_lists import UsageLists
from autoscaler.daemon.clock import Clock
from autoscaler.daemon.observe import Usage
from autoscaler.daemon.rounds import Rounds
from autoscaler.model.observation import NoReading, ResourceReading
from autoscaler.model.policy import PolicyKey
from autoscaler.model.time import SECOND

#: A shared list is asked for anew after this, and after a third of the policy's period where that is shorter. The samples
#: in it are renewed every 15 s at most, by what measures them, and tell their own age.
OLDEST: Final = 5 * SECOND
_SHARE_OF_PERIOD: Final = 1 / 3


def shared_usage(
    stack: AsyncExitStack, metrics: MetricsApis, clock: Clock, rounds: Callable[[], Rounds | None]
) -> Usage:
    """Let the policies of a namespace share one list; ``rounds`` are those under way, which know their periods."""
    lists = UsageLists(metrics)
    stack.push_async_callback(lists.close)
    oldest = clock.wait_for(OLDEST)

    async def usage(key: PolicyKey, selector: str) -> ResourceReading | NoReading:
        going = rounds()
        young = oldest if going is None else min(oldest, going.period_of(key) * _SHARE_OF_PERIOD)
        return await lists.resource(key.namespace, selector, oldest=young)

    return usage
