"""Opens where policies come from: files, ScalingPolicy objects, HPA objects, or several of them at once."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial

import structlog

from autoscaler.adapters.kubernetes.client import Client
from autoscaler.adapters.kubernetes.hpas import HpaListener, hpas_of
from autoscaler.adapters.kubernetes.scaling_policies import scaling_policies_of
from autoscaler.adapters.kubernetes.statuses import Statuses
from autoscaler.adapters.kubernetes.watch import Jitter
from autoscaler.config.hpa import ReadOptions, policy_from_object
from autoscaler.config.policies import LoadedPolicies, reload
from autoscaler.config.policy_objects import policy_of_object
from autoscaler.config.settings import PolicySource, Settings
from autoscaler.daemon.admission import Admissions, Source
from autoscaler.daemon.book import Load, PolicyBook
from autoscaler.daemon.explanations import Explanations
from autoscaler.daemon.health import Checks
from autoscaler.daemon.in_force import PoliciesInForce
from autoscaler.daemon.object_book import ObjectBook, ReadPolicy
from autoscaler.daemon.object_watches import Describe, ObjectWatches
from autoscaler.daemon.policy_board import PolicyBoard
from autoscaler.daemon.policy_counts import PolicyCounts
from autoscaler.daemon.supervise import running
from autoscaler.daemon.telemetry import Telemetry

_log = structlog.get_logger("autoscaler.policies")

_APPLY_DEFINITION = "has deploy/crds/scalingpolicies.yaml been applied to the cluster?"


def read_options(settings: Settings) -> ReadOptions:
    """Give what holds for every policy that is read."""
    return ReadOptions(mode=settings.mode, namespace=settings.namespace, gates=settings.controller.gates)


def policy_loader(settings: Settings) -> Load:
    """Give the function that looks at the policy files again."""
    options, paths = read_options(settings), settings.policy_files

    def load(previous: LoadedPolicies) -> LoadedPolicies:
        return reload(previous, paths, options)

    return load


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What the sources are built from. ``board``: where ScalingPolicy objects are to show what is decided."""

    settings: Settings
    client: Client
    telemetry: Telemetry
    checks: Checks
    explanations: Explanations
    board: PolicyBoard | None
    jitter: Jitter

    async def open(self, stack: AsyncExitStack, in_force: PoliciesInForce) -> PolicyBook:
        """Read policies from wherever the settings say, until the stack ends; gives the book of the files."""
        admissions, counts = Admissions(in_force), PolicyCounts(self.telemetry.policies)
        book = PolicyBook(
            load=policy_loader(self.settings),
            statuses=Statuses(self.client),
            in_force=admissions.entrance(Source.FILE),
            telemetry=self.telemetry,
            counts=counts.of_source(),
            namespaces=frozenset(self.settings.namespaces),
        )
        books = [book.refused]
        self._ready(stack, "policies", book.check)
        await stack.enter_async_context(running("policies", book.run))
        if PolicySource.CLUSTER in self.settings.policies:
            books.append(await self._scaling_policies(stack, admissions, counts, book))
        if PolicySource.HPA in self.settings.policies:
            books.append(await self._hpas(stack, admissions, counts, book))
        self.explanations.refused = lambda: [fault for refused in books for fault in refused()]
        self.explanations.waiting = book.waiting
        return book

    async def _scaling_policies(
        self, stack: AsyncExitStack, admissions: Admissions, counts: PolicyCounts, files: PolicyBook
    ) -> Callable[[], tuple[str, ...]]:
        read = partial(policy_of_object, options=read_options(self.settings))
        book = self._book("ScalingPolicy", Source.SCALING_POLICY, read, admissions, counts, self.board)
        if self.board is not None:
            await stack.enter_async_context(running("statuses of policies", self.board.run))
        await self._watch(stack, files, book, scaling_policies_of, "ScalingPolicy objects", "policy-objects")
        return book.refused

    async def _hpas(
        self, stack: AsyncExitStack, admissions: Admissions, counts: PolicyCounts, files: PolicyBook
    ) -> Callable[[], tuple[str, ...]]:
        if self.settings.apply:
            _log.warning("HPA objects are scaled: the cluster's own HPA controller acts on them too, unless it is off")
        read = partial(policy_from_object, mode=self.settings.mode)
        book = self._book("HorizontalPodAutoscaler", Source.HPA, read, admissions, counts, None)
        chosen = partial(hpas_of, selector=self.settings.selector)
        await self._watch(stack, files, book, chosen, "HPA objects", "hpa-objects")
        return book.refused

    def _book(
        self,
        kind: str,
        source: Source,
        read: ReadPolicy,
        admissions: Admissions,
        counts: PolicyCounts,
        board: PolicyBoard | None,
    ) -> ObjectBook:
        """Build a book and its entrance; each tells the other."""
        heard: list[ObjectBook] = []
        entrance = admissions.entrance(source, lambda key, why: heard[0].told(key, why))
        book = ObjectBook(kind=kind, read_policy=read, entrance=entrance, counts=counts.of_source(), board=board)
        heard.append(book)
        return book

    async def _watch(
        self, stack: AsyncExitStack, files: PolicyBook, book: ObjectBook, describe: Describe, what: str, check: str
    ) -> None:
        """Watch objects; what they say counts once the files were read, which go first."""
        listener: HpaListener = book
        watches = ObjectWatches(
            self.client,
            self.settings.namespaces,
            describe,
            listener,
            what=what,
            jitter=self.jitter,
            unknown_kind=_APPLY_DEFINITION if describe is scaling_policies_of else "",
        )
        self._ready(stack, check, watches.check)

        async def run() -> None:
            await files.wait_read()
            await book.run()

        await stack.enter_async_context(running(what, run))
        await stack.enter_async_context(watches.open())

    def _ready(self, stack: AsyncExitStack, name: str, check: Callable[[], str]) -> None:
        self.checks.ready[name] = check
        stack.callback(self.checks.ready.pop, name)
