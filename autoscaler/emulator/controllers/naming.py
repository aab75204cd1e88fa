"""Names, labels and owner references by which controllers find what is theirs."""

from __future__ import annotations

import json
from hashlib import blake2b
from typing import Final

from autoscaler.model.json_types import JsonObject

HASH_LABEL: Final = "pod-template-hash"
_ALPHABET: Final = "bcdfghjklmnpqrstvwxz2456789"  # no vowels, no look-alikes: upstream's safe alphabet
_HASH_LENGTH: Final = 10


def template_hash(template: JsonObject) -> str:
    """Hash a pod template as it stands in a deployment: equal templates, equal hash."""
    text = json.dumps(template, sort_keys=True, separators=(",", ":"))
    number = int.from_bytes(blake2b(text.encode(), digest_size=8).digest())
    letters = []
    for _ in range(_HASH_LENGTH):
        number, digit = divmod(number, len(_ALPHABET))
        letters.append(_ALPHABET[digit])
    return "".join(letters)


def owner_reference(owner: JsonObject) -> JsonObject:
    """Make the reference by which ``owner`` controls another object."""
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def controller_of(obj: JsonObject) -> JsonObject | None:
    """Give the reference to what controls ``obj``, if anything does."""
    references = obj["metadata"].get("ownerReferences") or ()
    return next((reference for reference in references if reference.get("controller")), None)


def is_controlled_by(obj: JsonObject, owner: JsonObject) -> bool:
    """Tell whether ``owner`` is the controller of ``obj``."""
    reference = controller_of(obj)
    return reference is not None and reference["uid"] == owner["metadata"]["uid"]


def with_labels(template: JsonObject, labels: dict[str, str]) -> JsonObject:
    """Give the template with further labels on its pods."""
    metadata = template.get("metadata") or {}
    return template | {"metadata": metadata | {"labels": (metadata.get("labels") or {}) | labels}}
