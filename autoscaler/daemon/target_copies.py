"""Copies of what a namespace holds beside pods: workloads by name, other autoscalers by what they scale, and KEDA if it is there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from autoscaler.adapters.kubernetes.discovery import Discovery
from autoscaler.adapters.kubernetes.errors import KubernetesError
from autoscaler.adapters.kubernetes.scalers import KEDA_GROUP, WatchedScaler
from autoscaler.adapters.kubernetes.watch import Reflector
from autoscaler.adapters.kubernetes.workloads import WatchedWorkload
from autoscaler.model.policy import ObjectRef
from autoscaler.model.target import OtherScaler, WorkloadState

#: How often it is looked whether KEDA was installed meanwhile [s].
_LOOK_FOR_KEDA: Final = 60.0

_Name = tuple[str, str, str]


class Workloads:
    """The workloads of one kind and namespace, by name; ``appeared`` is told of those that come later."""

    def __init__(self, appeared: Callable[[str], None]) -> None:
        self._appeared = appeared
        self._held: dict[str, WatchedWorkload] = {}
        self._is_listed = False

    def get(self, name: str) -> WorkloadState | None:
        """Give what one says of itself."""
        found = self._held.get(name)
        return None if found is None else found.state

    def replace(self, items: Sequence[WatchedWorkload]) -> None:
        """Hold exactly these."""
        before, self._held = self._held, {item.name: item for item in items}
        is_first, self._is_listed = not self._is_listed, True
        for name in () if is_first else self._held.keys() - before.keys():
            self._appeared(name)

    def put(self, item: WatchedWorkload) -> None:
        """Hold this one in place of its namesake."""
        is_new = item.name not in self._held
        self._held[item.name] = item
        if is_new:
            self._appeared(item.name)

    def remove(self, item: WatchedWorkload) -> None:
        """Hold it no longer."""
        self._held.pop(item.name, None)


class ScalerIndex:
    """Other autoscalers of one kind and namespace, by what they scale: a change or a question touches one target only."""

    def __init__(self) -> None:
        self._held: dict[str, WatchedScaler] = {}
        self._by_target: dict[_Name, dict[str, OtherScaler]] = {}

    def of(self, target: ObjectRef) -> tuple[OtherScaler, ...]:
        """Give those that scale a target."""
        return tuple(self._by_target.get(_name_of(target), {}).values())

    def replace(self, items: Sequence[WatchedScaler]) -> None:
        """Hold exactly these."""
        self._held.clear()
        self._by_target.clear()
        for item in items:
            self.put(item)

    def put(self, item: WatchedScaler) -> None:
        """Hold this one in place of its namesake."""
        self.remove(item)
        self._held[item.name] = item
        if item.acts:
            self._by_target.setdefault(_name_of(item.target), {})[item.name] = item.scaler

    def remove(self, item: WatchedScaler) -> None:
        """Hold it no longer."""
        held = self._held.pop(item.name, None)
        scaled = {} if held is None else self._by_target.get(_name_of(held.target), {})
        scaled.pop(item.name, None)
        if held is not None and not scaled:
            self._by_target.pop(_name_of(held.target), None)


class Watch(Protocol):
    """A watch, as far as it tells whether its copy can be believed. Run it as a task."""

    trouble: str

    @property
    def age(self) -> float:
        """How old the copy is [s]."""

    @property
    def is_synced(self) -> bool:
        """Tell whether there is a first copy."""

    async def wait_synced(self) -> None:
        """Wait for it."""

    async def run(self) -> None:
        """Keep the copy until cancelled."""


class KedaWatch:
    """A watch of ScaledObjects, wherever KEDA is installed; where it is not, there are none."""

    def __init__(self, discovery: Discovery, build: Callable[[str], Reflector[WatchedScaler]]) -> None:
        self._discovery = discovery
        self._build = build
        self._inner: Reflector[WatchedScaler] | None = None
        self._looked = asyncio.Event()
        self.trouble = ""

    @property
    def age(self) -> float:
        """How old the copy is [s]."""
        return 0.0 if self._inner is None else self._inner.age

    @property
    def is_synced(self) -> bool:
        """Tell whether it is known what there is."""
        return self._looked.is_set() if self._inner is None else self._inner.is_synced

    async def wait_synced(self) -> None:
        """Wait until it is known what there is."""
        await self._looked.wait()
        if self._inner is not None:
            await self._inner.wait_synced()

    async def run(self) -> None:
        """Look for KEDA now and then, and watch from then on."""
        while self._inner is None:
            try:
                versions = await self._discovery.versions(KEDA_GROUP)
                if versions:
                    self._inner = self._build(versions[0])
                self._looked.set()
            except KubernetesError as error:
                self.trouble = str(error)
            if self._inner is None:
                await asyncio.sleep(_LOOK_FOR_KEDA)
        await self._inner.run()


def _name_of(target: ObjectRef) -> _Name:
    return target.api_version.partition("/")[0], target.kind, target.name
