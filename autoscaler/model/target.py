"""What is known of a scale target beyond its scale: how its rollout goes, who wrote its replicas, who else scales it."""

from __future__ import annotations

from msgspec import Struct

from autoscaler.model.time import Instant


class Refusal(Struct, frozen=True, kw_only=True, gc=False):
    """Pods that the target is to have were refused when they were to be created, and none was let in since."""

    message: str  #: what the API server said, such as ``exceeded quota: ...``
    since: Instant

    @property
    def is_quota(self) -> bool:
        """Tell a quota that is used up from every other reason."""
        return "exceeded quota" in self.message


class Writer(Struct, frozen=True, kw_only=True, gc=False):
    """Who last wrote the target's replicas: the manager's name in ``managedFields``, such as ``argocd-controller``."""

    manager: str
    at: Instant


class WorkloadState(Struct, frozen=True, kw_only=True, gc=False):
    """What a Deployment or StatefulSet says of itself. Counts are pods.

    ``partition``: pods that a StatefulSet's rollout leaves as they are. ``writer`` is that of ``spec_replicas``.
    """

    spec_replicas: int
    replicas: int = 0  #: created, of every template
    updated_replicas: int = 0  #: created, of the newest template
    ready_replicas: int = 0
    available_replicas: int = 0
    generation: int = 0
    observed_generation: int = 0  #: the generation that these counts answer to
    paused: bool = False
    partition: int = 0
    refusal: Refusal | None = None
    writer: Writer | None = None

    @property
    def has_old_pods(self) -> bool:
        """Tell whether pods of an older template wait to be replaced."""
        return self.updated_replicas + self.partition < self.replicas

    @property
    def is_rolling(self) -> bool:
        """Tell whether pods are being replaced; a paused rollout may stay half done for days, and is not under way."""
        return self.has_old_pods and not self.paused


class OtherScaler(Struct, frozen=True, kw_only=True, gc=False):
    """Something else in the cluster that sets the same target's replicas."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"


class ForeignChange(Struct, frozen=True, kw_only=True, gc=False):
    """Somebody else changed the target's replicas since the last pass. ``manager`` is empty where nobody can tell who."""

    before: int
    after: int
    manager: str = ""

    @property
    def author(self) -> str:
        """Name whoever it was."""
        return self.manager or "somebody else"


class Competition(Struct, frozen=True, kw_only=True, gc=False):
    """What is known of others that set the same replicas. All empty: there were some, and now there are none.

    ``others``: what scales the target by its own account. ``writer``: who undid what we wrote, again and again; until
    ``until`` nothing is written then.
    """

    others: tuple[OtherScaler, ...] = ()
    writer: str = ""
    until: Instant | None = None
    change: ForeignChange | None = None

    @property
    def forbids(self) -> bool:
        """Tell whether nothing may be written."""
        return bool(self.others) or self.until is not None


class TargetState(Struct, frozen=True, kw_only=True, gc=False):
    """Everything that is known of a target beyond its scale.

    ``workload`` is ``None`` where its kind is not watched, or may not be; ``scalers`` holds those that are known.
    """

    uid: str = ""
    workload: WorkloadState | None = None
    scalers: tuple[OtherScaler, ...] = ()
