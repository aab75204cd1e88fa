"""Files with HPAs and ScaledObjects into ScalingPolicies; documents of other kinds are passed over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from autoscaler.config.documents import Document, scan_file
from autoscaler.config.hpa import HPA_KIND, ReadOptions, read_policy
from autoscaler.config.hpa_v1 import from_v1
from autoscaler.config.importing.scaled_object import from_scaled_object
from autoscaler.config.policy_files import expand, policy_files
from autoscaler.config.scaling_policy import KIND, VERSION, read_scaling_policy
from autoscaler.model.errors import Fault, InvalidPolicyError
from autoscaler.model.json_types import JsonObject

_KEDA: Final = "keda.sh"
#: The same spec under a version that is no longer served.
_SAME_SPEC: Final = "autoscaling/v2beta2"
#: What no ScalingPolicy can be, and what somebody who imports a folder should know of.
_NOTED: Final = {
    "ScaledJob": "starts a Job for each piece of work: a ScalingPolicy scales what runs",
    "TriggerAuthentication": "credentials belong to the datasources in the controller's settings",
    "ClusterTriggerAuthentication": "credentials belong to the datasources in the controller's settings",
}


@dataclass(slots=True)
class Imported:
    """What came out: manifests, what has no equal in them, and how many documents were of other kinds."""

    manifests: list[JsonObject] = field(default_factory=list)
    losses: list[Fault] = field(default_factory=list)
    passed_over: int = 0


def import_files(paths: Sequence[Path], options: ReadOptions) -> Imported:
    """Import every HPA and ScaledObject of these files and folders. Never raises for what files hold.

    Raises:
        OSError: a folder cannot be listed.
    """
    result = Imported()
    for file in (file for path in paths for file in policy_files(path)):
        scanned = scan_file(file)
        result.losses += scanned.faults
        for document in (part for whole in scanned.documents for part in expand(whole)):
            _import(document, options, result)
    return result


def _import(document: Document, options: ReadOptions, result: Imported) -> None:
    value = document.value
    kind = value.get("kind") if isinstance(value, dict) else None
    group = str(value.get("apiVersion", "")).partition("/")[0] if isinstance(value, dict) else ""
    if kind == HPA_KIND and group == "autoscaling":
        manifest, losses = _from_hpa(document, options)
    elif kind == "ScaledObject" and group == _KEDA:
        manifest, told = from_scaled_object(document)
        losses = told.found
    elif kind in _NOTED and group == _KEDA:
        manifest, losses = None, [_fault(document, "kind", f"{kind} is left out", _NOTED[kind])]
    else:
        result.passed_over += 1
        return
    if manifest is not None:
        refused = list(_refused(document, manifest, options))
        losses = [*losses, *refused]
        if not refused:
            result.manifests.append(manifest)
    result.losses += sorted(losses, key=lambda fault: fault.line or 0)


def _from_hpa(document: Document, options: ReadOptions) -> tuple[JsonObject | None, list[Fault]]:
    """Take an HPA's spec as it is written, in version v2; what stands beside it is not needed."""
    value = document.value
    assert isinstance(value, dict)
    if value.get("apiVersion") == _SAME_SPEC:
        value = {**value, "apiVersion": "autoscaling/v2"}
    try:
        read_policy(replace(document, value=value), options)
    except InvalidPolicyError as error:
        return None, list(error.faults)
    current = from_v1(value) if value["apiVersion"] == "autoscaling/v1" else value
    metadata = value.get("metadata") or {}
    kept = {name: metadata[name] for name in ("name", "namespace", "labels") if name in metadata}
    spec = {name: part for name, part in (current.get("spec") or {}).items() if part is not None}
    return {"apiVersion": VERSION, "kind": KIND, "metadata": kept, "spec": spec}, []


def _refused(document: Document, manifest: JsonObject, options: ReadOptions) -> Iterator[Fault]:
    """Say what our own reader would refuse of what was written; then it is not written."""
    try:
        read_scaling_policy(replace(document, value=manifest), options)
    except InvalidPolicyError as error:
        for fault in error.faults:
            yield replace(fault, what=f"no policy is written, it would be refused: {fault.what}", line=document.line)


def _fault(document: Document, path: str, what: str, hint: str) -> Fault:
    return Fault(what=what, source=document.source, line=document.line_of(path), path=path, hint=hint)
