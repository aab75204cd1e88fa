"""Reads ScalingPolicy objects as an API server serves them: the reader of files, without lines."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from autoscaler.config.documents import Document
from autoscaler.config.hpa import ReadOptions
from autoscaler.config.scaling_policy import KIND, read_scaling_policy
from autoscaler.config.yaml_tree import Place
from autoscaler.model.errors import InvalidPolicyError
from autoscaler.model.json_types import JsonObject
from autoscaler.model.policy import ScalingPolicy

_NOWHERE: Final = Place(line=0, column=0)
_OF_THE_SERVER: Final = frozenset({"managedFields", "ownerReferences", "finalizers"})


def policy_of_object(obj: JsonObject, options: ReadOptions) -> ScalingPolicy:
    """Take the policy of a ScalingPolicy object, with its uid and generation.

    Raises:
        InvalidPolicyError: one fault for each thing wrong. What its definition lets pass may still be refused here; an
            unknown field is one of a later version of this controller, and may be a guard: refused too.
    """
    metadata = obj.get("metadata") or {}
    try:
        policy = read_scaling_policy(document_of(obj), options)
    except InvalidPolicyError as error:
        raise InvalidPolicyError([replace(fault, line=None) for fault in error.faults]) from error
    return replace(policy, uid=str(metadata.get("uid", "")), generation=int(metadata.get("generation") or 0))


def document_of(obj: JsonObject) -> Document:
    """Give an object as the document of a file would be, with what a person wrote in it."""
    metadata = obj.get("metadata") or {}
    kept = {name: value for name, value in metadata.items() if name not in _OF_THE_SERVER}
    value = {name: part for name, part in obj.items() if name != "status"} | {"metadata": kept}
    source = f"{KIND} {metadata.get('namespace', '')}/{metadata.get('name', '')}"
    return Document(value=value, source=source, line=0, place=_NOWHERE)
