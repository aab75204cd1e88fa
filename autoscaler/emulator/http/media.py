"""Media types: what a client sends, what it accepts, and in which of its shapes an answer goes out.

Source: apiserver pkg/endpoints/handlers/negotiation.
"""

from dataclasses import dataclass, field
from typing import Final

import msgspec
import yaml

from autoscaler.emulator import errors
from autoscaler.emulator.errors import ApiError
from autoscaler.model.json_types import JsonValue

JSON: Final = "application/json"
YAML: Final = "application/yaml"
PROTOBUF: Final = "application/vnd.kubernetes.protobuf"
ACCEPTED: Final = (JSON, YAML, PROTOBUF)
TRANSFORMS: Final = ("Table", "PartialObjectMetadata", "PartialObjectMetadataList")
_ENCODER: Final = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class MediaType:
    """One clause of an Accept header."""

    type: str
    parameters: dict[str, str] = field(default_factory=dict)
    quality: float = 1.0


@dataclass(frozen=True, slots=True)
class Answer:
    """How to answer: the media type, and the kind to bring objects into ("" for their own)."""

    type: str
    transform: str = ""

    def encode(self, value: JsonValue) -> bytes:
        """The body of the answer."""
        if self.type == YAML:
            return yaml.safe_dump(value, sort_keys=True, default_flow_style=False).encode()
        return _ENCODER.encode(value) + b"\n"


def parse_accept(header: str) -> list[MediaType]:
    """Clauses of an Accept header, best first."""
    clauses = [_parse_clause(text) for text in header.split(",") if text.strip()]
    return sorted(clauses, key=lambda clause: -clause.quality)


def negotiate(header: str, *, transforms: bool = True) -> Answer:
    """The first acceptable clause. No header accepts JSON.

    Raises:
        ApiError: 406, in the router's words when no media type fits, in the handler's when only a parameter does not.
    """
    clauses = parse_accept(header) or [MediaType("*/*")]
    known = [clause for clause in clauses if _concrete(clause.type)]
    if not known:
        raise _router_refusal()
    for clause in known:
        if (answer := _answer(clause, transforms)) is not None:
            return answer
    raise errors.not_acceptable(ACCEPTED)


def body_type(header: str, accepted: tuple[str, ...] = ACCEPTED) -> str:
    """Media type of a request body without its parameters; absent means JSON.

    Raises:
        ApiError: 415 for one that is not accepted.
    """
    media_type = header.split(";")[0].strip().lower() or JSON
    if media_type not in accepted:
        raise errors.unsupported_media_type(accepted)
    return media_type


def _parse_clause(text: str) -> MediaType:
    media_type, *pairs = (part.strip() for part in text.split(";"))
    parameters = dict(pair.split("=", 1) for pair in pairs if "=" in pair)
    try:
        quality = float(parameters.pop("q", "1"))
    except ValueError:
        quality = 0.0
    return MediaType(media_type.lower(), parameters, quality)


def _concrete(media_type: str) -> str | None:
    if media_type in ("*/*", "application/*"):
        return JSON
    return media_type if media_type in ACCEPTED else None


def _answer(clause: MediaType, transforms: bool) -> Answer | None:
    media_type = _concrete(clause.type)
    if media_type not in (JSON, YAML):
        return None
    if not (asked := clause.parameters.get("as")):
        return Answer(media_type)
    wanted = (clause.parameters.get("v"), clause.parameters.get("g"))
    if transforms and asked in TRANSFORMS and wanted == ("v1", "meta.k8s.io"):
        return Answer(media_type, asked)
    return None


def _router_refusal() -> ApiError:
    streams = (*ACCEPTED, f"{JSON};stream=watch", f"{PROTOBUF};stream=watch")
    message = f"406: Not Acceptable\n\nAvailable representations: {', '.join(streams)}"
    return ApiError(406, "NotAcceptable", message, {})
