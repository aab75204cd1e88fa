"""Rights to look at targets beyond their scale: without them everything works, and some guards are blind."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

from autoscaler.adapters.kubernetes.errors import KubernetesError
from autoscaler.adapters.kubernetes.examination import Examination, Right
from autoscaler.adapters.kubernetes.scalers import KEDA_GROUP
from autoscaler.adapters.kubernetes.workloads import RESOURCES
from autoscaler.daemon.doctor import Diagnosis, rule_for, warning
from autoscaler.model.policy import ScalingPolicy

_WORKLOADS = "rollouts, refused pods and writers of replicas are not seen"
_SCALERS = "other autoscalers of the same target are not seen"


async def examine_sight(
    examination: Examination, policies: Sequence[ScalingPolicy], *, writes: bool
) -> list[Diagnosis]:
    """Ask for the rights to watch workloads and other autoscalers, wherever a policy would look at them."""
    wanted = dict(_watched(policies, has_keda=await _has_keda(examination), writes=writes))
    try:
        answers = await asyncio.gather(*(examination.may(right) for right in wanted))
    except KubernetesError:
        return []  # told with the other rights
    return [
        warning("rights", f"may not {right}, so {blind}", rule_for(right))
        for (right, blind), may in zip(wanted.items(), answers, strict=True)
        if not may
    ]


async def _has_keda(examination: Examination) -> bool:
    try:
        return bool(await examination.places(KEDA_GROUP, "ScaledObject"))
    except KubernetesError:
        return False


def _watched(policies: Sequence[ScalingPolicy], *, has_keda: bool, writes: bool) -> Iterator[tuple[Right, str]]:
    for policy in policies:
        if policy.guarding is None and not writes:
            continue
        looked_at = [("autoscaling", "horizontalpodautoscalers", _SCALERS)]
        if policy.target.kind in RESOURCES:
            looked_at.append(("apps", RESOURCES[policy.target.kind], _WORKLOADS))
        if has_keda:
            looked_at.append((KEDA_GROUP, "scaledobjects", _SCALERS))
        for group, resource, blind in looked_at:
            for verb in ("list", "watch"):
                yield Right(verb=verb, group=group, resource=resource, namespace=policy.key.namespace), blind
