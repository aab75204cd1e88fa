"""Cpu and memory of a namespace's pods in one list for all policies there, which each selects from by itself.

Upstream lists once for each policy and period, with the policy's selector. Here a list of the whole namespace is shared
for a few seconds: the selection is made on the labels that the list carries, which are those the server selects by. Lists
with a selector, as upstream's, remain where only one selector is asked for; where the whole list is refused or does not
come; where its entries carry no labels; and where it is much longer than what is selected from it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from autoscaler.adapters.kubernetes.errors import KubernetesError, NoAnswerError, RefusedError
from autoscaler.adapters.kubernetes.metrics_apis import LabelledUsage, MetricsApis
from autoscaler.model.label_query import SelectorError, parse_label_selector
from autoscaler.model.observation import NoReading, ResourceReading

#: A selector that was not asked for in this time [s] no longer counts; and lists that did not do are tried again.
REMEMBERED: Final = 600.0
#: A failure answers everybody who asks within this time [s].
_FAILURE_KEPT: Final = 1.0
#: A list up to this long is always worth sharing [entries]; a longer one, if no more than so many times what is selected.
_SHORT: Final = 1000
_FEW_TIMES: Final = 4


class _Whole:
    """All entries of a namespace, by their labels; ``began`` is when they were asked for [s]."""

    def __init__(self, entries: Sequence[LabelledUsage], began: float) -> None:
        self.began = began
        self.size = len(entries)
        self.has_labels = not entries or any(entry.labels for entry in entries)
        self._entries = entries
        self._alike: dict[tuple[tuple[str, str], ...], list[int]] = {}
        for place, entry in enumerate(entries):
            self._alike.setdefault(tuple(entry.labels.items()), []).append(place)
        self._answers: dict[str, ResourceReading] = {}

    def select(self, selector: str) -> ResourceReading:
        """Give the entries that a selector matches, in the list's order. Raises: SelectorError."""
        answer = self._answers.get(selector)
        if answer is None:
            matches = parse_label_selector(selector).matches_labels
            places = sorted(place for labels, alike in self._alike.items() if matches(dict(labels)) for place in alike)
            answer = ResourceReading(pods=tuple(self._entries[place].usage for place in places))
            self._answers[selector] = answer
        return answer


@dataclass(slots=True)
class _Namespace:
    """What is known of one namespace: who asks, the last list, the one under way, and until when lists stay apart."""

    selectors: dict[str, float] = field(default_factory=dict)
    whole: _Whole | None = None
    under_way: asyncio.Task[None] | None = None
    failure: KubernetesError | None = None
    failed_at: float = float("-inf")
    apart_until: float = float("-inf")

    def note(self, selector: str, now: float) -> None:
        """Note that somebody asks for a selector."""
        self.selectors.pop(selector, None)
        self.selectors[selector] = now
        while now - next(iter(self.selectors.values())) > REMEMBERED:
            self.selectors.pop(next(iter(self.selectors)))

    def is_shared(self, now: float) -> bool:
        """Tell whether one list is to answer several selectors."""
        return len(self.selectors) > 1 and now >= self.apart_until


class UsageLists:
    """Answers for cpu and memory."""

    def __init__(self, metrics: MetricsApis) -> None:
        self._metrics = metrics
        self._namespaces: dict[str, _Namespace] = {}

    async def resource(self, namespace: str, selector: str, *, oldest: float) -> ResourceReading | NoReading:
        """Read cpu and memory of the pods that ``selector`` matches, from a list asked for ``oldest`` [s] ago or later."""
        now = asyncio.get_running_loop().time()
        known = self._namespaces.setdefault(namespace, _Namespace())
        known.note(selector, now)
        if known.is_shared(now):
            await self._renew(namespace, known, now, oldest)
            if known.failure is not None:
                return NoReading(error=str(known.failure))
            if known.whole is not None and known.apart_until <= now:
                return _selected(known.whole, selector)
        return await self._metrics.resource(namespace, selector)

    async def close(self) -> None:
        """Abandon the lists that are under way."""
        under_way = [known.under_way for known in self._namespaces.values() if known.under_way is not None]
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)

    async def _renew(self, namespace: str, known: _Namespace, now: float, oldest: float) -> None:
        """See to it that the list is young enough; everybody who asks meanwhile waits for the same one."""
        if known.under_way is None:
            if known.whole is not None and now - known.whole.began <= oldest:
                return
            if now - known.failed_at <= _FAILURE_KEPT:
                return
            self._forget_idle(now)
            known.under_way = asyncio.create_task(self._fetch(namespace, known), name=f"usage of {namespace}")
        await asyncio.shield(known.under_way)

    async def _fetch(self, namespace: str, known: _Namespace) -> None:
        began = asyncio.get_running_loop().time()
        known.failure = None
        try:
            known.whole = _Whole(await self._metrics.labelled_usage(namespace), began)
            if not _is_worth_it(known.whole, tuple(known.selectors)):
                self._part(known)
        except KubernetesError as error:
            known.whole = None
            if isinstance(error, NoAnswerError) or (isinstance(error, RefusedError) and error.code == 403):
                self._part(known)  # too long to come in time, or not ours to see: perhaps a part of it does
            else:
                known.failure, known.failed_at = error, asyncio.get_running_loop().time()
        finally:
            known.under_way = None

    def _part(self, known: _Namespace) -> None:
        """List with selectors for a while."""
        known.whole = None
        known.apart_until = asyncio.get_running_loop().time() + REMEMBERED

    def _forget_idle(self, now: float) -> None:
        idle = [
            name
            for name, known in self._namespaces.items()
            if known.under_way is None and now - max(known.selectors.values(), default=now) > REMEMBERED
        ]
        for name in idle:
            del self._namespaces[name]


def _is_worth_it(whole: _Whole, selectors: Sequence[str]) -> bool:
    """Tell whether a whole list is the cheaper way, and one that can be selected from."""
    if not whole.has_labels:
        return False
    if whole.size <= _SHORT:
        return True
    picked = 0
    for selector in selectors:
        reading = _selected(whole, selector)
        picked += len(reading.pods) if isinstance(reading, ResourceReading) else 0
    return whole.size <= _FEW_TIMES * picked


def _selected(whole: _Whole, selector: str) -> ResourceReading | NoReading:
    try:
        return whole.select(selector)
    except SelectorError as error:
        return NoReading(error=str(error))
