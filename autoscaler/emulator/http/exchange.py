"""One request on its way through the server, and the answers that can be given to it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web
from multidict import CIMultiDict

from autoscaler.emulator import errors
from autoscaler.emulator.errors import ApiError
from autoscaler.emulator.http.media import JSON, Answer
from autoscaler.emulator.http.paths import RequestInfo
from autoscaler.emulator.resources import Resource
from autoscaler.emulator.store import WriteOptions
from autoscaler.emulator.users import User
from autoscaler.model.field_errors import FieldError, invalid, not_supported, quote, too_long
from autoscaler.model.json_types import JsonValue

_MANAGER_LIMIT: Final = 128
"""Longest name of a field manager [bytes]."""


@dataclass(slots=True)
class Exchange:
    """A request with what has been found out about it."""

    request: web.Request
    info: RequestInfo
    user: User
    resource: Resource
    answer: Answer
    warnings: list[str] = field(default_factory=list)

    @property
    def query(self) -> Mapping[str, str]:
        return self.request.query

    def write_options(self, kind: str) -> WriteOptions:
        """Options of a write; ``kind`` names them in a refusal (CreateOptions, UpdateOptions, PatchOptions).

        Raises:
            ApiError: 422.
        """
        faults = []
        dry_run = self.request.query.getall("dryRun", [])
        faults += [not_supported("dryRun", value, ["All"]) for value in dry_run if value != "All"]
        validation = self.field_validation
        if validation not in ("", "Ignore", "Warn", "Strict"):
            faults.append(not_supported("fieldValidation", validation, ["", "Ignore", "Strict", "Warn"]))
        if len(self.query.get("fieldManager", "").encode()) > _MANAGER_LIMIT:
            faults.append(too_long("fieldManager", _MANAGER_LIMIT))
        faults += _unprintable(self.query.get("fieldManager", ""))
        if faults:
            raise errors.invalid_options(kind, faults)
        return WriteOptions(manager=self.manager, dry_run=bool(dry_run))

    @property
    def manager(self) -> str:
        """Field manager of a write: as asked, or the first word of the User-Agent."""
        agent = self.request.headers.get("User-Agent", "unknown")
        return self.query.get("fieldManager") or agent.partition("/")[0]

    @property
    def field_validation(self) -> str:
        return self.query.get("fieldValidation", "")

    def complain(self, complaints: Iterable[str]) -> str | None:
        """Warn of unknown and repeated fields; when the client is strict, give the refusal's text instead."""
        listed = list(complaints)
        if not listed or self.field_validation == "Ignore":
            return None
        if self.field_validation == "Strict":
            return f"strict decoding error: {', '.join(listed)}"
        self.warnings += listed
        return None

    def headers(self) -> CIMultiDict[str]:
        """Headers of the answer that do not depend on its body."""
        headers: CIMultiDict[str] = CIMultiDict()
        for warning in self.warnings:
            headers.add("Warning", f"299 - {quote(warning)}")
        return headers

    def respond(self, value: JsonValue, code: int = 200) -> web.Response:
        """An answer with a JSON (or YAML) body."""
        body = self.answer.encode(value)
        return web.Response(status=code, body=body, headers=self.headers(), content_type=self.answer.type)


def _unprintable(manager: str) -> list[FieldError]:
    """Characters of a field manager's name that cannot be printed."""
    return [
        invalid("fieldManager", manager, f"invalid character U+{ord(char):04X} (at position {at})")
        for at, char in enumerate(manager)
        if not char.isprintable()
    ]


def refuse(error: ApiError, warnings: Iterable[str] = ()) -> web.Response:
    """The answer to a request that is refused: a Status object."""
    headers: CIMultiDict[str] = CIMultiDict(error.headers)
    for warning in (*warnings, *error.warnings):
        headers.add("Warning", f"299 - {quote(warning)}")
    return web.Response(status=error.code, body=Answer(JSON).encode(error.status()), headers=headers, content_type=JSON)


def plain(text: str, code: int) -> web.Response:
    """An answer in plain text, as paths outside the API give it."""
    return web.Response(status=code, text=text, content_type="text/plain", charset="utf-8")
