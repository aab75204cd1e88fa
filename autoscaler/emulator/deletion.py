"""What a DELETE does to an object: remove it now, or mark it and wait for its grace period or finalizers.

Source: apiserver pkg/registry/rest/delete.go and pkg/registry/generic/registry/store.go.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from autoscaler.config.go_time import format_time, parse_time
from autoscaler.emulator import errors
from autoscaler.emulator.resources import Resource
from autoscaler.model.field_errors import FieldError, invalid, not_supported
from autoscaler.model.json_types import JsonObject

ORPHAN: Final = "orphan"
"""Finalizer that waits until dependents have lost their owner reference."""
FOREGROUND: Final = "foregroundDeletion"
"""Finalizer that waits until dependents are gone."""
_FINALIZER_OF: Final = {"Orphan": ORPHAN, "Foreground": FOREGROUND}


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteOptions:
    """How to delete. None leaves the choice to the kind."""

    grace_period_seconds: int | None = None
    propagation_policy: str | None = None
    orphan_dependents: bool | None = None
    uid: str | None = None
    resource_version: str | None = None
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Marked:
    """The object with its deletion marks, and whether it is to be removed at once."""

    obj: JsonObject
    remove: bool


def option_errors(options: DeleteOptions) -> list[FieldError]:
    """Faults of the options themselves."""
    found = []
    policy = options.propagation_policy
    if policy is not None and options.orphan_dependents is not None:
        detail = "orphanDependents and deletionPropagation cannot be both set"
        found.append(invalid("propagationPolicy", policy, detail))
    if policy is not None and policy not in ("Foreground", "Background", "Orphan"):
        found.append(not_supported("propagationPolicy", policy, ["Foreground", "Background", "Orphan", "nil"]))
    return found


def check_preconditions(resource: Resource, obj: JsonObject, options: DeleteOptions) -> None:
    """Refuse when the object is not the one the client means.

    Raises:
        ApiError: 409 Conflict.
    """
    metadata = obj["metadata"]
    if options.uid is not None and options.uid != metadata["uid"]:
        why = (
            f"the UID in the precondition ({options.uid}) does not match the UID in record ({metadata['uid']}). "
            "The object might have been deleted and then recreated"
        )
        raise errors.conflict(resource.group, resource.kind, metadata["name"], why)
    if options.resource_version is not None and options.resource_version != metadata["resourceVersion"]:
        why = (
            f"the ResourceVersion in the precondition ({options.resource_version}) does not match the "
            f"ResourceVersion in record ({metadata['resourceVersion']}). The object might have been modified"
        )
        raise errors.conflict(resource.group, resource.kind, metadata["name"], why)


def mark(obj: JsonObject, options: DeleteOptions, now: datetime) -> Marked:
    """Marks for every kind but pods: no grace period; finalizers keep the object."""
    finalizers = _finalizers(obj["metadata"], options)
    if not finalizers:
        return Marked(obj, remove=True)
    return Marked(_dying(obj, now, 0, finalizers), remove=False)


def mark_pod(pod: JsonObject, options: DeleteOptions, now: datetime) -> Marked:
    """Marks of a pod: its grace period runs only where it is bound and alive; a later delete can only shorten it."""
    metadata = pod["metadata"]
    finalizers = _finalizers(metadata, options)
    asked = options.grace_period_seconds
    asked = 1 if asked is not None and asked < 0 else asked
    if "deletionTimestamp" not in metadata:
        grace = _grace(pod, asked)
        return Marked(
            _dying(pod, now + timedelta(seconds=grace), grace, finalizers), remove=grace == 0 and not finalizers
        )
    running = metadata.get("deletionGracePeriodSeconds", 0)
    if asked is None or asked >= running:
        return Marked(pod, remove=False)
    ends = parse_time(metadata["deletionTimestamp"]) + timedelta(seconds=asked - running)
    return Marked(_dying(pod, ends, asked, finalizers), remove=asked == 0 and not finalizers)


def _grace(pod: JsonObject, asked: int | None) -> int:
    if not pod["spec"].get("nodeName") or pod.get("status", {}).get("phase") in ("Failed", "Succeeded"):
        return 0
    grace = pod["spec"].get("terminationGracePeriodSeconds", 30) if asked is None else asked
    return 1 if grace < 0 else int(grace)


def _finalizers(metadata: JsonObject, options: DeleteOptions) -> list[str]:
    """Finalizers after the propagation policy has had its say."""
    present = list(metadata.get("finalizers") or [])
    policy = options.propagation_policy
    if options.orphan_dependents is not None:
        policy = "Orphan" if options.orphan_dependents else "Background"
    if policy is None:
        return present
    kept = [finalizer for finalizer in present if finalizer not in (ORPHAN, FOREGROUND)]
    return [*kept, _FINALIZER_OF[policy]] if policy in _FINALIZER_OF else kept


def _dying(obj: JsonObject, ends: datetime, grace: int, finalizers: list[str]) -> JsonObject:
    metadata = dict(obj["metadata"])
    if "deletionTimestamp" not in metadata or metadata.get("deletionGracePeriodSeconds") != grace:
        if "deletionTimestamp" not in metadata and metadata.get("generation", 0) > 0:
            metadata["generation"] += 1
        metadata |= {"deletionTimestamp": format_time(ends), "deletionGracePeriodSeconds": grace}
    metadata.pop("finalizers", None)
    if finalizers:
        metadata["finalizers"] = finalizers
    return obj | {"metadata": metadata}
