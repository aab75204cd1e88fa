"""Hands a target over from the cluster's HPA controller to this one, and back, without a jump and with one writer at a time.

There, a ScalingPolicy that observes is put beside the HPA; only when it decides the same is the HPA deleted (its replicas
stay), and then it may write. Back, it stops writing before the HPA is created anew. Each step leaves a state from which the
same command goes on, so that one that was cut off is run again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from autoscaler.adapters.kubernetes.errors import RefusedError
from autoscaler.adapters.kubernetes.handover import HandedOver
from autoscaler.config.handover import hpa_for, is_adopted, lost_on_release, metrics_without_hpa, policy_for
from autoscaler.model.errors import AutoscalerError
from autoscaler.model.policy import PolicyKey

#: How often the ScalingPolicy's status is looked at [s].
_LOOK = 0.5

Say: TypeAlias = Callable[[str], None]


class HandoverError(AutoscalerError):
    """It cannot go on; nothing was done that the message does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """One target to hand over. ``wait``: how long the controller may take for its first decision [s]."""

    objects: HandedOver
    key: PolicyKey
    say: Say
    wait: float = 60.0

    async def adopt(self, *, apply: bool) -> None:
        """Take an HPA over; without ``apply`` only say what would be done.

        Raises: HandoverError, KubernetesError.
        """
        hpa, policy = await self.objects.hpas.read(self.key), await self._policy()
        if policy is not None and not is_adopted(policy):
            raise HandoverError(
                f"there is a ScalingPolicy {self.key} already, which took no HPA's place: remove one of the two"
            )
        if hpa is None and policy is None:
            raise HandoverError(f"there is no HPA {self.key}")
        if hpa is None and policy is not None and policy["spec"].get("mode") != "Observe":
            self.say(f"ScalingPolicy {self.key} has the target already")
            return
        self._plan(
            apply,
            f"create ScalingPolicy {self.key} that only observes; it keeps the HPA's manifest"
            if policy is None
            else "",
            "wait until the controller decides on it, and go on only if it decides as the HPA does" if hpa else "",
            f"delete HPA {self.key}; the replicas stay as they are" if hpa else "",
            f"let ScalingPolicy {self.key} scale (`run --policies cluster --apply`)",
        )
        if not apply:
            return
        if policy is None and hpa is not None:
            await self.objects.policies.create(self.key, policy_for(hpa))
            self.say(f"created ScalingPolicy {self.key}, observing")
        if hpa is not None:
            await self._agree()
            await self.objects.hpas.delete(self.key, _uid(hpa))
            self.say(f"deleted HPA {self.key}")
        await self.objects.policies.patch(self.key, {"spec": {"mode": None}})
        self.say(f"ScalingPolicy {self.key} has the target")

    async def release(self, *, apply: bool) -> None:
        """Give a target back to an HPA; without ``apply`` only say what would be done.

        Raises: HandoverError, KubernetesError.
        """
        hpa, policy = await self.objects.hpas.read(self.key), await self._policy()
        if policy is None:
            raise HandoverError(f"there is no ScalingPolicy {self.key}")
        stays = metrics_without_hpa(policy)
        if stays:
            raise HandoverError(f"no HPA can have {', '.join(stays)}: change the policy first")
        is_under_way = is_adopted(policy) and policy["spec"].get("mode") == "Observe"
        if hpa is not None and not is_under_way:
            raise HandoverError(f"there is an HPA {self.key} already: remove one of the two")
        lost = ", ".join(lost_on_release(policy))
        self._plan(
            apply,
            f"let ScalingPolicy {self.key} observe only",
            f"create HPA {self.key}" + (f" (without {lost})" if lost else "") if hpa is None else "",
            f"delete ScalingPolicy {self.key}; the replicas stay as they are, for the HPA's whole scale-down window at least",
        )
        if not apply:
            return
        await self.objects.policies.patch(self.key, {"spec": {"mode": "Observe"}})
        if hpa is None:
            await self.objects.hpas.create(self.key, hpa_for(policy))
            self.say(f"created HPA {self.key}")
        await self.objects.policies.delete(self.key, _uid(policy))
        self.say(f"deleted ScalingPolicy {self.key}: the cluster's own controller has the target")

    async def _policy(self) -> dict[str, Any] | None:
        try:
            return await self.objects.policies.read(self.key)
        except RefusedError as error:
            if not error.is_not_found:
                raise
            hint = "kubectl apply -f deploy/crds/scalingpolicies.yaml"
            raise HandoverError(f"the cluster does not know the kind ScalingPolicy\n  hint: {hint}") from error

    def _plan(self, apply: bool, *steps: str) -> None:
        given = [step for step in steps if step]
        if not apply:
            self.say("would do, with --apply:")
            for number, step in enumerate(given, start=1):
                self.say(f"  {number}. {step}")

    async def _agree(self) -> None:
        """Wait for the first decision of the ScalingPolicy as it is now, and hold it against what the HPA decides."""
        ours = await self._decided()
        hpa = await self.objects.hpas.read(self.key)
        status = (hpa or {}).get("status") or {}
        theirs = status.get("desiredReplicas")
        if not status.get("conditions"):
            self.say("no controller has ever decided on the HPA")
        elif ours != theirs:
            raise HandoverError(
                f"the ScalingPolicy decides {ours} replicas and the HPA {theirs}: both stay as they are, the ScalingPolicy "
                "observing\n  hint: `autoscaler why` tells how it came to its number; run the command again when they agree"
            )
        else:
            self.say(f"both decide {ours} replicas")

    async def _decided(self) -> int:
        try:
            async with asyncio.timeout(self.wait):
                while True:
                    policy = await self.objects.policies.read(self.key)
                    decided = _decision(policy or {})
                    if decided is not None:
                        return decided
                    await asyncio.sleep(_LOOK)
        except TimeoutError:
            raise HandoverError(
                f"nobody decided on ScalingPolicy {self.key} within {self.wait:.0f} s; it stays, observing, beside the HPA\n"
                "  hint: is `autoscaler run --policies cluster --apply` running? kubectl describe scalingpolicy "
                f"{self.key.name} says what it is told; run the command again then"
            ) from None


def _decision(policy: dict[str, Any]) -> int | None:
    """Give what was decided on the object as it is now; ``None``: nothing yet, or nothing that can be relied on."""
    status, metadata = policy.get("status") or {}, policy.get("metadata") or {}
    ready = any(one["type"] == "Ready" and one["status"] == "True" for one in status.get("conditions") or ())
    if not ready or status.get("observedGeneration") != metadata.get("generation"):
        return None
    desired = status.get("desiredReplicas")
    return desired if isinstance(desired, int) else None


def _uid(obj: dict[str, Any]) -> str:
    return str((obj.get("metadata") or {}).get("uid", ""))
