"""Refusals of the API server: an exception that becomes a Status object.

Source: apimachinery pkg/api/errors/errors.go.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from autoscaler.model.field_errors import FieldError, aggregate_text
from autoscaler.model.json_types import JsonObject


@dataclass(slots=True)
class ApiError(Exception):
    """A request that is refused: HTTP code, reason, message and details of the Status, and extra headers."""

    code: int
    reason: str
    message: str
    details: JsonObject | None = None
    headers: dict[str, str] = field(default_factory=dict)
    metadata: JsonObject = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    """What the answer warns of besides."""

    def __str__(self) -> str:
        return self.message

    def status(self) -> JsonObject:
        """The Status object of the answer."""
        status: JsonObject = {"kind": "Status", "apiVersion": "v1", "metadata": self.metadata, "status": "Failure"}
        status["message"] = self.message
        if self.reason:
            status["reason"] = self.reason
        if self.details is not None:
            status["details"] = self.details
        return status | {"code": self.code}


def success(details: JsonObject) -> JsonObject:
    """The Status of an object that is gone at once."""
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}


def qualified(group: str, name: str) -> str:
    """``deployments.apps``, or ``pods`` in the core group."""
    return f"{name}.{group}" if group else name


def details_of(group: str, kind: str, name: str = "") -> JsonObject:
    """``details`` of a Status; empty parts are left out. ``kind`` is often a plural: that is the API's habit."""
    parts = {"name": name, "group": group, "kind": kind}
    return {key: text for key, text in parts.items() if text}


def not_found(group: str, plural: str, name: str) -> ApiError:
    message = f'{qualified(group, plural)} "{name}" not found'
    return ApiError(404, "NotFound", message, details_of(group, plural, name))


def no_such_resource() -> ApiError:
    """A path under a served version that names nothing."""
    return ApiError(404, "NotFound", "the server could not find the requested resource", {})


def already_exists(group: str, plural: str, name: str, *, is_being_deleted: bool = False) -> ApiError:
    prefix = "object is being deleted: " if is_being_deleted else ""
    message = f'{prefix}{qualified(group, plural)} "{name}" already exists'
    return ApiError(409, "AlreadyExists", message, details_of(group, plural, name))


def conflict(group: str, plural: str, name: str, why: str) -> ApiError:
    message = f'Operation cannot be fulfilled on {qualified(group, plural)} "{name}": {why}'
    return ApiError(409, "Conflict", message, details_of(group, plural, name))


def modified(group: str, plural: str, name: str) -> ApiError:
    """The resourceVersion sent is not the current one."""
    why = "the object has been modified; please apply your changes to the latest version and try again"
    return conflict(group, plural, name, why)


def invalid(group: str, kind: str, name: str, errors: Sequence[FieldError]) -> ApiError:
    message = f'{qualified(group, kind)} "{name}" is invalid'
    if errors:
        message += f": {aggregate_text(errors)}"
    details = details_of(group, kind, name)
    if errors:
        details["causes"] = [error.cause() for error in errors]
    return ApiError(422, "Invalid", message, details)


def invalid_options(kind: str, errors: Sequence[FieldError]) -> ApiError:
    """Faulty query parameters or delete options."""
    return invalid("meta.k8s.io", kind, "", errors)


def bad_request(message: str) -> ApiError:
    return ApiError(400, "BadRequest", message)


def internal(message: str) -> ApiError:
    """A plain error that no handler has turned into a Status: 500 without a reason."""
    return ApiError(500, "", message)


def internal_error(why: str) -> ApiError:
    """A fault of the server's own."""
    details: JsonObject = {"causes": [{"message": why}]}
    return ApiError(500, "InternalError", f"Internal error occurred: {why}", details)


def forbidden(group: str, plural: str, name: str, why: str, causes: Iterable[JsonObject] = ()) -> ApiError:
    subject = f'{qualified(group, plural)} "{name}"' if name else qualified(group, plural)
    details = details_of(group, plural, name)
    if listed := list(causes):
        details["causes"] = listed
    return ApiError(403, "Forbidden", f"{subject} is forbidden: {why}", details)


def path_forbidden(user: str, verb: str, path: str) -> ApiError:
    """A path that is no resource, and the user may not use it."""
    return ApiError(403, "Forbidden", f'forbidden: User "{user}" cannot {verb} path "{path}"', {})


def unauthorized() -> ApiError:
    return ApiError(401, "Unauthorized", "Unauthorized")


def method_not_allowed() -> ApiError:
    message = "the server does not allow this method on the requested resource"
    return ApiError(405, "MethodNotAllowed", message, {})


def expired(message: str) -> ApiError:
    """A resourceVersion or continue token older than the history that is kept."""
    return ApiError(410, "Expired", message)


def too_large_version(asked: int, current: int) -> ApiError:
    """A list at a resourceVersion that does not exist yet."""
    cause = {"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}
    message = f"Timeout: Too large resource version: {asked}, current: {current}"
    return ApiError(504, "Timeout", message, {"causes": [cause], "retryAfterSeconds": 1}, {"Retry-After": "1"})


def unsupported_media_type(accepted: Sequence[str]) -> ApiError:
    message = f"the body of the request was in an unknown format - accepted media types include: {', '.join(accepted)}"
    return ApiError(415, "UnsupportedMediaType", message)


def not_acceptable(accepted: Sequence[str]) -> ApiError:
    message = f"only the following media types are accepted: {', '.join(accepted)}"
    return ApiError(406, "NotAcceptable", message)


def too_many_requests(message: str, retry_after_seconds: int | None = None) -> ApiError:
    headers = {} if retry_after_seconds is None else {"Retry-After": str(retry_after_seconds)}
    details: JsonObject = {} if retry_after_seconds is None else {"retryAfterSeconds": retry_after_seconds}
    return ApiError(429, "TooManyRequests", message, details, headers)
