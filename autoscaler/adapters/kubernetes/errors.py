"""What talking to the API server can end in besides an answer.

KubernetesError
    RefusedError      the server answered with a failure: its code, reason and words
    NoAnswerError     nothing usable came back in time; also an ``UnreachableError``

The texts are those of upstream's client, because conditions and events repeat them.
"""

from __future__ import annotations

from dataclasses import dataclass

import aiohttp
import msgspec

from autoscaler.model.errors import AutoscalerError, UnreachableError


class KubernetesError(AutoscalerError):
    """A request to the API server failed."""


class RefusedError(KubernetesError):
    """The API server said no. ``str()`` is its message; ``retry_after`` [s] is what it asked to wait, if it did."""

    def __init__(self, *, code: int, reason: str, message: str, retry_after: float | None = None) -> None:
        self.code = code
        self.reason = reason
        self.retry_after = retry_after
        super().__init__(message)

    @property
    def is_conflict(self) -> bool:
        """Tell a write that came too late from a create that came twice (which has the same code)."""
        return self.code == 409 and self.reason != "AlreadyExists"

    @property
    def is_not_found(self) -> bool:
        """Tell whether the object, or the whole API, is not there."""
        return self.code == 404

    @property
    def is_busy(self) -> bool:
        """Tell whether the server asks for patience: 429, or 5xx with Retry-After.

        An eviction against a full disruption budget is a 429 too, but waiting will not cure it.
        """
        if self.code == 429:
            return self.retry_after is not None or self.reason in ("", "TooManyRequests")
        return self.code >= 500 and self.retry_after is not None

    @property
    def is_expired(self) -> bool:
        """Tell whether a watch or a list page asked for a version the server no longer holds."""
        return self.code == 410


class NoAnswerError(KubernetesError, UnreachableError):
    """No usable answer: refused connection, reset, timeout, name or certificate trouble, garbage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a request is about, for messages and metrics: ``pods.metrics.k8s.io`` and, where it has one, the name."""

    verb: str  #: API verb: get, list, watch, patch, create
    resource: str
    name: str = ""


class _Status(msgspec.Struct):
    """The part of a ``Status`` object that matters here."""

    kind: str = ""
    status: str | None = None
    message: str | None = None
    reason: str | None = None
    code: int | None = None


_STATUS = msgspec.json.Decoder(_Status)

#: Code to (reason, message) where the body is no ``Status``: apimachinery pkg/api/errors, NewGenericServerResponse.
_GENERIC = {
    400: ("BadRequest", "the server rejected our request for an unknown reason"),
    401: ("Unauthorized", "the server has asked for the client to provide credentials"),
    404: ("NotFound", "the server could not find the requested resource"),
    405: ("MethodNotAllowed", "the server does not allow this method on the requested resource"),
    409: ("Conflict", "the server reported a conflict"),
    422: ("Invalid", "the server rejected our request due to an error in our request"),
    429: ("TooManyRequests", "the server has received too many requests and has asked us to try again later"),
    503: ("ServiceUnavailable", "the server is currently unable to handle the request"),
    504: (
        "Timeout",
        "the server was unable to return a response in the time allotted, but may still be processing the request",
    ),
}


def refusal(subject: Subject, *, method: str, code: int, body: bytes, retry_after: float | None) -> RefusedError:
    """Turn a failed answer into an error that speaks as upstream's client does.

    A ``Status`` body speaks for itself; anything else (a proxy's HTML, an aggregated API that is down) gets the
    generic sentence for its code, followed by what was asked.
    """
    status = _read_status(body)
    if status is not None and status.message:
        return RefusedError(
            code=status.code or code, reason=status.reason or "", message=status.message, retry_after=retry_after
        )
    said = _one_line(body)
    if code == 403:
        reason, message = "Forbidden", said or "unknown"
    elif code in _GENERIC:
        reason, message = _GENERIC[code]
    elif code >= 500:
        reason = "InternalError"
        message = f'an error on the server ("{said or "unknown"}") has prevented the request from succeeding'
    else:
        reason, message = "", f"the server responded with the status code {code} but did not return more information"
    asked = " ".join(part for part in (method.lower(), subject.resource, subject.name) if part)
    return RefusedError(code=code, reason=reason, message=f"{message} ({asked})", retry_after=retry_after)


def refusal_in_stream(body: bytes) -> RefusedError:
    """Turn the object of a watch's ERROR line into an error."""
    status = _read_status(body)
    if status is None:
        return RefusedError(code=500, reason="InternalError", message=f"unreadable error in watch: {_one_line(body)}")
    return RefusedError(
        code=status.code or 500, reason=status.reason or "", message=status.message or "watch ended with an error"
    )


def read_retry_after(header: str | None) -> float | None:
    """Read the seconds form of Retry-After, the only one an API server sends."""
    if header is None or not header.isascii() or not header.isdigit():
        return None
    return float(header)


def in_words(error: Exception) -> str:
    """Say what happened on the wire, as Go's client words it where there is an equal."""
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    match cause:
        case TimeoutError():
            return "context deadline exceeded"
        case ConnectionRefusedError():
            return "connect: connection refused"
        case ConnectionResetError() | aiohttp.ServerDisconnectedError():
            return "connection reset by peer"
        case aiohttp.ClientPayloadError():
            return "unexpected EOF"
        case _:
            return " ".join(str(cause).split()) or type(cause).__name__


def _read_status(body: bytes) -> _Status | None:
    try:
        status = _STATUS.decode(body)
    except msgspec.MsgspecError:
        return None
    return status if status.kind == "Status" else None


def _one_line(body: bytes, limit: int = 200) -> str:
    return " ".join(body.decode("utf-8", "replace").split())[:limit]
