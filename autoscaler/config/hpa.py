"""Reads a HorizontalPodAutoscaler, from a file or from the API server, into a policy; names everything wrong with it.

A file is read strictly: what the API server would drop in silence, an unknown field, is a fault here. Then come the API
server's own defaulting and validation, in its words, each fault with its line and a hint.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from autoscaler.config.api_types import ApiType, named_type, type_of_kind
from autoscaler.config.documents import Document
from autoscaler.config.hpa_build import build_policy
from autoscaler.config.hpa_defaults import with_defaults
from autoscaler.config.hpa_hints import FORMER_FIELDS, hint_for, hint_for_shape, is_former
from autoscaler.config.hpa_v1 import from_v1
from autoscaler.config.hpa_validation import options_for, validate_hpa
from autoscaler.config.shapes import Shaped, ShapeFault, fit
from autoscaler.config.suggestions import nearest
from autoscaler.model.controller_config import DEFAULT_CONFIG, Gates
from autoscaler.model.errors import Fault, InvalidPolicyError
from autoscaler.model.field_errors import FieldError
from autoscaler.model.json_types import JsonObject
from autoscaler.model.policy import Mode, ScalingPolicy

HPA_KIND: Final = "HorizontalPodAutoscaler"
#: What a policy may be written as; ``scaling_policy`` reads the other one.
POLICY_KINDS: Final = (HPA_KIND, "ScalingPolicy")
_VERSION: Final = "autoscaling/v2"
_FIRST_VERSION: Final = "autoscaling/v1"
_FORMER_VERSIONS: Final = ("autoscaling/v2beta2", "autoscaling/v2beta1")
#: How the messages begin that ask for one of several fields: the one left out may have been it.
_ONE_OF_SEVERAL: Final = ("must set either", "must specify a positive", "must populate information")
_TYPE: Final = named_type(f"v2.{HPA_KIND}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """What holds for every policy that is read."""

    mode: Mode = Mode.OBSERVE
    namespace: str = "default"  #: of a policy whose file names none
    namespaces: tuple[str, ...] = ()  #: the only ones to act in; empty: all
    gates: Gates = DEFAULT_CONFIG.gates


def is_policy(value: object) -> bool:
    """Tell whether a document is meant as a policy, be it well written or not."""
    return isinstance(value, dict) and value.get("kind") in POLICY_KINDS


def kind_fault(document: Document) -> Fault | None:
    """Find what is wrong with a document whose kind is nearly, but not quite, that of a policy."""
    value = document.value
    kind = value.get("kind") if isinstance(value, dict) else None
    meant = nearest(kind, POLICY_KINDS) if isinstance(kind, str) and kind not in POLICY_KINDS else None
    if meant is None:
        return None
    group = str(value.get("apiVersion") or _VERSION).partition("/")[0]
    if meant == HPA_KIND and group != _VERSION.partition("/")[0]:
        return None  # a VerticalPodAutoscaler is nearly spelled alike, but of another group
    line = document.line_of("kind")
    what = f'unknown kind "{kind}"'
    return Fault(what=what, source=document.source, line=line, path="kind", hint=f"did you mean `{meant}`?")


def read_policy(document: Document, options: ReadOptions) -> ScalingPolicy:
    """Read the policy in ``document``.

    Raises:
        InvalidPolicyError: one fault for each thing wrong.
    """
    value = document.value
    assert isinstance(value, dict)
    shaped = _shape(value, _version_of(document))
    obj = _complete(shaped.value, options)
    errors = validate_hpa(obj, options_for(obj, scale_to_zero=options.gates.scale_to_zero))
    faults = [
        *(_located(document, fault.path, fault.what, hint_for_shape(fault)) for fault in shaped.faults),
        *(_located(document, error.field, error.body, hint_for(error)) for error in _remaining(errors, shaped.faults)),
    ]
    if faults:
        raise InvalidPolicyError(sorted(dict.fromkeys(faults), key=lambda fault: fault.line or 0))
    return build_policy(obj, options.mode)


def _shape(value: JsonObject, kind: ApiType) -> Shaped:
    """Fit the document to its type, and bring it to version v2."""
    if value["apiVersion"] != _FIRST_VERSION:
        return fit(value, kind, hints=FORMER_FIELDS)
    written = fit(value, kind)
    current = fit(from_v1(written.value), _TYPE)  # its annotations hold texts that nobody has looked at yet
    return Shaped(current.value, [*written.faults, *current.faults])


def policy_from_object(obj: JsonObject, mode: Mode) -> ScalingPolicy:
    """Take the policy of an object that an API server serves (autoscaling/v2). Unknown fields are newer, not wrong.

    Raises:
        InvalidPolicyError: the object could not have been accepted.
    """
    shaped = fit(obj, _TYPE)
    metadata = shaped.value.get("metadata") or {}
    source = f"{HPA_KIND} {metadata.get('namespace', '')}/{metadata.get('name', '')}"
    wrong = [fault for fault in shaped.faults if not fault.what.startswith("unknown field")]
    if not wrong:
        errors = _policy_errors(with_defaults(shaped.value))
        if not errors:
            return build_policy(with_defaults(obj), mode)  # with quantities as they are written
        raise InvalidPolicyError([Fault(what=error.body, source=source, path=error.field) for error in errors])
    raise InvalidPolicyError([Fault(what=fault.what, source=source, path=fault.path) for fault in wrong])


def _policy_errors(obj: JsonObject) -> list[FieldError]:
    """Faults that concern a decision; those of metadata, and of rules that came later, are the API server's affair."""
    errors = validate_hpa(obj, options_for(obj, obj, scale_to_zero=True))
    return [error for error in errors if error.field.startswith("spec")]


