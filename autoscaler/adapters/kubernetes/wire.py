"""How the API server writes the objects we read: only the fields we use, decoded straight from bytes.

Partial structs decode a pod in microseconds; the generated models of kubernetes-asyncio take a millisecond. Fields may
be absent or null anywhere, so every one has a default.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import TypeVar

import msgspec

from autoscaler.adapters.kubernetes.errors import NoAnswerError, Subject
from autoscaler.model.quantity import Quantity, QuantityError
from autoscaler.model.time import SECOND, Instant, Nanoseconds

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS = {"h": 3600 * SECOND, "m": 60 * SECOND, "s": SECOND, "ms": 1_000_000, "us": 1_000, "µs": 1_000, "ns": 1}
_DURATION_PART = re.compile(r"([0-9]+(?:\.[0-9]*)?)(h|ms|us|µs|ns|m|s)")

T = TypeVar("T")


class ListMeta(msgspec.Struct, rename={"continue_": "continue", "resource_version": "resourceVersion"}):
    """Metadata of a list."""

    resource_version: str = ""
    continue_: str = ""


class ObjectMeta(msgspec.Struct, rename="camel"):
    """Metadata of an object."""

    name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    labels: dict[str, str] | None = None
    deletion_timestamp: str | None = None


class WatchLine(msgspec.Struct):
    """One line of a watch; the object is decoded once its type is known."""

    type: str
    object: msgspec.Raw


class BookmarkObject(msgspec.Struct):
    """The only part of an object that a bookmark fills."""

    metadata: ObjectMeta


def decode(decoder: msgspec.json.Decoder[T], body: bytes | msgspec.Raw, subject: Subject) -> T:
    """Decode an answer. Raises: NoAnswerError, where it is not what was asked for (a proxy's page, a broken adapter)."""
    try:
        return decoder.decode(body)
    except msgspec.MsgspecError as error:
        raise NoAnswerError(f"unreadable answer to {subject.verb} {subject.resource}: {error}") from error


@lru_cache(maxsize=4096)  # pods of one rollout, and samples of one scrape, share their times
def instant(text: str) -> Instant:
    """Read an RFC 3339 time, to the microsecond. Raises: ValueError."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"time without zone: {text!r}")
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * SECOND + since.microseconds * 1_000


def timestamp(at: Instant) -> str:
    """Write an instant as RFC 3339 in whole seconds, as Kubernetes' ``Time`` does."""
    return datetime.fromtimestamp(at // SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def micro_timestamp(at: Instant) -> str:
    """Write an instant as RFC 3339 with exactly six digits, as Kubernetes' ``MicroTime`` demands."""
    whole, rest = divmod(at, SECOND)
    return datetime.fromtimestamp(whole, UTC).strftime("%Y-%m-%dT%H:%M:%S") + f".{rest // 1_000:06d}Z"


@lru_cache(maxsize=256)
def duration(text: str) -> Nanoseconds:
    """Read Go's duration form, such as ``30s`` or ``1m30.5s``. Raises: ValueError."""
    parts = _DURATION_PART.findall(text)
    if text != "0" and (not parts or "".join(number + unit for number, unit in parts) != text or len(text) > 64):
        raise ValueError(f"not a duration: {text[:64]!r}")
    return sum(int(Decimal(number) * _UNITS[unit]) for number, unit in parts)


def milli(text: str) -> int:
    """Read a quantity as whole milli-units. Raises: ValueError."""
    try:
        return Quantity.parse(text).milli()
    except QuantityError as error:
        raise ValueError(f"{text!r}: {error}") from error
