"""The kill switch's document: who halted writes, why and until when, or who let them go on; plain text fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from autoscaler.config.go_time import GoTimeError
from autoscaler.config.moments import print_time, time_of
from autoscaler.model.safety import Halt
from autoscaler.model.time import SECOND, Instant

_FIELDS: Final = frozenset({"halted", "author", "reason", "until"})


class InvalidHaltError(ValueError):
    """A document that does not say clearly whether writes are halted."""


def read_halt(document: Mapping[str, str]) -> Halt | None:
    """Give the halt that a document tells of; ``None``: writes go on.

    Raises:
        InvalidHaltError: it cannot be understood. Whoever reads it should take writes to be halted.
    """
    unknown = sorted(set(document) - _FIELDS)
    if unknown:
        raise InvalidHaltError(f"unknown field {unknown[0]!r}; there are halted, author, reason and until")
    halted = document.get("halted")
    if halted == "false":
        return None
    if halted != "true":
        raise InvalidHaltError('halted has to be "true" or "false"')
    for name in ("author", "reason"):
        if not document.get(name, "").strip():
            raise InvalidHaltError(f"{name} is missing")
    try:
        until = time_of(document["until"]) if document.get("until") else None
    except GoTimeError as error:
        raise InvalidHaltError(f"until: {error}") from error
    return Halt(author=document["author"].strip(), reason=document["reason"].strip(), until=until)


def write_halt(halt: Halt) -> dict[str, str]:
    """Write a halt for ``read_halt``."""
    written = {"halted": "true", "author": halt.author, "reason": halt.reason}
    return written if halt.until is None else {**written, "until": print_second(halt.until)}


def write_release(author: str, reason: str) -> dict[str, str]:
    """Write that writes go on."""
    return {"halted": "false", "author": author, "reason": reason}


def print_second(at: Instant) -> str:
    """Write an instant as a time of RFC 3339 in whole seconds."""
    return print_time(at // SECOND * SECOND)
