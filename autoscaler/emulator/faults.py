"""The fault switch: what a client may meet when the server or the way to it is unwell."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto

from autoscaler.emulator.errors import ApiError, unauthorized


class Kind(Enum):
    """What happens to a request that a fault hits."""

    DELAY = auto()
    """It is answered after ``seconds``."""
    HANG = auto()
    """It is never answered; the connection stays open."""
    CUT = auto()
    """The connection is closed in the middle of it."""
    UNAUTHORIZED = auto()
    """401."""
    FORBIDDEN = auto()
    """403."""
    CONFLICT = auto()
    """409, as if the object had been modified meanwhile."""
    THROTTLE = auto()
    """429 with ``Retry-After``: ``seconds``, at least 1."""
    INTERNAL = auto()
    """500."""
    UNAVAILABLE = auto()
    """503."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A fault for the requests that ``hits`` takes: by user name, method and path. ``times`` None: until removed."""

    kind: Kind
    hits: Callable[[str, str, str], bool] = lambda _user, _method, _path: True
    seconds: float = 1.0
    times: int | None = None


@dataclass(slots=True)
class FaultSwitch:
    """The faults in force. The first one that hits a request counts."""

    _faults: list[tuple[Fault, list[int]]] = field(default_factory=list)

    def add(self, fault: Fault) -> Callable[[], None]:
        """Put a fault in force; returns what removes it."""
        entry = (fault, [0])
        self._faults.append(entry)
        return lambda: self._faults.remove(entry) if entry in self._faults else None

    def clear(self) -> None:
        """Remove all faults."""
        self._faults.clear()

    def strike(self, user: str, method: str, path: str) -> Fault | None:
        """The fault that hits this request, counted as used."""
        for entry in list(self._faults):
            fault, used = entry
            if fault.hits(user, method, path):
                used[0] += 1
                if fault.times is not None and used[0] >= fault.times:
                    self._faults.remove(entry)
                return fault
        return None


class ConnectionCutError(Exception):
    """The connection is to be closed without an answer."""


class ThrottledError(Exception):
    """The request is rejected before it is looked at; the argument is Retry-After [s]."""


async def suffer(fault: Fault, *, denied: ApiError, modified: ApiError) -> None:
    """Let a fault happen; returns when the request may go on.

    ``denied`` and ``modified`` are the request's own refusals, for want of rights and for a lost race.

    Raises:
        ApiError: the refusal it stands for.
        ThrottledError, ConnectionCutError: answered outside the API.
    """
    match fault.kind:
        case Kind.DELAY:
            await asyncio.sleep(fault.seconds)
        case Kind.HANG:
            await asyncio.Event().wait()
        case Kind.CUT:
            raise ConnectionCutError
        case Kind.UNAUTHORIZED:
            raise unauthorized()
        case Kind.FORBIDDEN:
            raise denied
        case Kind.CONFLICT:
            raise modified
        case Kind.THROTTLE:
            raise ThrottledError(max(1, round(fault.seconds)))
        case Kind.INTERNAL:
            raise ApiError(500, "InternalError", "Internal error occurred: the fault switch says so")
        case Kind.UNAVAILABLE:
            raise ApiError(503, "ServiceUnavailable", "the fault switch says so")
