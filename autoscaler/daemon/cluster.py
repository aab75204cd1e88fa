"""A real cluster behind the driver's protocol."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from msgspec.structs import replace

from autoscaler.adapters.kubernetes.errors import KubernetesError, RefusedError
from autoscaler.adapters.kubernetes.events import Regarding
from autoscaler.adapters.kubernetes.scale import ScaleFound, Scales
from autoscaler.adapters.kubernetes.statuses import Statuses
from autoscaler.control.messages import (
    Announce,
    Observe,
    Record,
    ScaleConflicted,
    ScaleRefused,
    ScaleWritten,
    StatusRefused,
    WriteScale,
    WriteStatus,
)
from autoscaler.daemon.observe import Observer
from autoscaler.daemon.targets import TargetWatches
from autoscaler.model.decision import Announcement, PolicyStatus
from autoscaler.model.observation import Observation
from autoscaler.model.policy import ObjectRef, PolicyKey, Profile, ScalingPolicy

Durable: TypeAlias = Callable[[], Awaitable[None]]
StatusDocument: TypeAlias = Callable[[PolicyStatus, ScalingPolicy], dict[str, Any]]


class Announcer(Protocol):
    """Takes events to write; never waits and never fails."""

    def announce(self, policy: ScalingPolicy, about: Regarding, announcement: Announcement) -> None:
        """Write an event, soon."""


class Recorder(Protocol):
    """Takes the story of each pass."""

    def record(self, wanted: Record) -> None:
        """Keep it."""


@dataclass(slots=True)
class Followed:
    """What the cluster knows of one policy between passes.

    ``hpa_uid``: of the HPA object of that name, if any. ``status``: the last one to be shown there.
    """

    policy: ScalingPolicy
    hpa_uid: str = ""
    found: ScaleFound | None = None
    status: PolicyStatus | None = None


class LiveCluster:
    """Carries out what a controller asks. ``may_write`` off: nothing is ever written, whatever is asked.

    ``authority`` tells for how long [s] a write may last that begins now; 0 where another replica leads. ``durable`` keeps
    a write waiting until what led to it is on record. ``gives_way`` takes a status that has to be written later.
    ``targets`` knows more of a target than its scale.
    """

    def __init__(
        self,
        *,
        observer: Observer,
        scales: Scales,
        statuses: Statuses,
        status_document: StatusDocument,
        announcer: Announcer,
        recorder: Recorder,
        may_write: bool,
        authority: Callable[[], float] = lambda: math.inf,
        durable: Durable | None = None,
        gives_way: Callable[[WriteStatus], bool] = lambda _: False,
        targets: TargetWatches | None = None,
    ) -> None:
        self._observer = observer
        self._scales = scales
        self._statuses = statuses
        self._status_document = status_document
        self._announcer = announcer
        self._recorder = recorder
        self._may_write = may_write
        self._authority = authority
        self._durable = durable
        self._gives_way = gives_way
        self._targets = targets
        self._followed: dict[PolicyKey, Followed] = {}

    def follow(self, policy: ScalingPolicy, hpa_uid: str) -> None:
        """Begin to follow a policy, or a new version of it."""
        if self._targets is not None:
            self._targets.follow(policy)
        known = self._followed.get(policy.key)
        same = known is not None and known.policy.target == policy.target
        self._followed[policy.key] = Followed(policy, hpa_uid)
        if known is not None:
            self._followed[policy.key].status = known.status
            self._followed[policy.key].found = known.found if same else None

    def forget(self, key: PolicyKey) -> None:
        """Follow a policy no longer."""
        if self._targets is not None:
            self._targets.forget(key)
        self._followed.pop(key, None)

    async def observe(self, wanted: Observe) -> Observation:
        """Look at the target."""
        observation, found = await self._observer.observe(wanted)
        if found is None:
            return observation
        if wanted.key in self._followed:
            self._followed[wanted.key].found = found
        target = await self._targets.state(wanted.key, wanted.target, found.uid) if self._targets is not None else None
        return observation if target is None else replace(observation, target=target)

    async def write_scale(self, wanted: WriteScale) -> ScaleWritten | ScaleConflicted | ScaleRefused:
        """Set the target's replicas if nobody else did meanwhile; after a conflict, look again."""
        followed = self._followed.get(wanted.key)
        if not self._may_write or followed is None or followed.found is None:
            return ScaleRefused(key=wanted.key, error="writing is switched off")
        if self._durable is not None:
            await self._durable()  # what led to a write is on record before it
        left = self._authority()
        if left <= 0:
            return ScaleRefused(key=wanted.key, error="another replica of this controller leads")
        try:
            async with asyncio.timeout(left if math.isfinite(left) else None):
                await self._scales.write(
                    wanted.key.namespace,
                    wanted.target.name,
                    followed.found.mapping,
                    replicas=wanted.replicas,
                    resource_version=wanted.resource_version,
                )
        except TimeoutError:
            return ScaleRefused(key=wanted.key, error="the lease could not be renewed while the API server was silent")
        except RefusedError as error:
            if error.is_conflict:
                return await self._after_conflict(wanted, error)
            return ScaleRefused(key=wanted.key, error=str(error))
        except KubernetesError as error:
            return ScaleRefused(key=wanted.key, error=str(error))
        return ScaleWritten(key=wanted.key)

    async def write_status(self, wanted: WriteStatus) -> StatusRefused | None:
        """Write the status to the HPA object of the policy's name, where there is one; later, if it has to give way."""
        if wanted.key in self._followed and self._may_write and self._gives_way(wanted):
            self._followed[wanted.key].status = wanted.status
            return None
        return await self.write_status_now(wanted)

    async def write_status_now(self, wanted: WriteStatus) -> StatusRefused | None:
        """Write the status, whatever else waits."""
        followed = self._followed.get(wanted.key)
        if not self._may_write or self._authority() <= 0 or followed is None or _has_own_object(followed.policy):
            return None  # a ScalingPolicy object shows more than this status: see ``policy_board``
        followed.status = wanted.status
        document = self._status_document(wanted.status, followed.policy)
        try:
            followed.hpa_uid = await self._statuses.write(wanted.key.namespace, wanted.key.name, document)
        except KubernetesError as error:
            return StatusRefused(key=wanted.key, error=str(error))
        return None

    async def show_late(self) -> None:
        """Find HPA objects that were created after their policy came into force, and show the status there."""
        without = [key for key, each in self._followed.items() if not each.hpa_uid and not _has_own_object(each.policy)]
        if not self._may_write:
            return
        for namespace in sorted({key.namespace for key in without}):
            try:
                uids = await self._statuses.uids(namespace)
            except KubernetesError:
                continue  # told elsewhere: every pass asks the same server
            for key in without:
                followed = self._followed.get(key)
                if key.namespace == namespace and key.name in uids and followed and followed.status:
                    await self.write_status(WriteStatus(key=key, status=followed.status))

    async def announce(self, wanted: Announce) -> None:
        """Write an event about the HPA object; where there is none, about the target, so that somebody finds it."""
        followed = self._followed.get(wanted.key)
        if self._may_write and followed is not None:
            self._announcer.announce(followed.policy, _regarding(followed), wanted.announcement)

    async def record(self, wanted: Record) -> None:
        """Keep the story of one pass."""
        self._recorder.record(wanted)

    async def _after_conflict(self, wanted: WriteScale, error: RefusedError) -> ScaleConflicted | ScaleRefused:
        fresh = await self._scales.read(wanted.key.namespace, wanted.target)
        if not isinstance(fresh, ScaleFound):
            return ScaleRefused(key=wanted.key, error=fresh.message or fresh.error)
        return ScaleConflicted(key=wanted.key, fresh=fresh.scale, error=str(error))


def _has_own_object(policy: ScalingPolicy) -> bool:
    """Tell whether the policy is a ScalingPolicy object, rather than a file or an HPA object."""
    return bool(policy.uid) and policy.profile is Profile.GUARDED


def _regarding(followed: Followed) -> Regarding:
    key, target = followed.policy.key, followed.policy.target
    if _has_own_object(followed.policy):
        about, uid = (
            ObjectRef(api_version="autoscaler.dev/v1alpha1", kind="ScalingPolicy", name=key.name),
            followed.policy.uid,
        )
    elif followed.hpa_uid or followed.found is None:
        about, uid = (
            ObjectRef(api_version="autoscaling/v2", kind="HorizontalPodAutoscaler", name=key.name),
            followed.hpa_uid,
        )
    else:
        about, uid = target, followed.found.uid
    return Regarding(api_version=about.api_version, kind=about.kind, namespace=key.namespace, name=about.name, uid=uid)
