"""What a running controller tells of itself: the state of every policy, and each one's last decision with its inputs.

Served apart from probes and metrics, on loopback unless a token guards it, because it names workloads and shows their
load. Read-only. `autoscaler status`, `why` and `what-if` ask it; so can curl.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import msgspec
from aiohttp import web

from autoscaler.adapters.journal.codec import CodecError, read_schema
from autoscaler.adapters.journal.file import JournalError, JournalFile
from autoscaler.config.decision_write import record_of
from autoscaler.config.moments import instant_of, print_time
from autoscaler.config.status_record import StatusDocument, policy_state
from autoscaler.config.suggestions import which_policy
from autoscaler.control.messages import Record
from autoscaler.control.past import Past
from autoscaler.daemon.clock import Clock
from autoscaler.daemon.journal_past import find_past
from autoscaler.daemon.journal_rows import journal_codec, past_codec
from autoscaler.model.controller_config import version_of
from autoscaler.model.errors import NoDataError
from autoscaler.model.memory import Memory
from autoscaler.model.policy import PolicyKey, ScalingPolicy


class Holder(Protocol):
    """A controller, as far as it is asked about its policies."""

    def remembered(self) -> tuple[tuple[ScalingPolicy, Memory], ...]:
        """Give every policy in force."""

    def past_of(self, key: PolicyKey) -> Past | None:
        """Give the last pass of one."""


class Passed(msgspec.Struct, frozen=True, kw_only=True):
    """What travels: a pass, and which fields its classes had here. ``now``: when it was asked for."""

    schema: dict[str, list[str]]
    body: bytes
    now: int


class Explanations:
    """Answers questions about the policies in force; its sources are set as the daemon's parts are built."""

    def __init__(self, clock: Clock, *, version: str, journal: Path | None) -> None:
        self._clock = clock
        self._version = version
        self._journal = journal
        self._codec = past_codec()
        self._turn = asyncio.Lock()  # one explanation at a time: the rounds come first
        self.controller: Holder | None = None
        self.refused: Callable[[], Sequence[str]] = tuple
        self.waiting: Callable[[], Sequence[str]] = tuple
        self.leader: Callable[[], str] | None = None  #: where there is an election: who leads

    async def status(self) -> StatusDocument:
        """Give the state of every policy, by name. Thousands of them are written down beside the loop."""
        controller = self.controller
        policies = [] if controller is None else [policy for policy, _ in controller.remembered()]
        last = [(policy, self._last(policy)) for policy in sorted(policies, key=_name)]
        bare = StatusDocument(
            at=print_time(self._clock.now()),
            version=self._version,
            leader=self._other_leader(),
            refused=tuple(self.refused()),
            waiting=tuple(self.waiting()),
        )
        states = await asyncio.to_thread(lambda: tuple(policy_state(policy, record) for policy, record in last))
        return msgspec.structs.replace(bare, policies=states)

    async def past(self, key: PolicyKey, at: str | None) -> Past:
        """Give the last pass of a policy, or the last one made by ``at``, which only a journal knows.

        Raises:
            NoDataError: there is none; the message says why and what to do.
            ValueError: ``at`` is no point in time.
        """
        until = None if at is None else instant_of(at, self._clock.now())
        last = None if self.controller is None else self.controller.past_of(key)
        if last is not None and (until is None or until >= last.record.decision.at):
            return last
        if until is None or self._journal is None:
            raise NoDataError(self._why_not(key, last))
        path = self._journal
        async with self._turn:
            return await asyncio.to_thread(_from_journal, path, key, until)

    async def document(self, past: Past) -> dict[str, Any]:
        """Give a pass as the record that ``autoscaler schema decision`` describes."""
        async with self._turn:
            return await asyncio.to_thread(decision_document, past)

    def packed(self, past: Past) -> bytes:
        """Give a pass for ``unpacked``."""
        schema, body = self._codec.schema, self._codec.encode(past)
        return msgspec.msgpack.encode(Passed(schema=schema, body=body, now=self._clock.now()))

    def _other_leader(self) -> str | None:
        """Name the replica that acts where this one stands by."""
        return None if self.controller is not None or self.leader is None else self.leader() or "nobody yet"

    def _last(self, policy: ScalingPolicy) -> Record | None:
        past = None if self.controller is None else self.controller.past_of(policy.key)
        return None if past is None else past.record

    def _why_not(self, key: PolicyKey, last: Past | None) -> str:
        if self.controller is None:
            other = self._other_leader()
            return (
                f"this replica stands by; the one that leads: {other}" if other else "the controller is only starting"
            )
        if last is not None:
            return (
                f"only the last decision of {key} is at hand, of {print_time(last.record.decision.at)}\n"
                "  hint: a controller that is run with --journal FILE knows the others"
            )
        known = sorted(str(policy.key) for policy, _ in self.controller.remembered())
        if str(key) in known:
            return f"{key} has not been evaluated yet"
        return f"no policy {key} is in force; {which_policy(str(key), known)}"


def unpacked(data: bytes) -> tuple[Past, int]:
    """Read what ``Explanations.packed`` wrote; the second value is when it was asked for.

    Raises:
        CodecError: it is damaged, or of a later version.
    """
    try:
        passed = msgspec.msgpack.decode(data, type=Passed)
    except msgspec.MsgspecError as error:
        raise CodecError(f"not a controller's answer: {error}") from error
    past: Past = past_codec(passed.schema).decode(passed.body)
    return past, passed.now


def decision_document(past: Past) -> dict[str, Any]:
    """Explain a pass as a JSON document."""
    record = record_of(past.explained(), version=version_of(past.config), outcome=past.record.outcome)
    return record.model_dump(mode="json", by_alias=True)


def add_explanations(app: web.Application, explanations: Explanations) -> None:
    """Serve /status, /why/NAMESPACE/NAME and /pass/NAMESPACE/NAME."""

    async def status(_: web.Request) -> web.Response:
        return web.Response(body=msgspec.json.encode(await explanations.status()), content_type="application/json")

    async def why(request: web.Request) -> web.Response:
        return web.json_response(await explanations.document(await _asked(explanations, request)))

    async def whole(request: web.Request) -> web.Response:
        body = explanations.packed(await _asked(explanations, request))
        return web.Response(body=body, content_type="application/msgpack")

    app.router.add_get("/status", status)
    app.router.add_get("/why/{namespace}/{name}", why)
    app.router.add_get("/pass/{namespace}/{name}", whole)


async def _asked(explanations: Explanations, request: web.Request) -> Past:
    key = PolicyKey(namespace=request.match_info["namespace"], name=request.match_info["name"])
    try:
        return await explanations.past(key, request.query.get("at"))
    except ValueError as error:
        raise _refusal(web.HTTPBadRequest, str(error)) from error
    except (NoDataError, JournalError, CodecError) as error:
        raise _refusal(web.HTTPNotFound, str(error)) from error


def _refusal(kind: type[web.HTTPError], what: str) -> web.HTTPError:
    return kind(text=msgspec.json.encode({"error": what}).decode(), content_type="application/json")


def _from_journal(path: Path, key: PolicyKey, until: int) -> Past:
    with JournalFile.read(path) as file:
        return find_past(file, journal_codec(read_schema(file.schema)), key, until)


def _name(policy: ScalingPolicy) -> PolicyKey:
    return policy.key
