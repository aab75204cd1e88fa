"""Metadata of any object: what the server fills in, and what a writer may not change.

Source: apiserver pkg/registry/rest/meta.go, create.go and update.go.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from autoscaler.config.go_time import format_time
from autoscaler.model.json_types import JsonObject

_GENERATED_SUFFIX: Final = 5
"""Characters added to generateName."""
_NAME_LIMIT: Final = 63
_ALPHABET: Final = "bcdfghjklmnpqrstvwxz2456789"
_SERVER_OWNED: Final = ("uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation")


def new_metadata(metadata: JsonObject, uid: UUID, now: datetime) -> JsonObject:
    """Metadata of an object being created: generated name, uid and time; what only the server sets is dropped."""
    kept = {key: value for key, value in metadata.items() if key not in (*_SERVER_OWNED, "selfLink", "resourceVersion")}
    if not kept.get("name") and (prefix := kept.get("generateName")):
        kept["name"] = prefix[: _NAME_LIMIT - _GENERATED_SUFFIX] + _suffix(uid)
    return kept | {"uid": str(uid), "creationTimestamp": format_time(now)}


def updated_metadata(new: JsonObject, old: JsonObject) -> JsonObject:
    """Metadata of an update: what only the server sets stays as it was, whatever was sent."""
    kept = {key: value for key, value in new.items() if key not in (*_SERVER_OWNED, "selfLink")}
    owned = {key: old[key] for key in (*_SERVER_OWNED, "generateName") if key in old}
    return owned | kept | {"resourceVersion": old["resourceVersion"]}


def _suffix(uid: UUID) -> str:
    """Five characters without vowels, drawn from the object's own random uid."""
    number, text = uid.int, ""
    for _ in range(_GENERATED_SUFFIX):
        number, digit = divmod(number, len(_ALPHABET))
        text += _ALPHABET[digit]
    return text
