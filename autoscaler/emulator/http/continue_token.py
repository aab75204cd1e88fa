"""Continue tokens of paged lists: where the next page begins, and at which revision.

Source: apiserver pkg/storage/continue.go.
"""

import base64
import binascii
import re
from typing import Any, Final

import msgspec

from autoscaler.emulator import errors

NOW: Final = -1
"""Revision of a token that goes on in the present: consistent no more, but never expired."""
_VERSION: Final = "meta.k8s.io/v1"
_NOT_BASE64: Final = re.compile(r"[^A-Za-z0-9_-]")


def encode_token(start: str, revision: int) -> str:
    """A token for the page that begins after key ``start``."""
    token = msgspec.json.encode({"v": _VERSION, "rv": revision, "start": f"{start}\0"})
    return base64.urlsafe_b64encode(token).decode().rstrip("=")


def decode_token(token: str) -> tuple[str, int]:
    """Last key of the page before, and the revision.

    Raises:
        ApiError: 400 for one that this server did not make.
    """
    raw = _unpacked(token)
    try:
        fields: Any = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise _refusal(f"invalid character {_quote(raw)} looking for beginning of value") from None
    if not isinstance(fields, dict) or fields.get("v") != _VERSION:
        version = fields.get("v", "") if isinstance(fields, dict) else ""
        raise errors.bad_request(
            f'invalid continue token: continue key is not valid: server does not recognize this encoded version "{version}"'
        )
    start, revision = fields.get("start"), fields.get("rv")
    if not isinstance(start, str) or not isinstance(revision, int) or revision == 0:
        raise _refusal(f"incorrect encoded start resourceVersion (version {_VERSION})")
    return start.rstrip("\0"), revision


def _unpacked(token: str) -> bytes:
    """The bytes of an unpadded base64 text."""
    bad = _NOT_BASE64.search(token)
    at = len(token) - 1 if bad is None else bad.start()
    try:
        if bad is None:
            return base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except binascii.Error:
        pass  # a length that no bytes have: refused below, at its last place
    raise _refusal(f"illegal base64 data at input byte {at}")


def _refusal(why: str) -> errors.ApiError:
    return errors.bad_request(f"invalid continue token: continue key is not valid: {why}")


def _quote(raw: bytes) -> str:
    """The first byte as Go's JSON scanner shows it."""
    first = raw[0] if raw else 0
    return f"'{chr(first)}'" if 0x20 <= first < 0x7F else f"'\\x{first:02x}'"
