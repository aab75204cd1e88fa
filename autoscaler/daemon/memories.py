"""What policies remember, kept across restarts and changes of leader: windows and rate budgets go on as if nothing happened.

Policies are spread over a fixed number of documents by a hash of their names, so that each stays small and only those that
changed are written. A document that is missing or damaged means a fresh start of its policies, which holds the current
replicas for one scale-down window.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable, Iterable
from typing import Any, Final, Protocol, TypeAlias

import structlog
from msgspec import Struct

from autoscaler.adapters.journal.codec import Codec, CodecError, read_schema, write_schema
from autoscaler.adapters.journal.values import model_values
from autoscaler.adapters.kubernetes.errors import KubernetesError
from autoscaler.control.messages import Record
from autoscaler.daemon.clock import Clock
from autoscaler.engine.resume import resumed
from autoscaler.model.decision import WriteResult
from autoscaler.model.memory import Memory
from autoscaler.model.policy import ObjectRef, PolicyKey, ScalingPolicy
from autoscaler.model.time import Nanoseconds

DOCUMENTS: Final = 16
_RETRY: Final = 2.0  #: between two attempts to read at the start [s]

#: Gives each policy in force, and what it remembers now.
Remembered: TypeAlias = Callable[[], Iterable[tuple[ScalingPolicy, Memory]]]

_log = structlog.get_logger("autoscaler.memory")


class Documents(Protocol):
    """Where documents are kept; both methods raise KubernetesError or OSError."""

    async def read(self, name: str) -> bytes | None:
        """Give a document, ``None`` where there is none."""

    async def write(self, name: str, document: bytes) -> None:
        """Replace a document, or create it."""


class Kept(Struct, frozen=True, kw_only=True, gc=False):
    """One policy's memory, and whose it is: another object of the same name, or another target, begins afresh."""

    key: PolicyKey
    uid: str
    target: ObjectRef
    memory: Memory


_VALUES: Final[tuple[type[Any], ...]] = (*model_values(), Kept)


class Memories:
    """Reads every document once, hands memories out, and writes what changed."""

    def __init__(self, documents: Documents, clock: Clock, *, period: Nanoseconds, prefix: str) -> None:
        self._documents = documents
        self._clock = clock
        self._period = period
        self._names = [f"{prefix}-{number:02d}" for number in range(DOCUMENTS)]
        self._codec = Codec(_VALUES)
        self._kept: dict[PolicyKey, Kept] = {}
        self._written: dict[str, tuple[Kept, ...]] = {}
        self._failure = ""
        self._news = asyncio.Event()

    async def load(self) -> None:
        """Read every document; waits for a store that does not answer, because acting without memory is bolder."""
        self._kept.clear()
        self._written.clear()
        for name in self._names:
            document = await self._read(name)
            if document is not None:
                self._take(name, document)
        self._failure = ""

    def recall(self, policy: ScalingPolicy) -> Memory | None:
        """Give what a policy remembered, if it is the same one on the same target."""
        kept = self._kept.pop(policy.key, None)
        if kept is None or (kept.uid, kept.target) != (policy.uid, policy.target):
            return None
        return resumed(kept.memory, self._clock.now(), period=policy.period_or(self._period))

    def recorded(self, record: Record) -> None:
        """Store soon what a pass changed for good: a scale that was written."""
        if record.outcome.result is WriteResult.WRITTEN:
            self._news.set()

    async def run(self, remembered: Remembered, *, every: float) -> None:
        """Store what is remembered every so often [s], and after each scale, until cancelled."""
        while True:
            await asyncio.wait([asyncio.ensure_future(self._news.wait())], timeout=every)
            self._news.clear()
            await self.save(remembered)

    async def save(self, remembered: Remembered) -> None:
        """Write the documents whose policies' memories changed since they were last written."""
        by_name: dict[str, list[Kept]] = {name: [] for name in self._names}
        for policy, memory in remembered():
            kept = Kept(key=policy.key, uid=policy.uid, target=policy.target, memory=memory)
            by_name[self._name_of(policy.key)].append(kept)
        for name, found in by_name.items():
            entries = tuple(sorted(found, key=lambda kept: kept.key))
            if self._written.get(name, ()) != entries:
                await self._write(name, entries)

    async def save_last(self, remembered: Remembered, *, grace: float) -> None:
        """Write what changed before an end, for ``grace`` [s] at most: others wait for us to go."""
        try:
            async with asyncio.timeout(grace):
                await self.save(remembered)
        except TimeoutError:
            _log.warning("what policies remember was not stored in time; who comes next goes on from what was before")

    async def _read(self, name: str) -> bytes | None:
        while True:
            try:
                return await self._documents.read(name)
            except (KubernetesError, OSError) as error:
                self._fail("what policies remembered cannot be read yet; nothing is scaled before", str(error))
            await asyncio.sleep(_RETRY)

    async def _write(self, name: str, entries: tuple[Kept, ...]) -> None:
        try:
            head = write_schema(self._codec.schema).encode()
            await self._documents.write(name, head + b"\n" + self._codec.encode(entries))
        except (KubernetesError, OSError) as error:
            self._fail("what policies remember cannot be stored; a restart would begin afresh", str(error))
            return
        self._written[name] = entries
        self._failure = ""

    def _take(self, name: str, document: bytes) -> None:
        try:
            head, _, body = document.partition(b"\n")
            entries = Codec(_VALUES, read_schema(head.decode())).decode(body)
            self._kept.update({kept.key: kept for kept in entries if isinstance(kept, Kept)})
        except (CodecError, TypeError, UnicodeDecodeError) as error:
            _log.error("a stored memory is damaged: its policies begin afresh", document=name, error=str(error))

    def _name_of(self, key: PolicyKey) -> str:
        return self._names[zlib.crc32(str(key).encode()) % DOCUMENTS]

    def _fail(self, words: str, error: str) -> None:
        if error != self._failure:
            _log.error(words, error=error)
        self._failure = error
