"""Request bodies: bytes into JSON values, with the API server's words for what cannot be read."""

from typing import Final

import msgspec
import yaml

from autoscaler.config.decoding import DecodeError, json_kind
from autoscaler.emulator import codec, errors
from autoscaler.emulator.codec import Read
from autoscaler.emulator.http.json_syntax import duplicate_fields, strict_complaints, syntax_fault
from autoscaler.emulator.http.media import JSON, PROTOBUF, YAML, body_type
from autoscaler.emulator.http.protobuf import ProtobufError, decode_body
from autoscaler.emulator.http.yaml_syntax import yaml_fault
from autoscaler.emulator.resources import Resource
from autoscaler.model.json_types import JsonObject, JsonValue

_SUMMARY_BYTES: Final = 30


def read_body(resource: Resource, content_type: str, body: bytes) -> Read:
    """The object in a request body.

    Raises:
        ApiError: 415 for its media type; 400 for its syntax, its kind or a value's type.
    """
    media_type = body_type(content_type)
    raw = _parse(resource, media_type, body)
    raw = {} if raw is None else raw  # null is an object with nothing in it
    if fault := head_fault(raw):
        raise _unrecognized(resource, f"couldn't get version/kind; json parse error: {fault}", body)
    if resource.is_custom and not raw.get("kind"):
        raise _unrecognized(resource, f"Object 'Kind' is missing in '{body.decode('utf-8', 'replace')}'", body)
    codec.check_kind(resource, raw)
    if resource.custom is None:
        codec.check_version(resource, raw)
    try:
        read = codec.read_object(resource, raw)
    except DecodeError as fault:
        raise codec.cannot_be_handled(resource, str(fault)) from None
    head = {"kind": resource.kind, "apiVersion": resource.api_version}
    return Read(head | read.obj, _complaints(resource, body if media_type == JSON else b"", read.complaints))


def _complaints(resource: Resource, body: bytes, unknown: tuple[str, ...]) -> tuple[str, ...]:
    """Repeated and unknown fields: of a Go type in the order of the text, of a custom one those repeated first."""
    if resource.is_custom or not body:
        return (*duplicate_fields(body), *unknown)
    return tuple(strict_complaints(body, unknown))


def parse_json(body: bytes) -> JsonValue:
    """A JSON value.

    Raises:
        ValueError: with the words of Go's scanner.
    """
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise ValueError(syntax_fault(body.decode("utf-8", "replace"))) from None


def parse_yaml(body: bytes) -> JsonValue:
    """A YAML (or JSON) value.

    Raises:
        ValueError: it is neither.
    """
    try:
        return yaml.load(body, _JsonLoader)  # a SafeLoader that leaves times as text
    except yaml.YAMLError as fault:
        raise ValueError(yaml_fault(fault)) from None


def head_fault(raw: JsonValue) -> str:
    """Go's refusal of a top-level value whose version and kind cannot be read; empty when they can."""
    if not isinstance(raw, dict):
        return (
            f"json: cannot unmarshal {json_kind(raw)} into Go value of type struct {{ APIVersion string; Kind string }}"
        )
    for name, value in raw.items():
        if name in ("apiVersion", "kind") and not isinstance(value, str | None):
            return f"json: cannot unmarshal {json_kind(value)} into Go struct field .{name} of type string"
    return ""


def check_place(obj: JsonObject, name: str, namespace: str) -> None:
    """Refuse an object that is not the one its path names.

    Raises:
        ApiError: 400.
    """
    metadata = obj.get("metadata") or {}
    given = metadata.get("name")
    if not given:
        why = "was undeterminable: name must be provided"
        raise errors.bad_request(f"the name of the object ({name} based on URL) {why}")
    if given != name:
        raise errors.bad_request(f"the name of the object ({given}) does not match the name on the URL ({name})")
    place = metadata.get("namespace", "")
    if namespace and place and place != namespace:
        why = f"the namespace of the object ({place}) does not match the namespace on the request ({namespace})"
        raise errors.bad_request(why)


def _parse(resource: Resource, media_type: str, body: bytes) -> JsonValue:
    if media_type == YAML:
        return _parse_yaml(resource, body)
    if media_type == PROTOBUF:
        try:
            return decode_body(body, codec.type_of(resource))
        except ProtobufError as fault:
            raise _unrecognized(resource, f"couldn't get version/kind; {fault}", body) from None
    return _parse_json(resource, body)


def _parse_json(resource: Resource, body: bytes) -> JsonValue:
    try:
        return parse_json(body)
    except ValueError as fault:
        raise _unrecognized(resource, f"couldn't get version/kind; json parse error: {fault}", body) from None


def _parse_yaml(resource: Resource, body: bytes) -> JsonValue:
    try:
        return parse_yaml(body)
    except ValueError as fault:
        raise _unrecognized(resource, str(fault), body) from None


def _unrecognized(resource: Resource, why: str, body: bytes) -> errors.ApiError:
    subject = f"the object provided is unrecognized (must be of type {resource.kind})"
    return errors.bad_request(f"{subject}: {why} ({_summary(body)})")


def _summary(body: bytes) -> str:
    """The beginning of a body: as text when it looks like JSON, else in hexadecimal."""
    if not body:
        return "<empty>"
    head, more = body[:_SUMMARY_BYTES], " ..." if len(body) > _SUMMARY_BYTES else ""
    return (head.decode("utf-8", "replace") if body[:1] == b"{" else head.hex()) + more


class _JsonLoader(yaml.SafeLoader):
    """YAML with JSON's types only."""


_JsonLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