def _version_of(document: Document) -> ApiType:
    """Give the type that the document's apiVersion names."""
    value = document.value
    assert isinstance(value, dict)
    version = value.get("apiVersion")
    group, _, number = str(version or "").partition("/")
    kind = type_of_kind(group, number, HPA_KIND) if version in (_VERSION, _FIRST_VERSION) else None
    if kind is not None:
        return kind
    what = f'apiVersion "{version}" has no {HPA_KIND}' if version else "apiVersion is missing"
    if version in _FORMER_VERSIONS:
        what = f"{version} is no longer served: it ended with Kubernetes 1.26"
    raise InvalidPolicyError([_located(document, "apiVersion", what, f"write apiVersion: {_VERSION}")])


def _complete(obj: JsonObject, options: ReadOptions) -> JsonObject:
    """Fill in the namespace and the API server's defaults. What is served by it (status, uid) is not the file's to say."""
    metadata = {name: item for name, item in (obj.get("metadata") or {}).items() if name not in _SERVED}
    metadata.setdefault("namespace", options.namespace)
    complete = with_defaults({**obj, "metadata": metadata})
    complete.pop("status", None)
    if not options.gates.configurable_tolerance:
        for rules in (complete["spec"].get("behavior") or {}).values():
            rules.pop("tolerance", None)
    return complete


_SERVED: Final = frozenset(
    {"uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp", "managedFields", "selfLink"}
)


def _remaining(errors: Sequence[FieldError], shape: Sequence[ShapeFault]) -> Iterator[FieldError]:
    """Leave out errors that only follow: from a field we dropped because it did not fit, or from an earlier error."""
    dropped = [path for fault in shape for path in (fault.path, fault.meant) if path]
    dropped += [_parent(fault.path) for fault in shape if is_former(fault.path)]
    told: set[str] = set()
    for error in errors:
        if error.field in told or any(_follows(error, path) for path in dropped):
            continue
        if not error.field.startswith("metadata."):  # there one path stands for all labels
            told.add(error.field)
        yield error


def _follows(error: FieldError, dropped: str) -> bool:
    """Tell whether the error is there only because the field at ``dropped`` was left out."""
    field = error.field
    if field == dropped or field.startswith((f"{dropped}.", f"{dropped}[")) or dropped.startswith(f"{field}."):
        return True
    return error.detail.startswith(_ONE_OF_SEVERAL) and _parent(field) == _parent(dropped)


def _parent(path: str) -> str:
    return path.rpartition(".")[0]


def _located(document: Document, path: str, what: str, hint: str) -> Fault:
    return Fault(what=what, source=document.source, line=document.line_of(path), path=path, hint=hint)
