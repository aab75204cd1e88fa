"""Writes a hold into a ScalingPolicy object, beside those that are still to come or in force."""

from __future__ import annotations

from typing import Any

from autoscaler.adapters.kubernetes.errors import KubernetesError
from autoscaler.adapters.kubernetes.policy_holds import PolicyHolds
from autoscaler.config.go_time import GoTimeError
from autoscaler.config.moments import time_of
from autoscaler.config.settings import Settings
from autoscaler.config.version import version
from autoscaler.daemon.one_shot import opened
from autoscaler.model.errors import NoDataError, UnreachableError
from autoscaler.model.policy import PolicyKey
from autoscaler.model.time import Instant


async def impose(settings: Settings, key: PolicyKey, hold: dict[str, Any] | None, now: Instant) -> None:
    """Add ``hold`` to the object of that name, and drop those that are over; ``None``: drop all of them.

    Raises:
        NoDataError: there is no such object.
        UnreachableError: the server does not take it.
    """
    async with opened(settings, version=version()) as client:
        holds = PolicyHolds(client)
        try:
            found = await holds.read(key)
            if found is None:
                raise NoDataError(
                    f"there is no ScalingPolicy {key} in the cluster; for one in a file, --print says what to add there"
                )
            kept = [] if hold is None else [*(each for each in found.holds if not _is_over(each, now)), hold]
            await holds.replace(key, kept, found.version)
        except KubernetesError as error:
            raise UnreachableError(f"{key} was not changed: {error}") from error


def _is_over(hold: dict[str, Any], now: Instant) -> bool:
    """Tell whether a hold has ended. One whose end cannot be read stays: it is not ours to judge."""
    try:
        return time_of(str(hold.get("until", ""))) <= now
    except GoTimeError:
        return False
